"""What every Kubernetes object says about itself: the partial types and the records made of them.

Everything here is named: a field that no rule needs is not read. Text from objects is cleaned and
capped on the way into a record, by the functions of this module, and nowhere else.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  pydantic reads it at run time
from typing import NotRequired

from typing_extensions import TypedDict


class RawOwner(TypedDict):
    """An ownerReference; links are made by uid, the name is for people."""

    kind: str
    name: str
    uid: str
    controller: NotRequired[bool | None]


class RawMetadata(TypedDict):
    """The part of ObjectMeta that every record may use."""

    name: str
    uid: str
    resourceVersion: str
    namespace: NotRequired[str | None]
    creationTimestamp: NotRequired[datetime | None]
    deletionTimestamp: NotRequired[datetime | None]
    labels: NotRequired[dict[str, str] | None]
    annotations: NotRequired[dict[str, str] | None]
    ownerReferences: NotRequired[list[RawOwner] | None]


class RawObject(TypedDict):
    """What every watched object has; a projection's partial type extends it."""

    kind: NotRequired[str | None]
    metadata: RawMetadata
