"""One incident while it lives: its findings, its state, and how both are told."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Literal

from app.derive.incidents.finding import actions_of
from app.model import EVERYWHERE, Incident

if TYPE_CHECKING:
    from datetime import datetime

    from app.derive.incidents.finding import Finding, Kind
    from app.model import IncidentState, ObjectReference, Severity

OBJECTS = 20
"""Objects that an incident lists; `reason` says how many there are."""

FLAPS = 4
"""So many transitions within `FLAP_SECONDS` are flapping."""

FLAP_SECONDS = 600.0

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")

State = Literal["hidden", "new", "active", "resolved"]


@dataclass(slots=True)
class Member:
    """One finding of an incident; one that is no longer told stays for a while."""

    finding: Finding
    present: bool = False
    claims: bool = False
    """It explains others; what blinds does so only while it is told."""
    cause: str | None = None
    """The key of the incident that explains it."""
    blind: bool = False
    """Its source is lost: whether it still holds cannot be known."""


@dataclass(slots=True)
class Case:
    """An incident that may come back: `hidden` while only its transitions are remembered."""

    kind: Kind
    key: str
    namespace: str
    name: str
    since: datetime
    state: State = "hidden"
    count: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    edges: deque[float] = field(default_factory=lambda: deque(maxlen=FLAPS))
    """When it came or went, by monotonic time."""
    present: int = 0
    blind: int = 0
    explained: int = 0
    severities: dict[Severity, int] = field(default_factory=dict)
    told: Incident | None = None
    told_at: float = 0.0
    over: Incident | None = None
    """What was told when it was last over: it still was, if what comes back is nothing."""
    changed: bool = True
    """More is different than its state and its cause."""
    tells: bool = False
    """It will be told again soon."""
    hid: bool = False
    """`unseen`, as far as that has been acted upon."""

    @property
    def unseen(self) -> bool:
        """Nothing of it can be known at present."""
        return bool(self.members) and self.blind == len(self.members)

    @property
    def severity(self) -> Severity:
        """The worst of its findings'."""
        return next((one for one in SEVERITIES if self.severities.get(one)), self.kind.severity)

    @property
    def cause(self) -> str | None:
        """What explains all of it, as far as one incident does; what lingers keeps what did."""
        if self.members and self.explained == len(self.members):
            return next(iter(self.members.values())).cause
        return None if self.present or self.told is None else self.told.caused_by

    def flapping(self, monotonic: float) -> bool:
        """Whether it comes and goes."""
        return len(self.edges) == FLAPS and monotonic - self.edges[0] <= FLAP_SECONDS

    def weigh(self, finding: Finding, by: int) -> None:
        """One finding more or less of its severity."""
        severity = finding.severity or finding.kind.severity
        self.severities[severity] = self.severities.get(severity, 0) + by

    def value(self, now: datetime) -> Incident:
        """The incident as readers see it, the same object if nothing but the time is another."""
        if self.told is None or self.changed:
            self.changed = False
            value = self._whole(now)
            if self.told is None or value == self.told:
                return self.told or value
            return value.model_copy(update={"last_change": now})
        state, cause = self.seen_as, self.cause
        if (self.told.state, self.told.caused_by) == (state, cause):
            return self.told
        change = {"state": state, "caused_by": cause, "last_change": now}
        return self.told.model_copy(update=change)

    @property
    def seen_as(self) -> IncidentState:
        """Its state in the eyes of readers."""
        if self.unseen:
            return "unknown"
        return "new" if self.state == "new" else "active"

    def resolved(self, now: datetime) -> Incident | None:
        """What is told when it is over; None if it never was."""
        if self.told is None:
            return None
        return self.told.model_copy(update={"state": "resolved", "last_change": now})

    def _whole(self, now: datetime) -> Incident:
        first = next(iter(self.members.values())).finding
        size = len(self.members)
        reason = first.reason
        if size > 1:
            reason = self.kind.many.format(count=size, reason=first.reason)
        objects = self._objects()
        return Incident(
            key=self.key,
            kind=self.kind.word,
            severity=self.severity,
            state=self.seen_as,
            title=self.kind.title.format(name=self.name, namespace=place(self.namespace)),
            reason=reason,
            message=first.message or None,
            since=self.since,
            last_change=self.told.last_change if self.told is not None else now,
            count=self.count,
            objects=objects,
            actions=actions_of(self.kind, self.name, objects),
            caused_by=self.cause,
        )

    def _objects(self) -> tuple[ObjectReference, ...]:
        found: dict[ObjectReference, None] = {}
        for member in islice(self.members.values(), OBJECTS):
            for one in (member.finding.subject, *member.finding.also):
                found[one] = None
        return tuple(islice(found, OBJECTS))


def place(namespace: str) -> str:
    """A namespace in words."""
    return "all namespaces" if namespace == EVERYWHERE else namespace
