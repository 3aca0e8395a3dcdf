"""Health over a day in steps of two minutes: the worst of each, nothing where nothing is known."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.derive.history import History
from app.derive.timer import Timer
from app.model import HISTORY_STEPS, STEP_SECONDS
from tests.derive.incidents.scene import Adjustable
from tests.fakes.clock import START

if TYPE_CHECKING:
    from app.model import Health

FIRST = int(START.timestamp()) // STEP_SECONDS


class Day:
    """A history, its clock, and what it wanted to be kept."""

    def __init__(self) -> None:
        self.clock = Adjustable()
        self.timer = Timer(self.clock)
        self.kept: list[tuple[int, Health]] = []
        self.history = History(
            self.clock, self.timer, keep=lambda step, word: self.kept.append((step, word))
        )

    def play(self, seconds: float, step: float = 1.0) -> None:
        passed = 0.0
        while passed < seconds:
            passed += step
            self.clock.advance(step)
            self.timer.advance()

    def told(self) -> dict[int, Health]:
        """The words by the minute of their beginning."""
        return {
            round((point.at - START).total_seconds() / 60): point.status
            for point in self.history.value().points
        }


def test_the_worst_of_each_step_counts() -> None:
    day = Day()
    assert day.told() == {}
    day.play(60)
    assert day.told() == {}, "nothing was known"
    day.history.hear("healthy")
    day.play(70)
    day.history.hear("unhealthy")
    day.play(1)
    day.history.hear("degraded")
    day.play(250)
    assert day.told() == {0: "healthy", 2: "unhealthy", 4: "degraded", 6: "degraded"}
    assert day.kept == [
        (FIRST, "healthy"),
        (FIRST + 1, "healthy"),
        (FIRST + 1, "unhealthy"),
        (FIRST + 2, "degraded"),
        (FIRST + 3, "degraded"),
    ]
    assert day.history.value().step_ms == 120_000


def test_it_is_bounded_and_ends_now() -> None:
    day = Day()
    day.history.hear("healthy")
    day.play(26 * 3_600, step=60.0)
    points = day.history.value().points
    assert len(points) == HISTORY_STEPS
    assert points[-1].at == START + timedelta(hours=26)
    assert points[0].at == points[-1].at - timedelta(hours=24) + timedelta(minutes=2)
    assert len(day.timer) == 1


def test_a_process_that_was_stopped_leaves_a_gap() -> None:
    day = Day()
    day.history.hear("healthy")
    day.clock.advance(3_600)
    day.timer.advance()
    assert day.told() == {0: "healthy", 60: "healthy"}


def test_a_clock_that_is_set_forward_and_back() -> None:
    day = Day()
    day.history.hear("healthy")
    day.play(10)
    day.clock.set_by = 3_600
    day.play(10)
    assert day.told() == {0: "healthy", 60: "healthy"}
    day.history.hear("degraded")
    day.clock.set_by = 0
    day.play(200)
    # What the clock called an hour later is not the past, and comes again when it is.
    assert day.told() == {0: "degraded", 2: "degraded"}


def test_a_clock_that_was_ahead_for_days_costs_no_later_day() -> None:
    day = Day()
    day.clock.set_by = 50 * 3_600
    day.history.hear("healthy")
    day.play(26 * 3_600, step=60.0)
    day.clock.set_by = 0
    day.play(10)
    assert list(day.told().values()) == ["healthy"]
    day.play(26 * 3_600, step=60.0)
    assert len(day.told()) == HISTORY_STEPS
    assert len(day.history._steps) <= 2 * HISTORY_STEPS


def test_what_an_earlier_process_saw_is_there_again() -> None:
    day = Day()
    day.history.hear("degraded")
    day.history.restore({FIRST - 3: "healthy", FIRST: "healthy", FIRST - HISTORY_STEPS: "healthy"})
    assert day.told() == {-6: "healthy", 0: "degraded"}
    day.history.restore({FIRST: "unhealthy"})
    assert day.told() == {-6: "healthy", 0: "unhealthy"}
    many: dict[int, Health] = {FIRST - back: "healthy" for back in range(2 * HISTORY_STEPS)}
    day.history.restore(many)
    assert len(day.told()) == HISTORY_STEPS
