"""What a value must look like: each rule answers with the value or one clause of a sentence."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# RFC 1123 label, as Kubernetes demands of a namespace's name.
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*"
)
SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")


def split(value: object) -> object:
    """A list from commas: `"a, b"` and `["a,b", "c"]` are lists of names, other types pass."""
    if isinstance(value, str):
        return [part for part in (piece.strip() for piece in value.split(",")) if part]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [part for item in value for part in item.replace(",", " ").split()]
    return value


def loopback(value: str) -> str:
    """An address that only this machine reaches."""
    name = value.removeprefix("[").removesuffix("]")
    if name == "localhost":
        return name
    try:
        address = ip_address(name)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ValueError(
            "must be a loopback address "
            "(without a sign-in Watchglass listens for this machine only)"
        )
    return name


def base_path(value: str) -> str:
    """`/a/b` without a trailing slash; the root is the empty string."""
    trimmed = value.rstrip("/")
    if not trimmed:
        return ""
    segments = trimmed.split("/")
    if segments[0] != "" or not all(SEGMENT.fullmatch(part) for part in segments[1:]):
        raise ValueError("must be a path such as /watchglass")
    if "." in segments or ".." in segments:
        raise ValueError("must not contain . or .. as a part")
    return trimmed


def host_names(value: tuple[str, ...]) -> tuple[str, ...]:
    """Names as a Host header carries them, lower case, without a port."""
    return tuple(_host_name(name) for name in value)


def _host_name(name: str) -> str:
    lowered = name.lower().rstrip(".")
    if HOST.fullmatch(lowered):
        return lowered
    try:
        return f"[{ip_address(lowered.removeprefix('[').removesuffix(']')).compressed}]"
    except ValueError:
        raise ValueError(f"{name!r} is not a host name (names only, without a port)") from None


def namespaces(value: tuple[str, ...]) -> tuple[str, ...]:
    """Names of namespaces in the order given, each once."""
    for name in value:
        if not LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of a namespace")
    return tuple(dict.fromkeys(value))


def networks(value: object) -> object:
    """Networks from CIDR texts; an address alone is the network of that address."""
    items = split(value)
    return tuple(map(_network, items)) if isinstance(items, list) else items


def _network(item: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(item))
    except ValueError as error:
        raise ValueError(f"is a list of networks such as 10.0.0.0/8: {error}") from None


def time_zone(value: str) -> str:
    """The name of a zone in the IANA database, such as `Europe/Berlin`."""
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be the name of a time zone, such as Europe/Berlin") from None
