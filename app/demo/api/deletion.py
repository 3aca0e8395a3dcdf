"""Deletion: with grace, with finalizers, under conditions, or at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.demo.api import kinds
from app.demo.api.bodies import read
from app.demo.api.moments import LAST, later
from app.demo.api.objects import settled, stamp
from app.demo.api.problems import Problem, wrong
from app.demo.api.status_objects import success
from app.demo.api.statuses import bad_request, conflict_on, invalid_options

if TYPE_CHECKING:
    from app.demo.api.calls import Call
    from app.demo.api.kinds import Json, Kind
    from app.demo.api.store import Store, Stored

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
POLICIES = {"Background": (), "Foreground": (FOREGROUND,), "Orphan": (ORPHAN,)}
GRACE_SECONDS = 30

RETURNED = frozenset({kinds.PODS, kinds.SERVICES, kinds.SERVICE_ACCOUNTS})
"""Kinds whose deletion answers with the object, also when it is gone."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a DELETE asks for; `policy` is one of POLICIES, None leaves it to the kind."""

    grace: int | None = None
    policy: str | None = None
    uid: str | None = None
    version: str | None = None
    dry: bool = False


def options_of(call: Call, dry: bool) -> Options:
    """From the body, or else from the query.

    Raises:
        Refused: 400 or 422.
    """
    given: dict[str, Any] = {}
    if call.body.strip():
        try:
            given = read(call.headers.get("content-type", ""), call.body)
        except ValueError as error:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
        if not isinstance(given, dict):
            raise bad_request("couldn't get version/kind; json parse error: not an object")
    else:
        grace = call.first("gracePeriodSeconds")
        if grace is not None:
            given["gracePeriodSeconds"] = whole(grace)
        if call.first("propagationPolicy"):
            given["propagationPolicy"] = call.first("propagationPolicy")
        if call.first("orphanDependents"):
            given["orphanDependents"] = call.says("orphanDependents")
    return understood(given, dry=dry or given.get("dryRun") == ["All"])


def understood(given: Json, *, dry: bool) -> Options:
    """DeleteOptions as a body has them.

    Raises:
        Refused: 400 or 422.
    """
    grace, policy = given.get("gracePeriodSeconds"), given.get("propagationPolicy")
    orphan, conditions = given.get("orphanDependents"), given.get("preconditions")
    for value, kind, field in (
        (grace, int, "gracePeriodSeconds"),
        (policy, str, "propagationPolicy"),
        (orphan, bool, "orphanDependents"),
        (conditions, dict, "preconditions"),
    ):
        if value is not None and (
            not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        ):
            raise bad_request(
                f"json: cannot unmarshal value into Go struct field DeleteOptions.{field}"
            )
    if grace is not None and not -(2**63) <= grace < 2**63:
        raise bad_request(
            f"json: cannot unmarshal number {grace} into Go struct field "
            "DeleteOptions.gracePeriodSeconds of type int64"
        )
    if policy is not None and orphan is not None:
        raise invalid_options(
            "DeleteOptions",
            wrong(
                "propagationPolicy",
                policy,
                "orphanDependents and deletionPropagation cannot be both set",
            ),
        )
    if policy is not None and policy not in POLICIES:
        text = (
            f'Unsupported value: "{policy}": supported values: "Foreground", "Background", '
            '"Orphan", "nil"'
        )
        problem = Problem("propagationPolicy", "FieldValueNotSupported", text)
        raise invalid_options("DeleteOptions", problem)
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    wanted = conditions or {}
    return Options(grace, policy, wanted.get("uid"), wanted.get("resourceVersion"), dry)


def whole(text: str) -> int:
    """A number of a query.

    Raises:
        Refused: 400.
    """
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def delete(store: Store, stored: Stored, options: Options, now: datetime) -> Json:
    """Delete an object, or begin to; the answer's body.

    Raises:
        Refused: 409, when it is not the object that was meant.
    """
    kind, value = stored.kind, stored.value()
    _check(kind, value["metadata"], options)
    if kind is kinds.NAMESPACES:
        return _end_namespace(store, stored, value, options, now)
    if kind is kinds.PODS:
        return _delete_pod(store, stored, value, options, now)
    metadata = value["metadata"]
    finalizers = _finalizers(kind, metadata, options)
    if not finalizers:
        if not options.dry:
            store.remove(kind, value)
        if kind in RETURNED:
            return value
        return success(kind, metadata["name"], metadata["uid"])
    if "deletionTimestamp" in metadata and metadata.get("finalizers") == finalizers:
        return value
    _mark(metadata, now, 0)
    metadata["finalizers"] = finalizers
    return _written(store, kind, value, options)


def _check(kind: Kind, metadata: Json, options: Options) -> None:
    if options.uid is not None and options.uid != metadata["uid"]:
        raise conflict_on(
            kind.kind,
            metadata["name"],
            f"the UID in the precondition ({options.uid}) does not match the UID in record "
            f"({metadata['uid']}). The object might have been deleted and then recreated",
        )
    if options.version is not None and options.version != metadata["resourceVersion"]:
        raise conflict_on(
            kind.kind,
            metadata["name"],
            f"the ResourceVersion in the precondition ({options.version}) does not match the "
            f"ResourceVersion in record ({metadata['resourceVersion']}). The object might have "
            "been modified",
        )


def _finalizers(kind: Kind, metadata: Json, options: Options) -> list[str]:
    """Those that must have gone before the object may; the policy decides about two of them."""
    present = metadata.get("finalizers", [])
    policy = options.policy
    if policy is None:
        if ORPHAN in present or FOREGROUND in present or kind is not kinds.JOBS:
            return list(present)
        # What batch/v1 inherits from its first days: pods outlive their Job unless told otherwise.
        policy = "Orphan"
    others = [one for one in present if one not in (ORPHAN, FOREGROUND)]
    return [*others, *POLICIES[policy]]


def _mark(metadata: Json, now: datetime, grace: int) -> None:
    """Say that the object is on its way out; the first time is a generation of its own."""
    if "deletionTimestamp" not in metadata and metadata.get("generation", 0) > 0:
        metadata["generation"] += 1
    if "deletionTimestamp" not in metadata or grace:
        metadata["deletionTimestamp"] = stamp(later(now, grace))
    metadata["deletionGracePeriodSeconds"] = grace


def _written(store: Store, kind: Kind, value: Json, options: Options) -> Json:
    value = settled(kind, value)
    if not options.dry:
        store.put(kind, value)
    return value


def _delete_pod(store: Store, stored: Stored, value: Json, options: Options, now: datetime) -> Json:
    metadata = value["metadata"]
    running = metadata.get("deletionGracePeriodSeconds")
    if "deletionTimestamp" in metadata:
        grace = options.grace
        # Already on its way: it can only be hurried.
        if grace is None or (grace >= (running or 0) and (running or grace)):
            return value
        was = datetime.fromisoformat(metadata["deletionTimestamp"])
        # Of a grace that ends with time itself the beginning is not known any more.
        begun = now if was.year == LAST.year else later(was, -(running or 0))
        metadata["deletionTimestamp"] = stamp(later(begun, max(grace, 0)))
        metadata["deletionGracePeriodSeconds"] = max(grace, 0)
    else:
        _mark(metadata, now, _grace(value, options))
    metadata["finalizers"] = _finalizers(kinds.PODS, metadata, options)
    value = _written(store, kinds.PODS, value, options)
    metadata = dict(value["metadata"])
    if metadata["deletionGracePeriodSeconds"] == 0 and not metadata.get("finalizers"):
        value = {**value, "metadata": metadata}
        if not options.dry:
            store.remove(kinds.PODS, value)
    return value


def _grace(value: Json, options: Options) -> int:
    spec, phase = value["spec"], value.get("status", {}).get("phase")
    if not spec.get("nodeName") or phase in ("Succeeded", "Failed"):
        # Nobody runs it.
        return 0
    grace = options.grace
    if grace is None:
        grace = spec.get("terminationGracePeriodSeconds", GRACE_SECONDS)
    return 1 if grace < 0 else grace


def _end_namespace(
    store: Store, stored: Stored, value: Json, options: Options, now: datetime
) -> Json:
    """A namespace ends when its contents have, which is the work of a controller."""
    if "deletionTimestamp" not in value["metadata"]:
        value["metadata"]["deletionTimestamp"] = stamp(now)
        value["status"] = {**value.get("status", {}), "phase": "Terminating"}
        return _written(store, kinds.NAMESPACES, value, options)
    if not value.get("spec", {}).get("finalizers") and not options.dry:
        store.remove(kinds.NAMESPACES, value)
    return value
