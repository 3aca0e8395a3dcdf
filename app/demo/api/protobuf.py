"""Objects in Kubernetes' protobuf, as kubectl sends them where it knows the kind."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.demo.api.protobuf_fields import MESSAGES, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.demo.api.kinds import Json

MAGIC = b"k8s\0"
VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
SIGN, WRAP = 1 << 63, 1 << 64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING: tuple[Any, ...] = ("", 0, False)


class NotProtobuf(ValueError):
    """The bytes are no message, or of a kind that is not read in this notation."""


def decode(body: bytes) -> Json:
    """The object in JSON's terms, with its kind and apiVersion.

    Raises:
        NotProtobuf: It cannot be read.
    """
    if not body.startswith(MAGIC):
        raise NotProtobuf("expected the prefix k8s")
    envelope = dict(_fields(body[len(MAGIC) :]))
    meta = {number: _text(part) for number, part in _fields(_bytes(envelope.get(1, b"")))}
    kind = meta.get(2, "")
    if kind not in MESSAGES:
        raise NotProtobuf(f"no message of kind {kind}")
    value = _message(kind, _bytes(envelope.get(2, b"")))
    return {"kind": kind, "apiVersion": meta.get(1, ""), **value}


def _message(name: str, body: bytes) -> Json:
    known = MESSAGES[name]
    found: Json = {}
    for number, part in _fields(body):
        field = known.get(number)
        if field is None:
            continue
        if field.mark == "{":
            key, value = _entry(field, _bytes(part))
            found.setdefault(field.name, {})[key] = value
            continue
        value = _value(field, part)
        if field.mark == "*":
            found.setdefault(field.name, []).append(value)
        elif field.mark == "^":
            found |= value
        elif value is not None and (value not in NOTHING or field.type.isupper()):
            # What is not a pointer in Go is always sent, and left out of JSON when it is nothing.
            found[field.name] = value
    return found


def _entry(field: Field, body: bytes) -> tuple[str, Any]:
    parts = dict(_fields(body))
    return _text(parts.get(1, b"")), _value(field, parts.get(2, b""))


def _value(field: Field, part: int | bytes) -> Any:
    match field.type.lower():
        case "s":
            return _text(part)
        case "i":
            number = _number(part)
            return number - WRAP if number & SIGN else number
        case "b":
            return bool(_number(part))
        case "y":
            return base64.b64encode(_bytes(part)).decode()
        case "t" | "u" as form:
            return _time(_bytes(part), "milliseconds" if form == "t" else "microseconds")
        case "q":
            return _text(dict(_fields(_bytes(part))).get(1, b""))
        case "o":
            said = dict(_fields(_bytes(part)))
            return _text(said.get(3, b"")) if said.get(1) else said.get(2, 0)
    return _message(field.type, _bytes(part))


def _time(body: bytes, precision: str) -> str | None:
    said = dict(_fields(body))
    if not said:
        return None
    seconds, nanoseconds = _number(said.get(1, 0)), _number(said.get(2, 0))
    moment = EPOCH + timedelta(
        seconds=seconds - WRAP if seconds & SIGN else seconds, microseconds=nanoseconds // 1000
    )
    if precision == "milliseconds":
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# ---- the wire


def _fields(body: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The numbered parts of a message."""
    at = 0
    while at < len(body):
        tag, at = _varint(body, at)
        if tag & 7 == VARINT:
            number, at = _varint(body, at)
            yield tag >> 3, number
            continue
        if tag & 7 == BYTES:
            length, at = _varint(body, at)
        elif tag & 7 in (EIGHT_BYTES, FOUR_BYTES):
            length = 8 if tag & 7 == EIGHT_BYTES else 4
        else:
            raise NotProtobuf("illegal wireType")
        if at + length > len(body):
            raise NotProtobuf("unexpected EOF")
        yield tag >> 3, body[at : at + length]
        at += length


def _varint(body: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(body):
            raise NotProtobuf("unexpected EOF")
        byte = body[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number % WRAP, at
    raise NotProtobuf("integer overflow")


def _bytes(part: int | bytes) -> bytes:
    if isinstance(part, int):
        raise NotProtobuf("wrong wireType")
    return part


def _number(part: int | bytes) -> int:
    if isinstance(part, int):
        return part
    raise NotProtobuf("wrong wireType")


def _text(part: int | bytes) -> str:
    return _bytes(part).decode(errors="replace")
