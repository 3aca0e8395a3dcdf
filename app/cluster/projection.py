"""From the raw bytes of a list page or a watch line to records.

A projection names the fields it needs as a partial type, and nothing else of an object is ever
built: no model objects, no managedFields, no last-applied annotation. What comes out is a record, a
frozen value in which two equal states compare equal; a resourceVersion is therefore never part of
one. Reading is strict about shape and silent about nothing: what cannot be read raises `Unusable`,
or, when it is one object among many, is named in `Page.unreadable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NotRequired, TypeVar, cast

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from app.errors import Unusable

if TYPE_CHECKING:
    from app.cluster.metadata import RawMetadata

R_co = TypeVar("R_co", covariant=True)
Raw = TypeVar("Raw")

KNOWN = frozenset({"ADDED", "MODIFIED", "DELETED"})
"""The watch event types that carry an object."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind as the API server serves it; `group` is empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    def path(self, namespace: str | None = None) -> str:
        """The path of the collection; None means all namespaces (or a kind that has none)."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace is not None else ""
        return f"{root}{scope}/{self.plural}"


@dataclass(frozen=True, slots=True)
class StatusObject:
    """What an API server says about a failure; any part of it may be missing."""

    code: int | None = None
    reason: str | None = None
    message: str | None = None
    retry_after: float | None = None
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item(Generic[R_co]):
    """One object: where it is kept, which one it is, its version, and its record."""

    key: str
    uid: str
    resource_version: str
    record: R_co


@dataclass(frozen=True, slots=True)
class Page(Generic[R_co]):
    """One page of a list.

    `unreadable` names the objects of the page that could not be read (`namespace/name`, or `?` when
    not even that much could be): one broken object never costs the others.
    """

    items: list[Item[R_co]]
    resource_version: str
    continue_token: str | None = None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchEvent(Generic[R_co]):
    """One line of a watch.

    ADDED, MODIFIED and DELETED have an `item`; BOOKMARK has a `resource_version` and annotations;
    ERROR has a `status`; a type that we do not know has none of them.
    """

    type: str
    item: Item[R_co] | None = None
    resource_version: str | None = None
    status: StatusObject | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


class Projection(Generic[R_co]):
    """How one kind is read: the topic of its records, where to list it, and bytes to records.

    `raw` is the partial type that bytes are checked against and must extend `RawObject`; `record`
    turns one checked object into its record and never raises. `key_by` chooses what follows the
    namespace in a record's key: the object's name, or its uid where names mean nothing.
    """

    def __init__(
        self,
        topic: str,
        resource: Resource,
        raw: type[Raw],
        record: Callable[[Raw], R_co],
        *,
        field_selector: str | None = None,
        key_by: Literal["name", "uid"] = "name",
    ) -> None:
        self.topic = topic
        self.resource = resource
        self.field_selector = field_selector
        self._key_by = key_by
        self._record = cast(Callable[[Any], R_co], record)  # `raw` below only yields values of Raw
        # Left to right: the second form is tried for what does not fit the first, at no cost for
        # what does. The last one takes JSON that is not even an object.
        element: Any = Annotated[raw | _Other | Any, Field(union_mode="left_to_right")]
        page: Any = _RawPage
        event: Any = _RawEvent
        self._pages: TypeAdapter[_RawPage[Any]] = TypeAdapter(page[element])
        self._events: TypeAdapter[_RawEvent[Any]] = TypeAdapter(event[element])

    def __repr__(self) -> str:
        return f"Projection({self.topic!r})"

    def page(self, body: bytes) -> Page[R_co]:
        """Read one page of a list; raises `Unusable` when the body is not one."""
        try:
            raw = self._pages.validate_json(body)
        except ValidationError as error:
            raise self._unusable("list", error) from error
        items: list[Item[R_co]] = []
        unreadable: list[str] = []
        for element in raw.get("items") or ():
            if isinstance(element, dict):
                items.append(self._item(element))
            else:
                unreadable.append(_name(element))
        metadata = raw["metadata"]
        return Page(
            items=items,
            resource_version=metadata["resourceVersion"],
            continue_token=metadata.get("continue") or None,
            unreadable=tuple(unreadable),
        )

    def event(self, line: bytes) -> WatchEvent[R_co]:
        """Read one line of a watch; raises `Unusable` when it is not one."""
        try:
            raw = self._events.validate_json(line)
        except ValidationError as error:
            raise self._unusable("watch", error) from error
        kind, element = raw["type"], raw["object"]
        if kind in KNOWN:
            if not isinstance(element, dict):
                raise Unusable(
                    f"An object on the watch of {self.resource.plural} cannot be read.",
                    details=_name(element),
                )
            if (found := element.get("kind") or self.resource.kind) != self.resource.kind:
                raise Unusable(
                    f"The watch of {self.resource.plural} sent an object of another kind.",
                    details=found,
                )
            item = self._item(element)
            return WatchEvent(kind, item=item, resource_version=item.resource_version)
        if kind == "BOOKMARK":
            return self._bookmark(element)
        if kind == "ERROR":
            return WatchEvent(kind, status=_status(element))
        return WatchEvent(kind)

    def _item(self, raw: dict[str, Any]) -> Item[R_co]:
        metadata: RawMetadata = raw["metadata"]
        last = metadata["uid"] if self._key_by == "uid" else metadata["name"]
        key = f"{metadata.get('namespace') or ''}/{last}" if self.resource.namespaced else last
        return Item(key, metadata["uid"], metadata["resourceVersion"], self._record(raw))

    def _bookmark(self, element: object) -> WatchEvent[R_co]:
        metadata = element["metadata"] if isinstance(element, dict) else _metadata(element)
        version = metadata.get("resourceVersion")
        if not isinstance(version, str) or not version:
            raise Unusable(f"A bookmark on the watch of {self.resource.plural} has no version.")
        annotations = metadata.get("annotations")
        return WatchEvent(
            "BOOKMARK",
            resource_version=version,
            annotations=annotations if isinstance(annotations, dict) else {},
        )

    def _unusable(self, source: str, error: ValidationError) -> Unusable:
        # Where and why, never what: the input may hold somebody's environment variables.
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        return Unusable(
            f"The {source} of {self.resource.plural} cannot be read.",
            details=f"{place}: {first['msg']}",
        )


@dataclass(frozen=True, slots=True)
class _Other:
    """An object that is not what was asked for: a Status, a bookmark, or a broken one."""

    metadata: Any = None
    code: Any = None
    reason: Any = None
    message: Any = None
    details: Any = None


_RawListMetadata = TypedDict(
    "_RawListMetadata",
    {
        "resourceVersion": str,
        "continue": NotRequired[str | None],
    },
)


class _RawPage(TypedDict, Generic[Raw]):
    metadata: _RawListMetadata
    items: list[Raw] | None


class _RawEvent(TypedDict, Generic[Raw]):
    type: str
    object: Raw


def _metadata(element: object) -> dict[str, Any]:
    metadata = element.metadata if isinstance(element, _Other) else None
    return metadata if isinstance(metadata, dict) else {}


def _name(element: object) -> str:
    """`namespace/name` of an object that could not be read, as far as it says one."""
    metadata = _metadata(element)
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not isinstance(name, str):
        return "?"
    return f"{namespace}/{name}" if isinstance(namespace, str) else name


def _status(element: object) -> StatusObject:
    if not isinstance(element, _Other):
        return StatusObject()
    details = element.details if isinstance(element.details, dict) else {}
    seconds = details.get("retryAfterSeconds")
    found = details.get("causes")
    causes = found if isinstance(found, list) else []
    return StatusObject(
        code=element.code if isinstance(element.code, int) else None,
        reason=element.reason if isinstance(element.reason, str) else None,
        message=element.message if isinstance(element.message, str) else None,
        # Any number: which of them is a time to wait is for `answers` to say.
        retry_after=seconds if isinstance(seconds, int | float) else None,
        causes=tuple(str(cause.get("reason")) for cause in causes if isinstance(cause, dict)),
    )
