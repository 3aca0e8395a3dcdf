from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.stream import FRAME_LIMIT, Limits
from app.stream.statistics import Statistics
from app.stream.view import Choice, View
from tests.stream.stage import EPOCH, Stage, changed, changes_of, items_of, names
from tests.stream.wire import parse_sse, parse_websocket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.stream import Frame
    from tests.stream.wire import Event


def look(
    stage: Stage,
    *topics: str,
    namespaces: Iterable[str] | None = None,
    audience: str = "detail",
) -> View:
    """A view of the stage as it is now."""
    chosen = topics or ("pods", "jobs")
    return View(
        Choice(chosen, None if namespaces is None else frozenset(namespaces), audience),
        [{"pods": stage.pods, "jobs": stage.jobs}[name] for name in chosen],
        epoch=EPOCH,
        flushed=stage.hub.seq,
        statistics=Statistics(),
    )


def read(frames: Iterable[Frame]) -> list[Event]:
    """What a client makes of frames; both dialects say the same."""
    frames = list(frames)
    assert all(max(len(f.sse), len(f.websocket)) <= FRAME_LIMIT for f in frames)
    events = [event for frame in frames for event in parse_sse(frame.sse)]
    assert [(e.event, e.data, e.id) for e in events] == [
        (e.event, e.data, e.id) for frame in frames for e in parse_websocket(frame.websocket)
    ]
    return events


class TestPosition:
    @pytest.fixture
    def stage(self) -> Stage:
        """The seq is 3; pods have forgotten what was before 3."""
        stage = Stage(Limits(tombstones=0))
        stage.jobs.upsert("j", 1)
        stage.pods.upsert("a/1", 1)
        stage.pods.remove("a/1")
        return stage

    @pytest.mark.parametrize(
        ("cursor", "position", "reason"),
        [
            (None, None, "fresh"),
            ("", None, "fresh"),
            ("garbled", None, "fresh"),
            (f"{EPOCH}-03", None, "fresh"),
            ("zzzzzzzzzz-3", None, "epoch"),
            ("zzzzzzzzzz-999", None, "epoch"),
            (f"{EPOCH}-4", None, "ahead"),
            (f"{EPOCH}-2", 2, "gap"),
            (f"{EPOCH}-0", 0, "gap"),
            (f"{EPOCH}-3", 3, "resumed"),
        ],
    )
    def test_it_says_where_a_reader_stands_and_why(
        self, stage: Stage, cursor: str | None, position: int | None, reason: str
    ) -> None:
        assert look(stage).position(cursor, stage.hub.seq) == (position, reason)

    def test_what_another_topic_forgot_is_no_gap(self, stage: Stage) -> None:
        assert look(stage, "jobs").position(f"{EPOCH}-0", stage.hub.seq) == (0, "resumed")


class TestSnapshot:
    def test_it_holds_each_topic_in_full_and_moves_a_reader_at_its_end(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", {"n": 1})
        stage.jobs.upsert("j", 2)
        stage.pods.mark_synced()
        pods, jobs = read(look(stage).snapshot(stage.hub.seq))
        assert pods.data == {
            "topic": "pods",
            "part": 0,
            "parts": 1,
            "synced": True,
            "items": [{"key": "a/1", "value": {"n": 1}}],
        }
        assert jobs.data == {
            "topic": "jobs",
            "part": 0,
            "parts": 1,
            "synced": False,
            "items": [{"key": "j", "value": 2}],
        }
        assert (pods.id, jobs.id) == (None, f"{EPOCH}-3")

    def test_an_empty_topic_is_sent_too(self) -> None:
        pods, jobs = read(look(Stage()).snapshot(0))
        assert (pods.data["items"], pods.data["part"], pods.data["parts"]) == ([], 0, 1)
        assert jobs.id == f"{EPOCH}-0"

    def test_it_is_made_once_for_a_seq(self) -> None:
        stage = Stage()
        view = look(stage)
        stage.pods.upsert("a/1", 1)
        assert view.snapshot(1) is view.snapshot(1)
        first = view.snapshot(1)
        stage.pods.upsert("a/1", 2)
        assert view.snapshot(2) is not first

    def test_it_holds_what_its_audience_reads_in_its_namespaces(self) -> None:
        stage = Stage()
        for key in ("a/1", "b/1", "everywhere"):
            stage.pods.upsert(key, "detail")
        (event,) = read(look(stage, "pods", namespaces=["b"], audience="summary").snapshot(3))
        assert items_of(event) == {"b/1": "brief", "everywhere": "brief"}

    def test_it_is_cut_into_parts_that_fit_one_write(self) -> None:
        stage = Stage()
        values = {f"a/{n:03}": "x" * (1_000 + n) for n in range(300)}
        stage.pods.replace(values)
        events = read(look(stage).snapshot(300))
        parts, jobs = events[:-1], events[-1]
        assert len(parts) == 6
        assert [part.data["part"] for part in parts] == list(range(6))
        assert all(part.data["parts"] == 6 for part in parts)
        assert {key: item for part in parts for key, item in items_of(part).items()} == values
        assert [event.id for event in events] == [None] * 6 + [f"{EPOCH}-300"]
        assert items_of(jobs) == {}
        # No part could have taken the first item of the next one too.
        assert all(part.size > 65_536 - 512 - 1_400 for part in parts[:-1])

    def test_the_border_of_a_write_is_met_to_the_byte(self) -> None:
        """The largest value and the longest key, beside one that just fits or just does not."""
        stage = Stage()
        stage.pods.upsert("k" * 1_022, "x" * 49_150)
        counts = set()
        for size in range(14_700, 14_900):
            stage.pods.upsert("a/other", "y" * size)
            view, seq = look(stage, "pods"), stage.hub.seq
            snapshot, delta = read(view.snapshot(seq)), read(view.since(0, seq).frames)
            assert sum(len(items_of(event)) for event in snapshot) == len(changed(delta)) == 2
            counts.add((len(snapshot), len(delta)))
        assert counts == {(1, 1), (1, 2), (2, 2)}

    @pytest.mark.parametrize("size", [49_150, 49_151, 65_000, 65_536, 1_000_000])
    def test_no_value_is_too_large_for_a_write(self, size: int) -> None:
        stage = Stage()
        stage.pods.upsert("k" * 1_022, "x" * size)
        view = look(stage, "pods")
        (snapshot,) = read(view.snapshot(1))
        (change,) = read(view.since(0, 1).frames)
        assert list(items_of(snapshot).items()) == changed([change])
        ((_, value),) = changed([change])
        assert isinstance(value, str)
        assert value.endswith("x" if size == 49_150 else f"… (cut, {size:,} characters)")


class TestSince:
    def test_it_tells_the_changes_of_all_topics_in_one_order(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        stage.jobs.upsert("j", 2)
        stage.pods.upsert("a/2", 3)
        stage.pods.remove("a/1")
        delta = look(stage).since(0, 4)
        (event,) = read(delta.frames)
        assert (event.event, event.id) == ("change", f"{EPOCH}-4")
        assert changes_of(event) == [
            {"topic": "jobs", "key": "j", "op": "upsert", "value": 2},
            {"topic": "pods", "key": "a/2", "op": "upsert", "value": 3},
            {"topic": "pods", "key": "a/1", "op": "remove"},
        ]
        assert (delta.after, delta.upto, delta.last) == (0, 4, 4)

    def test_nothing_new_is_no_frame(self) -> None:
        stage = Stage()
        stage.pods.upsert("b/1", 1)
        assert look(stage).since(1, 1).frames == ()
        assert look(stage, "pods", namespaces=["a"]).since(0, 1) == (0, 1, 0, ())

    def test_a_large_delta_is_cut_and_each_event_has_the_id_of_its_last_change(self) -> None:
        stage = Stage()
        with stage.hub.batch():
            for n in range(1, 101):
                stage.pods.upsert(f"a/{n}", "x" * 2_000)
        events = read(look(stage, "pods").since(0, 100).frames)
        assert len(events) == 4
        sizes = [len(changes_of(event)) for event in events]
        assert sum(sizes) == 100
        assert [event.id for event in events] == [
            f"{EPOCH}-{sum(sizes[: n + 1])}" for n in range(len(sizes))
        ]
        # The longer keys of later changes make later events hold a little less, not much.
        assert max(sizes[:-1]) - min(sizes[:-1]) <= 1

    def test_a_topic_that_forgot_comes_as_a_snapshot_after_changes_that_move_nobody(self) -> None:
        stage = Stage(Limits(tombstones=0))
        stage.jobs.upsert("j", 1)
        stage.pods.upsert("a/1", 2)
        stage.pods.upsert("a/2", 3)
        stage.pods.remove("a/1")
        delta = look(stage).since(0, 4)
        change, snapshot = read(delta.frames)
        assert (change.event, changed([change]), change.id) == ("change", [("j", 1)], None)
        assert (snapshot.event, items_of(snapshot), snapshot.id) == (
            "snapshot",
            {"a/2": 3},
            f"{EPOCH}-4",
        )
        assert delta.last == 4

    def test_several_that_forgot_carry_one_id_at_their_end(self) -> None:
        stage = Stage(Limits(tombstones=0))
        stage.pods.upsert("a/1", 1)
        stage.pods.remove("a/1")
        stage.jobs.upsert("j", 3)
        stage.jobs.remove("j")
        stage.jobs.upsert("j", 5)
        pods, jobs = read(look(stage).since(1, 5).frames)
        assert (pods.data["topic"], pods.id) == ("pods", None)
        assert (jobs.data["topic"], jobs.id) == ("jobs", f"{EPOCH}-5")

    def test_a_reader_at_the_floor_has_missed_nothing(self) -> None:
        stage = Stage(Limits(tombstones=0))
        stage.pods.upsert("a/1", 1)
        stage.pods.remove("a/1")
        stage.pods.upsert("a/2", 3)
        view = look(stage, "pods")
        assert names(read(view.since(2, 3).frames)) == ["change"]
        assert names(read(view.since(1, 3).frames)) == ["snapshot"]

    def test_readers_that_missed_the_same_share_its_frames(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        stage.pods.upsert("a/2", 1)
        view = look(stage)
        assert view.since(1, 2) is view.since(1, 2)
        assert view.since(0, 2) is not view.since(1, 2)
        earlier = view.since(1, 2)
        stage.pods.upsert("a/3", 1)
        assert view.since(1, 3) is not earlier

    def test_a_topic_that_became_synced_comes_as_a_fresh_snapshot(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        view = look(stage)
        stage.pods.mark_synced()
        (event,) = read(view.flush(2))
        assert (event.event, event.data["topic"], event.data["synced"]) == (
            "snapshot",
            "pods",
            True,
        )
        assert event.id == f"{EPOCH}-2"


class TestGiven:
    """`given`: the seq that a heartbeat holds against a reader's last id."""

    def test_a_new_view_counts_what_its_first_reader_is_about_to_be_given(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        stage.jobs.upsert("j", 1)
        stage.pods.upsert("b/1", 1)
        assert look(stage).given == 3
        assert look(stage, "jobs").given == 2
        assert look(stage, "pods", namespaces=["a"]).given == 1
        assert look(stage, "pods", namespaces=["c"]).given == 0

    def test_it_moves_with_changes_that_the_view_shows_and_with_no_other(self) -> None:
        stage = Stage()
        view = look(stage, "pods", namespaces=["a"])
        stage.pods.upsert("b/1", 1)
        assert view.flush(1) == ()
        assert (view.given, view.flushed) == (0, 1)
        stage.pods.upsert("a/1", 2)
        stage.pods.upsert("b/1", 3)
        assert len(view.flush(3)) == 1
        assert (view.given, view.flushed) == (2, 3)
        stage.pods.remove("a/1")
        view.flush(4)
        assert view.given == 4

    def test_it_moves_with_a_topic_that_became_synced(self) -> None:
        stage = Stage()
        view = look(stage)
        stage.pods.upsert("a/1", 1)
        stage.pods.mark_synced()
        view.flush(2)
        assert view.given == 2

    def test_it_moves_with_what_a_snapshot_holds_besides(self) -> None:
        stage = Stage()
        view = look(stage, "pods", namespaces=["a"])
        stage.pods.mark_synced()
        stage.pods.upsert("a/1", 2)
        stage.pods.upsert("b/1", 3)
        (event,) = read(view.flush(3))
        assert (event.event, items_of(event)) == ("snapshot", {"a/1": 2})
        assert view.given == 2


def test_frames_and_changes_are_counted_when_they_are_made() -> None:
    stage = Stage()
    statistics = Statistics()
    view = View(
        Choice(("pods", "jobs"), None, "detail"),
        [stage.pods, stage.jobs],
        epoch=EPOCH,
        flushed=0,
        statistics=statistics,
    )
    stage.pods.upsert("a/1", 1)
    stage.pods.upsert("a/2", 1)
    view.flush(2)
    assert (statistics.encodes, statistics.changes_encoded) == (1, 2)
    view.snapshot(2)
    view.snapshot(2)
    assert (statistics.encodes, statistics.changes_encoded) == (3, 2)
