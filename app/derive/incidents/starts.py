"""Whether any CronJob is started at all: what no single one of them can tell.

The controller of CronJobs is not watched. That it does nothing shows in several of them that are
overdue while none is started; a single start, of whichever, proves that it works, and what was
overdue until then has reasons of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.derive.incidents.finding import Finding, source_tokens
from app.derive.incidents.kinds import CRONJOBS_STOPPED
from app.model import EVERYWHERE, ObjectReference

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.clock import Clock
    from app.model import CronJobInfo

LEAST = 2
"""One that is overdue alone is itself to blame, as far as anybody can tell."""

OVERDUE = frozenset({"late", "missed"})
STOPPED = "cronjobs stopped"
"""What explains that a CronJob is overdue."""

CONTROLLER = ObjectReference(kind="Controller", name="cronjob-controller")


class Starts:
    """Which CronJobs have become overdue since one was last started.

    `tell` is called with the key of a CronJob and what it says of the controller, when that
    changes.
    """

    def __init__(self, clock: Clock, tell: Callable[[str, tuple[Finding, ...]], None]) -> None:
        self._clock = clock
        self._tell = tell
        self._overdue: dict[str, Finding] = {}

    def __len__(self) -> int:
        return len(self._overdue)

    def observe(self, key: str, old: CronJobInfo | None, new: CronJobInfo | None) -> None:
        """A CronJob changed."""
        if _started(old, new):
            for other in tuple(self._overdue):
                self._forget(other)
        if new is None or new.state not in OVERDUE:
            if key in self._overdue:
                self._forget(key)
        elif key not in self._overdue and not _same(old, new):
            self._overdue[key] = stopped_finding(new, self._clock.now())
            if len(self._overdue) == LEAST:
                for other, finding in self._overdue.items():
                    self._tell(other, (finding,))
            elif len(self._overdue) > LEAST:
                self._tell(key, (self._overdue[key],))

    def _forget(self, key: str) -> None:
        told = len(self._overdue) >= LEAST
        del self._overdue[key]
        if told:
            self._tell(key, ())
            if len(self._overdue) < LEAST:
                for other in self._overdue:
                    self._tell(other, ())


def stopped_finding(cronjob: CronJobInfo, since: datetime) -> Finding:
    """What one that is overdue says of the controller."""
    namespace = cronjob.namespace or ""
    itself = ObjectReference(kind="CronJob", namespace=namespace, name=cronjob.name)
    return Finding(
        CRONJOBS_STOPPED,
        EVERYWHERE,
        CONTROLLER.name,
        CONTROLLER,
        "A CronJob is overdue, and none was started since.",
        since=since,
        also=(itself,),
        member=f"CronJob/{namespace}/{cronjob.name}",
        claims=(STOPPED,),
        under=(*source_tokens("cronjobs", namespace), *source_tokens("jobs", namespace)),
    )


def _started(old: CronJobInfo | None, new: CronJobInfo | None) -> bool:
    """Whether the controller has started this one just now."""
    if old is None or new is None or new.last_schedule_time is None:
        return False
    return old.last_schedule_time is None or new.last_schedule_time > old.last_schedule_time


def _same(old: CronJobInfo | None, new: CronJobInfo) -> bool:
    """Whether it is overdue for nothing but what it was overdue for before."""
    return old is not None and old.state in OVERDUE and old.state_message == new.state_message
