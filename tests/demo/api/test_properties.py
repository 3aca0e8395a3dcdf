"""Line 2 as a property: whoever lists and watches ends with the state that is there."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.api.kinds import CONFIGMAPS, NAMESPACES
from app.demo.api.statuses import Refused
from tests.demo.api.bench import CONFIGS, NAMESPACE, Bench, config, events

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

NAMES = [f"c{number}" for number in range(6)]
LABELS = [None, {"app": "x"}, {"app": "y"}]


def write(bench: Bench, dice: Random) -> None:
    """One random write, which may be refused."""
    client, name = bench.client, dice.choice(NAMES)
    try:
        match dice.randrange(5):
            case 0:
                client.delete(CONFIGMAPS, NAMESPACE, name)
            case 1:
                client.create(CONFIGMAPS, config(name, dice.choice(LABELS), v=str(dice.random())))
            case 2:
                change: Any = {"data": {"v": str(dice.randrange(3))}}
                client.patch(CONFIGMAPS, NAMESPACE, name, change)
            case 3:
                labels = {"app": dice.choice(("x", "y", None))}
                client.patch(CONFIGMAPS, NAMESPACE, name, {"metadata": {"labels": labels}})
            case _:
                # Another kind moves the revision on.
                client.create(
                    CONFIGMAPS, {"metadata": {"generateName": "o-", "namespace": "default"}}
                )
    except Refused as refusal:
        assert refusal.code in (404, 409), refusal


async def read(bench: Bench, selector: str, done: asyncio.Event, dice: Random) -> dict[str, Any]:
    """List, watch from there, and now and then begin the watch anew where it stood."""
    query = {"labelSelector": selector} if selector else {}
    page = bench.ask("GET", CONFIGS, **query).json
    held = {item["metadata"]["name"]: item for item in page["items"]}
    at = int(page["metadata"]["resourceVersion"])
    ended = False
    while not ended:
        stream = bench.watch(CONFIGS, resourceVersion=str(at), timeoutSeconds="3", **query)
        async with aclosing(cast("AsyncGenerator[bytes]", stream)) as watch:
            async for piece in watch:
                for event in events(piece):
                    found = event["object"]
                    name, version = found["metadata"]["name"], found["metadata"]["resourceVersion"]
                    assert int(version) > at, "in order, each once"
                    at = int(version)
                    assert (event["type"] == "ADDED") == (name not in held)
                    if event["type"] == "DELETED":
                        del held[name]
                    else:
                        held[name] = found
                if dice.random() < 0.2:
                    break
            else:
                # Its time was over without an event to come.
                ended = done.is_set()
    return held


@pytest.mark.looptime
@pytest.mark.parametrize("seed", range(12))
async def test_readers_end_with_the_state_whenever_they_begin(seed: int) -> None:
    bench = Bench()
    bench.client.create(NAMESPACES, {"metadata": {"name": "default"}})
    dice = Random(seed)
    done = asyncio.Event()
    readers: list[tuple[str, asyncio.Task[dict[str, Any]]]] = []
    for _ in range(150):
        write(bench, dice)
        if dice.random() < 0.06:
            selector = dice.choice(("", "app=x", "app!=x", "app in (x,y)"))
            reader = asyncio.ensure_future(read(bench, selector, done, Random(dice.random())))
            readers.append((selector, reader))
        if dice.random() < 0.3:
            await asyncio.sleep(dice.random())
    done.set()
    assert readers
    for selector, reader in readers:
        held = await reader
        query = {"labelSelector": selector} if selector else {}
        items = bench.ask("GET", CONFIGS, **query).json["items"]
        want = {item["metadata"]["name"]: item for item in items}
        plain = {
            name: {
                part: value for part, value in found.items() if part not in ("kind", "apiVersion")
            }
            for name, found in held.items()
        }
        assert plain == want


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), cut=st.integers(0, 40), limit=st.integers(1, 4))
def test_pages_show_one_moment_whatever_is_written_between_them(
    seed: int, cut: int, limit: int
) -> None:
    bench, dice = Bench(), Random(seed)
    bench.client.create(NAMESPACES, {"metadata": {"name": "default"}})
    for _ in range(cut):
        write(bench, dice)
    whole = bench.ask("GET", CONFIGS).json
    pages: list[Any] = []
    token = ""
    while True:
        query = {"limit": str(limit)} | ({"continue_": token} if token else {})
        page = bench.ask("GET", CONFIGS, **query).json
        pages.append(page)
        assert page["metadata"]["resourceVersion"] == whole["metadata"]["resourceVersion"]
        token = page["metadata"].get("continue", "")
        rest = page["metadata"].get("remainingItemCount", 0)
        assert rest == len(whole["items"]) - sum(len(one["items"]) for one in pages)
        if not token:
            break
        write(bench, dice)
    assert [item for page in pages for item in page["items"]] == whole["items"]
    assert all(len(page["items"]) == limit for page in pages[:-1])


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), writes=st.integers(1, 60))
def test_every_kept_moment_can_be_listed(seed: int, writes: int) -> None:
    bench, dice = Bench(), Random(seed)
    bench.client.create(NAMESPACES, {"metadata": {"name": "default"}})
    moments = {}
    for _ in range(writes):
        write(bench, dice)
        moments[str(bench.version)] = bench.ask("GET", CONFIGS).json["items"]
    for version, items in moments.items():
        query = {"resourceVersion": version, "resourceVersionMatch": "Exact"}
        assert bench.ask("GET", CONFIGS, **query).json["items"] == items


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32))
def test_listeners_hear_every_write_in_order(seed: int) -> None:
    bench, dice = Bench(), Random(seed)
    bench.client.create(NAMESPACES, {"metadata": {"name": "default"}})
    heard: list[tuple[str, str, int]] = []
    bench.api.store.subscribe(
        lambda word, kind, found: heard.append(
            (word, found["metadata"]["name"], int(found["metadata"]["resourceVersion"]))
        )
    )
    first = bench.version
    for _ in range(40):
        write(bench, dice)
    assert [version for _, _, version in heard] == list(range(first + 1, bench.version + 1))
    shelf = bench.api.store.shelf(CONFIGMAPS)
    told = [(event.type, event.now.key[1], event.now.revision) for event in shelf.events]
    assert told == heard
    assert all(json.loads(event.line)["type"] == event.type for event in shelf.events)
