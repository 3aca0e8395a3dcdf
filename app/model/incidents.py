"""What wants attention now."""

from __future__ import annotations

from typing import Literal

from app.model.events import ObjectReference
from app.model.wire import Count, Timestamp, Wire

Severity = Literal["critical", "warning", "info"]
IncidentState = Literal["new", "active", "unknown", "resolved"]


class Action(Wire):
    """Something a person can do about an incident."""

    id: str
    label: str
    command: str | None = None
    """To copy into a shell."""


class Incident(Wire):
    """Something that wants attention, for the detail audience.

    `title` and `reason` are words of ours; text from the cluster stays with its object.
    """

    key: str
    kind: str
    severity: Severity
    state: IncidentState
    title: str
    reason: str
    since: Timestamp
    last_change: Timestamp
    count: Count
    """How often it came back; more than one means that it is flapping."""
    objects: tuple[ObjectReference, ...]
    actions: tuple[Action, ...]
    caused_by: str | None = None
    """The key of the incident that explains this one."""


class IncidentSummary(Wire):
    """An incident for the summary audience: all but what can be done about it."""

    key: str
    kind: str
    severity: Severity
    state: IncidentState
    title: str
    reason: str
    since: Timestamp
    last_change: Timestamp
    count: Count
    objects: tuple[ObjectReference, ...]
    caused_by: str | None = None


def summarize_incident(incident: Incident) -> IncidentSummary:
    """The incident as the summary audience reads it."""
    return IncidentSummary(
        key=incident.key,
        kind=incident.kind,
        severity=incident.severity,
        state=incident.state,
        title=incident.title,
        reason=incident.reason,
        since=incident.since,
        last_change=incident.last_change,
        count=incident.count,
        objects=incident.objects,
        caused_by=incident.caused_by,
    )
