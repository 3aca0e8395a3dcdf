"""A controller's queue, and what it knows of the cluster."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from app.demo.api.kinds import JOBS, PODS
from app.demo.api.statuses import Refused
from app.demo.controllers.informer import Informer
from app.demo.controllers.reading import Key, difference
from app.demo.controllers.work import Work
from app.demo.film.film import Film
from tests.fakes.clock import ManualClock

KEY = ("t", "x")


class Desk:
    """A controller that writes down when it was woken, and refuses as often as it is told."""

    def __init__(self, refusals: int = 0) -> None:
        self.clock = ManualClock()
        self.film = Film(self.clock)
        self.film.begin()
        self.looks: list[tuple[float, str]] = []
        self.refusals = refusals
        self.faults = 0
        self.work = Work(self.film, "desk", self._sync)

    def _sync(self, key: Key) -> None:
        seconds = (self.film.now() - self.film.start).total_seconds()
        self.looks.append((round(seconds, 3), key[1]))
        if self.faults:
            self.faults -= 1
            raise OverflowError
        if self.refusals:
            self.refusals -= 1
            raise Refused(409, {"reason": "Conflict"})

    def play(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.film.play_due()


def test_a_key_is_looked_at_once_at_the_earliest_time() -> None:
    desk = Desk()
    desk.work.add(KEY, 5.0)
    desk.work.add(KEY, 2.0)
    desk.work.add(KEY, 9.0)
    desk.work.add(("t", "y"))
    desk.work.add_at(KEY, desk.film.start + timedelta(seconds=1))
    desk.play(20.0)
    assert desk.looks == [(0.003, "y"), (1.0, "x")]


def test_a_refusal_is_tried_again_ever_more_slowly() -> None:
    desk = Desk(refusals=4)
    desk.work.add(KEY)
    desk.play(60.0)
    assert [at for at, _ in desk.looks] == [0.003, 0.103, 0.303, 0.703, 1.503]
    desk.refusals = 1
    desk.work.add(KEY)
    desk.play(1.0)
    # A success in between forgives what was before.
    assert [at for at, _ in desk.looks[5:]] == [60.003, 60.103]


def test_what_hangs_looks_at_nothing_and_then_at_all_of_it_once() -> None:
    desk = Desk()
    other = ("t", "y")
    desk.work.add(KEY, 5.0)
    desk.work.hang()
    desk.play(1.0)
    for _ in range(3):
        desk.work.add(other)
        desk.play(2.0)
    assert desk.looks == []
    desk.work.go_on()
    desk.play(1.0)
    assert desk.looks == [(7.003, "y"), (7.003, "x")]
    desk.work.add(KEY)
    desk.play(1.0)
    assert desk.looks[2:] == [(8.003, "x")]


def test_a_fault_is_told_once_and_tried_again_as_a_refusal_is() -> None:
    desk = Desk()
    desk.faults = 3
    desk.work.add(KEY)
    with capture_logs() as told:
        desk.play(60.0)
    assert [at for at, _ in desk.looks] == [0.003, 0.103, 0.303, 0.703]
    assert [one["event"] for one in told] == ["sync_failed"]
    desk.faults = 1
    desk.work.add(KEY)
    with capture_logs() as told:
        desk.play(1.0)
    # It has gone well in between, so this is another fault.
    assert [one["event"] for one in told] == ["sync_failed"]
    assert desk.film.failed == 4


def thing(name: str, uid: str, *owners: str) -> dict[str, object]:
    references = [{"uid": owner, "kind": "Job", "controller": True} for owner in owners]
    return {"metadata": {"namespace": "t", "name": name, "uid": uid, "ownerReferences": references}}


def test_the_informer_follows_owners_and_names() -> None:
    informer, heard = Informer(), []
    informer.listen(PODS, lambda before, after: heard.append((before, after)))
    first, moved, again = thing("p", "1", "a"), thing("p", "1", "b"), thing("p", "2", "b")
    informer.hear("ADDED", PODS, first)
    informer.hear("ADDED", JOBS, thing("j", "a"))
    assert informer.controlled(PODS, "a") == [first]
    informer.hear("MODIFIED", PODS, moved)
    assert informer.controlled(PODS, "a") == []
    assert informer.dependents("b") == [(PODS, moved)]
    informer.hear("DELETED", PODS, moved)
    assert informer.find("1") is None
    assert informer.dependents("b") == []
    informer.hear("ADDED", PODS, again)
    # A new object of a name that is taken, without the end of the old one being heard.
    informer.hear("MODIFIED", PODS, thing("p", "3"))
    assert (informer.find("2"), informer.dependents("b")) == (None, [])
    assert [(before is None, after is None) for before, after in heard] == [
        (True, False),
        (False, False),
        (False, True),
        (True, False),
        (False, False),
    ]


def test_a_difference_is_the_patch_that_makes_equal() -> None:
    before = {"a": 1, "b": {"c": 1, "d": 2}, "e": [1], "f": {"g": 1}}
    after = {"a": 1, "b": {"c": 3}, "e": [2], "f": {"g": 1}, "h": {"i": 1}}
    assert difference(before, after) == {
        "b": {"c": 3, "d": None},
        "e": [2],
        "h": {"i": 1},
    }
    assert difference(before, before) == {}
