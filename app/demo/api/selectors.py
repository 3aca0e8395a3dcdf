"""Which objects are meant: label selectors in both notations, and field selectors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.statuses import Refused, bad_request
from app.demo.api.words import LABEL_VALUE_TEXT, QUALIFIED_TEXT, is_label_value, is_qualified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.store import Stored

WHOLE = re.compile(r"[+-]?\d+")
SIGNS = frozenset({"=", "==", "!=", "!", "<", ">", "(", ")", ","})
ONE_NAME = re.compile(r"(?:^|,)metadata\.name==?([^,=\\]+)(?:,|$)")
TOKEN = re.compile(r"\s*(==|!=|[=,()!<>]|[^\s=,()!<>]+)")

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
NUMBERS = {"status.successful", "status.replicas"}
TRUTHS = {"spec.hostNetwork", "spec.unschedulable"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on a label or field; `values` are what the operator compares with."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels (or fields) satisfy it."""
        value = labels.get(self.key)
        match self.operator:
            case "in":
                return value is not None and value in self.values
            case "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case _:
                return _compares(value, self.operator, next(iter(self.values)))


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


def parse_labels(text: str) -> Iterator[Requirement]:
    """The conditions of a labelSelector: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`."""
    tokens = _Tokens(text)
    if not tokens.peek():
        return
    while True:
        first = tokens.peek()
        if first in SIGNS - {"!"}:
            raise bad_request(f"found '{first}', expected: !, identifier, or 'end of string'")
        yield _requirement(tokens)
        following = tokens.take()
        if not following:
            return
        if following != ",":
            raise bad_request(f"found '{following}', expected: ',' or 'end of string'")
        if tokens.peek() in (SIGNS - {"!"}) | {""}:
            raise bad_request(f"found '{tokens.peek()}', expected: identifier after ','")


class _Tokens:
    """The words and signs of a label selector."""

    def __init__(self, text: str) -> None:
        self._words = TOKEN.findall(text)
        self._next = 0

    def peek(self) -> str:
        """The next one, empty at the end."""
        return self._words[self._next] if self._next < len(self._words) else ""

    def take(self) -> str:
        """The next one, and go on."""
        word = self.peek()
        self._next += 1
        return word


def _not_understood(what: str) -> Refused:
    return bad_request(f"unable to parse requirement: {what}")


def _requirement(tokens: _Tokens) -> Requirement:
    word = tokens.take()
    if word == "!":
        return Requirement(_key(tokens.take()), "absent")
    key = _key(word)
    operator = tokens.peek()
    if operator in ("", ","):
        return Requirement(key, "exists")
    tokens.take()
    if operator in ("in", "notin"):
        return Requirement(key, operator, _values(tokens, key))
    if operator in ("=", "==", "!=", "<", ">"):
        following = tokens.peek()
        if following in SIGNS - {","}:
            raise _not_understood(f"found '{following}', expected: identifier")
        value = "" if following in ("", ",") else tokens.take()
        if operator in ("<", ">"):
            if not WHOLE.fullmatch(value):
                raise _not_understood(
                    f"values[0]: Invalid value: {_go(value)}: "
                    "for 'Gt', 'Lt' operators, the value must be an integer"
                )
            return Requirement(key, operator, frozenset({value}))
        _check_value(key, value)
        return Requirement(key, "notin" if operator == "!=" else "in", frozenset({value}))
    raise _not_understood(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")


def _values(tokens: _Tokens, key: str) -> frozenset[str]:
    if (opening := tokens.take()) != "(":
        raise _not_understood(f"found '{opening}' expected: '('")
    found, word, begun = set(), "", False
    while (sign := tokens.take()) != ")":
        if not sign:
            wanted = "',' or ')'" if begun else "',', ')' or identifier"
            raise _not_understood(f"found '', expected: {wanted}")
        if sign == ",":
            found.add(word)
            word = ""
        elif word or sign in SIGNS:
            raise _not_understood(f"found '{sign}', expected: ',' or ')'")
        else:
            _check_value(key, sign)
            word = sign
        begun = True
    return frozenset({*found, word})


def _key(word: str) -> str:
    if not word or word in SIGNS:
        raise _not_understood(f"found '{word}', expected: identifier")
    if not is_qualified(word):
        raise _not_understood(f"<nil>: Invalid value: {_go(word)}: {QUALIFIED_TEXT}")
    return word


def _check_value(key: str, value: str) -> None:
    if not is_label_value(value):
        raise _not_understood(f"values[0][{key}]: Invalid value: {_go(value)}: {LABEL_VALUE_TEXT}")


def _compares(value: str | None, operator: str, bound: str) -> bool:
    if value is None or not WHOLE.fullmatch(value):
        return False
    return int(value) > int(bound) if operator == ">" else int(value) < int(bound)


def _go(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
