"""One word for the whole, and where it comes from."""

from __future__ import annotations

from typing import Literal

from app.model.pods import PodHealth
from app.model.wire import Count, Milliseconds, Timestamp, Wire

Health = Literal["healthy", "degraded", "unhealthy"]


class HealthStatus(Wire):
    """Health with the pods it was judged by, made when somebody asks."""

    status: Health
    """The word for the whole."""
    pods: tuple[PodHealth, ...]
    """Every pod."""
    timestamp: Timestamp
    """When it was judged."""


class HealthCounts(Wire):
    """How many incidents of each severity count at present."""

    critical: Count = 0
    """Critical ones."""
    warning: Count = 0
    """Warnings."""
    info: Count = 0
    """Those that only inform."""


class HealthSummary(Wire):
    """Health as the stream carries it, to both audiences."""

    status: Health
    """The word for the whole."""
    reasons: tuple[str, ...]
    """Titles of the incidents that made it so, worst first."""
    counts: HealthCounts
    """Incidents that count, by severity."""
    since: Timestamp
    """Since when the word is the same."""


HISTORY_STEPS = 720
"""24 hours of two minutes."""

STEP_SECONDS = 120


class HealthPoint(Wire):
    """The worst that health was within one step of its history."""

    at: Timestamp
    """Where the step begins."""
    status: Health
    """The word for the whole."""


class HealthHistory(Wire):
    """Health over the last 24 hours; a step of which nothing is known is absent."""

    step_ms: Milliseconds = STEP_SECONDS * 1000
    """The length of a step in milliseconds."""
    points: tuple[HealthPoint, ...]
    """Oldest first."""


def worse(one: Health, other: Health) -> Health:
    """The worse of two."""
    return max(one, other, key=_ORDER.index)


_ORDER: tuple[Health, ...] = ("healthy", "degraded", "unhealthy")
