"""What a rollout of a Deployment is to do next: arithmetic over its ReplicaSets."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.demo.api.kinds import Json

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
NOT_COPIED = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        DESIRED,
        MAXIMUM,
        "deployment.kubernetes.io/revision-history",
        "deprecated.deployment.rollback.to",
    }
)
# Digits as Kubernetes writes a hash in names: without vowels.
_DIGITS = str.maketrans("0123456789", "456789bcdf")


def template_hash(template: Json) -> str:
    """Ten characters that stand for a pod template; not Kubernetes' own sum, only its looks."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    return str(number).translate(_DIGITS)


def same_template(deployment: Json, replica_set: Json) -> bool:
    """Whether a ReplicaSet makes the pods that the Deployment wants."""
    mine = replica_set["spec"]["template"]
    labels = dict(mine["metadata"].get("labels") or {})
    labels.pop(HASH_LABEL, None)
    metadata = {**mine["metadata"], "labels": labels}
    theirs = deployment["spec"]["template"]
    wanted = {**theirs["metadata"], "labels": theirs["metadata"].get("labels") or {}}
    for one in (metadata, wanted):
        one.pop("creationTimestamp", None)
    return metadata == wanted and bool(mine["spec"] == theirs["spec"])


def allowances(deployment: Json) -> tuple[int, int]:
    """How many pods there may be too many, and how many may be missing, during a rollout."""
    spec = deployment["spec"]
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    surge = _portion(rolling.get("maxSurge", "25%"), spec["replicas"], upwards=True)
    missing = _portion(rolling.get("maxUnavailable", "25%"), spec["replicas"], upwards=False)
    if surge == 0 and missing == 0:
        missing = 1  # otherwise nothing could ever move
    return surge, min(missing, spec["replicas"])


def _portion(value: int | str, whole: int, *, upwards: bool) -> int:
    if isinstance(value, int):
        return value
    exact = int(value.rstrip("%")) * whole
    return -(-exact // 100) if upwards else exact // 100


def size(replica_set: Json) -> int:
    """The pods that it is to have."""
    return int(replica_set["spec"]["replicas"])


def tally(replica_sets: list[Json], field: str) -> int:
    """The sum of a field of their status."""
    return sum(int((one.get("status") or {}).get(field) or 0) for one in replica_sets)


def revision_of(found: Json) -> int:
    """The number of a ReplicaSet among those of its Deployment."""
    return int((found["metadata"].get("annotations") or {}).get(REVISION) or 0)


def scaled_up(deployment: Json, new: Json, old: list[Json]) -> int:
    """The size of the new ReplicaSet now."""
    wanted = int(deployment["spec"]["replicas"])
    if size(new) >= wanted or (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return wanted
    surge, _ = allowances(deployment)
    room = wanted + surge - size(new) - sum(map(size, old))
    return size(new) + max(0, min(room, wanted - size(new)))


def scaled_down(deployment: Json, new: Json, old: list[Json]) -> dict[str, int]:
    """The sizes of the old ReplicaSets that change now, by their names."""
    wanted = int(deployment["spec"]["replicas"])
    _, missing = allowances(deployment)
    lowest = wanted - missing
    sizes = {one["metadata"]["name"]: size(one) for one in old}
    before = dict(sizes)
    total = sum(sizes.values()) + size(new)
    unready = size(new) - tally([new], "availableReplicas")
    budget = total - lowest - unready
    if budget <= 0:
        return {}
    # What does not work goes first: that costs nobody anything.
    for one in old:
        name = one["metadata"]["name"]
        gone = max(0, min(budget, sizes[name] - tally([one], "availableReplicas")))
        sizes[name] -= gone
        budget -= gone
    # Counts may be older than sizes: then less is spare than they say.
    spare = min(tally([*old, new], "availableReplicas") - lowest, budget)
    for one in old:
        name = one["metadata"]["name"]
        gone = max(0, min(spare, sizes[name]))
        sizes[name] -= gone
        spare -= gone
    return {name: count for name, count in sizes.items() if count != before[name]}


def complete(deployment: Json, status: Json) -> bool:
    """Whether every pod is of the new template, and works."""
    wanted = deployment["spec"]["replicas"]
    return bool(
        status.get("updatedReplicas", 0) == wanted
        and status.get("replicas", 0) == wanted
        and status.get("availableReplicas", 0) == wanted
        and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)
    )


def progressed(before: Json, status: Json) -> bool:
    """Whether a rollout has come closer to its end."""

    def old_ones(one: Json) -> int:
        return int(one.get("replicas", 0)) - int(one.get("updatedReplicas", 0))

    return bool(
        status.get("updatedReplicas", 0) > before.get("updatedReplicas", 0)
        or status.get("readyReplicas", 0) > before.get("readyReplicas", 0)
        or status.get("availableReplicas", 0) > before.get("availableReplicas", 0)
        or old_ones(status) < old_ones(before)
    )
