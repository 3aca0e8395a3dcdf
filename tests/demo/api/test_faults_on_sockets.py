"""Every fault switch, seen from the other end of the connection."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import anyio
import pytest

from app.demo.api.door import Door
from app.demo.api.roles import NOBODY
from app.demo.api.rules import controller
from app.demo.api.switches import SWITCHES
from tests.demo.api.served import CONFIG_MAPS

if TYPE_CHECKING:
    from tests.demo.api.served import Served, Wire

PATIENCE = 30.0
A_MOMENT = 0.3
"""How long nothing has to come for it to count as nothing: too short can only hide a fault."""


async def is_silent(wire: Wire) -> bool:
    """Whether nothing comes for a moment."""
    with anyio.move_on_after(A_MOMENT):
        await wire.head() if not wire.code else await wire.line()
        return False
    return True


async def until_accepted(simulated: Served) -> Wire:
    """The first answer of a server that is on its way back."""
    with anyio.fail_after(PATIENCE):
        while True:
            try:
                return await simulated.ask("/version")
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)


async def assert_refused(simulated: Served) -> None:
    with pytest.raises(ConnectionRefusedError):
        await simulated.request("/version")


async def test_without_a_fault_a_watch_is_whole(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.make("a")
    word, found = await watch.event()
    assert (word, found["metadata"]["name"]) == ("ADDED", "a")
    assert {fault["on"] for fault in simulated.faults.state()} == {False}


# ---- connections


async def test_refuse_shuts_the_port_and_keeps_it(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("refuse", {})
    assert await watch.end() == b""
    await assert_refused(simulated)
    with pytest.raises(OSError, match="in use"), socket.socket() as other:
        other.bind(("127.0.0.1", simulated.door.port))
    simulated.make("meanwhile")
    simulated.faults.turn_off("refuse")
    assert (await until_accepted(simulated)).code == 200
    # Nothing is lost: it was the connection that failed, not the server.
    again = await simulated.ask(f"{CONFIG_MAPS}?watch=1&resourceVersion=1")
    assert (await again.event())[1]["metadata"]["name"] == "meanwhile"


async def test_a_port_that_was_taken_meanwhile_is_waited_for(simulated: Served) -> None:
    simulated.faults.turn_on("refuse", {})
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", simulated.door.port))
        other.listen()
        simulated.faults.turn_off("refuse")
        # The first attempt is made at once, and fails.
        await asyncio.sleep(0)
    assert (await until_accepted(simulated)).code == 200


async def test_refuse_ends_by_itself(simulated: Served) -> None:
    simulated.faults.turn_on("refuse", {"seconds": 0.1})
    assert (await until_accepted(simulated)).code == 200
    assert simulated.faults.on("refuse") is None


async def test_refuse_can_be_turned_on_while_the_port_is_opening(simulated: Served) -> None:
    for _ in range(3):
        simulated.faults.turn_on("refuse", {})
        simulated.faults.turn_off("refuse")
    simulated.faults.turn_on("refuse", {})
    await assert_refused(simulated)
    simulated.faults.turn_off("refuse")
    assert (await until_accepted(simulated)).code == 200


async def test_a_port_that_is_taken_is_an_error() -> None:
    taken = Door()
    with pytest.raises(OSError, match="in use"):
        Door(taken.port)
    taken.close()
    Door(taken.port).close()


async def test_reset_is_a_reset(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("reset", {"count": 2})
    with pytest.raises(ConnectionResetError):
        await watch.line()
    with pytest.raises(ConnectionResetError):
        await simulated.ask("/version")
    assert (await simulated.ask("/version")).code == 200


async def test_a_reset_of_one_resource_leaves_the_others(simulated: Served) -> None:
    simulated.faults.turn_on("reset", {"resource": "cronjobs.batch"})
    assert (await simulated.ask(CONFIG_MAPS)).code == 200
    for path in ("/apis/batch/v1/cronjobs", "/apis/batch/v1/namespaces/default/cronjobs/x"):
        with pytest.raises(ConnectionResetError):
            await simulated.ask(path)


async def test_a_black_hole_answers_nothing_and_ends_with_a_reset(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("black-hole", {})
    asked = await simulated.request("/version")
    simulated.make("lost")
    assert await is_silent(asked)
    assert await is_silent(watch)
    simulated.faults.turn_off("black-hole")
    with pytest.raises(ConnectionResetError):
        await asked.head()
    with pytest.raises(ConnectionResetError):
        await watch.line()
    assert (await simulated.ask("/version")).code == 200


async def test_a_watch_that_lost_nothing_in_a_black_hole_goes_on(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("black-hole", {"resource": "configmaps"})
    simulated.faults.turn_off("black-hole")
    simulated.make("a")
    assert (await watch.event())[0] == "ADDED"


async def test_who_leaves_a_black_hole_leaves_nothing_behind(simulated: Served) -> None:
    simulated.faults.turn_on("black-hole", {})
    asked = await simulated.request("/version")
    assert await is_silent(asked)
    await asked.close()
    with anyio.fail_after(PATIENCE):
        await asyncio.gather(*simulated.server.server_state.tasks)


async def test_headers_come_late(simulated: Served) -> None:
    loop = asyncio.get_running_loop()
    simulated.faults.turn_on("slow-headers", {"delay": 0.5, "count": 1})
    begun = loop.time()
    assert (await simulated.ask("/version")).code == 200
    assert loop.time() - begun >= 0.5


async def test_too_many_requests(simulated: Served) -> None:
    simulated.faults.turn_on("throttle", {"retryAfter": 7, "count": 2, "resource": "configmaps"})
    for path in (CONFIG_MAPS, f"{CONFIG_MAPS}?watch=1"):
        assert (await simulated.ask("/api/v1/pods")).code == 200
        refused = await simulated.ask(path)
        assert (refused.code, refused.headers["retry-after"]) == (429, "7")
        assert refused.headers["content-type"] == "text/plain; charset=utf-8"
        assert await refused.body() == b"Too many requests, please try again later.\n"
    assert (await simulated.ask(CONFIG_MAPS)).code == 200


async def test_a_restart_loses_connections_and_history(simulated: Served) -> None:
    first = simulated.make("a")
    watch = await simulated.watch()
    simulated.faults.turn_on("restart", {"seconds": 0.2})
    assert await watch.end() == b""
    await assert_refused(simulated)
    await until_accepted(simulated)
    version = int(first["metadata"]["resourceVersion"]) - 1
    late = await simulated.ask(f"{CONFIG_MAPS}?watch=1&resourceVersion={version}")
    word, status = await late.event()
    assert (word, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
    listed = await (await simulated.ask(CONFIG_MAPS)).json()
    assert [item["metadata"]["name"] for item in listed["items"]] == ["a"]


async def test_a_restart_does_not_end_a_refusal(simulated: Served) -> None:
    simulated.faults.turn_on("refuse", {})
    simulated.faults.turn_on("restart", {})
    simulated.faults.turn_off("restart")
    await assert_refused(simulated)
    simulated.faults.turn_off("refuse")
    assert (await until_accepted(simulated)).code == 200


# ---- answers


async def test_a_resource_can_be_forbidden(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("forbidden", {"resource": "configmaps"})
    refused = await simulated.ask(CONFIG_MAPS)
    assert refused.code == 403
    assert (await refused.json())["message"] == (
        'configmaps is forbidden: User "demo" cannot list resource "configmaps" in API group "" '
        'in the namespace "default"'
    )
    assert (await simulated.ask("/api/v1/pods")).code == 200
    # The cluster itself goes on, and so does who was allowed before.
    simulated.make("a", controller("job"))
    assert (await watch.event())[0] == "ADDED"
    simulated.faults.turn_on("forbidden", {"resource": "cronjobs.batch"})
    assert (await simulated.ask(CONFIG_MAPS)).code == 200
    assert (await simulated.ask("/apis/batch/v1/cronjobs?watch=1")).code == 403
    simulated.faults.turn_off("forbidden")
    assert (await simulated.ask("/apis/batch/v1/cronjobs")).code == 200


async def test_the_clock_can_be_wrong(simulated: Served) -> None:
    simulated.faults.turn_on("clock", {"offset": -3600})
    answer = await simulated.ask("/version")
    expected = datetime.now(UTC) - timedelta(hours=1)
    assert abs(parsedate_to_datetime(answer.headers["date"]) - expected) < timedelta(minutes=5)
    simulated.faults.turn_off("clock")
    answer = await simulated.ask("/version")
    now = datetime.now(UTC)
    assert abs(parsedate_to_datetime(answer.headers["date"]) - now) < timedelta(minutes=5)


# ---- watches


async def test_an_event_ends_in_its_middle(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("truncate", {"count": 1})
    simulated.make("a")
    with pytest.raises(asyncio.IncompleteReadError) as cut:
        await watch.line()
    assert cut.value.partial == b""
    again = await simulated.watch()
    simulated.make("b")
    assert (await again.event())[0] == "ADDED"


async def test_half_an_event_can_look_like_the_end(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("truncate", {"clean": True})
    simulated.make("a")
    half = await watch.line()
    assert half.startswith(b'{"type":"ADDED"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(half)
    assert await watch.line() == b""


async def test_events_come_twice(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("duplicate", {"count": 1})
    simulated.make("a")
    simulated.make("b")
    names = [(await watch.event())[1]["metadata"]["name"] for _ in range(3)]
    assert names == ["a", "a", "b"]


async def test_gone_reaches_open_watches_and_new_ones(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("gone", {"count": 2})
    for one in (watch, await simulated.watch()):
        word, status = await one.event()
        assert (word, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
        assert await one.line() == b""
    assert simulated.faults.on("gone") is None


async def test_gone_as_an_http_status_is_for_watches_alone(simulated: Served) -> None:
    simulated.faults.turn_on("gone-http", {})
    refused = await simulated.ask(f"{CONFIG_MAPS}?watch=true&resourceVersion=1")
    assert refused.code == 410
    assert (await refused.json())["reason"] == "Expired"
    assert (await simulated.ask(CONFIG_MAPS)).code == 200


async def test_an_error_event_without_a_reason(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("error-event", {"resource": "pods"})
    simulated.faults.turn_on("error-event", {"resource": "configmaps", "count": 1})
    word, status = await watch.event()
    assert word == "ERROR"
    assert "reason" not in status
    assert status["code"] == 500
    assert await watch.line() == b""


async def test_an_unknown_event_comes_once_and_the_watch_goes_on(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("unknown-event", {})
    assert (await watch.event())[0] == "SURPRISE"
    simulated.faults.turn_on("clock", {})
    simulated.make("a")
    assert (await watch.event())[0] == "ADDED"
    assert (await (await simulated.watch()).event())[0] == "SURPRISE"


async def test_a_silent_watch_is_accepted_and_never_whole_again(simulated: Served) -> None:
    watch = await simulated.watch()
    simulated.faults.turn_on("silent", {"resource": "configmaps"})
    late = await simulated.watch()
    simulated.make("lost")
    assert await is_silent(watch)
    assert await is_silent(late)
    listed = await (await simulated.ask(CONFIG_MAPS)).json()
    assert [item["metadata"]["name"] for item in listed["items"]] == ["lost"]
    simulated.faults.turn_off("silent")
    for one in (watch, late):
        with pytest.raises(ConnectionResetError):
            await one.line()


async def test_bookmarks_can_be_left_out(simulated: Served) -> None:
    marked = await simulated.watch(query="&allowWatchBookmarks=true")
    assert (await marked.event())[0] == "BOOKMARK"
    simulated.faults.turn_on("no-bookmarks", {})
    bare = await simulated.watch(query="&allowWatchBookmarks=true")
    assert await is_silent(bare)
    # The one at the end of a streamed list is part of the list.
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    streamed = await simulated.ask(f"{CONFIG_MAPS}?watch=1&{query}")
    assert (await streamed.event())[0] == "BOOKMARK"


async def test_a_watch_that_is_refused_is_refused_as_ever(simulated: Served) -> None:
    for name in ("silent", "gone", "unknown-event", "truncate", "duplicate"):
        simulated.faults.turn_on(name, {})
    refused = await simulated.ask(f"{CONFIG_MAPS}?watch=1", token=NOBODY)
    assert refused.code == 403
    assert (await refused.json())["reason"] == "Forbidden"


async def test_the_old_path_of_a_watch_is_one(simulated: Served) -> None:
    simulated.faults.turn_on("gone", {"resource": "configmaps"})
    path = CONFIG_MAPS.replace("/v1/", "/v1/watch/")
    assert (await (await simulated.ask(path)).event())[0] == "ERROR"
    # What names one object or another method is none.
    simulated.make("a")
    assert (await simulated.ask(f"{CONFIG_MAPS}/a?watch=1")).code == 200
    assert (await simulated.ask("/api/v1/nothing?watch=1")).code == 404


async def test_a_burst_of_events_comes_through_every_switch(simulated: Served) -> None:
    names = [f"c-{number}" for number in range(50)]
    watch = await simulated.watch()
    for name in names:
        simulated.make(name)
    assert [(await watch.event())[1]["metadata"]["name"] for _ in names] == names
    simulated.faults.turn_on("duplicate", {"count": 3})
    for name in ("d-0", "d-1", "d-2", "d-3"):
        simulated.make(name)
    found = [(await watch.event())[1]["metadata"]["name"] for _ in range(7)]
    assert found == ["d-0", "d-0", "d-1", "d-1", "d-2", "d-2", "d-3"]


async def test_other_streams_are_left_alone(simulated: Served) -> None:
    for name in ("gone", "truncate", "duplicate", "silent", "gone-http"):
        simulated.faults.turn_on(name, {})
    assert (await simulated.ask("/readyz")).code == 200
    assert (await (await simulated.ask(CONFIG_MAPS)).json())["items"] == []


def test_every_switch_of_the_contract_is_there() -> None:
    assert {switch.name for switch in SWITCHES} == {
        "refuse",
        "reset",
        "black-hole",
        "slow-headers",
        "truncate",
        "duplicate",
        "gone",
        "gone-http",
        "forbidden",
        "throttle",
        "restart",
        "clock",
        "error-event",
        "unknown-event",
        "silent",
        "no-bookmarks",
    }
