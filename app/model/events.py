"""Warning events of the cluster: for the detail audience alone."""

from __future__ import annotations

from app.model.wire import Count, Timestamp, Wire


class ObjectReference(Wire):
    """Which object something is about."""

    kind: str
    namespace: str | None = None
    """Absent for an object of the whole cluster, such as a node."""
    name: str


class Warning(Wire):
    """A Kubernetes event of type Warning; repeated ones are one value with a count."""

    namespace: str
    reason: str
    message: str
    object: ObjectReference
    count: Count
    first_seen: Timestamp
    last_seen: Timestamp
