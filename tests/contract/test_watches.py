"""Lines 4 and 5: bookmarks, streaming lists, and the form of a watch on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.contract.client import bare_pod, config, said
from tests.control_plane.api import CONFIGMAPS, JOBS, PODS, SECRETS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.contract.client import Client
    from tests.contract.server import Server
    from tests.control_plane.api import Resource
    from tests.control_plane.objects import Json

INITIAL = {
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}
INITIAL_END = "k8s.io/initial-events-end"


# ---- line 4


@pytest.mark.parametrize(
    ("resource", "kind", "rest"),
    [
        (PODS, ("Pod", "v1"), {"spec": {"containers": None}, "status": {}}),
        (SECRETS, ("Secret", "v1"), {}),
        (
            JOBS,
            ("Job", "batch/v1"),
            {
                "spec": {"template": {"metadata": {}, "spec": {"containers": None}}},
                "status": {},
            },
        ),
    ],
    ids=["pods", "secrets", "jobs"],
)
async def test_line_04_a_bookmark_is_a_version_and_nothing_else(
    admin: Client, namespace: str, resource: Resource, kind: tuple[str, str], rest: Json
) -> None:
    async with admin.watching(resource, namespace, **INITIAL) as watch:
        mark = await watch.event()
    assert mark["type"] == "BOOKMARK"
    version = mark["object"]["metadata"]["resourceVersion"]
    assert mark["object"] == {
        "kind": kind[0],
        "apiVersion": kind[1],
        "metadata": {"resourceVersion": version, "annotations": {INITIAL_END: "true"}},
        **rest,
    }


async def test_line_04_bookmarks_come_only_when_asked_for_and_before_the_end(
    admin: Client, namespace: str
) -> None:
    start = str((await admin.list(PODS, namespace))["metadata"]["resourceVersion"])
    query = {"resourceVersion": start, "timeoutSeconds": "4"}

    async def watch(**more: str) -> list[Json]:
        async with admin.watching(PODS, namespace, **query, **more) as opened:
            return await opened.rest()

    async def another_kind_goes_on() -> int:
        """The bookmark of a quiet kind follows it: at once where somebody lists."""
        made = await admin.create(config("other"), namespace)
        await admin.list(PODS, namespace)
        return int(made["metadata"]["resourceVersion"])

    asked, unasked, other = await asyncio.gather(
        watch(allowWatchBookmarks="true"), watch(), another_kind_goes_on()
    )
    assert unasked == []
    assert asked
    last = asked[-1]
    assert last["type"] == "BOOKMARK"
    version = last["object"]["metadata"]["resourceVersion"]
    assert int(version) >= other
    assert last["object"] == {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": version},
        "spec": {"containers": None},
        "status": {},
    }
    # It is a place to go on from.
    async with admin.watching(PODS, namespace, resourceVersion=version) as opened:
        await admin.create(bare_pod("p"), namespace)
        assert said(await opened.event()) == ("ADDED", "p")


async def test_line_04_a_streaming_list_ends_with_a_marked_bookmark(
    admin: Client, namespace: str
) -> None:
    for name in ("a", "b"):
        await admin.create(config(name), namespace)
    now = (await admin.list(CONFIGMAPS, namespace))["metadata"]["resourceVersion"]
    async with admin.watching(CONFIGMAPS, namespace, **INITIAL) as watch:
        *initial, mark = await watch.until(lambda event: event["type"] == "BOOKMARK")
        await admin.create(config("c"), namespace)
        live = await watch.event()
    assert sorted(said(event) for event in initial) == [("ADDED", "a"), ("ADDED", "b")]
    meta = mark["object"]["metadata"]
    assert meta["annotations"] == {INITIAL_END: "true"}
    assert int(meta["resourceVersion"]) >= int(now)
    assert said(live) == ("ADDED", "c")


async def test_line_04_without_bookmarks_a_streaming_list_has_no_mark(
    admin: Client, namespace: str
) -> None:
    await admin.create(config("a"), namespace)
    query = {key: INITIAL[key] for key in ("sendInitialEvents", "resourceVersionMatch")}
    async with admin.watching(CONFIGMAPS, namespace, **query) as watch:
        assert said(await watch.event()) == ("ADDED", "a")
        await admin.create(config("b"), namespace)
        assert said(await watch.event()) == ("ADDED", "b")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            {"sendInitialEvents": "true", "allowWatchBookmarks": "true"},
            (
                "resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
                "resourceVersionMatch to NotOlderThan"
            ),
        ),
        (
            {"resourceVersionMatch": "NotOlderThan", "resourceVersion": "1"},
            (
                "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch "
                "unless sendInitialEvents is provided"
            ),
        ),
    ],
    ids=["no-match", "no-initial"],
)
async def test_line_04_a_streaming_list_must_be_asked_for_in_full(
    admin: Client, namespace: str, query: dict[str, str], message: str
) -> None:
    reply = await admin.read(CONFIGMAPS, namespace, watch="true", **query)
    code, reason, said = reply.refusal
    assert (code, reason) == (422, "Invalid")
    assert message in said


# ---- line 5


async def test_line_05_a_watch_is_chunked_lines_and_ends_when_its_time_is_over(
    admin: Client, namespace: str
) -> None:
    began = time.monotonic()
    async with admin.watching(CONFIGMAPS, namespace, timeoutSeconds="2") as watch:
        # The headers came before there was anything to tell.
        assert watch.code == 200
        assert watch.headers["transfer-encoding"] == "chunked"
        assert watch.headers["content-type"] == "application/json"
        assert "content-length" not in watch.headers
        for number in range(3):
            await admin.create(config(f"c{number}"), namespace)
            # Each line is here before the next is written.
            line = await watch.line()
            assert line.endswith(b"\n")
            assert said(json.loads(line)) == ("ADDED", f"c{number}")
        # A clean end: the reader of an unclean one would have raised.
        assert await watch.line() == b""
    assert time.monotonic() - began >= 1.9


async def test_line_05_events_carry_whole_objects(admin: Client, namespace: str) -> None:
    made = await admin.create(config("a", k="1"), namespace)
    async with admin.watching(CONFIGMAPS, namespace) as watch:
        event = await watch.event()
    assert event.keys() == {"type", "object"}
    # An object of a watch says what it is; one of a list does not.
    assert event["object"]["kind"] == "ConfigMap"
    assert event["object"]["apiVersion"] == "v1"
    assert event["object"] == made


async def test_line_05_all_namespaces_are_watched_at_once(admin: Client, namespace: str) -> None:
    start = (await admin.list(CONFIGMAPS))["metadata"]["resourceVersion"]
    async with admin.watching(CONFIGMAPS, None, resourceVersion=start) as watch:
        await admin.create(config("everywhere"), namespace)
        events = await watch.until(lambda event: said(event)[1] == "everywhere")
    assert events[-1]["object"]["metadata"]["namespace"] == namespace


async def test_line_05_one_object_is_watched_by_its_name(admin: Client, namespace: str) -> None:
    for name in ("a", "b"):
        await admin.create(config(name), namespace)
    async with admin.watching(CONFIGMAPS, namespace, fieldSelector="metadata.name=b") as watch:
        assert said(await watch.event()) == ("ADDED", "b")
        for name in ("a", "b"):
            await admin.patch(CONFIGMAPS, name, {"data": {"k": "1"}}, namespace)
        assert said(await watch.event()) == ("MODIFIED", "b")
    # The path of an object is no watch, whatever its query says.
    path = CONFIGMAPS.path(namespace, "b")
    reply = await admin.send("GET", path, query={"watch": "true", "timeoutSeconds": "1"})
    assert (reply.code, reply.json["kind"]) == (200, "ConfigMap")


@asynccontextmanager
async def unread(server: Server, path: str) -> AsyncIterator[None]:
    """A watch whose caller takes its first line and no more, and has no room for it either."""
    address = urlsplit(server.url)
    trust = ssl.create_default_context(cafile=str(server.ca))
    async with AsyncExitStack() as connecting:
        door = connecting.enter_context(socket.socket())
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        door.setblocking(False)
        await asyncio.get_running_loop().sock_connect(door, (address.hostname, address.port))
        reader, writer = await asyncio.open_connection(
            sock=door, ssl=trust, server_hostname=address.hostname, limit=1_024
        )
        # From here on it is the connection's.
        connecting.pop_all()
    try:
        head = f"GET {path}?watch=true HTTP/1.1\r\nHost: {address.netloc}\r\n"
        writer.write(f"{head}Authorization: Bearer {server.admin_token}\r\n\r\n".encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        yield
    finally:
        writer.transport.abort()


async def test_line_05_a_slow_reader_does_not_hold_up_others(
    admin: Client, server: Server, namespace: str
) -> None:
    """One watch is open and never read; writes and another watch go on.

    What is written is more than all buffers between the two hold.
    """
    big = "x" * 500_000
    async with (
        unread(server, CONFIGMAPS.path(namespace)),
        admin.watching(CONFIGMAPS, namespace) as busy,
    ):
        for number in range(24):
            await admin.create(config(f"c{number}", big=big), namespace)
            assert said(await busy.event()) == ("ADDED", f"c{number}")
