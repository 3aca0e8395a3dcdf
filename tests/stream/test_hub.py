from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from app.stream import Hub, Limits
from tests.fakes.clock import ManualClock
from tests.stream.stage import EPOCH, Stage, changed, items_of, names, plain

if TYPE_CHECKING:
    from app.stream import Topic
    from tests.stream.wire import Json


class TestTopics:
    def test_a_name_is_given_once(self) -> None:
        with pytest.raises(ValueError, match="'pods'"):
            Stage().hub.topic("pods")

    def test_a_name_fits_beside_the_largest_value(self) -> None:
        hub = Stage().hub
        hub.topic("t" * 64)
        with pytest.raises(ValueError, match="too long"):
            hub.topic("t" * 65)

    def test_an_audience_reads_what_it_has_an_encoder_for(self) -> None:
        hub = Stage().hub
        hub.topic("records")
        assert hub.readable("detail") == ("pods", "jobs")
        assert hub.readable("summary") == ("pods",)
        assert hub.readable("nobody") == ()

    def test_a_hub_can_be_filled_before_a_loop_runs(self) -> None:
        hub = Hub(ManualClock())
        topic: Topic[int] = hub.topic("pods")
        for n in range(100):
            topic.upsert("a/1", n)
        assert hub.seq == 100

    def test_each_life_has_an_epoch_of_its_own(self) -> None:
        epochs = {Hub(ManualClock()).epoch for _ in range(100)}
        assert len(epochs) == 100
        assert (
            Hub(ManualClock(), random=Random(1)).epoch == Hub(ManualClock(), random=Random(1)).epoch
        )


class TestAttach:
    def test_a_new_reader_gets_hello_and_everything_in_the_same_call(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        subscription, writer = stage.attach(topics=["jobs", "pods"])
        hello, pods, jobs = writer.events()
        assert hello.event == "hello"
        assert hello.retry == hello.data["retryMs"]
        assert hello.data["topics"] == ["pods", "jobs"]
        assert (hello.data["reason"], hello.data["resumed"]) == ("fresh", False)
        assert items_of(pods) == {"a/1": 1}
        assert jobs.id == f"{EPOCH}-1"
        assert not subscription.closed
        assert stage.hub.subscriptions() == [subscription]

    @pytest.mark.parametrize(
        ("cursor", "reason", "expected"),
        [
            (None, "fresh", ["hello", "snapshot", "snapshot"]),
            ("rubbish", "fresh", ["hello", "snapshot", "snapshot"]),
            ("zzzzzzzzzz-5", "epoch", ["hello", "snapshot", "snapshot"]),
            (f"{EPOCH}-7", "ahead", ["hello", "snapshot", "snapshot"]),
            (f"{EPOCH}-3", "gap", ["hello", "change", "snapshot"]),
            (f"{EPOCH}-5", "resumed", ["hello", "change"]),
            (f"{EPOCH}-6", "resumed", ["hello"]),
        ],
    )
    def test_a_reader_that_comes_back_gets_what_it_lacks(
        self, cursor: str | None, reason: str, expected: list[str]
    ) -> None:
        stage = Stage(Limits(tombstones=0))
        for n in range(3):
            stage.pods.upsert("a/1", n)
        stage.pods.upsert("a/2", 1)
        stage.pods.remove("a/2")
        stage.jobs.upsert("j", 1)
        _, writer = stage.attach(topics=["pods", "jobs"], since=cursor)
        events = writer.events()
        assert names(events) == expected
        assert (events[0].data["reason"]) == reason
        assert stage.hub.statistics.attach_reasons[reason] == 1
        assert events[-1].id == (None if cursor == f"{EPOCH}-6" else f"{EPOCH}-6")

    def test_a_thousand_readers_that_come_at_once_cost_one_encoding(self) -> None:
        stage = Stage()
        calls: list[str] = []

        def encoder(value: Json) -> bytes:
            calls.append("")
            return plain(value)

        topic: Topic[Json] = stage.hub.topic("things", reads={"detail": encoder})
        topic.replace({f"a/{n}": "x" * 300 for n in range(500)})
        writers = [stage.attach(topics=["things"])[1] for _ in range(1_000)]
        assert len(calls) == 500
        assert stage.hub.statistics.encodes == 3
        for part in (1, 2, 3):
            assert len({id(writer.pipe[part]) for writer in writers}) == 1
        assert len(stage.hub.views) == 1

    def test_a_thousand_readers_that_come_back_together_cost_one_encoding(self) -> None:
        stage = Stage()
        for n in range(10):
            stage.pods.upsert(f"a/{n}", n)
        before = stage.hub.statistics.encodes
        writers = [stage.attach(since=4)[1] for _ in range(1_000)]
        assert stage.hub.statistics.encodes == before + 1
        assert len({id(writer.pipe[1]) for writer in writers}) == 1

    def test_what_is_gathered_goes_out_first_in_the_same_call(self) -> None:
        stage = Stage()
        _, first = stage.attach()
        stage.pods.upsert("a/1", 1)
        stage.pods.upsert("a/1", 2)
        first.events()
        assert stage.timers.armed
        _, second = stage.attach()
        assert changed(first.events()) == [("a/1", 2)]
        assert items_of(second.events()[1]) == {"a/1": 2}
        stage.timers.advance(1)
        assert first.events() == second.events() == []

    def test_inside_a_batch_it_is_refused(self) -> None:
        stage = Stage()
        writer = stage.writer()
        with stage.hub.batch(), pytest.raises(RuntimeError, match="tear the batch"):
            stage.attach(writer)
        assert not writer.pipe
        assert stage.hub.views == {}
        stage.attach(writer)

    @pytest.mark.parametrize(
        ("topics", "message"),
        [
            (["pods", "nodes", "moons"], "detail cannot read moons, nodes"),
            (["records"], "detail cannot read records"),
            ([], "detail cannot read nothing"),
        ],
    )
    def test_what_an_audience_cannot_read_is_refused(self, topics: list[str], message: str) -> None:
        stage = Stage()
        stage.hub.topic("records")
        with pytest.raises(LookupError, match=message):
            stage.attach(topics=topics)
        assert stage.hub.views == {}

    def test_an_audience_gets_its_own_reading(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", "long")
        _, writer = stage.attach(audience="summary")
        assert items_of(writer.events()[1]) == {"a/1": "brief"}
        with pytest.raises(LookupError, match="summary cannot read jobs"):
            stage.attach(topics=["jobs"], audience="summary")

    def test_a_reader_that_is_gone_already_leaves_nothing(self) -> None:
        stage = Stage()
        writer = stage.writer()
        writer.cut()
        subscription, _ = stage.attach(writer)
        assert (subscription.closed, subscription.reason) == (True, "left")
        assert stage.hub.views == {}
        assert stage.hub.statistics.readers == {"sse": 0, "websocket": 0}


class TestViews:
    def test_readers_of_the_same_choice_share_one(self) -> None:
        stage = Stage()
        stage.attach(topics=["pods", "jobs"], namespaces=["a", "b"])
        stage.attach(topics=["jobs", "pods", "pods"], namespaces=["b", "a"])
        assert len(stage.hub.views) == 1
        stage.attach(topics=["pods", "jobs"])
        stage.attach(topics=["pods"], namespaces=["a", "b"])
        stage.attach(topics=["pods"], namespaces=["a", "b"], audience="summary")
        assert len(stage.hub.views) == 4

    def test_they_go_with_their_last_reader(self) -> None:
        stage = Stage()
        first, _ = stage.attach()
        second, writer = stage.attach()
        other, _ = stage.attach(topics=["jobs"])
        first.detach()
        assert len(stage.hub.views) == 2
        stage.pods.upsert("a/1", 1)
        assert names(writer.events()) == ["hello", "snapshot", "change"]
        second.detach()
        assert list(stage.hub.views.values()) == [other.view]
        before = stage.hub.statistics.encodes
        stage.timers.advance(1)
        stage.pods.upsert("a/1", 2)
        assert stage.hub.statistics.encodes == before

    def test_one_that_went_does_not_take_its_successor_along(self) -> None:
        stage = Stage()
        first, _ = stage.attach()
        first.detach()
        second, writer = stage.attach()
        writer.events()
        first.detach()
        first.end("drain")
        stage.timers.advance(1)
        stage.pods.upsert("a/1", 1)
        assert len(writer.events()) == 1
        assert stage.hub.subscriptions() == [second]

    def test_a_change_is_encoded_once_for_sse_and_once_for_websocket(self) -> None:
        stage = Stage()
        sse = [stage.attach()[1] for _ in range(20)]
        socket = [stage.attach(stage.writer("websocket"))[1] for _ in range(20)]
        encodes = stage.hub.statistics.encodes
        with stage.hub.batch():
            stage.pods.upsert("a/1", 1)
            stage.pods.upsert("a/2", 2)
        assert stage.hub.statistics.encodes == encodes + 1
        assert len({id(writer.pipe[-1]) for writer in sse}) == 1
        assert len({id(writer.pipe[-1]) for writer in socket}) == 1
        for writer in (*sse, *socket):
            assert changed(writer.events()) == [("a/1", 1), ("a/2", 2)]

    def test_each_gets_what_it_shows(self) -> None:
        stage = Stage()
        _, here = stage.attach(namespaces=["a"])
        _, there = stage.attach(namespaces=["b"])
        _, jobs = stage.attach(topics=["jobs"])
        for writer in (here, there, jobs):
            writer.events()
        with stage.hub.batch():
            stage.pods.upsert("a/1", 1)
            stage.pods.upsert("b/1", 2)
        assert changed(here.events()) == [("a/1", 1)]
        assert changed(there.events()) == [("b/1", 2)]
        assert jobs.events() == []


class TestFlush:
    def test_a_change_goes_out_at_once_and_a_burst_as_its_last_values(self) -> None:
        stage = Stage()
        _, writer = stage.attach()
        writer.events()
        stage.pods.upsert("a/1", 1)
        assert changed(writer.events()) == [("a/1", 1)]
        for n in range(2, 50):
            stage.pods.upsert("a/1", n)
        stage.pods.upsert("a/2", 1)
        assert writer.events() == []
        stage.timers.advance(0.05)
        assert changed(writer.events()) == [("a/1", 49), ("a/2", 1)]

    def test_it_counts_each_change_that_was_overtaken(self) -> None:
        stage = Stage()
        stage.attach()
        stage.pods.upsert("a/1", 0)
        assert stage.hub.statistics.coalesced == 0
        stage.pods.upsert("a/1", 1)
        stage.pods.upsert("a/1", 2)
        stage.pods.remove("a/1")
        stage.pods.upsert("a/1", 3)
        assert stage.hub.statistics.coalesced == 3
        stage.timers.advance(1)
        stage.pods.remove("a/1")
        stage.timers.advance(1)
        stage.pods.upsert("a/1", 4)
        assert stage.hub.statistics.coalesced == 3
        assert stage.hub.statistics.changes == 7
        assert stage.hub.statistics.flushes == 4

    def test_a_batch_is_never_torn(self) -> None:
        stage = Stage()
        _, writer = stage.attach(topics=["pods", "jobs"])
        writer.events()
        with stage.hub.batch():
            stage.pods.upsert("a/1", 1)
            with stage.hub.batch():
                stage.jobs.upsert("j", 2)
            stage.pods.upsert("a/2", 3)
            assert not writer.pipe
        (event,) = writer.events()
        assert changed([event]) == [("a/1", 1), ("j", 2), ("a/2", 3)]
        assert event.id == f"{EPOCH}-3"

    def test_a_batch_that_fails_half_way_still_tells_what_was_done(self) -> None:
        stage = Stage()
        _, writer = stage.attach()
        writer.events()
        with pytest.raises(ZeroDivisionError), stage.hub.batch():
            stage.pods.upsert("a/1", 1 / 0 if stage.pods.upsert("a/2", 1) else 0)
        assert changed(writer.events()) == [("a/2", 1)]

    def test_a_topic_that_becomes_synced_reaches_every_reader_as_a_snapshot(self) -> None:
        stage = Stage()
        stage.pods.upsert("a/1", 1)
        _, live = stage.attach()
        (_, unsynced) = live.events()
        assert unsynced.data["synced"] is False
        stage.timers.advance(1)
        stage.pods.mark_synced()
        (synced,) = live.events()
        assert (synced.event, synced.data["synced"], synced.id) == ("snapshot", True, f"{EPOCH}-2")
        _, returning = stage.attach(since=1)
        hello, snapshot = returning.events()
        assert (hello.data["reason"], snapshot.data["synced"]) == ("gap", True)


class TestFaults:
    """An encoder that fails is a bug of ours; it may not look like silence."""

    @pytest.fixture
    def stage(self) -> Stage:
        stage = Stage()

        def fragile(value: Json) -> bytes:
            if value == "poison":
                raise ZeroDivisionError
            return plain(value)

        self.things: Topic[Json] = stage.hub.topic(
            "things", reads={"detail": plain, "summary": fragile}
        )
        return stage

    def test_it_costs_the_readers_of_its_view_and_no_others(self, stage: Stage) -> None:
        broken, summary = stage.attach(topics=["things"], audience="summary")
        lagging, narrow = stage.attach(stage.writer(room=0), topics=["things"], audience="summary")
        _, detail = stage.attach(topics=["things"])
        detail.events()
        with pytest.raises(ZeroDivisionError):
            self.things.upsert("k", "poison")
        assert (broken.reason, lagging.reason) == ("fault", "fault")
        assert summary.aborted
        assert narrow.aborted
        assert changed(detail.events()) == [("k", "poison")]
        assert len(stage.hub.views) == 1
        stage.timers.advance(1)
        assert self.things.upsert("k", "cure")
        assert changed(detail.events()) == [("k", "cure")]

    def test_nobody_can_attach_to_it_and_nothing_of_the_attempt_stays(self, stage: Stage) -> None:
        self.things.upsert("k", "poison")
        with pytest.raises(ZeroDivisionError):
            stage.attach(topics=["things"], audience="summary")
        assert stage.hub.views == {}
        assert stage.hub.statistics.attached == 0
        self.things.upsert("k", "cure")
        _, writer = stage.attach(topics=["things"], audience="summary")
        assert items_of(writer.events()[1]) == {"k": "cure"}


class TestStatistics:
    def test_they_count_readers_frames_and_bytes(self) -> None:
        stage = Stage()
        first, one = stage.attach()
        _, two = stage.attach(stage.writer("websocket"))
        told = stage.hub.statistics
        assert told.readers == {"sse": 1, "websocket": 1}
        assert (told.attached, told.frames_written) == (2, 4)
        stage.pods.upsert("a/1", 1)
        assert told.frames_written == 6
        assert told.bytes_written == sum(map(len, (*one.pipe, *two.pipe)))
        first.detach()
        first.detach()
        assert told.readers == {"sse": 0, "websocket": 1}
        assert told.attached == 2

    def test_they_count_those_that_fell_behind(self) -> None:
        stage = Stage()
        told = stage.hub.statistics
        slow, _ = stage.attach(stage.writer(room=2))
        stage.attach(stage.writer(stepped=False))
        assert (told.lagging, told.lags) == (1, 0)
        stage.pods.upsert("a/1", 1)
        assert (told.lagging, told.lags) == (2, 1)
        stage.timers.advance(1)
        stage.pods.upsert("a/1", 2)
        assert (told.lagging, told.lags) == (2, 1)
        slow.detach()
        assert told.lagging == 1
