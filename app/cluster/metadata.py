"""What every Kubernetes object says about itself: the partial types and the records made of them.

Everything here is named: a field that no rule needs is not read. Text from objects is cleaned and
capped on its way into a record, by `word` and `sentence`; names and uids are refused instead when
the API server could not have given them, because they are keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NotRequired

from pydantic import AwareDatetime, Field, StringConstraints
from typing_extensions import TypedDict

from app.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

WORD_BYTES = 253
"""Longest name that the API server accepts (RFC 1123 subdomain); our cap for single words."""

SENTENCE_BYTES = 1024
"""The API server's own cap on the message of an event; our cap for every message."""

Name = Annotated[str, StringConstraints(max_length=WORD_BYTES, pattern=r"^[!-.0-~]+$")]
"""Visible ASCII without a slash: wider than any kind's rule, and safe as part of a key."""

Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1, 1, 2, tzinfo=UTC), le=datetime(9999, 12, 30, tzinfo=UTC)),
]
"""A time that stays one in every time zone."""

Tally = Annotated[int, Field(ge=0)]
"""A counter: never negative."""


class RawOwner(TypedDict):
    """An ownerReference; links are made by uid, the name is for people."""

    kind: str
    name: str
    uid: str
    controller: NotRequired[bool | None]


class RawMetadata(TypedDict):
    """The part of ObjectMeta that every record may use."""

    name: Name
    uid: Name
    resourceVersion: str
    generation: NotRequired[int | None]
    namespace: NotRequired[Name | None]
    creationTimestamp: NotRequired[Moment | None]
    deletionTimestamp: NotRequired[Moment | None]
    labels: NotRequired[dict[str, str] | None]
    annotations: NotRequired[dict[str, str] | None]
    ownerReferences: NotRequired[list[RawOwner] | None]


class RawObject(TypedDict):
    """What every watched object has; a projection's partial type extends it."""

    kind: NotRequired[str | None]
    metadata: RawMetadata


class RawCondition(TypedDict):
    """One entry of `status.conditions`; `lastProbeTime` is left out because it is no change."""

    type: str
    status: str
    reason: NotRequired[str | None]
    message: NotRequired[str | None]
    lastTransitionTime: NotRequired[Moment | None]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who an object belongs to; at most one owner is the controller."""

    kind: str
    name: str
    uid: str
    controller: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as the API server keeps it; `status` is `True`, `False` or `Unknown`."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Metadata:
    """Which object a record is about. The resourceVersion is left out: it is not a state."""

    namespace: str
    name: str
    uid: str
    created_at: datetime | None
    deleted_at: datetime | None
    """When deletion was asked for; the object lives on until its finalizers are gone."""
    labels: dict[str, str]
    owners: tuple[Owner, ...]

    @property
    def controller(self) -> Owner | None:
        """The owner that manages the object, if there is one."""
        return next((owner for owner in self.owners if owner.controller), None)


class MetadataFields(TypedDict):
    """The fields of `Metadata` by name, to be handed on to a record that extends it."""

    namespace: str
    name: str
    uid: str
    created_at: datetime | None
    deleted_at: datetime | None
    labels: dict[str, str]
    owners: tuple[Owner, ...]


def word(text: str | None) -> str:
    """A reason, a type, a name: one clean word, empty when there is none."""
    return clean(text, WORD_BYTES) if text else ""


def sentence(text: str | None) -> str:
    """A message: clean, in one line, capped, empty when there is none."""
    return clean(text, SENTENCE_BYTES) if text else ""


def read_metadata(raw: RawMetadata) -> MetadataFields:
    """What a record that extends `Metadata` is begun with."""
    references = raw.get("ownerReferences")
    return MetadataFields(
        namespace=raw.get("namespace") or "",
        name=raw["name"],
        uid=raw["uid"],
        created_at=raw.get("creationTimestamp"),
        deleted_at=raw.get("deletionTimestamp"),
        labels=raw.get("labels") or {},
        owners=tuple(map(_owner, references)) if references else (),
    )


def read_conditions(raw: Iterable[RawCondition] | None) -> tuple[Condition, ...]:
    """The conditions in the order of the object."""
    return tuple(map(_condition, raw)) if raw else ()


def is_true(conditions: Iterable[Condition], type_: str) -> bool:
    """Whether the first condition of that type is `True`, which is how upstream asks."""
    return next((found.status == "True" for found in conditions if found.type == type_), False)


def _owner(raw: RawOwner) -> Owner:
    return Owner(
        word(raw["kind"]), word(raw["name"]), word(raw["uid"]), bool(raw.get("controller"))
    )


def _condition(raw: RawCondition) -> Condition:
    return Condition(
        word(raw["type"]),
        word(raw["status"]),
        word(raw.get("reason")),
        sentence(raw.get("message")),
        raw.get("lastTransitionTime"),
    )
