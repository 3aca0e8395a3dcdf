"""What controllers read from objects as they are on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.demo.api.kinds import Json, Kind

Key = tuple[str, str]
"""Namespace (empty where there is none) and name."""


def key_of(found: Json) -> Key:
    """Namespace and name of an object."""
    metadata = found["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def uid_of(found: Json) -> str:
    """The identity that a name does not give: another object of the name has another one."""
    return str(found["metadata"]["uid"])


def deleting(found: Json) -> bool:
    """Asked to go, and not gone yet."""
    return "deletionTimestamp" in found["metadata"]


def controller_of(found: Json) -> Json | None:
    """The owner reference of the one owner that manages the object."""
    for reference in found["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return dict(reference)
    return None


def owner_reference(kind: Kind, owner: Json) -> Json:
    """What an object carries that `owner` manages."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def from_template(template: Json, reference: Json, prefix: str, namespace: str) -> Json:
    """A pod of a template, to be named by the API server."""
    metadata = template.get("metadata") or {}
    made = {
        key: metadata[key] for key in ("labels", "annotations", "finalizers") if key in metadata
    }
    made |= {"generateName": prefix, "namespace": namespace, "ownerReferences": [reference]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": made, "spec": template["spec"]}


def stamp(moment: datetime) -> str:
    """As Kubernetes writes times: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(moment: datetime) -> str:
    """The same with six decimals, as Leases and newer Events have them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """What `stamp` wrote."""
    return datetime.fromisoformat(text)


def condition_of(found: Json, kind: str) -> Json | None:
    """A condition of the status by its type."""
    for condition in found.get("status", {}).get("conditions") or ():
        if condition["type"] == kind:
            return dict(condition)
    return None


def holds(found: Json, kind: str) -> bool:
    """Whether a condition is there and True."""
    condition = condition_of(found, kind)
    return condition is not None and condition["status"] == "True"


def phase_of(pod: Json) -> str:
    """Where a pod is in its life."""
    return str(pod.get("status", {}).get("phase") or "Pending")


def ended(pod: Json) -> bool:
    """Its containers are done, for good."""
    return phase_of(pod) in {"Succeeded", "Failed"}


def active(pod: Json) -> bool:
    """Counts for whoever owns it: neither done nor asked to go."""
    return not ended(pod) and not deleting(pod)


def selects(selector: Json | None, labels: Json) -> bool:
    """Whether a label selector with `matchLabels` alone is satisfied."""
    wanted = (selector or {}).get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


def difference(before: Json, after: Json) -> Json:
    """The merge patch that makes `before` equal to `after`; lists are replaced as a whole."""
    patch: Json = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = difference(old, value)
            if not value:
                continue
        elif key in before and old == value:
            continue
        patch[key] = value
    return patch
