"""What stands in a tape: its first line, its limits, and what the values of each topic are."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from app.model import (
    CronJobInfo,
    HealthSummary,
    Incident,
    JobInfo,
    PodHealth,
    Source,
    SourceState,
    Timestamp,
    Warning,
    Wire,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "watchglass.tape/1"

LINE_LIMIT = 1_048_576
"""Bytes of one line: sixteen times what our server writes at once."""

KEY_LIMIT = 1_024
"""Bytes of JSON that a key may have, as in a topic."""

LONGEST_MS = 366 * 86_400_000
"""A time beyond a year is a damaged number, and not a tape that anybody waits for."""

LONGEST_AGE_MS = 10 * LONGEST_MS

_LATEST = datetime(9000, 1, 1, tzinfo=UTC)

MODELS: Mapping[str, type[Wire]] = MappingProxyType(
    {
        "pods": PodHealth,
        "cronjobs": CronJobInfo,
        "jobs": JobInfo,
        "events": Warning,
        "sources": Source,
        "incidents": Incident,
        "health": HealthSummary,
    }
)
"""What the values of a topic are; a topic that is missing here cannot be replayed."""

KEY_PARTS: Mapping[str, int] = MappingProxyType({"health": 1, "incidents": 3})
"""How many parts the keys of a topic have between slashes, where that is not two."""


class TapeError(Exception):
    """What is wrong with a tape, and in which line of its text; safe to print."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


def _before_the_end_of_time(moment: datetime) -> datetime:
    if moment > _LATEST:
        raise ValueError("is too late for a calendar")
    return moment


class Header(Wire):
    """The first line."""

    schema_: Literal["watchglass.tape/1"] = Field(alias="schema")
    recorded_at: Annotated[Timestamp, AfterValidator(_before_the_end_of_time)]
    """When the first message came, by the recorder's clock: the moment that `t` counts from."""
    build: str
    """Of the server."""
    cluster: str | None = None
    """What its pages call the cluster."""
    topics: tuple[str, ...]
    """Those that the server announced."""
    anonymised: bool


class Vital(Wire):
    """What a heartbeat says of one source."""

    state: SourceState
    age_ms: int = Field(ge=0, le=LONGEST_AGE_MS)
