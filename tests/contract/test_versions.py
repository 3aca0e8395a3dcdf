"""Lines 1 to 3: one resource version over everything, watched from anywhere, kept for a while."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from tests.contract.client import bare_pod, config, said
from tests.control_plane.api import CONFIGMAPS, JOBS, PODS, SECRETS

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.contract.server import Server
    from tests.control_plane.objects import Json

FAR_FUTURE = "999999999"


def version(thing: Json) -> int:
    """An object's, or a list's."""
    return int(thing["metadata"]["resourceVersion"])


# ---- line 1


async def test_line_01_one_version_counts_over_all_kinds(admin: Client, namespace: str) -> None:
    secret: Json = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "one"}}
    first = await admin.create(config("one"), namespace)
    second = await admin.create(secret, namespace)
    third = await admin.create(bare_pod("one"), namespace)
    fourth = await admin.patch(CONFIGMAPS, "one", {"data": {"a": "1"}}, namespace)
    written = [version(thing) for thing in (first, second, third, fourth)]
    assert written == sorted(set(written))
    # A list's version is that of the whole server, whatever was written last.
    for resource in (CONFIGMAPS, SECRETS, PODS, JOBS):
        assert version(await admin.list(resource, namespace)) >= written[-1]
    assert version(await admin.get(SECRETS, "one", namespace)) == written[1]
    found = (await admin.list(SECRETS, namespace))["items"]
    assert [version(item) for item in found] == [written[1]]


async def test_line_01_no_write_no_version_no_event(admin: Client, namespace: str) -> None:
    made = await admin.create(config("one", a="1"), namespace)
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=str(version(made))) as watch:
        same = await admin.patch(CONFIGMAPS, "one", {"data": {"a": "1"}}, namespace)
        assert version(same) == version(made)
        put = await admin.send("PUT", CONFIGMAPS.path(namespace, "one"), made)
        assert put.version == version(made)
        after = await admin.patch(CONFIGMAPS, "one", {"data": {"a": "2"}}, namespace)
        event = await watch.event()
    assert said(event) == ("MODIFIED", "one")
    assert version(event["object"]) == version(after)


# ---- line 2


async def test_line_02_watch_replays_history_once_in_order(admin: Client, namespace: str) -> None:
    start = version(await admin.list(CONFIGMAPS, namespace))
    await admin.create(config("a"), namespace)
    await admin.create(config("b"), namespace)
    await admin.patch(CONFIGMAPS, "a", {"data": {"k": "1"}}, namespace)
    await admin.delete(CONFIGMAPS, "b", namespace)
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=str(start)) as watch:
        replayed = await watch.events(4)
        await admin.create(config("c"), namespace)
        live = await watch.event()
    events = [*replayed, live]
    assert [said(event) for event in events] == [
        ("ADDED", "a"),
        ("ADDED", "b"),
        ("MODIFIED", "a"),
        ("DELETED", "b"),
        ("ADDED", "c"),
    ]
    versions = [version(event["object"]) for event in events]
    assert versions == sorted(set(versions))
    assert versions[0] > start
    assert replayed[2]["object"]["data"] == {"k": "1"}
    assert "data" not in replayed[0]["object"]


async def test_line_02_a_watch_begins_after_the_version_it_names(
    admin: Client, namespace: str
) -> None:
    first = await admin.create(config("a"), namespace)
    second = await admin.create(config("b"), namespace)
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=str(version(first))) as watch:
        event = await watch.event()
    assert (said(event), version(event["object"])) == (("ADDED", "b"), version(second))


@pytest.mark.parametrize("query", [{}, {"resourceVersion": "0"}], ids=["unset", "zero"])
async def test_line_02_without_a_version_a_watch_begins_with_what_is(
    admin: Client, namespace: str, query: dict[str, str]
) -> None:
    for name in ("b", "a", "gone"):
        await admin.create(config(name), namespace)
    await admin.patch(CONFIGMAPS, "a", {"data": {"k": "1"}}, namespace)
    await admin.delete(CONFIGMAPS, "gone", namespace)
    if query:
        # "0" may be served from a cache that is a moment behind.
        await admin.until(CONFIGMAPS, "gone", namespace, lambda found: found is None)
    async with admin.watching(CONFIGMAPS, namespace, **query) as watch:
        events = await watch.events(2)
        await admin.create(config("z"), namespace)
        live = await watch.event()
    assert sorted(said(event) for event in events) == [("ADDED", "a"), ("ADDED", "b")]
    assert next(e for e in events if said(e)[1] == "a")["object"]["data"] == {"k": "1"}
    assert said(live) == ("ADDED", "z")


async def test_line_02_a_version_of_the_future_is_silent_until_it_comes(
    admin: Client, namespace: str
) -> None:
    await admin.create(config("a"), namespace)
    async with admin.watching(
        CONFIGMAPS, namespace, resourceVersion=FAR_FUTURE, timeoutSeconds="1"
    ) as watch:
        assert watch.code == 200
        await admin.create(config("b"), namespace)
        assert await watch.rest() == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_line_02_nothing_is_lost_or_repeated_between_list_and_watch(
    admin: Client, namespace: str, seed: int
) -> None:
    """Readers list and watch at some moment while writers write; each ends with the same state."""
    dice = random.Random(seed)
    names = [f"c{number}" for number in range(6)]
    plans = [[(dice.choice(names), dice.random()) for _ in range(25)] for _ in range(3)]
    # Each reader begins when so many writes are done.
    begins = {dice.randrange(70): asyncio.Event() for _ in range(3)}
    written = 0

    async def write(plan: list[tuple[str, float]]) -> None:
        nonlocal written
        for name, what in plan:
            if what < 0.3:
                await admin.remove(CONFIGMAPS, namespace, name)
            elif what < 0.6:
                await admin.send("POST", CONFIGMAPS.path(namespace), config(name, v=str(what)))
            else:
                await admin.change(CONFIGMAPS, namespace, name, {"data": {"v": str(what)}})
            if written in begins:
                begins[written].set()
            written += 1

    async def read(begin: asyncio.Event) -> dict[str, int]:
        await begin.wait()
        page = await admin.list(CONFIGMAPS, namespace)
        known = {item["metadata"]["name"]: version(item) for item in page["items"]}
        last = version(page)
        events = admin.watch(CONFIGMAPS, namespace, resourceVersion=str(last))
        async with asyncio.timeout(30), aclosing(events):
            async for event in events:
                kind, name = said(event)
                at = version(event["object"])
                assert at > last, "in order, each once"
                last = at
                assert (kind == "ADDED") == (name not in known), (kind, name)
                if kind == "DELETED":
                    del known[name]
                elif name == "end":
                    break
                else:
                    known[name] = at
        return known

    reading = [asyncio.create_task(read(begin)) for begin in begins.values()]
    async with asyncio.TaskGroup() as group:
        for plan in plans:
            group.create_task(write(plan))
    page = await admin.list(CONFIGMAPS, namespace)
    final = {item["metadata"]["name"]: version(item) for item in page["items"]}
    await admin.create(config("end"), namespace)
    for task in reading:
        assert await task == final


# ---- line 3


async def test_line_03_a_position_before_the_history_is_gone(
    admin: Client, server: Server, namespace: str
) -> None:
    made = [await admin.create(config(name), namespace) for name in ("a", "b", "c")]
    page = await admin.list(CONFIGMAPS, namespace, limit="2")
    token = page["metadata"]["continue"]
    await admin.patch(CONFIGMAPS, "a", {"data": {"k": "1"}}, namespace)
    await asyncio.to_thread(server.forget)
    await admin.create(config("d"), namespace)

    old = version(made[0])
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=str(old)) as watch:
        # The watch is accepted; that it cannot be is an event, and the end.
        assert watch.code == 200
        [event] = await watch.rest()
    assert event["type"] == "ERROR"
    status = event["object"]
    assert status["message"].startswith(f"too old resource version: {old} (")
    assert status == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": status["message"],
        "reason": "Expired",
        "code": 410,
    }

    refused = await admin.read(CONFIGMAPS, namespace, limit="2", **{"continue": token})
    assert refused.code == 410
    gone = refused.json
    assert (gone["reason"], gone["code"]) == ("Expired", 410)
    assert gone["message"].startswith("The provided continue parameter is too old to display")
    # It comes with another token, for whoever prefers a rest that may not fit the beginning.
    fresh = gone["metadata"]["continue"]
    rest = await admin.list(CONFIGMAPS, namespace, limit="2", **{"continue": fresh})
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c", "d"]

    # Everything else is as before.
    found = await admin.list(CONFIGMAPS, namespace)
    assert [item["metadata"]["name"] for item in found["items"]] == ["a", "b", "c", "d"]
    now = version(found)
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=str(now)) as watch:
        await admin.create(config("e"), namespace)
        assert said(await watch.event()) == ("ADDED", "e")


async def test_line_03_pages_of_a_list_are_of_one_moment(admin: Client, namespace: str) -> None:
    for number in range(5):
        await admin.create(config(f"c{number}"), namespace)
    first = await admin.list(CONFIGMAPS, namespace, limit="2")
    assert first["metadata"]["remainingItemCount"] == 3
    await admin.create(config("c1a"), namespace)
    await admin.delete(CONFIGMAPS, "c3", namespace)
    query = {"limit": "2", "continue": first["metadata"]["continue"]}
    second = await admin.list(CONFIGMAPS, namespace, **query)
    query["continue"] = second["metadata"]["continue"]
    third = await admin.list(CONFIGMAPS, namespace, **query)
    pages = [[i["metadata"]["name"] for i in page["items"]] for page in (first, second, third)]
    assert pages == [["c0", "c1"], ["c2", "c3"], ["c4"]]
    assert second["metadata"]["remainingItemCount"] == 1
    assert {version(page) for page in (first, second, third)} == {version(first)}
    assert third["metadata"].keys() == {"resourceVersion"}
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=str(version(third))) as watch:
        events = await watch.events(2)
    assert [said(event) for event in events] == [("ADDED", "c1a"), ("DELETED", "c3")]
