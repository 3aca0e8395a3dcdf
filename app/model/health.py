"""One word for the whole, and where it comes from."""

from __future__ import annotations

from typing import Literal

from app.model.events import ObjectReference
from app.model.pods import PodHealth
from app.model.wire import Count, Timestamp, Wire

Health = Literal["healthy", "degraded", "unhealthy"]
Severity = Literal["critical", "warning", "info"]
IncidentState = Literal["new", "active", "unknown", "resolved"]


class HealthStatus(Wire):
    """Health with the pods it was judged by, made when somebody asks."""

    status: Health
    pods: tuple[PodHealth, ...]
    timestamp: Timestamp


class HealthCounts(Wire):
    """How many incidents of each severity count at present."""

    critical: Count = 0
    warning: Count = 0
    info: Count = 0


class HealthSummary(Wire):
    """Health as the stream carries it."""

    status: Health
    reasons: tuple[str, ...]
    counts: HealthCounts
    since: Timestamp


class Action(Wire):
    """Something a person can do about an incident."""

    id: str
    label: str
    command: str | None = None


class Incident(Wire):
    """Something that wants attention."""

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
    actions: tuple[Action, ...]
    caused_by: str | None = None
