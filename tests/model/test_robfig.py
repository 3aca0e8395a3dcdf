"""Schedules by chance, held against robfig/cron v3 itself, which runs beside the tests in Go."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.model.cron_fields import ScheduleError
from app.model.schedule import parse_standard
from tests.oracle.mistakes import mistaken
from tests.oracle.report import COMPARED
from tests.oracle.robfig import reference
from tests.oracle.schedules import ZONES, Generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.robfig.reference import Answer, Question

CASES = 20_000
MISTAKEN = 7_000


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    generator = Generator(Random(20_261_125), ZONES)
    return [question(generator, doubtful=at < MISTAKEN) for at in range(CASES)]


def question(generator: Generator, *, doubtful: bool) -> Question:
    random = generator.random
    zone = generator.zone()
    spec = mistaken(generator) if doubtful else generator.schedule()
    if not doubtful and random.random() < 0.5:
        # As the controller puts a CronJob's time zone and its schedule together.
        spec = f"TZ={zone} {spec}"
    return {
        "spec": spec,
        "from": generator.moment(zone).isoformat(),
        "zone": generator.zone() if random.random() < 0.1 else zone,
        "count": random.randint(1, 4),
    }


def answer(asked: Question) -> Answer:
    try:
        schedule = parse_standard(asked["spec"])
    except ScheduleError as error:
        return {"error": str(error)}
    zone = ZoneInfo(asked["zone"])
    at = datetime.fromisoformat(asked["from"])
    found: list[str] = []
    while len(found) < asked["count"]:
        following = schedule.next_after(at.astimezone(zone))
        if following is None:
            return {"next": [*found, "never"]}
        found.append(following.isoformat().replace("+00:00", "Z"))
        at = following
    return {"next": found}


def agree(ours: Answer, theirs: Answer) -> bool:
    """Where robfig/cron panics it has no words; then a refusal in any words will do."""
    return "error" in ours if "panic" in theirs else ours == theirs


def kind(given: Answer) -> str:
    return next(iter(given))


def test_robfig_cron_says_the_same(
    questions: list[Question], record_property: Callable[[str, object], None]
) -> None:
    try:
        binary = reference.built()
    except reference.Missing as problem:
        pytest.skip(str(problem))
    theirs = reference.ask(binary, questions)
    assert len(theirs) == CASES
    differing = [
        (asked, ours, given)
        for asked, given in zip(questions, theirs, strict=True)
        if not agree(ours := answer(asked), given)
    ]
    kinds = Counter(map(kind, theirs))
    record_property(
        COMPARED,
        f"robfig/cron in Go: {CASES:,} cases ({kinds['next']:,} with times, "
        f"{kinds['error']:,} refused, {kinds['panic']:,} panics), {len(differing)} differences",
    )
    assert differing[:3] == []
    assert kinds["next"] > 12_000
    assert kinds["error"] > 3_000
