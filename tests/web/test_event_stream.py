"""`GET /api/stream` as a reader on a real socket sees it."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from app.clock import SystemClock
from app.cluster.projections.pods import PODS
from app.model import PodHealth
from tests.cluster.projections.raw import page, pod
from tests.web.house import EPOCH, NAMESPACE, fill, house, show
from tests.web.reader import PATIENCE, Reader, become, events_in, exchange, problem_of, request
from tests.web.served import serving
from tests.web.test_routes import complain

if TYPE_CHECKING:
    from tests.web.served import Served

TOPICS = ("pods", "cronjobs", "jobs", "events", "sources", "incidents", "health")


def health(name: str, restarts: int = 0, message: str | None = None) -> PodHealth:
    return PodHealth(
        name=name,
        phase="Running",
        ready_containers=1,
        total_containers=1,
        restart_count=restarts,
        message=message,
    )


def put(served: Served, name: str, restarts: int = 0, message: str | None = None) -> None:
    pods = served.rooms.board.pods
    served.call(lambda: pods.upsert(f"{NAMESPACE}/{name}", health(name, restarts, message)))


def remove(served: Served, name: str) -> None:
    pods = served.rooms.board.pods
    served.call(lambda: pods.remove(f"{NAMESPACE}/{name}"))


def position(served: Served) -> str:
    return f"{EPOCH}-{served.rooms.hub.seq}"


async def reason(served: Served, target: str, *headers: str) -> tuple[Any, list[str]]:
    """Why the stream starts where it does, and the events up to the first heartbeat."""
    async with Reader(served.port) as reader:
        await reader.follow(target, *headers)
        hello = await reader.named("hello")
        others = await reader.until(lambda event: event.event == "heartbeat")
    assert hello.data["resumed"] is (hello.data["reason"] in ("resumed", "gap"))
    return hello.data["reason"], [event.event for event in others[:-1]]


async def test_a_stream_begins_with_hello_and_everything(served: Served) -> None:
    async with Reader(served.port) as reader:
        await reader.follow("/api/stream")
        told = dict(reader.headers)
        assert told["content-type"] == "text/event-stream; charset=utf-8"
        assert told["cache-control"] == "no-store, no-transform"
        assert told["x-accel-buffering"] == "no"
        hello, *snapshots = await reader.snapshot()
    assert hello.event == "hello"
    assert hello.id is None
    assert hello.retry is not None
    assert 1_000 <= hello.retry <= 5_000
    server_time = hello.data.pop("serverTime")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(server_time))
    assert hello.data == {
        "schema": "watchglass.stream/1",
        "epoch": EPOCH,
        "resumed": False,
        "reason": "fresh",
        "heartbeatMs": 1_000,
        "staleAfterMs": 30_000,
        "retryMs": hello.retry,
        "topics": list(TOPICS),
        "build": "0.1.0",
    }
    assert [event.data["topic"] for event in snapshots] == list(TOPICS)
    assert [event.id for event in snapshots] == [None] * (len(TOPICS) - 1) + [position(served)]
    assert all(event.data["synced"] is True for event in snapshots)
    assert {item["key"] for item in snapshots[0].items} >= {"agents/agent-0", "agents/web-0"}


def test_the_headers_of_a_stream_are_those_of_every_answer(served: Served) -> None:
    async def told() -> None:
        found = await exchange(served.port, request("/api/stream", method="HEAD"), head_only=True)
        found.headers[:] = [
            (name, "no-store" if name == "cache-control" else value)
            for name, value in found.headers
        ]
        assert complain(found, "HEAD /api/stream") == []

    anyio.run(told)


async def test_the_first_bytes_are_these(served: Served) -> None:
    told = await exchange(served.port, request("/api/stream?topics=pods&maxEvents=1"))
    assert re.fullmatch(rb'retry: \d{4}\nevent: hello\ndata: \{"schema":.*\}\n\n', told.body)


async def test_changes_and_heartbeats_follow(served: Served) -> None:
    async with Reader(served.port) as reader:
        await reader.follow("/api/stream?topics=pods")
        await reader.snapshot()
        put(served, "fresh")
        change = await reader.named("change")
        assert change.id == position(served)
        assert change.data == {
            "changes": [
                {
                    "topic": "pods",
                    "key": "agents/fresh",
                    "op": "upsert",
                    "value": {
                        "name": "fresh",
                        "phase": "Running",
                        "readyContainers": 1,
                        "totalContainers": 1,
                        "restartCount": 0,
                    },
                }
            ]
        }
        remove(served, "fresh")
        change = await reader.named("change")
        assert change.changes == [{"topic": "pods", "key": "agents/fresh", "op": "remove"}]
        beat = await reader.named("heartbeat")
        assert beat.id is None
        assert f"{EPOCH}-{beat.data['seq']}" == change.id
        assert beat.data["sources"] == {"pods/agents": {"state": "live", "ageMs": ANY_AGE}}


class AnyAge:
    """Equal to every age a test can have."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and 0 <= other < 120_000

    def __hash__(self) -> int:
        return 0


ANY_AGE = AnyAge()


async def test_only_what_was_asked_for_comes(served: Served) -> None:
    async with Reader(served.port) as reader:
        # The order is the server's, whatever was asked.
        await reader.follow("/api/stream?topics=sources&topics=jobs,jobs&namespace=agents")
        hello, *snapshots = await reader.snapshot()
        assert hello.data["topics"] == ["jobs", "sources"]
        assert [event.data["topic"] for event in snapshots] == ["jobs", "sources"]
        put(served, "unseen")
        remove(served, "unseen")
        beat = (await reader.until(lambda event: event.event == "heartbeat"))[-1]
        assert set(beat.data["sources"] or ()) == {"jobs/agents"}


async def test_resume_by_the_header_or_by_the_parameter(served: Served) -> None:
    put(served, "counted", 1)
    before = position(served)
    put(served, "counted", 2)
    put(served, "counted", 3)
    target = "/api/stream?topics=pods"
    for where in (
        (f"{target}&since={before}",),
        (target, f"Last-Event-ID: {before}"),
        # The header wins: a browser sends it by itself when it reconnects to the same URL.
        (f"{target}&since={EPOCH}-0", f"Last-Event-ID: {before}"),
        (f"{target}&since=rubbish", f"Last-Event-ID: {before}"),
        (f"{target}&since={before}", "Last-Event-ID:"),
    ):
        async with Reader(served.port) as reader:
            await reader.follow(*where)
            hello, change = await reader.snapshot()
        assert (hello.data["reason"], change.event) == ("resumed", "change")
        (only,) = change.changes
        assert only["value"]["restartCount"] == 3, "the last value alone"
        assert change.id == position(served)


async def test_who_missed_nothing_gets_nothing(served: Served) -> None:
    here = position(served)
    assert await reason(served, f"/api/stream?since={here}") == ("resumed", [])


@pytest.mark.parametrize(
    ("cursor", "why"),
    [
        (f"{EPOCH}-999999999", "ahead"),
        ("zzzzzzzzzz-3", "epoch"),
        # Below the floor: a topic that became synced later is given in full.
        (f"{EPOCH}-1", "gap"),
        ("rubbish", "fresh"),
        (f"{EPOCH}-01", "fresh"),
        (f"{EPOCH}--1", "fresh"),
        (f"{EPOCH}-1e3", "fresh"),
        (f"{EPOCH.upper()}x-1", "fresh"),
        ("%00", "fresh"),
        ("%F0%9F%98%80", "fresh"),
        ("9" * 5_000, "fresh"),
    ],
    ids=lambda text: text[:24],
)
async def test_a_cursor_that_cannot_be_honoured_is_no_error(
    served: Served, cursor: str, why: str
) -> None:
    told, events = await reason(served, f"/api/stream?topics=pods&since={cursor}")
    assert told == why
    assert "snapshot" in events


async def test_the_header_that_cannot_be_honoured_is_no_error_either(served: Served) -> None:
    here = position(served)
    for header in ("rubbish", "\xe4\xf6\xfc", "x" * 5_000):
        told, _ = await reason(served, f"/api/stream?since={here}", f"Last-Event-ID: {header}")
        assert told == "fresh"


async def test_a_reader_may_end_after_so_many_events(served: Served) -> None:
    async with Reader(served.port) as reader:
        reader.write(request("/api/stream?topics=pods,jobs&maxEvents=2"))
        told = await reader.answer()
        assert [event.event for event in events_in(told.body)] == ["hello", "snapshot"]
        # The answer is whole: the connection goes on.
        reader.write(request("/livez"))
        assert (await reader.answer()).body == b"ok\n"

    async with Reader(served.port) as reader:
        await reader.follow("/api/stream?topics=pods&maxEvents=4")
        await reader.snapshot()
        put(served, "one")
        put(served, "two")
        assert len(await reader.rest()) == 2


async def test_head_answers_at_once(served: Served) -> None:
    before = served.rooms.hub.statistics.attached
    told = await exchange(served.port, request("/api/stream", method="HEAD"), head_only=True)
    assert told.status == 200
    assert told.header("content-type") == "text/event-stream; charset=utf-8"
    assert told.header("transfer-encoding") is None
    assert served.rooms.hub.statistics.attached == before


@pytest.mark.parametrize("target", ["/api/stream?topics=none", "/api/stream?namespace=none"])
async def test_a_refused_reader_gets_the_envelope(served: Served, target: str) -> None:
    told = await exchange(served.port, request(target))
    assert told.status == 400
    assert problem_of(told)["reason"].startswith("unknown_")


HOSTILE = (
    "<img src=x onerror=alert(1)>\r\nid: evil\n\ndata: x\r\r"
    "\u2028\u2029\x85\x00\ufeff\U0001f600\ud7ff"
)


async def test_a_text_of_any_characters_arrives_as_it_is(served: Served) -> None:
    async with Reader(served.port) as reader:
        await reader.follow("/api/stream?topics=pods")
        await reader.snapshot()
        put(served, "hostile", message=HOSTILE)
        change = await reader.named("change")
        assert change.changes[0]["value"]["message"] == HOSTILE
    remove(served, "hostile")


async def test_where_all_namespaces_are_watched_any_may_be_chosen() -> None:
    application = house(clock=SystemClock(), heartbeat_seconds=1, all_namespaces=True)
    with serving(application) as served:
        sink = application.rooms.board.sink("pods", None)
        for namespace in ("one", "two"):
            (item,) = PODS.page(page(pod("a", namespace=namespace))).items
            served.call(partial(sink.upsert, item.key, item.record))
        async with Reader(served.port) as reader:
            await reader.follow("/api/stream?topics=pods&namespace=two,elsewhere")
            _, pods = await reader.snapshot()
            assert [item["key"] for item in pods.items] == ["two/a"]
            beat = await reader.named("heartbeat")
            assert set(beat.data["sources"]) == {"pods/*"}


async def test_before_the_first_lists_a_snapshot_is_not_synced() -> None:
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
        async with Reader(served.port) as reader:
            await reader.follow("/api/stream?topics=pods,sources")
            _, pods, sources = await reader.snapshot()
            assert (pods.data["synced"], pods.data["items"]) == (False, [])
            # How our sources are we know from the first moment.
            assert sources.data["synced"] is True
            states = [item["value"]["state"] for item in sources.items]
            assert states == ["connecting"] * 4

            served.call(lambda: show(served.application, PODS, pod("a")))
            told = await reader.until(lambda event: event.event == "snapshot")
            assert told[-1].data["synced"] is True
            assert [item["key"] for item in told[-1].items] == ["agents/a"]


async def test_no_more_streams_than_there_is_room_for() -> None:
    with serving(house(clock=SystemClock(), streams_max=2)) as served:
        async with Reader(served.port) as one, Reader(served.port) as other:
            for reader in (one, other):
                await reader.follow()
                await reader.snapshot()
            told = await exchange(served.port, request("/api/stream?topics=pods"))
            assert told.status == 200
            hello, goodbye = events_in(told.body)
            assert told.body.startswith(b"retry: 15000\n")
            assert (hello.event, hello.data["retryMs"]) == ("hello", 15_000)
            assert (hello.data["reason"], hello.data["resumed"]) == ("fresh", False)
            assert (goodbye.event, goodbye.id) == ("goodbye", None)
            assert goodbye.data == {"reason": "limit", "retryMs": 15_000}
            assert served.rooms.readers == 2

            # Everything else is still answered.
            assert (await exchange(served.port, request("/livez"))).status == 200
        await become(lambda: served.rooms.readers == 0)
        async with Reader(served.port) as reader:
            await reader.follow()
            assert len(await reader.snapshot()) == 1 + len(TOPICS)


async def test_who_comes_into_a_drain_is_sent_on() -> None:
    with serving(house(clock=SystemClock())) as served:
        async with Reader(served.port) as reader:
            await reader.follow()
            await reader.snapshot()
            served.call(lambda: setattr(served.rooms.hub, "draining", True))
            told = await exchange(served.port, request("/api/stream"))
            hello, goodbye = events_in(told.body)
            assert goodbye.data["reason"] == "drain"
            # Another server may be there in a moment.
            assert 1_000 <= int(str(goodbye.data["retryMs"])) <= 5_000
            assert 1_000 <= int(str(hello.retry)) <= 5_000


async def test_a_drain_says_goodbye_and_ends_every_stream() -> None:
    with serving(house(clock=SystemClock())) as served:
        async with Reader(served.port) as reader:
            await reader.follow()
            await reader.snapshot()
            served.server.should_exit = True
            goodbye = (await reader.rest())[-1]
            assert goodbye.event == "goodbye"
            assert goodbye.data["reason"] == "drain"


async def test_readers_that_never_read_disturb_nobody_and_are_dropped() -> None:
    application = house(clock=SystemClock(), stalled_seconds=1, heartbeat_seconds=1)
    with serving(application) as served:
        fill(application)
        for number in range(100):
            put(served, f"large-{number}", message="x" * 40_000)
        told = served.rooms.hub.statistics

        stalled = [Reader(served.port, receive_buffer=4_096) for _ in range(5)]
        async with Reader(served.port) as healthy:
            for reader in stalled:
                await reader.__aenter__()
                reader.write(request("/api/stream?topics=pods"))
            await become(lambda: served.rooms.readers == 5 and told.lagging == 5)

            await healthy.follow("/api/stream?topics=pods")
            await healthy.snapshot()
            for number in range(20):
                put(served, "counted", number)
                with anyio.fail_after(PATIENCE):
                    while True:
                        change = await healthy.named("change")
                        if change.changes[-1]["value"]["restartCount"] == number:
                            break
            await become(lambda: told.stalled == 5 and served.rooms.readers == 1)
            assert told.lagging == 0
            assert served.call(lambda: len(served.server.server_state.connections)) == 1

            put(served, "counted", 99)
            assert (await healthy.named("change")).changes[0]["value"]["restartCount"] == 99
        for reader in stalled:
            await reader.__aexit__(None, None, None)


async def test_a_reader_that_was_slow_for_a_while_misses_nothing() -> None:
    application = house(clock=SystemClock(), heartbeat_seconds=1)
    with serving(application) as served:
        fill(application)
        told = served.rooms.hub.statistics
        async with Reader(served.port, receive_buffer=4_096) as reader:
            await reader.follow("/api/stream?topics=pods")
            await reader.snapshot()
            for number in range(60):
                put(served, f"large-{number}", message="x" * 40_000)
            await become(lambda: told.lagging == 1)
            put(served, "last", 7)
            seen = {}
            while "agents/last" not in seen:
                for change in (await reader.named("change")).changes:
                    seen[change["key"]] = change["value"]
            assert {f"agents/large-{number}" for number in range(60)} <= seen.keys()
            await become(lambda: told.lagging == 0)


async def test_two_servers_in_one_process_do_not_meet() -> None:
    houses = [house(clock=SystemClock(), epoch=epoch * 10) for epoch in "ab"]
    with serving(houses[0]) as one, serving(houses[1]) as other:
        async with Reader(one.port) as left, Reader(other.port) as right:
            for reader, epoch in ((left, "a"), (right, "b")):
                await reader.follow("/api/stream?topics=pods")
                hello, _ = await reader.snapshot()
                assert hello.data["epoch"] == epoch * 10
            put(one, "only-here")
            change = await left.named("change")
            assert change.changes[0]["key"] == "agents/only-here"

            one.server.should_exit = True
            assert [event.event for event in await left.rest()] == ["goodbye"]
            put(other, "and-here")
            change = await right.named("change")
            assert change.changes[0]["key"] == "agents/and-here"
            assert (json.dumps(other.rooms.hub.statistics.readers)) == '{"sse": 1, "websocket": 0}'
