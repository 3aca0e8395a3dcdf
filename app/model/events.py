"""Warning events of the cluster: for the detail audience alone."""

from __future__ import annotations

from app.model.wire import Count, Timestamp, Wire


class ObjectReference(Wire):
    """Which object something is about."""

    kind: str
    """The kind of the object, such as `Pod`."""
    namespace: str | None = None
    """Absent for an object of the whole cluster, such as a node."""
    name: str
    """The object's name."""


class Warning(Wire):
    """A Kubernetes event of type Warning; repeated ones are one value with a count."""

    namespace: str
    """The event's namespace."""
    reason: str
    """The word for what happened."""
    message: str
    """What happened, in the cluster's words."""
    object: ObjectReference
    """Whom it is about."""
    count: Count
    """How often it happened."""
    first_seen: Timestamp
    """When it first happened."""
    last_seen: Timestamp
    """When it last happened."""
