"""A schedule's words, read back and held against the written rules of the schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.model.schedule import parse_schedule
from app.model.schedule_words import in_words
from tests.oracle import almanac
from tests.oracle.reader import Promise, Unreadable, read
from tests.oracle.report import COMPARED
from tests.oracle.schedules import Generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.almanac import Rules

BERLIN, LONDON, NEW_YORK = "Europe/Berlin", "Europe/London", "America/New_York"
CASES, WORDED = 4_000, 2_500


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/30 * * * *", "every 30 minutes"),
        ("@hourly", "every hour"),
        ("15 * * * *", "every hour at :15, Europe/Berlin"),
        ("5,35 * * * *", "every hour at :05 and :35, Europe/Berlin"),
        ("0 */2 * * *", "every 2 hours, Europe/Berlin"),
        ("30 */6 * * *", "every 6 hours at :30, Europe/Berlin"),
        ("30 2 * * 1-5", "at 02:30 on weekdays, Europe/Berlin"),
        ("30 2 ? * mon-fri", "at 02:30 on weekdays, Europe/Berlin"),
        ("0 9 * * 0,6", "at 09:00 on weekends, Europe/Berlin"),
        ("0 9,17 * * 1,4", "at 09:00 and 17:00 on Mondays and Thursdays, Europe/Berlin"),
        ("@daily", "at 00:00 every day, Europe/Berlin"),
        ("@weekly", "at 00:00 on Sundays, Europe/Berlin"),
        ("@monthly", "at 00:00 on the 1st of each month, Europe/Berlin"),
        ("@yearly", "at 00:00 on the 1st of January, Europe/Berlin"),
        ("0 0 1,15 * *", "at 00:00 on the 1st and 15th of each month, Europe/Berlin"),
        ("0 0 31 * *", "at 00:00 on the 31st of each month that has it, Europe/Berlin"),
        ("0 0 25-31 * *", "at 00:00 from the 25th to the end of each month, Europe/Berlin"),
        ("0 0 29 2 *", "at 00:00 on the 29th of February, Europe/Berlin"),
        ("0 0 */2 * *", "at 00:00 on the odd days of each month, Europe/Berlin"),
        ("0 3 * 7,8 *", "at 03:00 every day in July and August, Europe/Berlin"),
        ("0 3 * 3-10 0", "at 03:00 on Sundays from March to October, Europe/Berlin"),
        ("*/15 9-17 * * *", "every 15 minutes from 09:00 to 17:45, Europe/Berlin"),
        ("*/5 9 * * *", "every 5 minutes from 09:00 to 09:55, Europe/Berlin"),
        ("0 8-18/2 * * 1-5", "every 2 hours from 08:00 to 18:00 on weekdays, Europe/Berlin"),
        ("*/7 * * * *", "every 7 minutes from :00 to :56 of every hour, Europe/Berlin"),
        # A step takes the star away: either of the two day fields will do.
        ("0 0 13 * 5", "at 00:00 on the 13th of each month and also on Fridays, Europe/Berlin"),
        (
            "0 0 */2 * 1",
            "at 00:00 on the odd days of each month and also on Mondays, Europe/Berlin",
        ),
        ("0 0 */1 * 1", "at 00:00 on Mondays, Europe/Berlin"),
        ("0 0 1-31 * 1", "at 00:00 every day, Europe/Berlin"),
        ("0 0 13 * 0-6", "at 00:00 every day, Europe/Berlin"),
        ("TZ=Asia/Tokyo 0 9 * * *", "at 09:00 every day, Asia/Tokyo"),
        ("@every 30m", "every 30 minutes, counted from the last run"),
        ("@every 1h30m", "every 90 minutes, counted from the last run"),
        ("@every 1h", "every hour, counted from the last run"),
        ("@every 61s", "every 61 seconds, counted from the last run"),
    ],
)
def test_words(schedule: str, words: str) -> None:
    assert in_words(schedule, BERLIN) == words


@pytest.mark.parametrize(
    "schedule",
    [
        "0 0 31 2 *",  # never
        ", * * * *",
        "* * , * *",
        "1,2,4,8,16,32,59 * * * *",  # too long
        "* 9,11 * * *",
        "0 0 1,2,4,8,16,20,25 * *",
        "0 0 1 1,2,3,5,7,9,11 *",
        "0 0 * 1,2,3,5,7,9,11 *",
        "0 0 1-30 * *",  # of which month?
        "0 0 15,30 * *",  # in February on the 15th alone
        "0 0 */14 * *",
        "0 0 30,31 * *",
        "0 0 1-27/2 * *",  # odd days, but not all of them
        "0 0 31 1,4 *",
        "0 0 13 1 5",  # Fridays of January, or all of them?
        "60 * * * *",
        "x",
        "",
        "9" * 10_000,
    ],
    ids=lambda text: text[:20],
)
def test_what_words_could_tell_wrongly_has_none(schedule: str) -> None:
    assert in_words(schedule, BERLIN) is None


def test_a_zone_that_is_not_known_has_no_words() -> None:
    assert in_words("0 0 * * *", "Nowhere/Land") is None
    assert in_words("0 0 * * *", BERLIN, viewer="Nowhere/Land") is None


def test_the_zone_of_the_controller_is_not_named() -> None:
    assert in_words("30 2 * * *", None) == "at 02:30 every day"
    assert in_words("30 2 * * *", "UTC") == "at 02:30 every day, UTC"
    assert in_words("TZ=Local 30 2 * * *", None, viewer=BERLIN) == "at 02:30 every day"
    assert in_words("30 2 * * *", None, viewer=BERLIN) == "at 02:30 every day"


YEARS = [date(2027, 1, 1) + timedelta(days=day) for day in range(731)]
"""An ordinary one and a leap year: every date falls on several days of the week."""


def kept(promise: Promise, known: Rules) -> bool:
    """Whether the words promise every minute of the schedule and no other, for two years."""
    times = frozenset(product(known.fields[1], known.fields[0]))
    return promise.times == times and all(promise.day(day) == known.day(day) for day in YEARS)


def plausible(random: Random) -> str:
    """What people write, more often than chance writes it."""
    minute = random.choice(
        ("0", "30", str(random.randrange(60)), "*/5", "*/15", "0,30", "*", "5-59/10")
    )
    hour = random.choice(
        ("*", "*/2", "3", str(random.randrange(24)), "9-17", "8-18/2", "0,12", "6,9,18")
    )
    date = random.choice(
        ("*", "*", "*", "1", "1,15", "*/2", "2-30/2", "1-27/2", "31", "*/3", "25-31")
    )
    month = random.choice(("*", "*", "*", "*", "1", "*/3", "3-10", "jun,jul", "2"))
    weekday = random.choice(
        ("*", "*", "*", "1-5", "0", "sat,sun", "mon,thu", "*/2", "*/1", "tue-sat")
    )
    return " ".join((minute, hour, date, month, weekday))


def test_the_words_promise_what_the_schedule_keeps(
    record_property: Callable[[str, object], None],
) -> None:
    generator = Generator(Random(77), ("UTC",))
    texts = [generator.schedule() for _ in range(CASES)]
    texts += [plausible(generator.random) for _ in range(CASES)]
    told = {text: words for text in texts if (words := in_words(text, BERLIN)) is not None}
    wrong = []
    for text, words in told.items():
        known, promise = almanac.rules(text), read(words)
        if not kept(promise, known) or promise.zone not in (None, BERLIN):
            wrong.append((text, words))
        # A day field beside another is never told as a restriction of it.
        if known.either and len(known.fields[2]) < 31 and len(known.fields[4]) < 7:
            assert " and also " in words, (text, words)
    record_property(
        COMPARED,
        f"schedules in words, read back: {len(told):,} of {len(set(texts)):,} have words, "
        f"{len(wrong)} are wrong",
    )
    assert wrong[:3] == []
    assert len(told) > WORDED


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("30 2 * * 1-5", "at 02:30 on Mondays"),
        ("30 2 * * 1-5", "at 02:30 on weekends"),
        ("30 2 * * 1-5", "at 02:30 every day"),
        ("30 2 * * 1-5", "at 03:30 on weekdays"),
        ("30 2 * * 1-5", "every hour at :30 on weekdays"),
        ("0 */5 * * *", "every 4 hours"),
        ("0 9-17 * * *", "every hour from 09:00 to 16:00"),
        ("0 0 13 * 5", "at 00:00 on the 13th of each month"),
        ("0 0 13 * 5", "at 00:00 on the 13th of each month and also on Thursdays"),
        ("0 0 25-31 * *", "at 00:00 from the 25th to the 30th of each month"),
        ("0 0 */2 * *", "at 00:00 on the even days of each month"),
        ("0 0 1 2 *", "at 00:00 on the 1st of March"),
        ("0 0 * 2-6 *", "at 00:00 every day from February to July"),
    ],
)
def test_other_words_would_be_found_out(schedule: str, words: str) -> None:
    assert not kept(read(words), almanac.rules(schedule))


@pytest.mark.parametrize(
    "words",
    [
        "every 7 minutes",
        "every 5 hours",
        "every 2 hour",
        "every 2 hours from 09:00 to 16:00",
        "every 7 minutes from :00 to :59 of every hour",
        "every 5 minutes at :15",
        "now and then",
        "at 09:00 on Fridays but the 13th",
        "at 09:00 soon",
    ],
)
def test_words_that_promise_nothing_clear_are_not_read(words: str) -> None:
    with pytest.raises((Unreadable, ValueError)):
        read(words)


@pytest.mark.parametrize(
    ("schedule", "zone", "viewer", "words"),
    [
        ("30 2 * * 1-5", BERLIN, LONDON, "at 01:30 on weekdays, Europe/London"),
        ("30 0 * * 1-5", BERLIN, LONDON, "at 23:30 on @, Europe/London"),
        ("0 9 * * 1", "Asia/Kolkata", "Asia/Kathmandu", "at 09:15 on Mondays, Asia/Kathmandu"),
        ("30 22 * * 6", "Asia/Kolkata", "Asia/Tokyo", "at 02:00 on Sundays, Asia/Tokyo"),
        ("30 22 * jun 6", "Asia/Kolkata", "Asia/Tokyo", None),
        ("0 0 1 * *", BERLIN, LONDON, None),  # the last of the month there, whichever that is
        ("0 3 1 * *", BERLIN, LONDON, "at 02:00 on the 1st of each month, Europe/London"),
        ("0 0,12 * * *", BERLIN, LONDON, None),  # of two days there
        ("10,50 9 * * *", "Asia/Kolkata", "Asia/Kathmandu", None),  # 09:25 and 10:05
        ("*/30 * * * *", BERLIN, LONDON, None),  # the same there
        ("0 9 * * *", BERLIN, BERLIN, None),
        ("0 9 * * *", "UTC", LONDON, None),  # in winter only
        ("0 9 * * *", NEW_YORK, BERLIN, None),  # but for a few weeks
        ("0 9 * * *", NEW_YORK, "America/Los_Angeles", None),  # but for three hours
        ("0 9 * * *", "Africa/Monrovia", "Africa/Abidjan", "at 09:00 every day, Africa/Abidjan"),
        ("0 9 * * *", "UTC", "Local", None),
        ("0 9 * * 6", "Pacific/Kiritimati", "Etc/GMT+12", "at 07:00 on Fridays, Etc/GMT+12"),
    ],
)
def test_the_viewer_reads_a_second_part_where_it_is_right_all_year(
    schedule: str, zone: str, viewer: str, words: str | None
) -> None:
    own = in_words(schedule, zone)
    days = "Mondays, Tuesdays, Wednesdays, Thursdays and Sundays"
    wanted = own if words is None else f"{own} ({words.replace('@', days)})"
    assert in_words(schedule, zone, viewer=viewer) == wanted


NEIGHBOURS = (
    (BERLIN, LONDON),
    ("Asia/Kolkata", "Asia/Kathmandu"),
    ("Asia/Tokyo", "Pacific/Kiritimati"),
    (NEW_YORK, "America/Toronto"),
    ("Europe/Lisbon", "Europe/Athens"),
)


def test_the_second_part_promises_the_same_moments_as_the_schedule_has() -> None:
    random, told = Random(5), 0
    while told < 60:
        zone, viewer = random.choice(NEIGHBOURS)
        text = plausible(random)
        words = in_words(text, zone, viewer=viewer) or ""
        if not words.endswith(f", {viewer})") or len(read(words[: words.index(" (")]).times) > 4:
            continue
        told += 1
        promise = read(words[words.index(" (") + 2 : -1])
        promised = {
            moment
            for day, (hour, minute) in product(YEARS[:367], promise.times)
            if promise.day(day)
            for moment in almanac.moments(
                datetime.combine(day, time(hour, minute), ZoneInfo(viewer))
            )
        }
        assert within_the_year(promised) == within_the_year(slots(text, zone)), (text, words)


def slots(text: str, zone: str) -> set[datetime]:
    schedule = parse_schedule(text, zone)
    found = set()
    slot = schedule.next_after(datetime(2027, 1, 1, tzinfo=UTC))
    while slot is not None and slot.year == 2027:
        found.add(slot)
        slot = schedule.next_after(slot)
    return found


def within_the_year(moments: set[datetime]) -> set[datetime]:
    """Without its two ends, at which the two zones have not the same date."""
    return {moment for moment in moments if date(2027, 1, 2) < moment.date() < date(2027, 12, 30)}
