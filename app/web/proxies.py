"""What a reverse proxy says of the request, believed only from configured networks."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

Network: TypeAlias = IPv4Network | IPv6Network

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
"""What proxies say of a connection; some name the scheme of a WebSocket."""


def believe_proxy(scope: MutableMapping[str, Any], trusted: Sequence[Network]) -> None:
    """Set client address, scheme and Host from `X-Forwarded-*` when the peer may say so.

    The client is the nearest address that is not itself a trusted proxy. From any other peer the
    headers mean nothing.
    """
    if not trusted or not _within(scope.get("client"), trusted):
        return
    found = _forwarded(scope["headers"])
    scheme = _SCHEMES.get(found.get(b"x-forwarded-proto", "").split(",")[-1].strip().lower())
    if scheme is not None:
        websocket = scope["type"] == "websocket"
        scope["scheme"] = scheme.replace("http", "ws") if websocket else scheme
    if host := found.get(b"x-forwarded-host", "").split(",")[-1].strip():
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        scope["headers"] = [(b"host", host.encode("latin-1")), *others]
    for address in reversed(found.get(b"x-forwarded-for", "").split(",")):
        named = (address.strip(), 0)
        if _is_address(named[0]):
            scope["client"] = named
        if not _within(named, trusted):
            return


def _forwarded(headers: Sequence[tuple[bytes, bytes]]) -> dict[bytes, str]:
    """Each `X-Forwarded-*` as one list: a proxy may add an item, or a line of its own."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name.startswith(b"x-forwarded-"):
            before = f"{found[name]}," if name in found else ""
            found[name] = before + value.decode("latin-1")
    return found


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(client: tuple[str, int] | None, networks: Sequence[Network]) -> bool:
    if client is None or not _is_address(client[0]):
        return False
    address = ip_address(client[0])
    return any(address in network for network in networks)
