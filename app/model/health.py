"""One word for the whole, and where it comes from."""

from __future__ import annotations

from typing import Literal

from app.model.pods import PodHealth
from app.model.wire import Count, Timestamp, Wire

Health = Literal["healthy", "degraded", "unhealthy"]


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
    """Health as the stream carries it, to both audiences."""

    status: Health
    reasons: tuple[str, ...]
    """Titles of the incidents that made it so, worst first."""
    counts: HealthCounts
    since: Timestamp
