"""Which objects are meant: label selectors in both notations, and field selectors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.label_selectors import Requirement, parse_labels
from app.demo.api.statuses import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.store import Stored

ONE_NAME = re.compile(r"(?:^|,)metadata\.name==?([^,=\\]+)(?:,|$)")

# Beside metadata.name and metadata.namespace, which every kind has.
FIELDS: Mapping[Kind, tuple[str, ...]] = {
    kinds.PODS: (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    kinds.EVENTS: (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    kinds.NAMESPACES: ("status.phase", "name"),
    kinds.NODES: ("spec.unschedulable",),
    kinds.SECRETS: ("type",),
    kinds.SERVICES: ("spec.clusterIP", "spec.type"),
    kinds.JOBS: ("status.successful",),
    kinds.REPLICA_SETS: ("status.replicas",),
}
# Where a field is called otherwise than its place in the object, and what it is when absent.
PLACES = {
    "name": "metadata.name",
    "status.successful": "status.succeeded",
    "reportingComponent": "reportingComponent",
    "source": "source.component",
}
PATHS = {
    field: tuple(PLACES.get(field, field).split("."))
    for fields in FIELDS.values()
    for field in fields
}
NUMBERS = frozenset({"status.successful", "status.replicas"})
TRUTHS = frozenset({"spec.hostNetwork", "spec.unschedulable"})


@dataclass(frozen=True, slots=True)
class Selector:
    """All conditions of a request."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.fields)

    def chooses(self, stored: Stored) -> bool:
        """Whether an object is meant."""
        return all(one.holds(stored.labels) for one in self.labels) and all(
            one.holds(stored.fields) for one in self.fields
        )


def named(fields: str) -> str:
    """The one name that a fieldSelector asks for, which authorisation looks at; else empty."""
    found = ONE_NAME.search(fields)
    return found[1] if found else ""


def selector(kind: Kind, labels: str | None, fields: str | None) -> Selector:
    """What the two parameters of a request say.

    Raises:
        Refused: 400, when one cannot be read or names a field that cannot be selected by.
    """
    return Selector(
        tuple(parse_labels(labels)) if labels else (),
        tuple(parse_fields(kind, fields)) if fields else (),
    )


def selectable(kind: Kind, value: Json) -> dict[str, str]:
    """The fields of an object that can be selected by."""
    metadata = value["metadata"]
    found = {"metadata.name": metadata["name"], "metadata.namespace": metadata.get("namespace", "")}
    for field in FIELDS.get(kind, ()):
        found[field] = _field(value, field)
    if kind is kinds.EVENTS and not found["source"]:
        found["source"] = found["reportingComponent"]
    return found


def _field(value: Json, field: str) -> str:
    node: object = value
    for part in PATHS[field]:
        node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, bool) or field in TRUTHS:
        return "true" if node is True else "false"
    if node is None:
        return "0" if field in NUMBERS else ""
    return str(node)


def parse_fields(kind: Kind, text: str) -> Iterator[Requirement]:
    """The conditions of a fieldSelector."""
    known = {"metadata.name", *FIELDS.get(kind, ())}
    if kind.namespaced:
        known.add("metadata.namespace")
    for term in _split(text):
        if not term:
            continue
        found = re.match(r"((?:[^\\=!]|\\.)*?)(!=|==|=)(.*)", term, re.DOTALL)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        field, operator, value = found[1], found[2], _unescaped(found[3])
        if field not in known:
            raise bad_request(_unknown_field(kind, field))
        yield Requirement(field, "notin" if operator == "!=" else "in", frozenset({value}))


def _split(text: str) -> Iterator[str]:
    term, escaped = "", False
    for character in text:
        if character == "," and not escaped:
            yield term
            term = ""
        else:
            term += character
        escaped = character == "\\" and not escaped
    yield term


def _unescaped(value: str) -> str:
    found, escaped = "", False
    for character in value:
        if escaped:
            if character not in "\\,=":
                raise bad_request(f"invalid field selector: invalid escape sequence: \\{character}")
            found += character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in ",=":
            raise bad_request(
                f"invalid field selector: unescaped character in value: {ord(character)}"
            )
        else:
            found += character
    return found


def _unknown_field(kind: Kind, field: str) -> str:
    if kind.group == "batch":
        return f'field label "{field}" not supported for {kind.kind}'
    if kind in FIELDS:
        return f"field label not supported: {field}"
    return f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
