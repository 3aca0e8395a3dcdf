"""Line 14: what containers have written. (exec comes with a later issue.)"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.contract.client import bare_pod
from tests.contract.workloads import restarted
from tests.control_plane.api import PODS
from tests.control_plane.objects import container, pod, pod_spec
from tests.control_plane.scripts import in_phase, is_absent, script

if TYPE_CHECKING:
    from tests.contract.client import Client, Reply

STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z (.*)")
PAST, FUTURE = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
LINES = "one\ntwo\nthree\n"


async def logs(client: Client, namespace: str, name: str, **query: str) -> Reply:
    return await client.send("GET", PODS.path(namespace, name) + "/log", query=query)


async def running(admin: Client, namespace: str, **keys: object) -> None:
    """A pod `p` that runs."""
    await admin.create(pod("p", annotations=script(**keys)), namespace)
    await admin.until(PODS, "p", namespace, in_phase("Running"))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, LINES),
        ({"tailLines": "2"}, "two\nthree\n"),
        ({"tailLines": "0"}, ""),
        ({"tailLines": "9"}, LINES),
        ({"limitBytes": "6"}, "one\ntw"),
        ({"sinceTime": PAST}, LINES),
        ({"sinceTime": FUTURE}, ""),
        ({"sinceSeconds": "3600"}, LINES),
        ({"container": "main"}, LINES),
        ({"follow": "false", "tailLines": "1"}, "three\n"),
    ],
    ids=[
        "all",
        "tail",
        "tail-none",
        "tail-all",
        "limit",
        "since-past",
        "since-future",
        "since-seconds",
        "container",
        "no-follow",
    ],
)
async def test_line_14_logs_are_cut_as_asked(
    admin: Client, namespace: str, query: dict[str, str], text: str
) -> None:
    await running(admin, namespace, log=LINES.rstrip())
    reply = await logs(admin, namespace, "p", **query)
    assert (reply.code, reply.text) == (200, text)
    assert reply.headers["content-type"] == "text/plain"


async def test_line_14_lines_are_stamped_when_asked(admin: Client, namespace: str) -> None:
    await running(admin, namespace, log=LINES.rstrip())
    reply = await logs(admin, namespace, "p", timestamps="true")
    found = [STAMPED.fullmatch(line) for line in reply.text.splitlines()]
    assert [line and line[2] for line in found] == ["one", "two", "three"]


async def test_line_14_a_log_can_be_read_from_a_moment_on(admin: Client, namespace: str) -> None:
    """What was written in that second is there, what was written before it is not."""
    await running(admin, namespace, log=LINES.rstrip())
    stamped = (await logs(admin, namespace, "p", timestamps="true")).text.splitlines()
    moments = [datetime.fromisoformat(line[: len("2026-01-31T09:05:00")]) for line in stamped]
    for since in sorted(
        {moment + timedelta(seconds=late) for moment in moments for late in (0, 1)}
    ):
        reply = await logs(admin, namespace, "p", sinceTime=f"{since.isoformat()}Z")
        kept = zip(LINES.splitlines(keepends=True), moments, strict=True)
        assert reply.text == "".join(line for line, moment in kept if moment >= since)


async def test_line_14_following_is_a_stream_that_ends_with_the_container(
    admin: Client, namespace: str
) -> None:
    await running(admin, namespace, log="one\ntwo", log_every_ms=20)
    query = {"follow": "true", "tailLines": "1"}
    path = f"{PODS.path(namespace, 'p')}/log"
    async with admin.streaming(path, **query) as stream:
        assert stream.headers["transfer-encoding"] == "chunked"
        assert await stream.line() == b"two\n"
        # What is written from now on comes as it is written.
        assert (await stream.line()).startswith(b"line ")
        assert (await stream.line()).startswith(b"line ")
        await admin.remove(PODS, namespace, "p")
        while await stream.line():
            pass


async def test_line_14_a_container_that_has_ended_can_still_be_read(
    admin: Client, namespace: str
) -> None:
    notes = script(log="one\ntwo", exit_code=0)
    await admin.create(pod("p", pod_spec(restart="Never"), annotations=notes), namespace)
    await admin.until(PODS, "p", namespace, in_phase("Succeeded"))
    for query in ({}, {"follow": "true"}):
        assert (await logs(admin, namespace, "p", **query)).text == "one\ntwo\n"


async def test_line_14_containers_are_told_apart(admin: Client, namespace: str) -> None:
    notes = script(log__a="from a", log__b="from b", log__i="from i")
    spec = pod_spec(container("a"), container("b"), init=(container("i"),))
    await admin.create(pod("p", spec, annotations=notes), namespace)
    await admin.until(PODS, "p", namespace, in_phase("Running"))
    assert (await logs(admin, namespace, "p", container="b")).text == "from b\n"
    assert (await logs(admin, namespace, "p", container="i")).text == "from i\n"
    unnamed = await logs(admin, namespace, "p")
    assert unnamed.refusal == (
        400,
        "BadRequest",
        "a container name must be specified for pod p, choose one of: [i a b]",
    )
    unknown = await logs(admin, namespace, "p", container="c")
    assert unknown.refusal == (400, "BadRequest", "container c is not valid for pod p")


async def test_line_14_logs_that_are_not_there(admin: Client, namespace: str) -> None:
    missing = await logs(admin, namespace, "p")
    assert missing.refusal == (404, "NotFound", 'pods "p" not found')
    notes = script(schedule="never")
    await admin.create(pod("unbound", annotations=notes), namespace)
    unbound = await logs(admin, namespace, "unbound")
    assert (unbound.code, unbound.body) == (204, b"")
    # The message is about the node, which nobody knows.
    await admin.create(bare_pod("lost"), namespace)
    lost = await logs(admin, namespace, "lost")
    assert lost.refusal == (404, "NotFound", 'pods "nowhere" not found')
    await admin.remove(PODS, namespace, "lost", gracePeriodSeconds="0")


@pytest.mark.parametrize("keys", [{"start": "never"}, {"waiting_reason": "ImagePullBackOff"}])
async def test_line_14_a_container_that_waits_has_no_logs(
    admin: Client, namespace: str, keys: dict[str, object]
) -> None:
    await admin.create(pod("p", annotations=script(**keys)), namespace)
    found = await admin.until(
        PODS, "p", namespace, lambda p: bool(p and p["status"].get("containerStatuses"))
    )
    reason = found["status"]["containerStatuses"][0]["state"]["waiting"]["reason"]
    reply = await logs(admin, namespace, "p")
    assert reply.code == 400
    assert "is waiting to start: " in reply.text
    assert reason in reply.text or "trying and failing to pull image" in reply.text


async def test_line_14_the_container_before_can_still_be_read(
    admin: Client, namespace: str
) -> None:
    notes = script(exit_code=1, run_for_ms=100, back_off_ms=50, previous_log="before")
    await admin.create(pod("p", annotations=notes), namespace)
    await admin.until(PODS, "p", namespace, restarted)
    reply = await logs(admin, namespace, "p", previous="true")
    assert (reply.code, reply.text) == (200, "before\n")


async def test_line_14_no_earlier_container_no_earlier_logs(admin: Client, namespace: str) -> None:
    await running(admin, namespace, log="one")
    reply = await logs(admin, namespace, "p", previous="true")
    assert reply.code == 400
    assert "previous terminated container" in reply.text
    assert "not found" in reply.text


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"tailLines": "-1"}, 422, "tailLines: Invalid value: -1"),
        ({"limitBytes": "0"}, 422, "limitBytes: Invalid value: 0"),
        ({"sinceSeconds": "0"}, 422, "sinceSeconds: Invalid value: 0"),
        ({"sinceSeconds": "5", "sinceTime": PAST}, 422, "at most one of"),
        ({"tailLines": "many"}, 400, "strconv.ParseInt"),
    ],
    ids=["tail", "limit", "since", "both", "no-number"],
)
async def test_line_14_a_question_that_makes_no_sense_is_refused(
    admin: Client,
    namespace: str,
    query: dict[str, str],
    code: int,
    message: str,
) -> None:
    await running(admin, namespace, log="one")
    reply = await logs(admin, namespace, "p", **query)
    found, reason, text = reply.refusal
    assert (found, reason) == (code, "Invalid" if code == 422 else "BadRequest")
    assert message in text


async def test_line_14_a_pod_takes_its_logs_with_it(admin: Client, namespace: str) -> None:
    await running(admin, namespace, log="one")
    await admin.remove(PODS, namespace, "p")
    await admin.until(PODS, "p", namespace, is_absent)
    assert (await logs(admin, namespace, "p")).code == 404
