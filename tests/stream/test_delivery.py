"""Readers that lag, end, stall and leave, while the hub runs in fake time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anyio
import pytest

from tests.stream.stage import EPOCH, Stage, changed, items_of, names, running, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.stream import Limits, Subscription
    from tests.stream.wire import FakeWriter

pytestmark = pytest.mark.looptime

LARGE = "x" * 40_000
"""Two of them need two writes."""


async def at_rest(stage: Stage) -> None:
    """After a tick nobody lags, and the numbers say so."""
    await anyio.sleep(0.06)
    assert stage.hub.statistics.lagging == 0
    for view in stage.hub.views.values():
        assert not view.lagging


async def blocked(stage: Stage) -> tuple[Subscription, FakeWriter]:
    """A reader that has everything and takes nothing more, and lags."""
    subscription, writer = stage.attach(stage.writer(room=2))
    writer.events()
    stage.pods.upsert("a/blocking", stage.hub.seq)
    stage.hub.flush()
    await settle()
    assert subscription in subscription.view.lagging
    return subscription, writer


class TestCatchingUp:
    async def test_a_reader_that_lags_gets_the_last_values_of_what_it_missed(self) -> None:
        async with running() as stage:
            _, writer = await blocked(stage)
            for n in range(1_000):
                stage.pods.upsert(f"a/{n % 3}", n)
                await anyio.sleep(0.01)
            stage.pods.remove("a/0")
            assert not writer.pipe
            writer.widen(None)
            await at_rest(stage)
            assert changed(writer.events()) == [
                ("a/blocking", 0),
                ("a/1", 997),
                ("a/2", 998),
                ("a/0", None),
            ]

    async def test_it_is_live_again_afterwards(self) -> None:
        async with running() as stage:
            subscription, writer = await blocked(stage)
            writer.widen(None)
            await at_rest(stage)
            writer.events()
            assert subscription in subscription.view.live
            await anyio.sleep(1)
            stage.pods.upsert("a/1", 1)
            assert changed(writer.events()) == [("a/1", 1)]

    async def test_what_changes_while_it_catches_up_is_not_lost_and_not_told_twice(self) -> None:
        async with running() as stage:
            _, writer = await blocked(stage)
            for n in range(20):
                stage.pods.upsert("a/1", n)
                writer.widen(1)
                await anyio.sleep(0.06)
            writer.widen(None)
            await at_rest(stage)
            values = [value for key, value in changed(writer.events()) if key == "a/1"]
            assert values == sorted(set(values), key=values.index)
            assert values[-1] == 19

    async def test_a_snapshot_that_did_not_fit_goes_on_where_it_stopped(self) -> None:
        async with running() as stage:
            for n in range(4):
                stage.pods.upsert(f"a/{n}", LARGE)
            _, writer = stage.attach(stage.writer(room=3))
            stage.pods.upsert("a/0", 1)
            stage.pods.upsert("a/4", 2)
            await settle()
            assert len(writer.pipe) == 3
            writer.widen(None)
            await at_rest(stage)
            hello, *parts, change = writer.events()
            assert hello.event == "hello"
            assert [part.data["part"] for part in parts] == [0, 1, 2, 3]
            assert [part.id for part in parts] == [None, None, None, f"{EPOCH}-4"]
            assert items_of(parts[0]) == {"a/0": LARGE}
            assert changed([change]) == [("a/0", 1), ("a/4", 2)]

    async def test_of_several_frames_it_took_some_the_rest_follows(self) -> None:
        async with running() as stage:
            _, writer = stage.attach(stage.writer(room=3))
            with stage.hub.batch():
                for n in range(3):
                    stage.pods.upsert(f"a/{n}", LARGE)
            await settle()
            assert len(writer.pipe) == 3
            writer.widen(None)
            await at_rest(stage)
            events = writer.events()
            assert [event.id for event in events[2:]] == [f"{EPOCH}-{n}" for n in (1, 2, 3)]

    async def test_of_several_frames_it_took_none_they_all_follow(self) -> None:
        async with running() as stage:
            _, writer = stage.attach(stage.writer(room=2))
            with stage.hub.batch():
                for n in range(3):
                    stage.pods.upsert(f"a/{n}", LARGE)
            writer.widen(None)
            await at_rest(stage)
            events = writer.events()
            assert [event.id for event in events[2:]] == [f"{EPOCH}-{n}" for n in (1, 2, 3)]

    async def test_changes_that_moved_nobody_are_told_again(self) -> None:
        """Of changes and a snapshot it took the changes, whose event has no id."""
        async with running() as stage:
            _, writer = stage.attach(stage.writer(room=4), topics=["pods", "jobs"])
            with stage.hub.batch():
                stage.jobs.upsert("j", 1)
                stage.pods.mark_synced()
            await settle()
            assert names(writer.events()) == ["hello", "snapshot", "snapshot", "change"]
            writer.widen(None)
            await at_rest(stage)
            change, snapshot = writer.events()
            assert (changed([change]), change.id) == ([("j", 1)], None)
            assert (snapshot.event, snapshot.id) == ("snapshot", f"{EPOCH}-2")

    async def test_it_does_not_hurry_what_is_gathered_for_the_others(self) -> None:
        async with running() as stage:
            _, live = stage.attach()
            slow = [stage.attach(stage.writer(stepped=False, pace=0.003))[1] for _ in range(2)]
            live.events()
            for n in range(500):
                stage.pods.upsert("a/1", n)
                await anyio.sleep(0.001)
            await anyio.sleep(0.05)
            assert 10 <= len(live.pipe) <= 12
            assert changed(live.events())[-1] == ("a/1", 499)
            await at_rest(stage)
            for writer in slow:
                assert changed(writer.events())[-1] == ("a/1", 499)

    async def test_it_comes_and_goes_with_the_tick_while_changes_pour(self) -> None:
        async with running() as stage:
            _, slow = await blocked(stage)
            slow.widen(None)
            for n in range(2_000):
                stage.pods.upsert("a/1", n)
                await anyio.sleep(0.0005)
            await anyio.sleep(0.1)
            await at_rest(stage)
            told = changed(slow.events())
            assert told[-1] == ("a/1", 1_999)
            assert len(told) < 50

    async def test_a_reader_that_came_before_the_hub_ran_is_served_once_it_does(self) -> None:
        stage = Stage(loop=True)
        _, narrow = stage.attach(stage.writer(room=1))
        _, waiting = stage.attach(stage.writer("websocket", stepped=False))
        stage.pods.upsert("a/1", 1)
        async with anyio.create_task_group() as tasks:
            await tasks.start(stage.hub.run)
            narrow.widen(None)
            await at_rest(stage)
            for writer in (narrow, waiting):
                events = writer.events()
                assert names(events) == ["hello", "snapshot", "change"]
                assert changed(events) == [("a/1", 1)]
            tasks.cancel_scope.cancel()


class TestTaskWriters:
    """Servers on which nothing can be written without waiting."""

    async def test_they_get_everything_in_order(self) -> None:
        async with running() as stage:
            stage.pods.upsert("a/0", 0)
            writers = [
                stage.attach(stage.writer(dialect, stepped=False))[1]
                for dialect in ("sse", "websocket")
            ]
            for n in range(100):
                stage.pods.upsert(f"a/{n}", n)
                await anyio.sleep(0.06)
            await at_rest(stage)
            for writer in writers:
                events = writer.events()
                assert names(events)[:2] == ["hello", "snapshot"]
                assert changed(events) == [(f"a/{n}", n) for n in range(1, 100)]

    async def test_waiting_is_their_way_and_no_falling_behind(self) -> None:
        async with running() as stage:
            stage.attach(stage.writer(stepped=False))
            stage.pods.upsert("a/1", 1)
            await at_rest(stage)
            assert stage.hub.statistics.lags == 0


class TestGoodbye:
    async def test_a_live_reader_hears_it_at_once_and_is_closed(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            subscription.end("revoked")
            *_, goodbye = writer.events()
            assert goodbye.event == "goodbye"
            assert goodbye.data["reason"] == "revoked"
            assert await subscription.wait_closed() == "revoked"
            assert (writer.close_reason, writer.aborted) == ("revoked", False)
            assert stage.hub.views == {}
            assert stage.hub.statistics.readers == {"sse": 0, "websocket": 0}
            await at_rest(stage)

    async def test_nothing_comes_after_it(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            stage.pods.upsert("a/1", 1)
            stage.pods.upsert("a/2", 2)
            subscription.end("drain")
            stage.pods.upsert("a/3", 3)
            await anyio.sleep(30)
            assert names(writer.events()) == ["hello", "snapshot", "change", "goodbye"]

    async def test_it_is_said_once(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            subscription.end("revoked")
            subscription.end("drain")
            assert await subscription.wait_closed() == "revoked"
            subscription.end("drain")
            await settle()
            assert names(writer.events()) == ["hello", "snapshot", "goodbye"]
            assert writer.close_reason == "revoked"

    async def test_a_reader_that_waits_hears_it_from_its_task(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach(stage.writer("websocket", stepped=False))
            await at_rest(stage)
            subscription.end("auth_expired")
            assert await subscription.wait_closed() == "auth_expired"
            assert names(writer.events()) == ["hello", "snapshot", "goodbye"]
            assert writer.close_reason == "auth_expired"

    async def test_a_lagging_reader_hears_it_instead_of_what_it_missed(self) -> None:
        async with running() as stage:
            subscription, writer = await blocked(stage)
            subscription.end("drain")
            await anyio.sleep(0.5)
            writer.widen(None)
            assert await subscription.wait_closed() == "drain"
            assert names(writer.events()) == ["goodbye"]
            assert not writer.aborted

    @pytest.mark.parametrize(
        ("room", "expected"),
        [
            (0, ["hello", "goodbye"]),
            (1, ["hello", "goodbye"]),
            (2, ["hello", "snapshot", "goodbye"]),
        ],
    )
    async def test_it_breaks_a_snapshot_off_but_never_comes_before_hello(
        self, room: int, expected: list[str]
    ) -> None:
        async with running() as stage:
            for n in range(3):
                stage.pods.upsert(f"a/{n}", LARGE)
            subscription, writer = stage.attach(stage.writer(room=room))
            await settle()
            subscription.end("drain")
            writer.widen(None)
            assert await subscription.wait_closed() == "drain"
            assert names(writer.events()) == expected

    async def test_a_reader_that_does_not_take_it_in_a_second_is_dropped(self) -> None:
        async with running() as stage:
            subscription, writer = await blocked(stage)
            start = anyio.current_time()
            subscription.end("drain")
            assert await subscription.wait_closed() == "drain"
            assert anyio.current_time() - start == pytest.approx(1.0)
            assert writer.aborted
            await at_rest(stage)

    async def test_a_reader_that_does_not_close_in_a_second_is_dropped(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach(stage.writer(room=3))
            start = anyio.current_time()
            subscription.end("drain")
            assert await subscription.wait_closed() == "drain"
            assert anyio.current_time() - start == pytest.approx(1.0)
            assert names(writer.events()) == ["hello", "snapshot", "goodbye"]
            assert writer.aborted

    async def test_a_reader_that_is_gone_when_it_is_said_has_left(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            writer.cut()
            subscription.end("drain")
            assert subscription.reason == "left"

    async def test_a_reader_that_goes_before_it_is_closed_is_no_fault(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            subscription.end("drain")
            writer.cut()
            assert await subscription.wait_closed() == "drain"
            await at_rest(stage)

    async def test_a_reader_that_is_detached_before_it_is_closed_has_left(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            stage.attach()
            subscription.end("drain")
            subscription.detach()
            assert await subscription.wait_closed() == "left"
            await at_rest(stage)
            assert writer.close_reason == "drain"
            assert len(stage.hub.subscriptions()) == 1


class TestDrain:
    async def closing_times(
        self, readers: int, within: float | None = None, limits: Limits | None = None
    ) -> list[float]:
        """When each reader of a drain was closed, in seconds from its start."""
        times: list[float] = []
        async with running(limits) as stage:

            async def watch(subscription: Subscription) -> None:
                assert await subscription.wait_closed() == "drain"
                times.append(anyio.current_time() - start)

            start = anyio.current_time()
            async with anyio.create_task_group() as tasks:
                writers = []
                for _ in range(readers):
                    subscription, writer = stage.attach()
                    writers.append(writer)
                    tasks.start_soon(watch, subscription)
                await stage.hub.drain(within=within)
                assert stage.hub.draining
            assert all(names(writer.events())[-1] == "goodbye" for writer in writers)
            assert stage.hub.views == {}
        return times

    async def test_closes_are_spread_by_ten_milliseconds(self) -> None:
        times = await self.closing_times(100)
        assert times == pytest.approx([n * 0.010 for n in range(100)], abs=0.002)

    async def test_closes_of_many_are_spread_over_five_seconds(self) -> None:
        times = await self.closing_times(1_000)
        assert times == pytest.approx([n * 0.005 for n in range(1_000)], abs=0.002)

    async def test_closes_are_spread_over_the_time_that_is_given(self) -> None:
        times = await self.closing_times(100, within=0.5)
        assert times == pytest.approx([n * 0.005 for n in range(100)], abs=0.002)

    async def test_every_goodbye_comes_before_the_first_close(self) -> None:
        async with running() as stage:
            subscriptions = [stage.attach() for _ in range(3)]
            draining = asyncio.ensure_future(stage.hub.drain())
            await asyncio.sleep(0)
            assert [names(writer.events())[-1] for _, writer in subscriptions] == ["goodbye"] * 3
            assert not any(subscription.closed for subscription, _ in subscriptions)
            await draining

    async def test_readers_that_take_nothing_do_not_hold_it_up(self) -> None:
        async with running() as stage:
            _, stuck = await blocked(stage)
            _, waiting = stage.attach(stage.writer(stepped=False, room=0))
            _, live = stage.attach()
            start = anyio.current_time()
            await stage.hub.drain()
            assert anyio.current_time() - start < 1.1
            assert stuck.aborted
            assert waiting.aborted
            assert not live.aborted

    async def test_without_readers_it_is_over_at_once(self) -> None:
        async with running() as stage:
            start = anyio.current_time()
            await stage.hub.drain()
            assert anyio.current_time() == start

    async def test_a_hub_that_does_not_run_drops_its_readers(self) -> None:
        stage = Stage(loop=True)
        subscription, writer = stage.attach()
        narrow, _ = stage.attach(stage.writer(room=0))
        await stage.hub.drain()
        assert (subscription.reason, narrow.reason) == ("drain", "drain")
        assert names(writer.events())[-1] == "goodbye"
        assert writer.aborted

    async def test_a_hub_that_stops_running_keeps_no_reader(self) -> None:
        """They would get no heartbeat and no help when they lag: better they come back."""
        async with running() as stage:
            live, writer = stage.attach()
            lagging, _ = await blocked(stage)
            leaving, _ = await blocked(stage)
            leaving.end("revoked")
        assert (live.reason, lagging.reason, leaving.reason) == ("ended", "ended", "revoked")
        assert writer.aborted
        assert stage.hub.views == {}
        assert stage.hub.statistics.lagging == 0
        with anyio.fail_after(10):
            await stage.hub.drain()


class TestMaxEvents:
    @pytest.mark.parametrize("stepped", [True, False])
    @pytest.mark.parametrize(
        ("most", "expected"),
        [
            (1, ["hello"]),
            (2, ["hello", "snapshot"]),
            (3, ["hello", "snapshot", "change"]),
            (4, ["hello", "snapshot", "change", "heartbeat"]),
        ],
    )
    async def test_the_stream_ends_in_good_order_after_so_many(
        self, most: int, expected: list[str], stepped: bool
    ) -> None:
        async with running() as stage:
            subscription, writer = stage.attach(stage.writer(stepped=stepped), max_events=most)
            await settle()
            stage.pods.upsert("a/1", 1)
            await anyio.sleep(12)
            stage.pods.upsert("a/1", 2)
            assert await subscription.wait_closed() == "enough"
            assert names(writer.events()) == expected
            assert writer.close_reason == "enough"
            assert stage.hub.views == {}

    async def test_a_reader_that_counts_can_fall_behind(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach(stage.writer(room=2), max_events=4)
            stage.pods.upsert("a/1", 1)
            await settle()
            assert len(writer.pipe) == 2
            writer.widen(None)
            await settle()
            assert names(writer.events()) == ["hello", "snapshot", "change"]
            await at_rest(stage)
            stage.pods.upsert("a/1", 2)
            assert await subscription.wait_closed() == "enough"
            assert changed(writer.events()) == [("a/1", 2)]

    async def test_a_goodbye_can_be_the_last_of_them(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach(max_events=3)
            subscription.end("drain")
            assert await subscription.wait_closed() == "enough"
            assert names(writer.events()) == ["hello", "snapshot", "goodbye"]


class TestLeaving:
    async def test_a_live_reader_that_is_gone_is_forgotten_at_the_next_write(self) -> None:
        async with running() as stage:
            _, other = stage.attach()
            for most in (None, 100):
                subscription, writer = stage.attach(max_events=most)
                writer.cut()
                stage.pods.upsert("a/1", most)
                assert subscription.reason == "left"
                await anyio.sleep(1)
            assert len(stage.hub.subscriptions()) == 1
            assert changed(other.events()) == [("a/1", None), ("a/1", 100)]

    async def test_a_reader_that_is_gone_in_the_middle_of_a_batch_is_forgotten(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            writer.cut()
            with stage.hub.batch():
                stage.pods.upsert("a/1", LARGE)
                stage.pods.upsert("a/2", LARGE)
            assert subscription.reason == "left"

    async def test_a_lagging_reader_that_is_gone_is_forgotten(self) -> None:
        async with running() as stage:
            subscription, writer = await blocked(stage)
            writer.cut()
            assert await subscription.wait_closed() == "left"
            await at_rest(stage)
            assert stage.hub.views == {}

    async def test_a_lagging_reader_that_detaches_takes_its_task_along(self) -> None:
        async with running() as stage:
            await settle()
            before = len(asyncio.all_tasks())
            subscription, _ = await blocked(stage)
            assert len(asyncio.all_tasks()) == before + 1
            subscription.detach()
            assert await subscription.wait_closed() == "left"
            await at_rest(stage)
            assert len(asyncio.all_tasks()) == before

    async def test_many_can_wait_for_its_end(self) -> None:
        async with running() as stage:
            subscription, _ = stage.attach()
            waiting = [asyncio.ensure_future(subscription.wait_closed()) for _ in range(3)]
            await settle()
            subscription.detach()
            assert await asyncio.gather(*waiting) == ["left"] * 3
            assert await subscription.wait_closed() == "left"

    async def test_ten_thousand_come_and_go_and_leave_nothing(self) -> None:
        async with running() as stage:
            await settle()
            before = len(asyncio.all_tasks())
            for n in range(10_000):
                subscription, writer = stage.attach(
                    stage.writer(stepped=bool(n % 2), room=None if n % 3 else 1)
                )
                if n % 5 == 0:
                    await asyncio.sleep(0)
                if n % 7:
                    subscription.detach()
                else:
                    writer.cut()
                    stage.pods.upsert("a/1", n)
            stage.pods.upsert("a/1", -1)
            await at_rest(stage)
            await anyio.sleep(40)
            assert stage.hub.views == {}
            assert stage.hub.statistics.readers == {"sse": 0, "websocket": 0}
            assert len(asyncio.all_tasks()) == before


class TestEndsThatComeAsATaskWakes:
    """The wait is over and the task about to run, so that cancelling it does not reach it.

    This is how a real server tells of a lost connection: it wakes whoever waits to write, and the
    request that detaches, in the same turn of the loop.
    """

    async def test_detached(self) -> None:
        async with running() as stage:
            subscription, writer = await blocked(stage)
            writer.widen(None)
            subscription.detach()
            await at_rest(stage)
            assert stage.hub.views == {}
            assert stage.hub.subscriptions() == []
            assert len(writer.pipe) <= 1

    async def test_detached_and_counting(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach(stage.writer(room=2), max_events=3)
            stage.pods.upsert("a/1", 1)
            await settle()
            writer.widen(None)
            subscription.detach()
            await at_rest(stage)
            assert stage.hub.subscriptions() == []
            assert subscription.reason == "left"

    async def test_told_goodbye(self) -> None:
        async with running() as stage:
            with stage.hub.batch():
                for n in range(5):
                    stage.pods.upsert(f"a/{n}", LARGE)
            subscription, writer = stage.attach(stage.writer(room=2))
            await settle()
            writer.widen(None)
            subscription.end("revoked")
            assert await subscription.wait_closed() == "revoked"
            events = names(writer.events())
            assert events[-1] == "goodbye"
            assert events.count("goodbye") == 1
            assert len(events) <= 4
            await at_rest(stage)

    async def test_detached_while_it_waited_for_the_flush(self) -> None:
        async with running() as stage:
            subscription, writer = await blocked(stage)
            await anyio.sleep(1)
            stage.pods.upsert("a/1", 1)
            stage.pods.upsert("a/2", 2)
            writer.widen(None)
            await settle()
            # It has what the others have and what is gathered, and waits for them to get it.
            assert changed(writer.events()) == [("a/blocking", 0), ("a/1", 1), ("a/2", 2)]
            assert subscription in subscription.view.lagging
            stage.hub.flush()
            subscription.detach()
            await at_rest(stage)
            assert stage.hub.subscriptions() == []


class TestStalled:
    async def closes_after(
        self, move: Callable[[FakeWriter], None] | None = None
    ) -> tuple[float, Stage]:
        async with running() as stage:
            subscription, writer = await blocked(stage)
            start = anyio.current_time()
            if move is not None:
                asyncio.get_running_loop().call_later(20, move, writer)
            with anyio.fail_after(300):
                assert await subscription.wait_closed() == "stalled"
            assert writer.aborted
            return anyio.current_time() - start, stage

    async def test_a_reader_that_takes_not_one_byte_for_half_a_minute_is_dropped(self) -> None:
        seconds, stage = await self.closes_after()
        assert 29.9 <= seconds <= 31.1
        assert stage.hub.statistics.stalled == 1
        assert stage.hub.views == {}

    async def test_one_byte_is_enough_for_another_half_minute(self) -> None:
        seconds, _ = await self.closes_after(lambda writer: writer.widen(1))
        assert 49.9 <= seconds <= 52.1

    async def test_a_reader_that_keeps_up_is_never_dropped(self) -> None:
        async with running() as stage:
            subscription, writer = stage.attach()
            _, waiting = stage.attach(stage.writer(stepped=False))
            await anyio.sleep(300)
            assert not subscription.closed
            assert names(writer.events()).count("heartbeat") == 30
            assert names(waiting.events()).count("heartbeat") == 30
            assert stage.hub.statistics.stalled == 0

    async def test_others_do_not_notice(self) -> None:
        async with running() as stage:
            _, live = stage.attach()
            await blocked(stage)
            live.events()
            for n in range(100):
                await anyio.sleep(0.5)
                stage.pods.upsert("a/1", n)
                assert changed(live.events()) == [("a/1", n)]
