"""Heartbeats in fake time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from app.stream import Limits
from tests.stream.stage import EPOCH, Stage, names, running, settle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.stream.wire import Event, FakeWriter

pytestmark = pytest.mark.looptime


def beats(writer: FakeWriter) -> list[Event]:
    """The heartbeats that have arrived."""
    return [event for event in writer.events() if event.event == "heartbeat"]


async def test_it_proves_time_position_and_sources() -> None:
    asked: list[tuple[tuple[str, ...], frozenset[str] | None]] = []

    def vitals(topics: tuple[str, ...], namespaces: frozenset[str] | None) -> Mapping[str, object]:
        asked.append((topics, namespaces))
        return {"pods/a": {"state": "live", "ageMs": 1_200}}

    async with running(vitals=vitals) as stage:
        stage.pods.upsert("a/1", 1)
        stage.pods.upsert("b/1", 2)
        _, writer = stage.attach(namespaces=["a"])
        await anyio.sleep(10.5)
        (beat,) = beats(writer)
        assert beat.id is None
        assert beat.data == {
            "serverTime": "2026-01-01T00:00:01.000Z",
            "seq": 1,
            "sources": {"pods/a": {"state": "live", "ageMs": 1_200}},
        }
        assert asked == [(("pods",), frozenset({"a"}))]


async def test_every_reader_gets_one_each_interval() -> None:
    async with running() as stage:
        _, writer = stage.attach()
        await anyio.sleep(100.5)
        times = [str(beat.data["serverTime"])[17:19] for beat in beats(writer)]
        assert times == ["01", "11", "21", "31", "41", "51", "01", "11", "21", "31"]


async def test_a_round_is_spread_over_the_interval() -> None:
    async with running() as stage:
        writers = [stage.attach()[1] for _ in range(100)]
        await settle()
        for writer in writers:
            writer.events()
        for _ in range(10):
            await anyio.sleep(1)
            assert sum(len(beats(writer)) for writer in writers) == 10


async def test_a_beat_is_encoded_once_for_the_readers_of_a_view() -> None:
    async with running(Limits(heartbeat_slots=1)) as stage:
        live = [stage.attach()[1] for _ in range(50)]
        waiting = [stage.attach(stage.writer(stepped=False))[1] for _ in range(50)]
        await anyio.sleep(10.5)
        assert stage.hub.statistics.heartbeats == 1
        assert len({id(writer.pipe[-1]) for writer in (*live, *waiting)}) == 1
        assert all(len(beats(writer)) == 1 for writer in (*live, *waiting))
        stage.attach(topics=["jobs"])
        await anyio.sleep(10)
        assert stage.hub.statistics.heartbeats == 3


async def test_nobody_there_costs_nothing() -> None:
    async with running() as stage:
        subscription, _ = stage.attach()
        subscription.detach()
        await anyio.sleep(60)
        assert stage.hub.statistics.heartbeats == 0


async def test_its_seq_is_that_of_the_last_change_given_to_the_view() -> None:
    async with running(Limits(heartbeat_slots=1)) as stage:
        _, writer = stage.attach(namespaces=["a"])
        stage.pods.upsert("a/1", 1)
        stage.pods.upsert("b/1", 2)
        await anyio.sleep(9.99)
        # Gathered, and given to nobody yet, when the beat comes.
        stage.pods.upsert("b/2", 3)
        stage.pods.upsert("a/2", 4)
        await anyio.sleep(0.02)
        assert [beat.data["seq"] for beat in beats(writer)] == [1]
        await anyio.sleep(10)
        (event, beat) = writer.events()
        assert (event.id, beat.data["seq"]) == (f"{EPOCH}-4", 4)


async def test_a_lagging_reader_gets_it_once_it_has_caught_up() -> None:
    async with running(Limits(heartbeat_slots=1)) as stage:
        _, writer = stage.attach(stage.writer(room=2))
        writer.events()
        stage.pods.upsert("a/1", 1)
        await anyio.sleep(12)
        stage.pods.upsert("a/2", 2)
        await anyio.sleep(1)
        assert not writer.pipe
        writer.widen(None)
        await settle()
        events = writer.events()
        assert names(events) == ["change", "change", "heartbeat"]
        _, change, beat = events
        assert (change.id, beat.data["seq"]) == (f"{EPOCH}-2", 2)
        # It says the time at which it was sent, not that of the beat which was missed.
        assert str(beat.data["serverTime"]) == "2026-01-01T00:00:13.000Z"


async def test_a_reader_that_cannot_take_the_beat_itself_lags_and_loses_nothing() -> None:
    async with running(Limits(heartbeat_slots=1)) as stage:
        subscription, writer = stage.attach(stage.writer(room=2))
        writer.events()
        await anyio.sleep(9.999)
        # The first goes out at once, where this reader is; the second is gathered.
        stage.jobs.upsert("j", 1)
        stage.pods.upsert("a/1", 2)
        await anyio.sleep(0.002)
        assert subscription in subscription.view.lagging
        await anyio.sleep(0.1)
        writer.widen(None)
        await settle()
        assert [(event.event, event.id) for event in writer.events()] == [
            ("heartbeat", None),
            ("change", f"{EPOCH}-2"),
        ]


async def test_a_beat_comes_although_changes_that_it_does_not_see_pour() -> None:
    async with running(Limits(heartbeat_seconds=1.0, heartbeat_slots=1)) as stage:
        _, writer = stage.attach(stage.writer("websocket", stepped=False), namespaces=["a"])
        for n in range(2_100):
            stage.pods.upsert("b/1", n)
            await anyio.sleep(0.001)
        assert [beat.data["seq"] for beat in beats(writer)] == [0, 0]


async def test_a_beat_for_more_sources_than_fit_a_write_tells_of_as_many_as_do() -> None:
    sources = {f"pods/{n:0200}": {"state": "live", "ageMs": 1} for n in range(1_000)}
    async with running(vitals=lambda topics, namespaces: sources) as stage:
        _, writer = stage.attach()
        await anyio.sleep(10.5)
        (beat,) = beats(writer)
        told = beat.data["sources"]
        assert isinstance(told, dict)
        assert list(told) == list(sources)[: len(told)]
        assert 200 < len(told) < 300


async def test_old_removals_are_forgotten_by_themselves() -> None:
    async with running(Limits(tombstone_seconds=30.0)) as stage:
        stage.pods.upsert("a/1", 1)
        stage.pods.remove("a/1")
        await anyio.sleep(29)
        assert stage.pods.floor == 0
        await anyio.sleep(2.5)
        assert stage.pods.floor == 2


def test_slots_are_dealt_in_turn() -> None:
    stage = Stage(Limits(heartbeat_slots=4))
    slots = [stage.attach()[0].slot for _ in range(8)]
    assert sorted(slots[:4]) == sorted(slots[4:]) == [0, 1, 2, 3]
