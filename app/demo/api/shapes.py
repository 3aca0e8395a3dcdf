"""Objects brought into the form of their kind.

A body is checked against the form and made plain on the way: what is null is left out, times are
written in UTC. Fields that no form names are kept as they are.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.demo.api.form_parts import BASE64, EITHER, MICRO, TIME, Struct, Texts
from app.demo.api.forms import OBJECTS

if TYPE_CHECKING:
    from app.demo.api.kinds import Json, Kind

SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?(?P<zone>Z|[+-]\d\d:\d\d)", re.ASCII
)


class Malformed(Exception):
    """A field has a value of the wrong type; the text is that of Go's decoder."""


def shaped(kind: Kind, value: Json) -> Json:
    """`value` in the form of its kind.

    Raises:
        Malformed: A field has a value of the wrong type.
    """
    fields = {name: part for name, part in value.items() if name not in ("kind", "apiVersion")}
    found = _struct(OBJECTS[kind], fields, OBJECTS[kind].name, "")
    return {"kind": kind.kind, "apiVersion": kind.api_version, **found}


def _shape(form: Any, value: Any, owner: str, path: str) -> Any:
    if isinstance(form, Struct):
        if not isinstance(value, dict):
            raise _wrong(value, owner, path, f"v1.{form.name}")
        return _struct(form, value, form.name, path)
    if isinstance(form, list):
        if not isinstance(value, list):
            raise _wrong(value, owner, path, f"[]{_go_type(form[0])}")
        return [
            _empty(form[0]) if one is None else _shape(form[0], one, owner, path) for one in value
        ]
    if isinstance(form, Texts):
        if not isinstance(value, dict):
            raise _wrong(value, owner, path, "map[string]string")
        return {
            name: "" if one is None else _shape(form.of, one, owner, path)
            for name, one in value.items()
        }
    if form in (TIME, MICRO):
        if not isinstance(value, str):
            raise _wrong(value, owner, path, "string")
        return timestamp(value) if form is TIME else micro_timestamp(value)
    if form is BASE64:
        return _base64(value, owner, path)
    if form is EITHER:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _wrong(value, owner, path, "string")
        return value
    if form is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, form) or (form is int and isinstance(value, bool)):
        raise _wrong(value, owner, path, _go_type(form))
    return value


def _struct(form: Struct, value: Json, owner: str, path: str) -> Json:
    found = {}
    for name, part in value.items():
        if part is None:
            continue
        inner = form.fields.get(name)
        if inner is None:
            found[name] = _without_nulls(part)
            continue
        made = _shape(inner, part, owner, f"{path}.{name}" if path else name)
        # Lists and maps without anything in them are not written.
        if made or not isinstance(inner, list | Texts):
            found[name] = made
    for name in form.nulls:
        found.setdefault(name, None)
    return found


def _empty(form: Any) -> Any:
    if isinstance(form, Struct):
        return {}
    return {str: "", int: 0, bool: False}.get(form)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value


def _base64(value: Any, owner: str, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(value, owner, path, "[]uint8")
    plain = value.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        at = re.search(r"[^A-Za-z0-9+/]", plain)
        place = len(plain) - len(plain) % 4 if at is None else at.start()
        raise Malformed(f"illegal base64 data at input byte {place}") from error
    return plain


def timestamp(text: str) -> str:
    """A time in UTC, whole seconds.

    Raises:
        Malformed: It is none.
    """
    if SECONDS.fullmatch(text) and _exists(text):
        return text
    found = RFC3339.fullmatch(text)
    if found is None or not _exists(text):
        raise Malformed(_no_time(text, "2006-01-02T15:04:05Z07:00"))
    return _utc(text).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_timestamp(text: str) -> str:
    """A time in UTC with exactly six decimals, as Leases have it.

    Raises:
        Malformed: It is none, or has other decimals.
    """
    layout = "2006-01-02T15:04:05.000000Z07:00"
    found = RFC3339.fullmatch(text)
    if found is None or not _exists(text):
        raise Malformed(_no_time(text, layout))
    if found["fraction"] is None or len(found["fraction"]) != len(".000000"):
        rest = (found["fraction"] or "") + found["zone"]
        raise Malformed(f'parsing time "{text}" as "{layout}": cannot parse "{rest}" as ".000000"')
    return _utc(text).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _exists(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _no_time(text: str, layout: str) -> str:
    return f'parsing time "{text}" as "{layout}": cannot parse "{text}" as "2006"'


def _wrong(value: Any, owner: str, path: str, wanted: str) -> Malformed:
    return Malformed(
        f"json: cannot unmarshal {json_type(value)} into Go struct field "
        f"{owner}.{path} of type {wanted}"
    )


def json_type(value: Any) -> str:
    """What Go's decoder calls a value."""
    match value:
        case bool():
            return "bool"
        case dict():
            return "object"
        case list():
            return "array"
        case str():
            return "string"
        case _:
            return "number"


def _go_type(form: Any) -> str:
    if isinstance(form, Struct):
        return f"v1.{form.name}"
    if form is int:
        return "int32"
    return "bool" if form is bool else "string"
