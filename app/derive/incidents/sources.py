"""What can be wrong with our sight: a source that is lost, all of them, or our clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.derive.incidents.finding import Finding, source_token
from app.derive.incidents.kinds import (
    CLOCK_SKEW,
    CLUSTER_LOST,
    SOURCE_ABSENT,
    SOURCE_ERROR,
    SOURCE_FORBIDDEN,
    SOURCE_STALE,
)
from app.model import EVERYWHERE, ObjectReference

if TYPE_CHECKING:
    from app.model import Source

LOST = {
    "stale": (SOURCE_STALE, "What is shown of it may be out of date."),
    "forbidden": (SOURCE_FORBIDDEN, "What is shown of it may be out of date, or is missing."),
    "absent": (SOURCE_ABSENT, "The namespace does not exist, or the kind is not served there."),
    "error": (SOURCE_ERROR, "The API server gives an answer that nobody can use."),
}
"""States in which a source tells nothing any more."""

SKEW_SECONDS = 5.0
LARGE_SKEW_SECONDS = 60.0
"""From here on a run that is late cannot be told from one that is not."""

API_SERVER = ObjectReference(kind="ApiServer", name="api-server")
CLUSTER = "cluster"


def source_findings(source: Source) -> tuple[Finding, ...]:
    """What is wrong with one source."""
    if (lost := LOST.get(source.state)) is None:
        return ()
    kind, reason = lost
    return (
        Finding(
            kind,
            source.namespace,
            source.kind,
            ObjectReference(
                kind="Source",
                namespace=None if source.namespace == EVERYWHERE else source.namespace,
                name=source.kind,
            ),
            reason,
            message=source.message or "",
            since=source.proved_at if kind is SOURCE_STALE else None,
            claims=(source_token(source.kind, source.namespace),),
            under=(CLUSTER,) if kind is SOURCE_STALE else (),
        ),
    )


def cluster_findings(states: dict[str, int]) -> tuple[Finding, ...]:
    """What is wrong with the API server, by how many sources are in which state.

    Nothing comes from anywhere: every source waits, and one has waited too long.
    """
    waiting = states.get("late", 0) + states.get("stale", 0)
    if not states.get("stale") or waiting < 2 or waiting < sum(states.values()):
        return ()
    return (
        Finding(
            CLUSTER_LOST,
            EVERYWHERE,
            API_SERVER.name,
            API_SERVER,
            "Everything shown here may be out of date.",
            claims=(CLUSTER,),
        ),
    )


def skew_findings(seconds: float) -> tuple[Finding, ...]:
    """What is wrong with our clock, which is so many seconds ahead of the API server's."""
    if abs(seconds) <= SKEW_SECONDS:
        return ()
    way = "ahead of" if seconds > 0 else "behind"
    return (
        Finding(
            CLOCK_SKEW,
            EVERYWHERE,
            API_SERVER.name,
            API_SERVER,
            f"Our clock is about {_about(abs(seconds))} {way} the API server's.",
            severity="warning" if abs(seconds) > LARGE_SKEW_SECONDS else None,
        ),
    )


def _about(seconds: float) -> str:
    if seconds < 100:
        return f"{round(seconds)} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{round(seconds / 3600)} h"
