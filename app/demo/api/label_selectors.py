"""Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`, word by word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api.statuses import Refused, bad_request
from app.demo.api.words import LABEL_VALUE_TEXT, QUALIFIED_TEXT, is_label_value, is_qualified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WHOLE = re.compile(r"[+-]?\d+")
SIGNS = frozenset({"=", "==", "!=", "!", "<", ">", "(", ")", ","})
TOKEN = re.compile(r"\s*(==|!=|[=,()!<>]|[^\s=,()!<>]+)")


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
