"""The pauses between attempts."""

from __future__ import annotations

from random import Random

import pytest

from app.cli.pace import FIRST_SECONDS, HEALTHY_SECONDS, LONGEST_SECONDS, Pace


@pytest.mark.parametrize("seed", range(5))
def test_attempts_come_further_apart_up_to_a_bound(seed: int) -> None:
    pace = Pace(Random(seed))
    pace.first = 2.0
    for longest in (2, 4, 8, 16, LONGEST_SECONDS, LONGEST_SECONDS, *[LONGEST_SECONDS] * 500):
        assert longest / 2 <= pace.next(0.1) <= longest


def test_a_connection_that_lasted_ends_the_back_off() -> None:
    pace = Pace(Random(1))
    for _ in range(6):
        pace.next(HEALTHY_SECONDS - 0.1)
    assert pace.next(HEALTHY_SECONDS) <= FIRST_SECONDS
    assert pace.next(1) <= FIRST_SECONDS
    assert pace.next(1) > FIRST_SECONDS


def test_readers_that_lost_a_server_together_come_back_apart() -> None:
    assert len({Pace(Random(seed)).next(60) for seed in range(20)}) == 20
