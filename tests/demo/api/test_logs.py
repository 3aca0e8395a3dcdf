"""Container logs: which part of one is sent, and what is said when there is none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.api.kinds import NODES, PODS
from tests.demo.api.bench import MASTER, NAMESPACE, POD_PATH, Bench, pod

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.demo.api.bench import Reply

START = datetime(2026, 1, 1, tzinfo=UTC)
LINES = [(START + timedelta(seconds=number), f"line {number}") for number in range(5)]
RUNNING = {"name": "main", "state": {"running": {}}}


class Kubelet:
    """A log source in a test's hands."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, bool], list[tuple[datetime, str]]] = {("main", False): LINES}
        self.queue: asyncio.Queue[str | None] = asyncio.Queue()

    def lines(
        self, namespace: str, pod: str, container: str, previous: bool
    ) -> list[tuple[datetime, str]] | None:
        assert (namespace, pod) == (NAMESPACE, "p")
        return self.kept.get((container, previous))

    def follow(
        self, namespace: str, pod: str, container: str
    ) -> AsyncIterator[tuple[datetime, str]]:
        return self._follow()

    async def _follow(self) -> AsyncIterator[tuple[datetime, str]]:
        while (text := await self.queue.get()) is not None:
            yield START + timedelta(minutes=1), text


@pytest.fixture
def kubelet() -> Kubelet:
    return Kubelet()


@pytest.fixture
def bench(kubelet: Kubelet) -> Bench:
    found = Bench(logs=kubelet)
    found.client.create(NODES, {"metadata": {"name": "n"}})
    found.pod("p", nodeName="n")
    report(found, RUNNING)
    return found


def report(bench: Bench, *statuses: dict[str, Any]) -> None:
    change = {"status": {"containerStatuses": list(statuses)}}
    bench.client.patch_status(PODS, NAMESPACE, "p", change)


def log(bench: Bench, name: str = "p", **query: str) -> Reply:
    return bench.ask("GET", f"{POD_PATH}/{name}/log", **query)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"container": "main"}, [0, 1, 2, 3, 4]),
        ({"tailLines": "2"}, [3, 4]),
        ({"tailLines": "0"}, []),
        ({"tailLines": "9"}, [0, 1, 2, 3, 4]),
        ({"sinceTime": "2026-01-01T00:00:03Z"}, [3, 4]),
        ({"sinceTime": "2026-01-01T01:00:04+01:00"}, [4]),
        ({"sinceTime": "2026-01-01T00:00:03.5Z", "tailLines": "9"}, [4]),
        ({"sinceSeconds": "8"}, [2, 3, 4]),
        ({"sinceSeconds": "99999999999999"}, [0, 1, 2, 3, 4]),
        ({"follow": "false"}, [0, 1, 2, 3, 4]),
    ],
)
def test_part_of_a_log_is_sent(bench: Bench, query: dict[str, str], numbers: list[int]) -> None:
    bench.hands.advance(10)
    reply = log(bench, **query)
    assert (reply.code, reply.content_type) == (200, "text/plain")
    assert reply.body.decode() == "".join(f"line {number}\n" for number in numbers)


def test_lines_may_have_their_times(bench: Bench) -> None:
    assert log(bench, timestamps="true", tailLines="1").body == (
        b"2026-01-01T00:00:04.000000000Z line 4\n"
    )


def test_a_log_may_be_cut(bench: Bench) -> None:
    assert log(bench, limitBytes="10").body == b"line 0\nlin"


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"tailLines": "-1"}, 422, "tailLines: Invalid value: -1"),
        ({"tailLines": "x"}, 400, "strconv.ParseInt"),
        ({"limitBytes": "0"}, 422, "limitBytes: Invalid value: 0"),
        ({"sinceSeconds": "0"}, 422, "sinceSeconds: Invalid value: 0"),
        ({"sinceSeconds": "1", "sinceTime": "2026-01-01T00:00:00Z"}, 422, "at most one of"),
        ({"sinceTime": "x"}, 400, 'parsing time "x"'),
        ({"stream": "Both"}, 422, "stream: Forbidden: may not be specified"),
        ({"limitBytes": "0", "tailLines": "-1"}, 422, "is invalid: [tailLines: "),
        ({"container": "none"}, 400, "container none is not valid for pod p"),
    ],
)
def test_what_cannot_be_asked_for(
    bench: Bench, query: dict[str, str], code: int, message: str
) -> None:
    refusal = log(bench, **query).refusal
    assert refusal[0] == code
    assert message in refusal[2]


def test_logs_that_are_not_there(bench: Bench, kubelet: Kubelet) -> None:
    assert log(bench, "none").refusal == (404, "NotFound", 'pods "none" not found')
    bench.pod("unscheduled")
    nothing = log(bench, "unscheduled")
    assert (nothing.code, nothing.body) == (204, b"")
    report(bench, {"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff"}}})
    assert log(bench).refusal == (
        400,
        "BadRequest",
        'container "main" in pod "p" is waiting to start: ImagePullBackOff',
    )
    report(bench, RUNNING)
    kubelet.kept.clear()
    assert log(bench).refusal[0] == 400


def test_the_log_before_a_restart(bench: Bench, kubelet: Kubelet) -> None:
    assert log(bench, previous="true").refusal == (
        400,
        "BadRequest",
        'previous terminated container "main" in pod "p" not found',
    )
    ended = {"name": "main", "lastState": {"terminated": {"exitCode": 1}}}
    report(bench, {**ended, "state": {"waiting": {"reason": "CrashLoopBackOff"}}})
    kubelet.kept["main", True] = [(START, "the end")]
    assert log(bench, previous="true", follow="true").body == b"the end\n"
    # What waits for its next start has a log of its last.
    assert log(bench, tailLines="1").body == b"line 4\n"


def test_of_several_containers_one_is_named(bench: Bench) -> None:
    image = {"image": "a:1"}
    spec = {
        "nodeName": "n",
        "initContainers": [{"name": "i", **image}],
        "containers": [{"name": "a", **image}, {"name": "b", **image}],
    }
    bench.client.create(PODS, pod("two", **spec))
    assert log(bench, "two").refusal[2] == (
        "a container name must be specified for pod two, choose one of: [i a b]"
    )


def test_a_log_is_only_read(bench: Bench) -> None:
    assert bench.ask("POST", f"{POD_PATH}/p/log", {}).refusal[0] == 405
    assert bench.ask("HEAD", f"{POD_PATH}/p/log").code == 405


def follow(bench: Bench, **query: str) -> AsyncIterator[bytes]:
    query = {"follow": "true", **query}
    call = bench.call("GET", f"{POD_PATH}/p/log", None, "", None, MASTER, query)
    answer = bench.api.answer(call)
    assert (answer.code, answer.content_type) == (200, "text/plain")
    assert not isinstance(answer.body, bytes)
    return answer.body


async def test_a_followed_log_goes_on_until_its_container_ends(
    bench: Bench, kubelet: Kubelet
) -> None:
    pieces = follow(bench, tailLines="1", timestamps="true")
    assert await anext(pieces) == b"2026-01-01T00:00:04.000000000Z line 4\n"
    kubelet.queue.put_nowait("more")
    assert await anext(pieces) == b"2026-01-01T00:01:00.000000000Z more\n"
    kubelet.queue.put_nowait(None)
    assert [piece async for piece in pieces] == []


async def test_a_followed_log_ends_at_its_limit(bench: Bench, kubelet: Kubelet) -> None:
    kubelet.queue.put_nowait("0123456789")
    pieces = follow(bench, tailLines="0", limitBytes="4")
    assert [piece async for piece in pieces] == [b"0123"]
