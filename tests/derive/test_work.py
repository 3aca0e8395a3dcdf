"""What a change costs does not depend on how many objects there are: calls are counted, not time.

A call is one of a Python function; it is the same on every machine and in every run.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from app.cluster.projections.pods import PODS
from app.derive.pieces import PIECE
from app.derive.timer import SLICE_SECONDS
from app.errors import AccessDenied
from benchmarks.derive.house import House
from benchmarks.derive.objects import Amount, Objects, Told, line, pod, state_of
from tests.derive.incidents.scene import Adjustable, lost_node

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model import Incident
    from benchmarks.derive.objects import State

FEW = Amount(pods=1_000, cronjobs=20)
MANY = Amount(pods=4_000, cronjobs=80)

DENIED = AccessDenied("no", verb="list", group="", resource="pods", namespace="load")


class Slow(Adjustable):
    """Every look at it takes so long, from when the test says so."""

    look_seconds = 0.0

    def monotonic(self) -> float:
        self.advance(self.look_seconds)
        return super().monotonic()


class Scene:
    """A board that knows all objects, and a clock that stands."""

    def __init__(self, amount: Amount, state: Callable[[int], State] = state_of) -> None:
        self.clock = Slow()
        self.house = House(self.clock, derived=True)
        self.objects = Objects(amount, self.clock.now(), state)
        for projection, body in self.objects.pages():
            for item in projection.page(body).items:
                self.house.show(projection, item)
        self.house.settle()
        self.play(90)
        self.told = 0
        self.house.board.incidents.listen(self._count)

    def _count(self, key: str, old: Incident | None, new: Incident | None) -> None:
        self.told += 1

    def play(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.house.prove()
            self.house.timer.advance()

    def take(self, told: Told) -> None:
        self.house.take(told.projection, told.item())

    def calls(self, told: Told) -> int:
        """Calls that the change makes, reading it apart."""
        item = told.item()
        return calls(lambda: self.house.take(told.projection, item))

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for _, incident in self.house.board.incidents.items():
            found[incident.state] = found.get(incident.state, 0) + 1
        return found


def calls(action: Callable[[], object]) -> int:
    """How many Python functions are called."""
    count = 0

    def counted(frame: object, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


@pytest.fixture(scope="module")
def few() -> Scene:
    return Scene(FEW)


@pytest.fixture(scope="module")
def many() -> Scene:
    return Scene(MANY)


def test_changes_cost_the_same_among_four_times_as_many(few: Scene, many: Scene) -> None:
    """Pods that grow unready, crash and recover, Jobs that begin and end, CronJobs that run."""
    counts = []
    for scene in (few, many):
        changes, total = list(scene.objects.changes(90)), 0
        for number, told in enumerate(changes):
            total += scene.calls(told)
            if number % 30 == 29:
                scene.clock.advance(1.0)
                total += calls(scene.house.timer.advance)
        counts.append(total)
    assert counts[0] > 90 * 50
    assert counts[1] <= counts[0] * 1.02


def lost_together(count: int) -> tuple[int, int, Scene]:
    """Calls for the last pod of a lost node that has so many: when it is lost, when it is back."""
    scene = Scene(Amount(pods=count, cronjobs=1), lambda number: "running")
    for number in range(count):
        gone = pod(number, "lost", version=2)
        gone["spec"] |= {"nodeName": "gone"}
        if number < count - 1:
            scene.take(line(PODS, gone))
    lost = scene.calls(line(PODS, gone))
    back = pod(count - 1, "running", version=3)
    return lost, scene.calls(line(PODS, back)), scene


def test_a_pod_of_a_lost_node_costs_the_same_among_many_others_on_it() -> None:
    few_lost, few_back, _ = lost_together(10)
    many_lost, many_back, scene = lost_together(300)
    assert many_lost <= few_lost * 1.1
    assert many_back <= few_back * 1.1
    scene.play(16)
    told = scene.house.board.incidents.get(lost_node("gone"))
    assert told is not None
    assert told.reason == "299 pods on it are not heard of."


class TestASourceThatIsLost:
    """Every incident about it becomes unknown, and none of it holds the loop up."""

    def test_a_step_costs_the_same_however_many_there_are(self) -> None:
        steps = []
        for count in (500, 1_500):
            scene = Scene(Amount(pods=count, cronjobs=1), lambda number: "crashing")
            steps.append(calls(lambda scene=scene: scene.house.fail(DENIED)))  # type: ignore[misc]
            assert scene.told < 2 * PIECE
            scene.house.timer.advance()
            assert set(scene.states()) == {"new", "unknown"}
            assert scene.states()["unknown"] == 2 * count / 5
        assert steps[1] <= steps[0] * 1.05

    def test_it_is_back_before_all_have_been_told(self) -> None:
        scene = Scene(Amount(pods=1_000, cronjobs=1), lambda number: "crashing")
        scene.house.fail(DENIED)
        scene.house.prove()
        scene.house.timer.advance()
        scene.play(3)
        assert scene.states() == {"active": 400}

    def test_what_ends_meanwhile_does_not_come_back(self) -> None:
        scene = Scene(Amount(pods=1_000, cronjobs=1), lambda number: "crashing")
        scene.house.fail(DENIED)
        scene.take(line(PODS, pod(999, "running", version=2)))
        scene.house.prove()
        scene.play(40)
        told = scene.house.board.incidents.get("pod_crash_loop/load/agents-199")
        assert told is not None
        assert "agent-7d9c6b5f4-00999" not in {one.name for one in told.objects}
        assert scene.states() == {"active": 400}


def test_a_clock_that_is_set_is_thought_about_in_pieces() -> None:
    scene = Scene(Amount(pods=1, cronjobs=4 * PIECE))
    judged = []
    scene.house.board.cronjobs.listen(lambda key, old, new: judged.append(key))
    scene.clock.set_by = 3600.0
    scene.clock.look_seconds = SLICE_SECONDS
    assert scene.house.timer.advance(within=SLICE_SECONDS)
    assert 0 < (first := len(judged)) <= 2 * PIECE
    scene.house.timer.advance()
    # Not every verdict is another one.
    assert len(judged) > max(first, 2 * PIECE)
