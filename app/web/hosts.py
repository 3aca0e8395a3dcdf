"""Whom a request is for: the only defence against DNS rebinding for streams.

A browser sends no Origin with a same-origin event stream, so a page of `evil.example` whose name
now resolves to 127.0.0.1 differs from ours in its Host header alone. Names are compared, ports not:
`kubectl port-forward` and proxies change them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.errors import InvalidRequest, Misdirected

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")


def check_host(headers: Sequence[tuple[bytes, bytes]], allowed: Iterable[str]) -> str:
    """The host a request names, port included.

    Raises:
        InvalidRequest: None, more than one, or something that is no host.
        Misdirected: One that is not ours.
    """
    named = [value for name, value in headers if name == b"host"]
    if len(named) != 1:
        raise InvalidRequest("A request needs exactly one Host header.", reason="invalid_host")
    host = named[0].decode("latin-1").strip().lower()
    match = _HOST.fullmatch(host)
    if match is None:
        raise InvalidRequest("The Host header names no host.", reason="invalid_host")
    name = match[1].removesuffix(".")
    if name not in LOCAL and name not in allowed:
        raise Misdirected("This host name is not served here.", details=name)
    return host


def same_origin(origin: str, scheme: str, host: str) -> bool:
    """Whether `origin` is exactly ours: scheme, name and port."""
    return origin.strip().lower() == f"{scheme}://{host}"
