"""Strategic merge: as a merge patch, but lists of named things are merged by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api.status_objects import failure
from app.demo.api.statuses import Refused, bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.demo.api.kinds import Json

MERGE_KEYS: Mapping[str, str] = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "secrets": "name",
    "schedulingGates": "name",
    "resourceClaims": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "conditions": "type",
    "addresses": "type",
    "hostAliases": "ip",
    "podIPs": "ip",
    "ownerReferences": "uid",
    "topologySpreadConstraints": "topologyKey",
}
"""By the name of the list, which says in all kinds here what is in it; other lists are replaced."""

PORTS = ("containerPort", "port")
SETS = frozenset({"finalizers", "podCIDRs"})
"""Lists of words that are united."""

PATCH, DELETE_WORDS, ORDER, RETAIN = (
    "$patch",
    "$deleteFromPrimitiveList/",
    "$setElementOrder/",
    "$retainKeys",
)


def strategic_merge(value: Any, patch: Json) -> Json:
    """A value with the fields of `patch`; null takes a field away.

    Raises:
        Refused: 400, for an element without its name or a directive that does not exist.
    """
    directive = patch.get(PATCH)
    if directive is not None:
        if directive == "replace":
            return {name: _plain(part) for name, part in patch.items() if name != PATCH}
        if directive == "delete":
            return {}
        if directive != "merge":
            raise bad_request(f"Unrecognized value of directive $patch: {directive}")
    result = dict(value) if isinstance(value, dict) else {}
    retained = patch.get(RETAIN)
    if isinstance(retained, list):
        result = {name: part for name, part in result.items() if name in retained}
    for name, part in patch.items():
        if name.startswith(DELETE_WORDS):
            whole = name.removeprefix(DELETE_WORDS)
            result[whole] = [one for one in result.get(whole, []) if one not in part]
        elif name.startswith("$"):
            continue
        elif part is None:
            result.pop(name, None)
        else:
            result[name] = _merged(name, result.get(name), part)
    for name, order in patch.items():
        if name.startswith(ORDER):
            _reorder(result, name.removeprefix(ORDER), order)
    return result


def _merged(name: str, value: Any, part: Any) -> Any:
    if isinstance(part, dict):
        return strategic_merge(value, part)
    if not isinstance(part, list):
        return part
    if name in SETS:
        known = value if isinstance(value, list) else []
        return [*known, *(one for one in part if one not in known)]
    key = _merge_key(name, part, value)
    if key is None:
        return _plain(part)
    return _merge_list(name, key, value if isinstance(value, list) else [], part)


def _merge_key(name: str, part: list[Any], value: Any) -> str | None:
    if name != "ports":
        return MERGE_KEYS.get(name)
    # Those of containers and those of Services are called alike.
    for element in (*part, *(value or [])):
        for key in PORTS:
            if isinstance(element, dict) and key in element:
                return key
    return None


def _merge_list(name: str, key: str, value: list[Any], part: list[Any]) -> list[Any]:
    result = list(value)
    for element in part:
        if not isinstance(element, dict):
            raise bad_request(f"expected an object in {name}")
        directive = element.get(PATCH)
        if directive == "replace":
            others = [one for one in part if PATCH not in one]
            return [_plain(one) for one in others]
        if key not in element:
            message = f"map: {_go_map(element)} does not contain declared merge key: {key}"
            raise Refused(500, failure(500, "", message))
        places = [
            index
            for index, one in enumerate(result)
            if isinstance(one, dict) and one.get(key) == element[key]
        ]
        if directive == "delete":
            for index in reversed(places):
                del result[index]
        elif places:
            result[places[0]] = strategic_merge(result[places[0]], element)
        else:
            result.append(strategic_merge({}, element))
    return result


def _reorder(result: Json, name: str, order: Any) -> None:
    """Put a list into the order that the patch names; what it does not name stays in its place."""
    value = result.get(name)
    if not isinstance(value, list) or not isinstance(order, list):
        return
    key = _merge_key(name, order, value)
    wanted = [one.get(key) if isinstance(one, dict) and key else one for one in order]

    def identity(one: Any) -> Any:
        return one.get(key) if isinstance(one, dict) and key else one

    named = sorted(
        (one for one in value if identity(one) in wanted),
        key=lambda one: wanted.index(identity(one)),
    )
    following = iter(named)
    result[name] = [next(following) if identity(one) in wanted else one for one in value]


def _plain(part: Any) -> Any:
    """A part of a patch as a value: without directives and nulls."""
    if isinstance(part, dict):
        return {
            name: _plain(one)
            for name, one in part.items()
            if one is not None and not name.startswith("$")
        }
    if isinstance(part, list):
        return [_plain(one) for one in part]
    return part


def _go_map(element: Json) -> str:
    return "map[" + " ".join(f"{name}:{element[name]}" for name in sorted(element)) + "]"
