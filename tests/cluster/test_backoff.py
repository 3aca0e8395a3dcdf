"""How long to wait: client-go's numbers."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from app.cluster.backoff import FIRST_SECONDS, HEALTHY_SECONDS, LONGEST_SECONDS, Backoff
from tests.fakes.clock import ManualClock


class Dice(Random):
    """Always the same number."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self._number = number

    def random(self) -> float:
        return self._number


def waits(number: float, count: int) -> list[float]:
    clock = ManualClock()
    backoff, found = Backoff(clock, Dice(number)), []
    for _ in range(count):
        found.append(backoff.delay())
        clock.advance(found[-1])
    return found


def test_it_doubles_up_to_half_a_minute() -> None:
    assert waits(0.0, 8) == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]


def test_chance_adds_up_to_as_much_again() -> None:
    assert waits(0.5, 7) == [1.5 * wait for wait in waits(0.0, 7)]


def test_it_starts_over_after_two_minutes_of_health_and_not_of_waiting() -> None:
    clock = ManualClock()
    backoff = Backoff(clock, Dice(0.999))
    for _ in range(8):
        clock.advance(backoff.delay())
    clock.advance(HEALTHY_SECONDS - 1)
    assert backoff.delay() > LONGEST_SECONDS
    clock.advance(2 * LONGEST_SECONDS + HEALTHY_SECONDS)
    assert backoff.delay() < 2 * FIRST_SECONDS


@given(seed=st.integers(), pauses=st.lists(st.floats(0, 300), max_size=50))
def test_it_is_never_shorter_than_the_first_nor_longer_than_a_minute(
    seed: int, pauses: list[float]
) -> None:
    clock = ManualClock()
    backoff = Backoff(clock, Random(seed))
    for pause in pauses:
        wait = backoff.delay()
        assert FIRST_SECONDS <= wait <= 2 * LONGEST_SECONDS
        clock.advance(wait + pause)
