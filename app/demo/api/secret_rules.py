"""What an API server refuses in Secrets and ConfigMaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.problems import Problems, immutable, not_allowed, required, too_long, wrong
from app.demo.api.words import config_key_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.demo.api.kinds import Json


MEBIBYTE = 1_048_576


TYPES: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def secret(value: Json) -> Problems:
    """The problems of a new Secret."""
    data = value.get("data", {})
    yield from _keys(data, "data")
    if sum(_decoded_size(one) for one in data.values()) > MEBIBYTE:
        yield too_long("data", MEBIBYTE)
    for key in TYPES.get(value["type"], ()):
        if key not in data:
            yield required(f"data[{key}]")


def config_map(value: Json) -> Problems:
    """The problems of a new ConfigMap."""
    data, binary = value.get("data", {}), value.get("binaryData", {})
    yield from _keys(data, "data")
    yield from _keys(binary, "binaryData")
    for key in data:
        if key in binary:
            yield wrong(f"data[{key}]", key, "duplicate of key present in binaryData")
    size = sum(len(one.encode()) for one in data.values())
    if size + sum(_decoded_size(one) for one in binary.values()) > MEBIBYTE:
        yield too_long("[]", MEBIBYTE)


def _keys(data: Mapping[str, str], field: str) -> Problems:
    for key in data:
        fault = config_key_fault(key)
        if fault is not None:
            yield wrong(f"{field}[{key}]", key, fault)


def _decoded_size(text: str) -> int:
    return len(text) * 3 // 4 - text[-2:].count("=")


def secret_change(before: Json, value: Json) -> Problems:
    """The problems of a Secret's change: its type stays, an immutable one stays whole."""
    if value.get("type") != before.get("type"):
        yield immutable("type", value.get("type"))
    yield from _frozen(before, value, ("data",))


def config_map_change(before: Json, value: Json) -> Problems:
    """The problems of a ConfigMap's change."""
    yield from _frozen(before, value, ("data", "binaryData"))


def _frozen(before: Json, value: Json, fields: tuple[str, ...]) -> Problems:
    why = "field is immutable when `immutable` is set"
    if not before.get("immutable"):
        return
    if not value.get("immutable"):
        yield not_allowed("immutable", why)
    for field in fields:
        if value.get(field, {}) != before.get(field, {}):
            yield not_allowed(field, why)
