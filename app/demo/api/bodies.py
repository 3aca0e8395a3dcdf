"""The bodies of requests: bytes into objects of the kind that the path names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from app.demo.api.notation import Exact, Malformed, noticing
from app.demo.api.protobuf import decode
from app.demo.api.shapes import json_type, shaped
from app.demo.api.statuses import bad_request, unsupported_media_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.write_options import Complaints

JSON_TYPE, YAML_TYPE = "application/json", "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
READ = (JSON_TYPE, YAML_TYPE, PROTOBUF)
SHOWN = 200  # characters of a body that cannot be understood
DEEPEST = 200
"""Levels of nesting: more than any object has, and less than what could exhaust a stack."""


def parsed(
    body: bytes,
    *,
    number: Callable[[str], float] = Exact,
    pairs: Callable[[list[tuple[str, Any]]], Json] | None = None,
) -> Any:
    """JSON in a form that can be written again; `number` reads fractions, `pairs` objects.

    Raises:
        ValueError: It is none; the text is that of Go's decoder as far as a sentence goes.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        # Go replaces what is not UTF-8.
        text = body.decode(errors="replace")
    if not text.strip():
        raise ValueError("unexpected end of JSON input")
    try:
        value = json.loads(
            text, parse_constant=_no_number, parse_float=number, object_pairs_hook=pairs
        )
        if text.count("{") + text.count("[") > DEEPEST:
            _check_depth(value)
        if "\\u" in text:
            value = json.loads(_whole_characters(value), parse_float=number)
    except json.JSONDecodeError as error:
        rest = text[error.pos :]
        if not rest.strip():
            raise ValueError("unexpected end of JSON input") from error
        raise ValueError(f"invalid character '{rest[0]}' looking for beginning of value") from error
    except RecursionError as error:
        raise ValueError("exceeded max depth") from error
    return value


def _no_number(word: str) -> float:
    raise ValueError(f"invalid character '{word[0]}' looking for beginning of value")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError("exceeded max depth")


def _whole_characters(value: Any) -> str:
    """JSON whose halves of surrogate pairs are replaced: nobody could write them as UTF-8."""
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def decoded(kind: Kind, body: bytes, content_type: str, complaints: Complaints) -> Json:
    """The object that a POST or PUT carries.

    Raises:
        Refused: 400 or 415.
    """
    value = mapping(kind.kind, body, content_type, noticed=complaints.wanted)
    _check_kind(kind, value)
    try:
        made = shaped(kind, value, complaints)
        complaints.insist()
        return made
    except Malformed as error:
        raise bad_request(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {error}'
        ) from error


def _check_kind(kind: Kind, value: Json) -> None:
    given = (value.get("apiVersion") or kind.api_version, value.get("kind") or kind.kind)
    if given != (kind.api_version, kind.kind):
        version = str(given[0]).rpartition("/")[2]
        raise bad_request(
            f'{given[1]} in version "{version}" cannot be handled as a {kind.kind}: '
            f"converting ({version}.{given[1]}) to ({kind.group or 'core'}.{kind.kind}): "
            "unknown conversion"
        )


def question(kind: Kind, body: bytes, content_type: str) -> Json:
    """The review that a POST carries: an object that is answered and not kept.

    Raises:
        Refused: 400 or 415.
    """
    value = mapping(kind.kind, body, content_type)
    _check_kind(kind, value)
    if not isinstance(value.get("spec", {}), dict):
        raise bad_request(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"json: cannot unmarshal {json_type(value['spec'])} into Go struct field "
            f"{kind.kind}.spec of type v1.{kind.kind}Spec"
        )
    return {**value, "kind": kind.kind, "apiVersion": kind.api_version}


def mapping(what: str, body: bytes, content_type: str, *, noticed: bool = False) -> Json:
    """A body that is one JSON object, or YAML of it; `noticed` is what it says twice.

    Raises:
        Refused: 400 or 415.
    """
    plain = content_type.partition(";")[0].strip().lower()
    if plain not in ("", *READ):
        raise unsupported_media_type(READ)
    try:
        value = read(plain, body, noticed=noticed)
    except ValueError as error:
        shown = body[:SHOWN].decode(errors="replace") or "<empty>"
        raise _unrecognised(
            what, f"couldn't get version/kind; json parse error: {error} ({shown})"
        ) from error
    if not isinstance(value, dict):
        raise _unrecognised(
            what,
            "couldn't get version/kind; json parse error: json: cannot unmarshal "
            f"{'array' if isinstance(value, list) else 'value'} into Go value",
        )
    return value


def read(content_type: str, body: bytes, *, noticed: bool = False) -> Any:
    """A body in one of the notations that are read; what says nothing is JSON.

    Raises:
        ValueError: It is none.
    """
    content_type = content_type.partition(";")[0].strip().lower()
    if content_type == PROTOBUF:
        return decode(body)
    if content_type == YAML_TYPE:
        return _yaml(body)
    return parsed(body, pairs=noticing if noticed else None)


def _unrecognised(what: str, why: str) -> Exception:
    return bad_request(f"the object provided is unrecognized (must be of type {what}): {why}")


def _yaml(body: bytes) -> Any:
    try:
        return parsed(json.dumps(yaml.safe_load(body), default=str).encode())
    except (yaml.YAMLError, RecursionError, TypeError) as error:
        raise ValueError("error converting YAML to JSON") from error
