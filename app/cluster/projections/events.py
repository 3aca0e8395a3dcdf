"""Warning events: what is read of one, the record that is kept, and the value that is shown.

Two generations of writers exist. The older count an event by `count` and `lastTimestamp`; the newer
open a `series` and give `eventTime` only. Both end as one value with a count and two times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from app.cluster.metadata import Moment, Name, sentence, word
from app.cluster.projection import Projection, Resource
from app.model import ObjectReference, Warning

if TYPE_CHECKING:
    from datetime import datetime


class RawEventMetadata(TypedDict):
    """An event is dated by its creation when its writer gives no time: that one is demanded."""

    name: Name
    namespace: Name
    uid: Name
    resourceVersion: str
    creationTimestamp: Moment


class RawSeries(TypedDict, total=False):
    """How often a newer writer saw it, and when last."""

    count: int | None
    lastObservedTime: Moment | None


class RawInvolved(TypedDict, total=False):
    """The object that an event is about."""

    kind: str | None
    namespace: str | None
    name: str | None
    uid: str | None


class RawEvent(TypedDict):
    """The part of an Event that is read."""

    kind: NotRequired[str | None]
    metadata: RawEventMetadata
    involvedObject: NotRequired[RawInvolved | None]
    reason: NotRequired[str | None]
    message: NotRequired[str | None]
    count: NotRequired[int | None]
    firstTimestamp: NotRequired[Moment | None]
    lastTimestamp: NotRequired[Moment | None]
    eventTime: NotRequired[Moment | None]
    series: NotRequired[RawSeries | None]


@dataclass(frozen=True, slots=True)
class WarningRecord:
    """One warning; `object_uid` links it to the record of what it is about."""

    namespace: str
    uid: str
    reason: str
    message: str
    object_kind: str
    object_namespace: str
    object_name: str
    object_uid: str
    count: int
    first_seen: datetime
    last_seen: datetime


def read_warning(raw: RawEvent) -> WarningRecord:
    """The record of one warning event."""
    metadata = raw["metadata"]
    involved = raw.get("involvedObject") or RawInvolved()
    series = raw.get("series") or RawSeries()
    first = raw.get("firstTimestamp") or raw.get("eventTime") or metadata["creationTimestamp"]
    last = series.get("lastObservedTime") or raw.get("lastTimestamp") or raw.get("eventTime")
    return WarningRecord(
        namespace=metadata["namespace"],
        uid=metadata["uid"],
        reason=word(raw.get("reason")),
        message=sentence(raw.get("message")),
        object_kind=word(involved.get("kind")),
        object_namespace=word(involved.get("namespace")),
        object_name=word(involved.get("name")),
        object_uid=word(involved.get("uid")),
        count=max(1, series.get("count") or raw.get("count") or 1),
        first_seen=first,
        last_seen=last or first,
    )


def last_seen(record: WarningRecord) -> datetime:
    """What makes one warning newer than another."""
    return record.last_seen


def warning(record: WarningRecord) -> Warning:
    """The warning as the detail audience reads it; the summary audience reads none."""
    return Warning(
        namespace=record.namespace,
        reason=record.reason,
        message=record.message,
        object=ObjectReference(
            kind=record.object_kind,
            namespace=record.object_namespace or None,
            name=record.object_name,
        ),
        count=record.count,
        first_seen=record.first_seen,
        last_seen=record.last_seen,
    )


WARNINGS = Projection(
    "events",
    Resource("", "v1", "events", "Event"),
    RawEvent,
    read_warning,
    field_selector="type=Warning",
    key_by="uid",
)
