"""The life of an object between two writes: what a request may set, and what only we do."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.checks import check_namespace, check_open, check_version
from app.demo.api.defaults import set_admitted, set_defaults
from app.demo.api.status_objects import failure
from app.demo.api.statuses import Refused, already_exists
from app.demo.api.validation import validate, validate_change, validate_identity

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.ports import Identities
    from app.demo.api.store import Store, Stored

# In the order in which they are written; what is not here is not kept.
METADATA = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
)
GENERATIONS = frozenset(
    {kinds.PODS, kinds.DEPLOYMENTS, kinds.REPLICA_SETS, kinds.JOBS, kinds.CRONJOBS}
)
"""Kinds whose spec is counted: each change of it is a generation."""

SUFFIX_LENGTH = 5
LONGEST_GENERATED = 63 - SUFFIX_LENGTH
CLUSTER_ADDRESSES = "10.96"


def stamp(moment: datetime) -> str:
    """A time as objects carry it."""
    # Years before 1000 have four digits too, which strftime does not give everywhere.
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%SZ}"


def create(
    store: Store,
    kind: Kind,
    namespace: str,
    value: Json,
    identities: Identities,
    now: datetime,
    *,
    dry: bool,
) -> Json:
    """A new object, written unless the run is `dry`; `value` is in the form of its kind.

    Raises:
        Refused: 400, 403, 404, 409, 422, or 500 when it has a resourceVersion already.
    """
    metadata = value.setdefault("metadata", {})
    check_namespace(kind, namespace, metadata)
    if metadata.get("resourceVersion"):
        message = "resourceVersion should not be set on objects to be created"
        raise Refused(500, failure(500, "", message))
    if not metadata.get("name") and metadata.get("generateName"):
        stem = metadata["generateName"][:LONGEST_GENERATED]
        metadata["name"] = stem + identities.suffix(SUFFIX_LENGTH)
    if kind.namespaced:
        check_open(store, kind, namespace, metadata.get("name", ""))
    metadata["uid"] = identities.uid()
    metadata["creationTimestamp"] = stamp(now)
    for name in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"):
        metadata.pop(name, None)
    if kind in GENERATIONS:
        metadata["generation"] = 1
    value = settled(kind, value)
    if metadata.get("name"):
        set_admitted(kind, value, identities)
        _give_address(kind, value)
    validate(kind, value)
    there = store.get(kind, namespace, metadata["name"])
    if there is not None:
        refusal = already_exists(kind, metadata["name"])
        if "deletionTimestamp" in there.value()["metadata"]:
            refusal.status["message"] = f"object is being deleted: {refusal.status['message']}"
        raise refusal
    if not dry:
        store.put(kind, value)
    return value


def change(store: Store, before: Stored, value: Json, *, status: bool, dry: bool) -> Json:
    """An object after a PUT or PATCH, of its `status` or of all else; written if it is another.

    `value` is what the request makes of the object. What it may not set comes from before.

    Raises:
        Refused: 409 when it was made from an older state, 422.
    """
    kind, old = before.kind, before.value()
    metadata, known = value.setdefault("metadata", {}), old["metadata"]
    name = known["name"]
    check_version(kind, name, metadata, known)
    for field in ("uid", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if field in known:
            metadata.setdefault(field, known[field])
    for field in ("name", "namespace", "creationTimestamp", "generation", "resourceVersion"):
        metadata.pop(field, None)
        if field in known:
            metadata[field] = known[field]
    if status:
        value["spec"] = old.get("spec", {})
        if kind is kinds.DEPLOYMENTS:
            metadata["labels"] = known.get("labels", {})
        if kind is kinds.PODS and "ownerReferences" in known:
            metadata["ownerReferences"] = known["ownerReferences"]
    elif kind.status:
        value.pop("status", None)
        if "status" in old:
            value["status"] = old["status"]
    if kind is kinds.NAMESPACES:
        value["spec"] = old.get("spec", {})
    if kind is kinds.SERVICES and "clusterIP" in old.get("spec", {}):
        for field in ("clusterIP", "clusterIPs"):
            value.setdefault("spec", {}).setdefault(field, old["spec"][field])
    value = settled(kind, value)
    if status:
        validate_identity(kind, old, value)
    else:
        validate_change(kind, old, value)
        if kind in GENERATIONS and _respecified(kind, old, value):
            value["metadata"]["generation"] = known.get("generation", 0) + 1
    return save(store, before, old, value, dry=dry)


def save(store: Store, before: Stored, old: Json, value: Json, *, dry: bool) -> Json:
    """Write a changed object; one that waits for its last finalizer alone is deleted by that."""
    if value == old:
        return value
    metadata = value["metadata"]
    leaving = "deletionTimestamp" in metadata and not metadata.get("finalizers")
    waiting = bool(old["metadata"].get("finalizers"))
    if dry:
        return value
    if leaving and waiting and not metadata.get("deletionGracePeriodSeconds"):
        store.remove(before.kind, value)
    else:
        store.put(before.kind, value)
    return value


def settled(kind: Kind, value: Json) -> Json:
    """An object with its defaults, its fields in their order, and without what is not kept."""
    metadata = value["metadata"]
    for name in ("labels", "annotations", "ownerReferences", "finalizers"):
        if not metadata.get(name, True):
            del metadata[name]
    if kind is kinds.SECRETS:
        _take_string_data(value)
    set_defaults(kind, value)
    value["metadata"] = {name: metadata[name] for name in METADATA if name in metadata}
    status = value.pop("status", None)
    if kind.status and status is not None:
        value["status"] = status
    return value


def _take_string_data(value: Json) -> None:
    """A Secret's text that may be written and is never read."""
    for key, text in value.pop("stringData", {}).items():
        value.setdefault("data", {})[key] = b64encode(text.encode()).decode()


def _give_address(kind: Kind, value: Json) -> None:
    if kind is kinds.SERVICES and "clusterIP" not in value["spec"]:
        first, second = bytes.fromhex(value["metadata"]["uid"].replace("-", ""))[:2]
        address = f"{CLUSTER_ADDRESSES}.{first}.{second}"
        value["spec"] |= {"clusterIP": address, "clusterIPs": [address]}


def _respecified(kind: Kind, old: Json, value: Json) -> bool:
    if value["spec"] != old["spec"]:
        return True
    # A Deployment hands its annotations on to its ReplicaSets.
    notes = (one["metadata"].get("annotations") for one in (old, value))
    return (
        kind is kinds.DEPLOYMENTS and len({repr(sorted((one or {}).items())) for one in notes}) > 1
    )
