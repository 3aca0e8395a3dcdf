"""Which objects are meant: label selectors in both notations, and field selectors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.statuses import bad_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.store import Stored

LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
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

    @property
    def name(self) -> str | None:
        """The one name that is asked for, if the fields say so: what authorisation looks at."""
        for one in self.fields:
            if one.key == "metadata.name" and one.operator == "in":
                return next(iter(one.values))
        return None


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
    for part in PLACES.get(field, field).split("."):
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
            raise bad_request(f"invalid selector: {_go(text)}; can't understand {_go(term)}")
        field, operator, value = found[1], found[2], _unescaped(text, found[3])
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


def _unescaped(text: str, value: str) -> str:
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
                f"invalid selector: {_go(text)}; can't understand {_go(value)}: "
                f"unescaped special character {character}"
            )
        else:
            found += character
    return found


def _unknown_field(kind: Kind, field: str) -> str:
    if kind in FIELDS:
        return f"field label not supported: {field}"
    return f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def parse_labels(text: str) -> Iterator[Requirement]:
    """The conditions of a labelSelector: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`."""
    tokens = _Tokens(text)
    while True:
        yield _requirement(tokens)
        following = tokens.take()
        if following == "":
            return
        if following != ",":
            raise tokens.refusal(f"found '{following}', expected: ',' or 'end of string'")
        if tokens.peek() == "":
            raise tokens.refusal("found '', expected: identifier after ','")


class _Tokens:
    """The words and signs of a label selector."""

    def __init__(self, text: str) -> None:
        self._words = TOKEN.findall(text)
        self._next = 0

    def peek(self) -> str:
        return self._words[self._next] if self._next < len(self._words) else ""

    def take(self) -> str:
        word = self.peek()
        self._next += 1
        return word

    def refusal(self, what: str) -> Exception:
        return bad_request(f"unable to parse requirement: {what}")


def _requirement(tokens: _Tokens) -> Requirement:
    word = tokens.take()
    if word == "!":
        return Requirement(_key(tokens, tokens.take()), "absent")
    key = _key(tokens, word)
    operator = tokens.peek()
    if operator in ("", ","):
        return Requirement(key, "exists")
    tokens.take()
    if operator in ("in", "notin"):
        return Requirement(key, operator, _values(tokens))
    if operator in ("=", "==", "!=", "<", ">"):
        following = tokens.peek()
        value = "" if following in ("", ",") else tokens.take()
        if operator in ("<", ">"):
            if not re.fullmatch(r"[+-]?\d+", value):
                raise tokens.refusal(
                    f"values[0][{key}]: Invalid value: {_go(value)}: "
                    "for 'Gt', 'Lt' operators, the value must be an integer"
                )
            return Requirement(key, operator, frozenset({value}))
        _check_value(tokens, key, value)
        return Requirement(key, "notin" if operator == "!=" else "in", frozenset({value}))
    raise tokens.refusal(f"found '{operator}', expected: in, notin, =, ==, !=, gt, lt")


def _values(tokens: _Tokens) -> frozenset[str]:
    if (opening := tokens.take()) != "(":
        raise tokens.refusal(f"found '{opening}' expected: '('")
    found, word = set(), ""
    while (token := tokens.take()) != ")":
        if token == "":
            raise tokens.refusal("found '', expected: ',' or ')'")
        if token == ",":
            found.add(word)
            word = ""
        else:
            _check_value(tokens, "", token)
            word = token
    return frozenset({*found, word})


def _key(tokens: _Tokens, word: str) -> str:
    prefix, slash, name = word.rpartition("/")
    if not LABEL_NAME.fullmatch(name) or (slash and not SUBDOMAIN.fullmatch(prefix)):
        if not word or word in "=,()!<>":
            raise tokens.refusal(f"found '{word}', expected: !, identifier, or 'end of string'")
        raise tokens.refusal(f"key: Invalid value: {_go(word)}: {QUALIFIED}")
    return word


def _check_value(tokens: _Tokens, key: str, value: str) -> None:
    if value and not LABEL_NAME.fullmatch(value):
        raise tokens.refusal(f"values[0][{key}]: Invalid value: {_go(value)}: {LABEL_VALUE}")


QUALIFIED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def _compares(value: str | None, operator: str, bound: str) -> bool:
    if value is None or not re.fullmatch(r"[+-]?\d+", value):
        return False
    return int(value) > int(bound) if operator == ">" else int(value) < int(bound)


def _go(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
