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
    """A word for the action."""
    label: str
    """What to do, in words."""
    command: str | None = None
    """To copy into a shell."""


class Incident(Wire):
    """Something that wants attention, for the detail audience.

    `title` and `reason` are words of ours; the cluster's are in `message`.
    """

    key: str
    """`kind/namespace/name`, the same as long as it lasts."""
    kind: str
    """Which rule found it."""
    severity: Severity
    """How bad it is: a critical one wants somebody now."""
    state: IncidentState
    """`new` until it has lasted; `unknown` while its source cannot be trusted."""
    title: str
    """What is wrong, in a few words."""
    reason: str
    """Why, in a sentence."""
    since: Timestamp
    """When it began."""
    last_change: Timestamp
    """When it last changed."""
    count: Count
    """How often it came back; more than one means that it is flapping."""
    objects: tuple[ObjectReference, ...]
    """Whom it is about, at most as many as fit."""
    actions: tuple[Action, ...]
    """What can be done about it."""
    caused_by: str | None = None
    """The key of the incident that explains this one."""
    message: str | None = None
    """What the cluster says of the first object."""


class IncidentSummary(Wire):
    """An incident for the summary audience: not what can be done, nor the cluster's own words.

    Nor the names of nodes, which are in no key, title or reason.
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
        # Where pods run is not for this audience, and so no name of a node.
        objects=tuple(one for one in incident.objects if one.kind != "Node"),
        caused_by=incident.caused_by,
    )
