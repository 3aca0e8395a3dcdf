"""Watches on a fake clock: what comes, when, and when it ends."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.demo.api.kinds import CONFIGMAPS, NAMESPACES, STORED
from tests.demo.api.bench import CONFIGS, NAMESPACE, POD_PATH, TABLE, Bench, events, said

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

pytestmark = pytest.mark.looptime

PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
INITIAL = {
    "sendInitialEvents": "true",
    "resourceVersionMatch": "NotOlderThan",
    "allowWatchBookmarks": "true",
}


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def rest(pieces: AsyncIterator[bytes]) -> list[Any]:
    """All events until the watch ends, each with the second in which it came."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    found: list[Any] = []
    async for piece in pieces:
        found += [(round(loop.time() - begun, 3), event) for event in events(piece)]
    found.append((round(loop.time() - begun, 3), None))
    return found


async def next_events(pieces: AsyncIterator[bytes]) -> list[Any]:
    return events(await anext(pieces))


def closing(pieces: AsyncIterator[bytes]) -> aclosing[AsyncGenerator[bytes]]:
    return aclosing(cast("AsyncGenerator[bytes]", pieces))


async def test_history_is_replayed_once_and_then_lived(bench: Bench) -> None:
    start = bench.config("a")["metadata"]["resourceVersion"]
    bench.config("b")
    bench.client.patch(CONFIGMAPS, NAMESPACE, "a", {"data": {"k": "1"}})
    bench.client.delete(CONFIGMAPS, NAMESPACE, "b")
    async with closing(bench.watch(CONFIGS, resourceVersion=start)) as watch:
        replayed = await next_events(watch)
        assert [said(event) for event in replayed] == [
            ("ADDED", "b"),
            ("MODIFIED", "a"),
            ("DELETED", "b"),
        ]
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in replayed]
        assert versions == sorted(versions)
        bench.config("c")
        assert [said(event) for event in await next_events(watch)] == [("ADDED", "c")]


async def test_what_happens_between_the_call_and_its_first_line_is_not_lost(bench: Bench) -> None:
    watch = bench.watch(CONFIGS)
    bench.config("late")
    async with closing(watch) as pieces:
        assert [said(event) for event in await next_events(pieces)] == [("ADDED", "late")]


async def test_a_watch_ends_cleanly_when_its_time_is_over(bench: Bench) -> None:
    assert await rest(bench.watch(CONFIGS, timeoutSeconds="7")) == [(7.0, None)]


async def test_bookmarks_come_regularly_and_before_the_end(bench: Bench) -> None:
    bench.config("a")
    found = await rest(
        bench.watch(
            CONFIGS,
            resourceVersion=str(bench.version),
            allowWatchBookmarks="true",
            timeoutSeconds="150",
        )
    )
    assert [moment for moment, _ in found] == [60.0, 120.0, 148.0, 150.0]
    assert {event["type"] for _, event in found[:-1]} == {"BOOKMARK"}


async def test_a_bookmark_follows_other_kinds_and_never_runs_ahead(bench: Bench) -> None:
    async with closing(
        bench.watch(
            CONFIGS,
            resourceVersion=str(bench.version),
            allowWatchBookmarks="true",
            timeoutSeconds="9",
        )
    ) as watch:
        first = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(1)
        bench.pod("other")
        [mark] = events(await first)
    assert mark == {
        "type": "BOOKMARK",
        "object": {
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": str(bench.version)},
        },
    }


async def test_nobody_gets_bookmarks_without_asking(bench: Bench) -> None:
    assert await rest(bench.watch(POD_PATH, timeoutSeconds="200")) == [(200.0, None)]


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.plural)
async def test_every_kind_has_bookmarks(bench: Bench, kind: Any) -> None:
    async with closing(bench.watch(kind.path(), **INITIAL)) as watch:
        found = await next_events(watch)
    mark = found[-1]["object"]
    assert (mark["kind"], mark["apiVersion"]) == (kind.kind, kind.api_version)
    assert mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert not mark.keys() & {"data", "items"}


async def test_a_streamed_list_is_marked_and_goes_on(bench: Bench) -> None:
    bench.config("a")
    bench.config("b")
    async with closing(bench.watch(CONFIGS, **INITIAL)) as watch:
        *initial, mark = await next_events(watch)
        assert [said(event) for event in initial] == [("ADDED", "a"), ("ADDED", "b")]
        assert mark["type"] == "BOOKMARK"
        bench.config("c")
        assert said((await next_events(watch))[0]) == ("ADDED", "c")


async def test_a_streamed_list_of_the_future_is_a_timeout(bench: Bench) -> None:
    [(_, event), _] = await rest(bench.watch(CONFIGS, resourceVersion="9999", **INITIAL))
    assert (event["type"], event["object"]["code"]) == ("ERROR", 504)
    assert event["object"]["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_no_initial_events_when_they_are_declined(bench: Bench) -> None:
    bench.config("a")
    query = {"sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}
    assert await rest(bench.watch(CONFIGS, timeoutSeconds="5", **query)) == [(5.0, None)]


async def test_a_version_of_the_future_is_silent_until_it_is_past(bench: Bench) -> None:
    ahead = bench.version + 2
    async with closing(bench.watch(CONFIGS, resourceVersion=str(ahead))) as watch:
        for name in "abc":
            bench.config(name)
        assert [said(event) for event in await next_events(watch)] == [("ADDED", "c")]


async def test_a_position_before_the_history_is_gone() -> None:
    bench = Bench(history=3)
    start = bench.version
    for number in range(8):
        bench.config(f"c{number}")
    [(_, event), _] = await rest(bench.watch(CONFIGS, resourceVersion=str(start)))
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["code"], status["reason"]) == (410, "Expired")
    assert status["message"].startswith(f"too old resource version: {start} (")
    # What is kept can be gone on from, and is what happened last.
    recent = bench.watch(CONFIGS, resourceVersion=str(bench.version - 3), timeoutSeconds="1")
    assert [said(event) for _, event in (await rest(recent))[:-1]] == [
        ("ADDED", "c5"),
        ("ADDED", "c6"),
        ("ADDED", "c7"),
    ]


async def test_a_history_that_was_forgotten_cannot_be_gone_on_from(bench: Bench) -> None:
    before = bench.version
    bench.config("a")
    now = bench.version
    async with closing(bench.watch(CONFIGS, resourceVersion=str(now))) as caught_up:
        waiting = asyncio.ensure_future(anext(caught_up))
        await asyncio.sleep(1)
        bench.api.forget()
        await asyncio.sleep(1)
        assert not waiting.done()
        bench.config("b")
        assert said(events(await waiting)[0]) == ("ADDED", "b")
    [(_, event), _] = await rest(bench.watch(CONFIGS, resourceVersion=str(before)))
    assert event["object"]["code"] == 410


async def test_a_reader_that_falls_behind_the_history_is_told() -> None:
    bench = Bench(history=2)
    async with closing(bench.watch(CONFIGS, resourceVersion=str(bench.version))) as watch:
        bench.config("first")
        assert said((await next_events(watch))[0]) == ("ADDED", "first")
        for number in range(10):
            bench.config(f"c{number}")
        [event] = await next_events(watch)
        assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
        with pytest.raises(StopAsyncIteration):
            await anext(watch)


async def test_leaving_a_selection_deletes_and_entering_adds(bench: Bench) -> None:
    start = str(bench.version)
    bench.config("a", {"app": "x"})
    patch = bench.client.patch
    patch(CONFIGMAPS, NAMESPACE, "a", {"metadata": {"labels": {"app": "y"}}, "data": {"k": "1"}})
    leaving = str(bench.version)
    patch(CONFIGMAPS, NAMESPACE, "a", {"data": {"k": "2"}})
    patch(CONFIGMAPS, NAMESPACE, "a", {"metadata": {"labels": {"app": "x"}}})
    patch(CONFIGMAPS, NAMESPACE, "a", {"data": {"k": "3"}})
    bench.client.delete(CONFIGMAPS, NAMESPACE, "a")
    bench.config("b", {"app": "y"})
    bench.client.delete(CONFIGMAPS, NAMESPACE, "b")
    async with closing(bench.watch(CONFIGS, resourceVersion=start, labelSelector="app=x")) as watch:
        found = await next_events(watch)
    assert [said(event) for event in found] == [
        ("ADDED", "a"),
        ("DELETED", "a"),
        ("ADDED", "a"),
        ("MODIFIED", "a"),
        ("DELETED", "a"),
    ]
    left = found[1]["object"]
    # As it was while it belonged, at the version of its leaving.
    assert left["metadata"]["labels"] == {"app": "x"}
    assert left["metadata"]["resourceVersion"] == leaving
    assert "data" not in left


async def test_a_table_has_its_head_once(bench: Bench) -> None:
    bench.config("a")
    async with closing(bench.watch(CONFIGS, accept=TABLE, **INITIAL)) as watch:
        first, mark = await next_events(watch)
        bench.config("b")
        [second] = await next_events(watch)
    assert [column["name"] for column in first["object"]["columnDefinitions"]] == [
        "Name",
        "Data",
        "Age",
    ]
    assert [row["cells"][0] for row in first["object"]["rows"]] == ["a"]
    assert mark["object"]["columnDefinitions"] is None
    assert mark["object"]["rows"][0]["object"]["metadata"]["annotations"]
    assert second["object"]["columnDefinitions"] is None
    assert second["object"]["metadata"]["resourceVersion"] == str(bench.version)


async def test_metadata_alone_is_watched(bench: Bench) -> None:
    bench.config("a", k="1")
    async with closing(bench.watch(CONFIGS, accept=PARTIAL)) as watch:
        [event] = await next_events(watch)
    assert event["object"].keys() == {"kind", "apiVersion", "metadata"}
    assert event["object"]["kind"] == "PartialObjectMetadata"


async def test_readers_of_a_change_share_its_bytes(bench: Bench) -> None:
    start = str(bench.version)
    bench.config("a")
    pieces = []
    for _ in range(2):
        async with closing(bench.watch(CONFIGS, resourceVersion=start)) as watch:
            pieces.append(await anext(watch))
    shelf = bench.api.store.shelf(CONFIGMAPS)
    assert pieces[0] == shelf.events[-1].line
    assert shelf.events[-1].line is shelf.events[-1].line


async def test_a_burst_is_cut_into_pieces(bench: Bench) -> None:
    for number in range(60):
        bench.config(f"c{number:02}", k="x" * 4_000)
    sizes = []
    names = []
    async with closing(bench.watch(CONFIGS, **INITIAL)) as watch:
        async for piece in watch:
            sizes.append(len(piece))
            found = events(piece)
            names += [said(event)[1] for event in found if event["type"] == "ADDED"]
            if found[-1]["type"] == "BOOKMARK":
                break
    assert names == [f"c{number:02}" for number in range(60)]
    assert len(sizes) > 3
    assert max(sizes) < 65_536 + 5_000


async def test_a_watch_that_is_left_leaves_nothing_behind(bench: Bench) -> None:
    shelf = bench.api.store.shelf(CONFIGMAPS)
    watch = bench.watch(CONFIGS)
    waiting = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(1)
    assert len(shelf.wakers) == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert not shelf.wakers


async def test_one_namespace_does_not_hear_of_another(bench: Bench) -> None:
    bench.client.create(NAMESPACES, {"metadata": {"name": "two"}})
    start = str(bench.version)
    bench.client.create(CONFIGMAPS, {"metadata": {"name": "there", "namespace": "two"}})
    bench.config("here")
    async with closing(bench.watch(CONFIGS, resourceVersion=start)) as one:
        assert [said(event) for event in await next_events(one)] == [("ADDED", "here")]
    async with closing(bench.watch(CONFIGMAPS.path(), resourceVersion=start)) as both:
        assert [said(event)[1] for event in await next_events(both)] == ["there", "here"]


async def test_the_old_path_of_watches_is_one(bench: Bench) -> None:
    bench.config("a")
    path = CONFIGS.replace("/api/v1/", "/api/v1/watch/")
    answer = bench.api.answer(
        bench.call("GET", path, None, "", None, bench.client.user, {"timeoutSeconds": "1"})
    )
    assert not isinstance(answer.body, bytes)
    assert said((await rest(answer.body))[0][1]) == ("ADDED", "a")


async def test_no_line_is_lost_to_a_line_break_in_a_value(bench: Bench) -> None:
    bench.config("a", text="one\ntwo\u2028three\x85four")
    async with closing(bench.watch(CONFIGS)) as watch:
        piece = await anext(watch)
    [line] = piece.split(b"\n")[:-1]
    assert json.loads(line)["object"]["data"]["text"] == "one\ntwo\u2028three\x85four"
