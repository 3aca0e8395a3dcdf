"""What an API server refuses in a CronJob's schedule and time zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.demo.api.problems import Problems, wrong
from app.model.cron_fields import ScheduleError
from app.model.schedule import parse_standard


def schedule_problems(schedule: str) -> Problems:
    """What robfig/cron's standard parser refuses, and time zones inside a schedule."""
    if "TZ" in schedule:
        yield wrong(
            "spec.schedule",
            schedule,
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
        )
        return
    try:
        parse_standard(schedule)
    except ScheduleError as fault:
        yield wrong("spec.schedule", schedule, str(fault))


def time_zone_problems(zone: str) -> Problems:
    """An empty, local or unknown zone."""
    if not zone:
        yield wrong("spec.timeZone", zone, "timeZone must be nil or non-empty string")
    elif zone.lower() == "local":
        yield wrong(
            "spec.timeZone",
            zone,
            "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        )
    else:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield wrong("spec.timeZone", zone, f"unknown time zone {zone}")
