"""The form of each kind: which fields there are, and what each may hold."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from app.demo.api.form_parts import (
    BASE64,
    EITHER,
    FREE,
    INT32,
    INT64,
    MICRO,
    QUANTITY,
    TIME,
    Struct,
    Texts,
)
from app.demo.api.schemas import REFERENCE, name_of, schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.demo.api.kinds import Json, Kind

SPECIAL: Mapping[str, str] = {
    "Time": TIME,
    "MicroTime": MICRO,
    "Quantity": QUANTITY,
    "IntOrString": EITHER,
    "FieldsV1": FREE,
}
"""Types with a notation of their own."""

NULLS: Mapping[str, tuple[str, ...]] = {
    "Condition": ("lastTransitionTime",),
    "ContainerStateRunning": ("startedAt",),
    "ContainerStateTerminated": ("startedAt", "finishedAt"),
    "DeploymentCondition": ("lastUpdateTime", "lastTransitionTime"),
    "JobCondition": ("lastProbeTime", "lastTransitionTime"),
    "NamespaceCondition": ("lastTransitionTime",),
    "NodeCondition": ("lastHeartbeatTime", "lastTransitionTime"),
    "PodCondition": ("lastProbeTime", "lastTransitionTime"),
    "ReplicaSetCondition": ("lastTransitionTime",),
}
"""Times that are written even when there is none, by the type that has them."""


@cache
def form_of(kind: Kind) -> Struct:
    """The form of a kind's objects."""
    whole = _named(name_of(kind))
    fields = {name: part for name, part in whole.fields.items() if name not in HEAD}
    return Struct(whole.name, fields)


HEAD = ("kind", "apiVersion")
"""Fields that say what an object is."""


@cache
def _named(name: str) -> Any:
    """A type by its name."""
    short = name.rpartition(".")[2]
    if short in SPECIAL:
        return SPECIAL[short]
    fields = schemas()[name]["properties"]
    return Struct(
        short, {field: _form(part) for field, part in fields.items()}, NULLS.get(short, ())
    )


def _form(schema: Json) -> Any:
    """What a field may hold."""
    if "allOf" in schema:
        return _form(schema["allOf"][0])
    if "$ref" in schema:
        return _named(schema["$ref"].removeprefix(REFERENCE))
    match schema["type"]:
        case "array":
            return [_form(schema["items"])]
        case "object":
            return Texts(_form(schema["additionalProperties"]))
        case "integer":
            return INT32 if schema["format"] == "int32" else INT64
        case "boolean":
            return bool
    return BASE64 if schema.get("format") == "byte" else str
