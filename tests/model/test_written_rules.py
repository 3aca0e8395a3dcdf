"""Schedules by chance, held against the written rules: minute by minute over the local calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.model.schedule import parse_schedule
from tests.oracle import almanac
from tests.oracle.report import COMPARED
from tests.oracle.schedules import ORDINARY, Generator

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = 5_200
RUNS = 3
DAYS = 400


def found(text: str, zone: str, after: datetime) -> list[datetime]:
    """As many runs of ours as the almanac looks for, on as many days."""
    schedule = parse_schedule(text, zone)
    known = ZoneInfo(zone)
    end = after.astimezone(known).date() + timedelta(days=DAYS)
    runs: list[datetime] = []
    run = schedule.next_after(after)
    while run is not None and run.astimezone(known).date() < end and len(runs) < RUNS:
        runs.append(run)
        run = schedule.next_after(run)
    return runs


def test_every_run_is_one_of_the_written_rules_and_none_is_left_out(
    record_property: Callable[[str, object], None],
) -> None:
    generator = Generator(Random(5_000), ORDINARY)
    differing, runs = [], 0
    for _ in range(CASES):
        zone, text = generator.zone(), generator.schedule()
        after = generator.moment(zone)
        wanted = almanac.runs(almanac.rules(text), ZoneInfo(zone), after, RUNS, DAYS)
        ours = found(text, zone, after)
        runs += len(wanted)
        if ours != wanted:
            differing.append((text, zone, after, ours, wanted))
    record_property(
        COMPARED,
        f"the written rules by brute force: {CASES:,} cases ({runs:,} runs), "
        f"{len(differing)} differences",
    )
    assert differing[:3] == []
    assert runs > 2.9 * CASES


@pytest.mark.parametrize(
    ("text", "zone", "after", "wanted"),
    [
        # What the almanac makes of the golden vectors, so that it is no copy of our mistakes.
        ("30 2 * * *", "America/New_York", "2026-03-07T17:00Z", ["03-09T06:30", "03-10T06:30"]),
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00Z", ["11-01T05:30", "11-01T06:30"]),
        ("15 1 * * *", "Europe/London", "2026-03-28T12:00Z", ["03-30T00:15", "03-31T00:15"]),
        ("15 1 * * *", "Europe/London", "2026-10-24T12:00Z", ["10-25T00:15", "10-25T01:15"]),
        ("0 0 13 * fri", "UTC", "2026-04-09T00:00Z", ["04-10T00:00", "04-13T00:00"]),
        ("0 0 */2 * 1", "UTC", "2026-06-06T00:00Z", ["06-07T00:00", "06-08T00:00"]),
        ("0 0 */1 * 1", "UTC", "2026-06-06T00:00Z", ["06-08T00:00", "06-15T00:00"]),
        ("0 0 31 2 *", "UTC", "2026-06-06T00:00Z", []),
    ],
)
def test_the_almanac_knows_the_golden_vectors(
    text: str, zone: str, after: str, wanted: list[str]
) -> None:
    runs = almanac.runs(almanac.rules(text), ZoneInfo(zone), datetime.fromisoformat(after), 2, DAYS)
    assert [run.strftime("%m-%dT%H:%M") for run in runs] == wanted
