"""What the forms of all kinds are put together from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


TIME, MICRO, BASE64, EITHER = "time", "micro", "base64", "int-or-string"


class Texts:
    """A map from text to text, or to what `of` says."""

    def __init__(self, of: Any = str) -> None:
        self.of = of


class Struct:
    """An object with fields; `name` is what Go calls it, `nulls` are written even when empty."""

    def __init__(self, name: str, fields: Mapping[str, Any], nulls: tuple[str, ...] = ()) -> None:
        self.name = name
        self.fields = fields
        self.nulls = nulls


ANY = Struct("Object", {})


OWNER = Struct(
    "OwnerReference",
    {
        "apiVersion": str,
        "kind": str,
        "name": str,
        "uid": str,
        "controller": bool,
        "blockOwnerDeletion": bool,
    },
)


METADATA = Struct(
    "ObjectMeta",
    {
        "name": str,
        "generateName": str,
        "namespace": str,
        "uid": str,
        "resourceVersion": str,
        "generation": int,
        "creationTimestamp": TIME,
        "deletionTimestamp": TIME,
        "deletionGracePeriodSeconds": int,
        "labels": Texts(),
        "annotations": Texts(),
        "ownerReferences": [OWNER],
        "finalizers": [str],
    },
)


LABEL_SELECTOR = Struct(
    "LabelSelector",
    {
        "matchLabels": Texts(),
        "matchExpressions": [
            Struct("LabelSelectorRequirement", {"key": str, "operator": str, "values": [str]})
        ],
    },
)


REFERENCE = Struct("Reference", {"name": str, "key": str, "optional": bool})


def condition(name: str, *, probed: bool = True, **more: Any) -> Struct:
    """A condition of a status; `probed` ones have both times, if only as null."""
    times = ("lastProbeTime", "lastTransitionTime") if probed else ("lastTransitionTime",)
    return Struct(
        name,
        {
            "type": str,
            "status": str,
            "reason": str,
            "message": str,
            "lastProbeTime": TIME,
            "lastTransitionTime": TIME,
            "lastUpdateTime": TIME,
            "lastHeartbeatTime": TIME,
            "observedGeneration": int,
            **more,
        },
        nulls=times,
    )


OBJECT_REFERENCE = Struct(
    "ObjectReference",
    dict.fromkeys(
        ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"), str
    ),
)
