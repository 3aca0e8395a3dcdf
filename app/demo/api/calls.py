"""A request and its answer, without the sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from app.demo.api.rules import User

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Call:
    """What was asked for, by whom; `user` is None when the credential is not a known one.

    `path` is decoded and begins with a slash; the names of `headers` are in lower case.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: User | None = None

    def first(self, name: str) -> str | None:
        """The first value of a query parameter, None when it is not there."""
        return next((value for key, value in self.query if key == name), None)

    def says(self, name: str) -> bool:
        """Whether a query parameter is set: all that is not `false` or `0` is true, as in Go."""
        found = self.first(name)
        return found is not None and found.lower() not in ("false", "0")


@dataclass
class Answer:
    """A status, headers and the body: bytes, or a stream whose pieces are sent one by one.

    Each of `warnings` is a header of its own, which kubectl shows.
    """

    code: int
    body: bytes | AsyncIterator[bytes]
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def encoded(value: Any) -> bytes:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def answered(value: Any, code: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(code, encoded(value))
