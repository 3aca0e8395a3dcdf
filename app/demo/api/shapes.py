"""Objects brought into the form of their kind.

A body is checked against the form and made plain on the way: what is null is left out, times are
written in UTC, quantities in their shortest form. What no form names is left out too, and told of.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from app.demo.api.form_parts import (
    BASE64,
    EITHER,
    FREE,
    INT32,
    INT64,
    QUANTITY,
    TIME,
    Struct,
    Texts,
)
from app.demo.api.forms import HEAD, form_of
from app.demo.api.notation import Doubled, Exact, Malformed, quoted
from app.demo.api.quantities import quantity
from app.demo.api.times import micro_timestamp, timestamp

if TYPE_CHECKING:
    from collections.abc import Container

    from app.demo.api.kinds import Json, Kind

MOST = {INT32: 2**31 - 1, INT64: 2**63 - 1, EITHER: 2**31 - 1}
EMPTY = {str: "", bool: False, INT32: 0, INT64: 0, BASE64: "", QUANTITY: "0"}

At = tuple[Any, "str | int"] | None
"""Where a value is: the place of what it is in, and its name or index there."""


def shaped(kind: Kind, value: Json, complaints: list[str]) -> Json:
    """`value` in the form of its kind; what was left out or doubled is added to `complaints`.

    Raises:
        Malformed: A field has a value of the wrong type.
    """
    form = form_of(kind)
    if isinstance(value, Doubled):
        complaints.extend(doubled(value, None, known=form.fields))
    fields = {name: part for name, part in value.items() if name not in HEAD}
    found = _struct(form, fields, None, complaints)
    return {"kind": kind.kind, "apiVersion": kind.api_version, **found}


def _shape(form: Any, value: Any, owner: str, at: At, complaints: list[str]) -> Any:
    if form is str or form is bool:
        if not isinstance(value, form):
            raise _wrong(value, owner, at, form)
        return value
    if isinstance(form, Struct):
        if not isinstance(value, dict):
            raise _wrong(value, owner, at, form)
        return _struct(form, value, at, complaints)
    if isinstance(form, list):
        if not isinstance(value, list):
            raise _wrong(value, owner, at, form)
        inner = form[0]
        return [
            _empty(inner) if one is None else _shape(inner, one, owner, (at, index), complaints)
            for index, one in enumerate(value)
        ]
    if isinstance(form, Texts):
        if not isinstance(value, dict):
            raise _wrong(value, owner, at, form)
        if isinstance(value, Doubled):
            complaints.extend(doubled(value, at))
        # Go's decoder does not say at which key.
        return {
            name: EMPTY[form.of] if one is None else _shape(form.of, one, owner, at, complaints)
            for name, one in value.items()
        }
    return _plain(form, value, owner, at)


def _plain(form: Any, value: Any, owner: str, at: At) -> Any:
    """What has a notation of its own."""
    if form in MOST:
        if isinstance(value, str) and form is EITHER:
            return value
        most = MOST[form]
        if type(value) is not int or not -most - 1 <= value <= most:
            raise _wrong(value, owner, at, form)
        return value
    if form is QUANTITY:
        try:
            return quantity(value)
        except ValueError as error:
            raise Malformed(str(error)) from error
    if form is BASE64:
        return _base64(value, owner, at)
    if form is FREE:
        return value
    if not isinstance(value, str):
        raise _wrong(value, owner, at, str)
    return timestamp(value) if form is TIME else micro_timestamp(value)


def _struct(form: Struct, value: Json, at: At, complaints: list[str]) -> Json:
    found = {}
    if isinstance(value, Doubled):
        complaints.extend(doubled(value, at, known=form.fields))
    for name, part in value.items():
        inner = form.fields.get(name)
        if inner is None:
            complaints.append(f"unknown field {quoted(place((at, name)))}")
            continue
        if part is None:
            continue
        made = _shape(inner, part, form.name, (at, name), complaints)
        # Lists and maps without anything in them are not written.
        if made or not isinstance(inner, list | Texts):
            found[name] = made
    for name in form.nulls:
        found.setdefault(name, None)
    return found


def _empty(form: Any) -> Any:
    return {} if isinstance(form, Struct) else EMPTY[form]


def doubled(value: Doubled, at: At, *, known: Container[str] | None = None) -> list[str]:
    """The complaints about what an object says twice."""
    return [
        f"duplicate field {quoted(place((at, name)))}"
        for name in value.twice
        if known is None or name in known
    ]


def place(at: At) -> str:
    """Where that is, as people write it: `spec.containers[0].image`."""
    if at is None:
        return ""
    before, name = place(at[0]), at[1]
    if isinstance(name, int):
        return f"{before}[{name}]"
    return f"{before}.{name}" if before else name


def _path(at: At) -> str:
    """As `place`, without indices."""
    names: list[str] = []
    while at is not None:
        at, name = at
        if isinstance(name, str):
            names.append(name)
    return ".".join(reversed(names))


def _base64(value: Any, owner: str, at: At) -> str:
    if not isinstance(value, str):
        raise Malformed(
            f"json: cannot unmarshal {json_type(value)} into Go struct field {owner}.{_path(at)} "
            "of type []uint8"
        )
    plain = value.replace("\n", "").replace("\r", "")
    try:
        base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        first = re.search(r"[^A-Za-z0-9+/]", plain)
        byte = len(plain) - len(plain) % 4 if first is None else first.start()
        raise Malformed(f"illegal base64 data at input byte {byte}") from error
    return plain


def _wrong(value: Any, owner: str, at: At, wanted: Any) -> Malformed:
    number = wanted in MOST if not isinstance(wanted, list) else False
    given = json_type(value)
    if number and given == "number":
        given = f"number {value.text if isinstance(value, Exact) else value}"
    return Malformed(
        f"json: cannot unmarshal {given} into Go struct field {owner}.{_path(at)} "
        f"of type {_go_type(wanted)}"
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
    if isinstance(form, list):
        return f"[]{_go_type(form[0])}"
    if isinstance(form, Texts):
        return "map[string]string"
    return {bool: "bool", INT32: "int32", INT64: "int64", EITHER: "int32"}.get(form, "string")
