"""How fresh each watched collection is."""

from __future__ import annotations

from typing import Literal

from app.model.wire import Count, Timestamp, Wire

SourceState = Literal["connecting", "live", "late", "stale", "forbidden", "absent", "error"]
Proof = Literal["event", "bookmark", "list"]

EVERYWHERE = "*"
"""Stands for all namespaces where a source's is named."""


class Source(Wire):
    """One kind in one namespace (`*`: all of them), for the detail audience.

    The value changes with state, cause and rule only; how old the last proof is travels in
    heartbeats. `proved_at`, `proof` and `objects` are those of the moment of that change.
    """

    kind: str
    """What is watched, as the topic is called."""
    namespace: str
    """Where, `*` for all namespaces."""
    state: SourceState
    """How fresh it is."""
    proved_at: Timestamp | None = None
    """When what we hold was last known to be right."""
    proof: Proof | None = None
    """What proved it."""
    objects: Count
    """How many objects it has."""
    message: str | None = None
    """What went wrong, in our words."""
    missing_rule: str | None = None
    """The RBAC rule that is missing when `forbidden`, as YAML that can be applied."""


class SourceSummary(Wire):
    """A source for the summary audience: how fresh, not why not."""

    kind: str
    namespace: str
    state: SourceState
    proved_at: Timestamp | None = None
    proof: Proof | None = None
    objects: Count


def summarize_source(source: Source) -> SourceSummary:
    """The source as the summary audience reads it."""
    return SourceSummary(
        kind=source.kind,
        namespace=source.namespace,
        state=source.state,
        proved_at=source.proved_at,
        proof=source.proof,
        objects=source.objects,
    )
