"""One CronJob as we have seen it: its schedule, when we began to judge it, and its runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.cluster.projections.cronjobs import cron_job_info
from app.derive.runs import Runs
from app.model.cron_fields import ScheduleError
from app.model.punctuality import Case, Verdict, judge, spell
from app.model.schedule import CalendarSchedule, EverySchedule, load_zone, parse_schedule
from app.model.schedule_words import in_words
from app.model.slots import Slots
from app.model.text import CUT_MARK

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from app.cluster.projections.cronjobs import CronJobRecord
    from app.model import CronJobInfo
    from app.model.punctuality import Beginning

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9000, 1, 1, tzinfo=UTC)
_LONGEST = timedelta(days=3660)
"""A starting deadline beyond it is none: no search looks as far back."""


class CronJob:
    """A CronJob of one uid; what happened to an earlier one of its name is not its past."""

    def __init__(self, record: CronJobRecord, now: datetime, zone: ZoneInfo) -> None:
        self.record = record
        self.runs = Runs()
        self.running: dict[str, str] = {}
        """Names of its Jobs that go on, by uid."""
        self.verdict: Verdict | None = None
        self.waits_for_news = False
        """Something may have changed while its sources were late."""
        self._zone = zone
        self._seen_at = now
        self._watched_from = now
        self._beginning: Beginning = "seen"
        self._suspended_at: datetime | None = None
        self._changed_at: datetime | None = None
        self._plan = read_plan(record, zone)
        self._words = self._in_words()

    def see(self, record: CronJobRecord, now: datetime, *, at_once: bool) -> None:
        """It has changed: just now, if we hear of everything at once."""
        before, self.record = self.record, record
        if record.suspended and not before.suspended:
            self._suspended_at = now if at_once else None
        elif before.suspended and not record.suspended:
            self._begin(now, "resumed" if at_once else "unheard")
        elif not record.suspended and changes_between(before, record) > 1:
            # It may have been suspended and resumed.
            self._begin(now, "unheard")
        if (record.schedule, record.time_zone) != (before.schedule, before.time_zone):
            self._begin(now, "changed" if at_once else "unheard")
            self._changed_at = now
            self._plan = read_plan(record, self._zone)
            self._words = self._in_words()

    def doubt_clock(self, now: datetime) -> None:
        """The clock was set: times that we noted by the old one mean nothing now."""
        self._begin(now, "clock")
        self._suspended_at = None

    def judge(self, now: datetime) -> Verdict:
        """How it stands, by all that is known."""
        record = self.record
        if record.deleted_at is not None:
            return Verdict("unknown", "It is being deleted; nothing starts any more.")
        if record.suspended:
            return Verdict("suspended", self._suspension())
        if isinstance(self._plan, Verdict):
            return self._plan
        last_run = _later(record.last_schedule_time, self.runs.last_slot)
        forbids = record.concurrency_policy == "Forbid"
        deadline = record.starting_deadline_seconds
        verdict = judge(
            Case(
                slots=self._plan,
                last_run=last_run,
                anchor=_bounded(last_run or record.created_at or self._seen_at),
                watched_from=self._watched_from,
                beginning=self._beginning,
                deadline=None if deadline is None else timedelta(seconds=_seconds(deadline)),
                held_by=self._holder() if forbids else None,
                released=self.runs.last_end if forbids else None,
                changed_at=self._changed_at,
                assumed_zone=self.assumed_zone,
            ),
            now,
        )
        if verdict.state == "invalid":
            why = f"invalid schedule: {record.schedule} : {verdict.message}"
            return replace(verdict, message=why)
        return verdict

    @property
    def assumed_zone(self) -> str | None:
        """The controller's zone by the settings, where its times are reckoned in it."""
        if isinstance(self._plan, Verdict) or isinstance(self._plan.schedule, EverySchedule):
            return None
        own = self.record.time_zone is not None or "TZ" in self.record.schedule
        return None if own else self._zone.key

    def info(self, verdict: Verdict) -> CronJobInfo:
        """The value that is shown."""
        return cron_job_info(self.record).model_copy(
            update={
                "next_schedule_time": verdict.next_run,
                "state": verdict.state,
                "state_message": verdict.message,
                "recent_runs": self.runs.told,
                "schedule_words": self._words,
                "assumed_time_zone": self.assumed_zone,
            }
        )

    def _in_words(self) -> str | None:
        return in_words(self.record.schedule, self.record.time_zone or self.assumed_zone)

    def _begin(self, now: datetime, beginning: Beginning) -> None:
        self._watched_from, self._beginning = now, beginning

    def _holder(self) -> str | None:
        """The Job that goes on, of those that the controller lists: others hold nothing back."""
        listed = (self.running.get(active.uid) for active in self.record.active)
        return next((name for name in listed if name is not None), None)

    def _suspension(self) -> str | None:
        if isinstance(self._plan, Verdict) and self._plan.state == "invalid":
            return f"Suspended; and if it were not: {self._plan.message}"
        since = self._suspended_at
        return None if since is None else f"Suspended at {spell(since)}."


def changes_between(before: CronJobRecord, after: CronJobRecord) -> int:
    """How often the spec was changed from one to the other; 0 where no server counts."""
    if before.generation is None or after.generation is None:
        return 0
    return after.generation - before.generation


def read_plan(record: CronJobRecord, zone: ZoneInfo) -> Slots | Verdict:
    """What its schedule means, or the verdict on it in the controller's words."""
    text, own = record.schedule, record.time_zone
    if text.endswith(CUT_MARK):
        return Verdict("unknown", "Its schedule is too long to be read here.")
    if own is not None:
        try:
            load_zone(own)
        except ScheduleError:
            return Verdict("invalid", f'invalid timeZone: "{own}": unknown time zone {own}')
    try:
        schedule = parse_schedule(text, own)
    except ScheduleError as error:
        return Verdict("invalid", f'unparseable schedule: "{text}" : {error}')
    if isinstance(schedule, CalendarSchedule) and schedule.zone is None:
        schedule = replace(schedule, zone=zone)
    return Slots(schedule)


def _later(*moments: datetime | None) -> datetime | None:
    return max((_bounded(moment) for moment in moments if moment is not None), default=None)


def _bounded(moment: datetime) -> datetime:
    """A moment between those that calendars can reckon with."""
    return min(max(moment, _FIRST), _LAST)


def _seconds(deadline: int) -> float:
    return min(max(deadline, 0), _LONGEST.total_seconds())
