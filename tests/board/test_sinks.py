from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board.sinks import NEWEST, NewestSink
from app.stream import Hub, Topic
from tests.fakes.clock import ManualClock

START = datetime(2026, 1, 1, tzinfo=UTC)


class Kept:
    """A sink of moments and the topic behind it."""

    def __init__(self, namespace: str | None = None) -> None:
        self.hub = Hub(ManualClock())
        self.topic: Topic[object] = self.hub.topic("moments")
        self.settled = 0
        self.sink = NewestSink(
            self.topic, namespace, self._settle, hub=self.hub, newest=self._moment
        )

    def _settle(self) -> None:
        self.settled += 1

    def _moment(self, record: object) -> datetime:
        assert isinstance(record, datetime)
        return record

    def keys(self, namespace: str = "a") -> list[int]:
        prefix = f"{namespace}/"
        return sorted(
            int(key.removeprefix(prefix)) for key, _ in self.topic.items() if key.startswith(prefix)
        )


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def many(count: int, namespace: str = "a") -> dict[str, datetime]:
    return {f"{namespace}/{minute}": at(minute) for minute in range(count)}


def test_a_list_keeps_the_newest_of_each_namespace() -> None:
    kept = Kept()
    kept.sink.replace(many(NEWEST + 20) | many(3, "b"))
    assert kept.keys() == list(range(20, NEWEST + 20))
    assert kept.keys("b") == [0, 1, 2]


def test_a_newer_one_takes_the_place_of_the_oldest() -> None:
    kept = Kept("a")
    kept.sink.replace(many(NEWEST))
    kept.sink.upsert(f"a/{NEWEST}", at(NEWEST))
    assert kept.keys() == list(range(1, NEWEST + 1))


def test_one_older_than_all_is_not_kept() -> None:
    kept = Kept("a")
    kept.sink.replace({f"a/{minute}": at(minute) for minute in range(10, NEWEST + 10)})
    before = kept.hub.seq
    kept.sink.upsert("a/1", at(1))
    assert kept.hub.seq == before


def test_one_that_is_kept_may_be_seen_again() -> None:
    kept = Kept("a")
    kept.sink.replace(many(NEWEST))
    kept.sink.upsert("a/0", at(NEWEST + 5))
    assert len(kept.keys()) == NEWEST
    kept.sink.upsert(f"a/{NEWEST}", at(NEWEST))
    assert kept.keys() == [0, *range(2, NEWEST + 1)]


def test_a_removed_one_leaves_its_place() -> None:
    kept = Kept("a")
    kept.sink.replace(many(NEWEST))
    kept.sink.remove("a/7")
    kept.sink.remove("a/unknown")
    kept.sink.upsert("a/1000", at(0))
    assert len(kept.keys()) == NEWEST
    assert 1000 in kept.keys()


def test_the_end_of_the_first_list_settles_the_source() -> None:
    kept = Kept()
    kept.sink.bookmark()
    assert kept.settled == 0
    kept.sink.synced()
    assert kept.settled == 1


@pytest.mark.parametrize("namespace", ["a", None])
@given(
    writes=st.lists(
        st.tuples(st.integers(0, NEWEST + 40), st.integers(0, 2000), st.booleans()), max_size=60
    )
)
def test_never_more_than_the_limit_and_never_an_unknown_key(
    namespace: str | None, writes: list[tuple[int, int, bool]]
) -> None:
    kept = Kept(namespace)
    kept.sink.replace(many(NEWEST - 5))
    for key, minute, gone in writes:
        if gone:
            kept.sink.remove(f"a/{key}")
        else:
            kept.sink.upsert(f"a/{key}", at(minute))
        assert len(kept.topic) <= NEWEST
