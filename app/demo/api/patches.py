"""Changes in three notations: merge patch, JSON patch, strategic merge patch."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from app.demo.api.bodies import parsed
from app.demo.api.notation import Doubled, finite, noticing, rounded
from app.demo.api.shapes import doubled, json_type
from app.demo.api.status_objects import failure
from app.demo.api.statuses import Refused, bad_request, unprocessable, unsupported_patch
from app.demo.api.strategic import strategic_merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.demo.api.kinds import Json
    from app.demo.api.shapes import At

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TYPES = (JSON_PATCH, MERGE, STRATEGIC)

MOST_OPERATIONS = 10_000
REJECTED = "the server rejected our request due to an error in our request"


def apply(
    content_type: str, patch: bytes, value: Json, complaints: list[str] | None = None
) -> Json:
    """`value` after the patch; `value` itself may be changed.

    What the patch says twice is added to `complaints`.

    Raises:
        Refused: 400, 413, 415 or 422.
    """
    told: list[str] = [] if complaints is None else complaints
    if content_type == JSON_PATCH:
        return json_patch(value, _operations(patch, told))
    if content_type == MERGE:
        return merge(value, _fields(patch, "error decoding patch: ", finite, told))
    if content_type == STRATEGIC:
        return strategic_merge(value, _fields(patch, "", rounded, told))
    raise unsupported_patch()


def _operations(patch: bytes, complaints: list[str]) -> list[Any]:
    asked = _decoded(patch, "error decoding patch: ", finite)
    complaints.extend(f"json patch {one}" for one in _said_twice(asked, None))
    if isinstance(asked, list):
        return asked
    raise bad_request(
        f"error decoding patch: json: cannot unmarshal {json_type(asked)} into Go value of type "
        "[]handlers.jsonPatchOp"
    )


def _fields(
    patch: bytes, prefix: str, number: Callable[[str], float], complaints: list[str]
) -> Json:
    asked = _decoded(patch, prefix, number)
    complaints.extend(_said_twice(asked, None))
    if isinstance(asked, dict):
        return asked
    if asked is None and not prefix:
        return {}
    raise bad_request(
        f"{prefix}json: cannot unmarshal {json_type(asked)} into Go value of type "
        "map[string]interface {}"
    )


def _decoded(patch: bytes, prefix: str, number: Callable[[str], float]) -> Any:
    try:
        return parsed(patch, number=number, pairs=noticing)
    except ValueError as error:
        raise bad_request(f"{prefix}{error}") from error


def _said_twice(value: Any, at: At) -> Iterator[str]:
    """What the objects of a patch say twice."""
    if isinstance(value, Doubled):
        yield from doubled(value, at)
    if isinstance(value, dict):
        for name, part in value.items():
            if isinstance(part, dict | list):
                yield from _said_twice(part, (at, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            if isinstance(part, dict | list):
                yield from _said_twice(part, (at, index))


# ---- RFC 7396


def merge(value: Any, patch: Json) -> Json:
    """A value with the fields of `patch`; null takes a field away."""
    result = dict(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        else:
            result[name] = merge(result.get(name), part) if isinstance(part, dict) else part
    return result


# ---- RFC 6902


class _Impossible(Exception):
    """An operation that cannot be done."""


def json_patch(value: Any, operations: list[Any]) -> Json:
    """A value after all operations, or none of them."""
    if len(operations) > MOST_OPERATIONS:
        message = (
            "Request entity too large: The allowed maximum operations in a JSON patch is "
            f"{MOST_OPERATIONS}, got {len(operations)}"
        )
        raise Refused(413, failure(413, "RequestEntityTooLarge", message))
    try:
        for operation in operations:
            value = _operate(value, operation)
    except (_Impossible, KeyError, IndexError, ValueError, TypeError) as error:
        raise unprocessable(REJECTED) from error
    if not isinstance(value, dict):
        raise unprocessable(REJECTED)
    return value


def _operate(value: Any, operation: Json) -> Any:
    path = _pointer(operation["path"])
    match operation["op"]:
        case "test":
            if not _same(_found(value, path), operation.get("value")):
                raise _Impossible
        case "add":
            return _put(value, path, operation["value"], insert=True)
        case "replace":
            return _put(value, path, operation["value"], insert=False)
        case "remove":
            _remove(value, path)
        case "move":
            source = _pointer(operation["from"])
            moved = _found(value, source)
            if path[: len(source)] == source and path != source:
                raise _Impossible
            _remove(value, source)
            return _put(value, path, moved, insert=True)
        case "copy":
            found = copy.deepcopy(_found(value, _pointer(operation["from"])))
            return _put(value, path, found, insert=True)
        case _:
            raise _Impossible
    return value


def _pointer(text: str) -> list[str]:
    if not text:
        return []
    if not text.startswith("/"):
        raise _Impossible
    return [part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/")]


def _found(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[_index(value, part)] if isinstance(value, list) else value[part]
    return value


def _put(value: Any, path: list[str], new: Any, *, insert: bool) -> Any:
    if not path:
        return new
    parent = _found(value, path[:-1])
    last = path[-1]
    if isinstance(parent, list):
        place = len(parent) if last == "-" else int(last)
        if not 0 <= place <= len(parent) - (not insert):
            raise _Impossible
        parent[place : place + (not insert)] = [new]
    elif isinstance(parent, dict):
        parent[last] = new
    else:
        raise _Impossible
    return value


def _remove(value: Any, path: list[str]) -> None:
    parent = _found(value, path[:-1])
    if not path or isinstance(parent, str):
        raise _Impossible
    del parent[_index(parent, path[-1]) if isinstance(parent, list) else path[-1]]


def _index(parent: list[Any], text: str) -> int:
    place = int(text)
    if not 0 <= place < len(parent):
        raise _Impossible
    return place


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
