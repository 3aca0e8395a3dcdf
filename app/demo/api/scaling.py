"""The subresource `scale`: how many pods there are to be, for whoever knows nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.bodies import read
from app.demo.api.calls import Answer, answered
from app.demo.api.checks import check_name, check_version
from app.demo.api.kinds import Kind
from app.demo.api.objects import change
from app.demo.api.patches import apply
from app.demo.api.problems import wrong
from app.demo.api.statuses import bad_request, invalid

if TYPE_CHECKING:
    from app.demo.api.calls import Call
    from app.demo.api.kinds import Json
    from app.demo.api.store import Store, Stored

SCALE = Kind("autoscaling", "v1", "scales", "Scale")


def scale_of(value: Json) -> Json:
    """What a Deployment or ReplicaSet says of its size."""
    metadata, spec = value["metadata"], value["spec"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    return {
        "kind": SCALE.kind,
        "apiVersion": SCALE.api_version,
        "metadata": {name: metadata[name] for name in kept},
        # As Go writes it: nothing is not written.
        "spec": {"replicas": spec["replicas"]} if spec["replicas"] else {},
        "status": {
            "replicas": value.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{name}={text}" for name, text in sorted(labels.items())),
        },
    }


INT32 = range(-(2**31), 2**31)


def answer_scale(store: Store, before: Stored, call: Call, verb: str, *, dry: bool) -> Answer:
    """Read it, or write it by a PUT or a patch.

    Raises:
        Refused: 400, 409, 415 or 422.
    """
    value = before.value()
    scale = scale_of(value)
    if verb == "get":
        return answered(scale)
    content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if verb == "patch":
        asked = apply(content_type, call.body, scale)
    else:
        try:
            asked = read(content_type, call.body)
        except ValueError as error:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    name = value["metadata"]["name"]
    wanted = _wanted(asked, name)
    check_name(name, asked.setdefault("metadata", {}))
    check_version(before.kind, name, asked["metadata"], value["metadata"])
    value["spec"]["replicas"] = wanted
    return answered(scale_of(change(store, before, value, status=False, dry=dry)))


def _wanted(asked: object, name: str) -> int:
    spec = asked.get("spec") if isinstance(asked, dict) else None
    replicas = (spec or {}).get("replicas", 0) if isinstance(spec or {}, dict) else None
    if not isinstance(asked, dict) or not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request(
            'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal into Go '
            "struct field ScaleSpec.spec.replicas of type int32"
        )
    if replicas not in INT32:
        raise bad_request(
            f'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal number '
            f"{replicas} into Go struct field ScaleSpec.spec.replicas of type int32"
        )
    if replicas < 0:
        problem = wrong("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid(SCALE, name, [problem])
    return replicas
