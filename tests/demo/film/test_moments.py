"""Moments far away."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.demo.api.moments import FIRST, LAST, later

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "moment"),
    [
        (-1.5, datetime(2026, 1, 31, 11, 59, 58, 500_000, tzinfo=UTC)),
        (60, datetime(2026, 1, 31, 12, 1, tzinfo=UTC)),
        (10**12, LAST),
        (2**63 - 1, LAST),
        (-(2**63), FIRST),
    ],
    ids=["before", "after", "no-date", "no-duration", "no-duration-before"],
)
def test_no_number_of_seconds_overruns_time(seconds: float, moment: datetime) -> None:
    assert later(NOON, seconds) == moment
