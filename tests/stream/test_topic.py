from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anyio
import pytest

from app.stream import Limits
from app.stream.topic import KEY_LIMIT
from tests.stream.stage import Stage

if TYPE_CHECKING:
    from app.stream import Topic
    from tests.stream.wire import Json


def since(topic: Topic[Json], position: int, *namespaces: str) -> list[tuple[int, str, object]]:
    """What changed after `position`: seq, key, and the value or None."""
    choice = frozenset(namespaces) if namespaces else None
    return [
        (seq, key, None if entry is None else entry.value)
        for seq, key, entry in topic.since(position, choice)
    ]


class TestValues:
    def test_an_upsert_gives_a_key_a_value(self) -> None:
        pods = Stage().pods
        assert pods.get("a/1") is None
        assert "a/1" not in pods
        assert pods.upsert("a/1", "x") is True
        assert pods.get("a/1") == "x"
        assert "a/1" in pods
        assert len(pods) == 1

    def test_an_equal_value_is_no_change(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", {"n": 1})
        assert stage.pods.upsert("a/1", {"n": 1}) is False
        assert stage.hub.seq == 1
        assert stage.hub.statistics.changes == 1

    def test_the_same_object_is_no_change_although_it_equals_nothing(self) -> None:
        stage = Stage()
        nan = float("nan")
        stage.pods.upsert("a/1", nan)
        assert stage.pods.upsert("a/1", nan) is False

    def test_each_change_takes_the_next_seq_of_the_hub(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        stage.jobs.upsert("j", 1)
        stage.pods.remove("a/1")
        assert since(stage.pods, 0) == [(3, "a/1", None)]
        assert since(stage.jobs, 0) == [(2, "j", 1)]

    def test_values_that_are_false_are_values(self) -> None:
        pods = Stage().pods
        values: list[Json] = [0, "", False, [], {}]
        for value in values:
            assert pods.upsert("a/1", value) is True
            assert pods.upsert("a/1", value) is False
        assert pods.remove("a/1") is True

    def test_a_removal_of_nothing_is_no_change(self) -> None:
        stage = Stage()
        assert stage.pods.remove("a/1") is False
        assert stage.hub.seq == 0

    def test_items_come_with_the_longest_unchanged_first(self) -> None:
        pods = Stage().pods
        for key in ("a/1", "a/2", "a/3"):
            pods.upsert(key, 1)
        pods.upsert("a/1", 2)
        assert list(pods.items()) == [("a/2", 1), ("a/3", 1), ("a/1", 2)]

    @pytest.mark.parametrize("key", ["k" * KEY_LIMIT, "é" * 200, "\0" * 200])
    def test_a_key_that_is_too_long_on_the_wire_is_refused(self, key: str) -> None:
        stage = Stage()
        with pytest.raises(ValueError, match="a key of topic pods has more than 1024 bytes"):
            stage.pods.upsert(key, 1)
        assert stage.hub.seq == 0
        assert len(stage.pods) == 0

    def test_the_longest_key_is_not_refused(self) -> None:
        assert Stage().pods.upsert("k" * (KEY_LIMIT - 2), 1)


class TestReplace:
    def test_it_is_a_diff(self) -> None:
        stage = Stage()
        for key, value in {"a/1": 1, "a/2": 2, "a/3": 3}.items():
            stage.pods.upsert(key, value)
        assert stage.pods.replace({"a/2": 2, "a/3": 4, "a/4": 5}) == 3
        assert dict(stage.pods.items()) == {"a/2": 2, "a/3": 4, "a/4": 5}
        assert since(stage.pods, 3) == [(4, "a/1", None), (5, "a/3", 4), (6, "a/4", 5)]

    def test_an_equal_collection_is_no_change(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        assert stage.pods.replace({"a/1": 1}) == 0
        assert stage.hub.seq == 1

    def test_what_lies_outside_is_left_alone(self) -> None:
        stage = Stage()
        for key in ("a/1", "a/2", "b/1", "b/2"):
            stage.pods.upsert(key, 1)
        new: dict[str, Json] = {"a/2": 2, "b/1": 9, "b/3": 9}
        assert stage.pods.replace(new, within=lambda key: key.startswith("a/")) == 2
        assert dict(stage.pods.items()) == {"b/1": 1, "b/2": 1, "a/2": 2}

    def test_it_is_one_batch(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        _, writer = stage.attach()
        writer.events()
        stage.timers.advance(1)
        stage.pods.replace({"a/2": 2, "a/3": 3})
        (event,) = writer.events()
        assert event.id == "0123456789-4"


class TestSince:
    def test_it_tells_the_last_change_of_each_key_in_order(self) -> None:
        pods = Stage().pods
        pods.upsert("a/1", 1)
        pods.upsert("a/2", 2)
        pods.upsert("a/1", 3)
        pods.remove("a/2")
        pods.upsert("a/3", 5)
        assert since(pods, 0) == [(3, "a/1", 3), (4, "a/2", None), (5, "a/3", 5)]
        assert since(pods, 3) == [(4, "a/2", None), (5, "a/3", 5)]
        assert since(pods, 5) == []

    def test_a_key_that_came_back_is_no_removal(self) -> None:
        pods = Stage().pods
        pods.upsert("a/1", 1)
        pods.remove("a/1")
        pods.upsert("a/1", 1)
        assert since(pods, 0) == [(3, "a/1", 1)]

    def test_it_keeps_to_the_namespaces_chosen(self) -> None:
        pods = Stage().pods
        for key in ("a/1", "b/1", "everywhere", "a/2", "b/2"):
            pods.upsert(key, key)
        pods.remove("a/2")
        pods.remove("b/2")
        assert [key for _, key, _ in since(pods, 0, "a")] == ["a/1", "everywhere", "a/2"]
        assert [key for _, key, _ in since(pods, 0, "a", "b")] == [
            "a/1",
            "b/1",
            "everywhere",
            "a/2",
            "b/2",
        ]
        assert [key for _, key, _ in since(pods, 0, "c")] == ["everywhere"]

    def test_what_a_reader_sees_is_asked_by_namespace(self) -> None:
        pods = Stage().pods
        for key in ("a/1", "b/1", "everywhere"):
            pods.upsert(key, key)
        assert [key for key, _ in pods.entries(None)] == ["a/1", "b/1", "everywhere"]
        assert [key for key, _ in pods.entries(frozenset({"b"}))] == ["b/1", "everywhere"]

    def test_the_last_change_is_that_of_a_visible_key(self) -> None:
        pods = Stage().pods
        assert pods.last_change(None) == 0
        for key in ("a/1", "a/2", "b/1", "b/2"):
            pods.upsert(key, key)
        pods.remove("a/2")
        pods.remove("b/2")
        assert pods.last_change(None) == 6
        assert pods.last_change(frozenset({"a"})) == 5
        assert pods.last_change(frozenset({"b"})) == 6
        assert pods.last_change(frozenset({"c"})) == 0
        pods.mark_synced()
        assert pods.last_change(frozenset({"c"})) == 7


class TestFloor:
    def test_it_is_the_highest_seq_that_is_forgotten(self) -> None:
        stage = Stage(Limits(tombstone_seconds=60.0))
        stage.pods.upsert("a/1", 1)
        stage.pods.upsert("a/2", 2)
        stage.pods.remove("a/1")
        stage.timers.advance(30)
        stage.pods.remove("a/2")
        stage.timers.advance(31)
        assert stage.pods.floor == 0
        stage.hub.expire()
        assert stage.pods.floor == 3
        assert since(stage.pods, 3) == [(4, "a/2", None)]

    def test_it_rises_at_the_removal_that_is_one_too_many(self) -> None:
        stage = Stage(Limits(tombstones=2))
        for key in ("a/1", "a/2", "a/3"):
            stage.pods.upsert(key, 1)
        stage.pods.remove("a/1")
        stage.pods.remove("a/2")
        assert stage.pods.floor == 0
        stage.pods.remove("a/3")
        assert stage.pods.floor == 4

    def test_it_never_falls(self) -> None:
        stage = Stage(Limits(tombstone_seconds=60.0))
        stage.pods.upsert("a/1", 1)
        stage.pods.remove("a/1")
        stage.pods.mark_synced()
        assert stage.pods.floor == 3
        stage.timers.advance(61)
        stage.pods.expire()
        assert stage.pods.floor == 3

    def test_it_is_that_of_one_topic(self) -> None:
        stage = Stage(Limits(tombstones=0))
        stage.pods.upsert("a/1", 1)
        stage.pods.remove("a/1")
        stage.jobs.upsert("j", 1)
        assert (stage.pods.floor, stage.jobs.floor) == (2, 0)

    def test_a_topic_becomes_synced_once(self) -> None:
        stage = Stage()
        assert stage.pods.synced is False
        stage.pods.mark_synced()
        assert (stage.pods.synced, stage.pods.floor, stage.hub.seq) == (True, 1, 1)
        stage.pods.mark_synced()
        assert (stage.pods.floor, stage.hub.seq) == (1, 1)


class TestListeners:
    def test_they_hear_key_old_and_new(self) -> None:
        pods = Stage().pods
        heard: list[tuple[str, Json, Json]] = []
        unlisten = pods.listen(lambda key, old, new: heard.append((key, old, new)))
        pods.upsert("a/1", 1)
        pods.upsert("a/1", 1)
        pods.upsert("a/1", 2)
        pods.remove("a/1")
        pods.mark_synced()
        unlisten()
        pods.upsert("a/1", 3)
        assert heard == [("a/1", None, 1), ("a/1", 1, 2), ("a/1", 2, None)]

    def test_what_they_write_belongs_to_the_batch_that_they_hear_of(self) -> None:
        stage = Stage()
        _, writer = stage.attach(topics=("pods", "jobs"))
        writer.events()

        def follow(key: str, old: Json, new: Json) -> None:
            stage.jobs.upsert(f"of {key}", new)

        stage.pods.listen(follow)
        stage.pods.upsert("a/1", 1)
        (event,) = writer.events()
        assert event.data == {
            "changes": [
                {"topic": "pods", "key": "a/1", "op": "upsert", "value": 1},
                {"topic": "jobs", "key": "of a/1", "op": "upsert", "value": 1},
            ]
        }

    def test_a_listener_that_fails_leaves_no_batch_open(self) -> None:
        stage = Stage()

        def fail(key: str, old: Json, new: Json) -> None:
            raise ZeroDivisionError

        unlisten = stage.pods.listen(fail)
        _, writer = stage.attach()
        writer.events()
        with pytest.raises(ZeroDivisionError):
            stage.pods.upsert("a/1", 1)
        with pytest.raises(ZeroDivisionError):
            stage.pods.remove("a/1")
        unlisten()
        stage.timers.advance(1)
        assert [event.id for event in writer.events()] == ["0123456789-1", "0123456789-2"]
        stage.attach()


class TestUntil:
    async def test_what_is_true_already_is_not_waited_for(self) -> None:
        pods = Stage().pods
        pods.upsert("a/1", "x")
        assert await pods.until(lambda topic: topic.get("a/1")) == "x"
        assert await pods.until(len) == 1

    async def test_it_wakes_at_the_change_that_makes_it_true(self) -> None:
        stage = Stage()
        waiting = asyncio.ensure_future(stage.pods.until(lambda topic: len(topic) == 2))
        await asyncio.sleep(0)
        stage.pods.upsert("a/1", 1)
        await asyncio.sleep(0)
        assert not waiting.done()
        stage.pods.upsert("a/2", 1)
        # Nothing that comes between the change and the waiter's turn can hide it.
        stage.pods.remove("a/2")
        with anyio.fail_after(10):
            assert await waiting is True

    async def test_a_zero_is_an_answer(self) -> None:
        pods = Stage().pods
        with anyio.fail_after(10):
            assert await pods.until(len) == 0

    async def test_it_wakes_when_the_topic_is_synced(self) -> None:
        pods = Stage().pods
        waiting = asyncio.ensure_future(pods.until(lambda topic: topic.synced))
        await asyncio.sleep(0)
        pods.mark_synced()
        with anyio.fail_after(10):
            assert await waiting is True

    async def test_a_question_that_fails_fails_for_the_one_who_asked(self) -> None:
        pods = Stage().pods

        def ask(topic: Topic[Json]) -> bool:
            return bool(topic.get("a/1")) and 1 / 0 > 0

        waiting = asyncio.ensure_future(pods.until(ask))
        await asyncio.sleep(0)
        assert pods.upsert("a/1", 1)
        assert pods.upsert("a/2", 1)
        with anyio.fail_after(10), pytest.raises(ZeroDivisionError):
            await waiting

    async def test_who_gives_up_is_forgotten(self) -> None:
        pods = Stage().pods
        waiting = asyncio.ensure_future(pods.until(lambda topic: topic.get("a/1")))
        await asyncio.sleep(0)
        waiting.cancel()
        # The change comes before the one who gives up has had its turn.
        pods.upsert("a/1", 1)
        with anyio.fail_after(10), pytest.raises(asyncio.CancelledError):
            await waiting
        assert not pods._waiters
