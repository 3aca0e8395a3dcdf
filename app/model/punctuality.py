"""Whether a CronJob keeps its schedule: what follows from its last run, its rules and the time.

The slots that are due without a Job decide:

| its state | when |
|---|---|
| `waiting` | Forbid holds the latest back: a run before it is still going |
| `missed` | of one, the starting deadline or the next slot has passed: nothing can come of it |
| `late` | 60 s have passed; or 60 s since Forbid let go of it |
| `unknown` | it came before anybody looked |

A CronJob without such a slot is `on_time`, or `never_ran`; so is one of which a minute has not
passed. What Forbid held back for as long as it could have run was skipped by the author's own rule,
and is neither late nor missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from app.model.slots import MANY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from app.model.cronjobs import CronJobState
    from app.model.slots import Slots

LATE_AFTER = timedelta(seconds=60)
"""A Job is made within a second of its slot; a busy control plane may take longer."""

NEWS = timedelta(seconds=5)
"""A Job that is made in the last moment takes this long to be heard of, and its CronJob to be
looked at again after another Job has ended."""

ENDLESS = "time difference between two schedules is less than 1 second"
"""What the controller says of a schedule that never comes, such as 31 February."""

Beginning = Literal["seen", "unheard", "clock", "resumed", "changed"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one CronJob that is neither suspended nor invalid."""

    slots: Slots
    last_run: datetime | None
    """The latest slot for which a Job was made."""
    anchor: datetime
    """`last_run`, or when the CronJob was created: slots are counted from here."""
    watched_from: datetime
    """Slots up to here are not judged."""
    beginning: Beginning
    """Why from there: it was first seen then, or changes of it went unheard, or our clock was set,
    and what happened before is not known; or it was resumed or given another schedule, and nothing
    was due before."""
    deadline: timedelta | None = None
    held_by: str | None = None
    """Forbid: the name of the Job that is still running."""
    released: datetime | None = None
    """Forbid: when the last Job ended, which had held back what was due until then."""
    changed_at: datetime | None = None
    """When it was given another schedule: what ran before need not fit this one."""
    assumed_zone: str | None = None
    """The controller's zone as the settings have it, where the CronJob names none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it stands, until something changes or it is time to look again."""

    state: CronJobState
    message: str | None = None
    next_run: datetime | None = None
    look_again: datetime | None = None


def judge(case: Case, now: datetime) -> Verdict:
    """How the CronJob stands at `now`."""
    look = case.slots.look(case.anchor, now)
    if look.coming is None:
        return Verdict("invalid", ENDLESS)
    windows = [
        Window(case, slot, following)
        for slot, following in zip(look.passed, (*look.passed[1:], look.coming), strict=False)
        if not _covered(case, slot)
    ]
    state, message = _state(case, windows, now)
    if state in ("late", "missed") and _off_schedule(case):
        state, message = "unknown", _strange(case)
    turns = [
        look.coming,
        *(turn for window in windows for turn in (window.late_at, window.lost_at)),
    ]
    coming = min(turn for turn in turns if turn > now)
    return Verdict(state, message, look.coming, coming)


class Window:
    """One slot without a Job, and the times between which its Job can still be made."""

    __slots__ = ("late_at", "lost_at", "skipped", "slot")

    def __init__(self, case: Case, slot: datetime, following: datetime) -> None:
        self.slot = slot
        end = following if case.deadline is None else min(following, slot + case.deadline)
        released = case.released if case.released is not None and case.released >= slot else None
        self.late_at = (released or slot) + LATE_AFTER
        self.lost_at = end + NEWS
        self.skipped = released is not None and released + NEWS >= end
        """Forbid held it back until nothing could come of it any more."""


def _state(case: Case, windows: list[Window], now: datetime) -> tuple[CronJobState, str | None]:
    """The state and why: what was missed outweighs what may still come."""
    if windows and case.held_by is not None:
        return "waiting", _waiting(case.held_by, windows[-1], now)
    judged = [window for window in reversed(windows) if window.slot > case.watched_from]
    if judged and judged[0].skipped:
        run = spell(judged[0].slot)
        return _calm(case, f"The run of {run} was skipped: one before it was going (Forbid).")
    due = [window for window in judged if not window.skipped]
    for window in due:
        if now >= window.lost_at:
            return "missed", _missed(case, window.slot)
    for window in due:
        if now >= window.late_at:
            return "late", f"No Job for the run of {spell(window.slot)} yet.{_assumption(case)}"
    if len(judged) < len(windows):
        return _before(case, windows[-1 - len(judged)].slot, latest=not judged)
    return _calm(case)


_UNKNOWN_BEFORE: Mapping[Beginning, str] = MappingProxyType(
    {
        "seen": "Watchglass looked",
        "unheard": "Watchglass looked again, after changes that it has not seen",
        "clock": "this machine's clock was set",
    }
)


def _calm(case: Case, message: str | None = None) -> tuple[CronJobState, str | None]:
    """Nothing is overdue."""
    return ("never_ran" if case.last_run is None else "on_time"), message


def _waiting(job: str, window: Window, now: datetime) -> str:
    """What Forbid holds back, and whether it is to come."""
    if now >= window.lost_at:
        return f"The run of {spell(window.slot)} is skipped: {job} is still running (Forbid)."
    return f"The run of {spell(window.slot)} waits until {job} has ended (Forbid)."


def _before(case: Case, slot: datetime, *, latest: bool) -> tuple[CronJobState, str | None]:
    """The slot came before those that are judged; `latest`: and none came since."""
    if (then := _UNKNOWN_BEFORE.get(case.beginning)) is not None:
        run = spell(slot)
        return "unknown", f"The run of {run} was due before {then}, and no Job of it is known."
    if not latest:
        return _calm(case)
    what = "Resumed" if case.beginning == "resumed" else "Its schedule was changed"
    return _calm(case, f"{what} at {spell(case.watched_from)}; nothing was due since.")


def _missed(case: Case, slot: datetime) -> str:
    """Which runs never came."""
    floor = case.watched_from if case.released is None else max(case.watched_from, case.released)
    earlier = case.slots.earlier(max(floor, case.anchor), slot)
    more = ""
    if earlier:
        more = f", nor for the {earlier} before it" if earlier <= MANY else _TOO_MANY
    deadline = ""
    if case.deadline is not None:
        deadline = f" within its deadline of {case.deadline.total_seconds():.0f} s"
    return f"No Job was made for the run of {spell(slot)}{deadline}{more}.{_assumption(case)}"


_TOO_MANY = f", nor for more than {MANY} before it, of which none will be made up for"


def _covered(case: Case, slot: datetime) -> bool:
    """Whether the Job of the last run is this slot's too: its name has the minute only."""
    return case.last_run is not None and _minute(slot) <= _minute(case.last_run)


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _off_schedule(case: Case) -> bool:
    """Whether the controller ran it at a time that is none of its schedule in the zone assumed."""
    last = case.last_run
    if last is None or case.assumed_zone is None:
        return False
    if case.changed_at is not None and last <= case.changed_at:
        return False
    return not case.slots.fits(last)


def _strange(case: Case) -> str:
    last = spell(case.last_run or case.anchor)
    return (
        f"Its last run, of {last}, does not fit its schedule in {case.assumed_zone}: the schedule "
        "was changed since, or the controller's time zone is another (controller_time_zone)."
    )


def _assumption(case: Case) -> str:
    if case.assumed_zone is None:
        return ""
    return f" It names no time zone; the controller's is taken to be {case.assumed_zone}."


def spell(moment: datetime) -> str:
    """A moment in a sentence, such as `2026-01-31 09:05 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S} UTC" if utc.second else f"{utc:%Y-%m-%d %H:%M} UTC"
