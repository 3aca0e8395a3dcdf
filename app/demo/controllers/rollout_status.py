"""What a Deployment says about itself while its pods are exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.moments import later
from app.demo.controllers.reading import moment_of, stamp
from app.demo.controllers.rollout import allowances, complete, progressed, size, tally

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.kinds import Json

AVAILABLE, PROGRESSING = "Available", "Progressing"
DONE, TIMED_OUT = "NewReplicaSetAvailable", "ProgressDeadlineExceeded"


def deployment_status(deployment: Json, new: Json | None, old: list[Json], now: datetime) -> Json:
    """The status with these ReplicaSets; None: there is none yet with the present template."""
    sets = old if new is None else [*old, new]
    available = tally(sets, "availableReplicas")
    counts = {
        "replicas": tally(sets, "replicas"),
        "updatedReplicas": 0 if new is None else tally([new], "replicas"),
        "readyReplicas": tally(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, sum(map(size, sets)) - available),
    }
    before: Json = deployment.get("status") or {}
    status: Json = {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        **{name: count for name, count in counts.items() if count},
        "terminatingReplicas": tally(sets, "terminatingReplicas"),
        "conditions": [dict(one) for one in before.get("conditions") or ()],
    }
    _, missing = allowances(deployment)
    if available >= deployment["spec"]["replicas"] - missing:
        told = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        told = (
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    set_condition(status, AVAILABLE, *told, now=now)
    _tell_progress(deployment, new, status, now)
    return status


def _tell_progress(deployment: Json, new: Json | None, status: Json, now: datetime) -> None:
    if deployment["spec"].get("progressDeadlineSeconds") is None:
        kept = [one for one in status["conditions"] if one["type"] != PROGRESSING]
        status["conditions"] = kept
        return
    known = find(status, PROGRESSING)
    if (
        known is not None
        and known["reason"] == DONE
        and status.get("replicas", 0) == status.get("updatedReplicas", 0)
    ):
        return
    subject = ("Deployment", deployment) if new is None else ("ReplicaSet", new)
    name = f'{subject[0]} "{subject[1]["metadata"]["name"]}"'
    if complete(deployment, status):
        set_condition(
            status, PROGRESSING, "True", DONE, f"{name} has successfully progressed.", now=now
        )
    elif progressed(deployment.get("status") or {}, status):
        text = f"{name} is progressing."
        set_condition(status, PROGRESSING, "True", "ReplicaSetUpdated", text, now=now, again=True)
    else:
        ends = progress_ends(deployment, status)
        if ends is not None and ends <= now:
            text = f"{name} has timed out progressing."
            set_condition(status, PROGRESSING, "False", TIMED_OUT, text, now=now)


def progress_ends(deployment: Json, status: Json) -> datetime | None:
    """When a rollout that does not move counts as failed; None when it cannot any more."""
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    known = find(status, PROGRESSING)
    if seconds is None or known is None or known["reason"] in {DONE, TIMED_OUT}:
        return None
    return later(moment_of(known["lastUpdateTime"]), seconds)


def find(status: Json, kind: str) -> Json | None:
    """A condition by its type."""
    return next((one for one in status.get("conditions") or () if one["type"] == kind), None)


def set_condition(
    status: Json,
    kind: str,
    value: str,
    reason: str,
    message: str,
    *,
    now: datetime,
    again: bool = False,
) -> None:
    """Say something new; `again` counts as news although the reason is the same."""
    known = find(status, kind)
    if known is not None and not again and (known["status"], known["reason"]) == (value, reason):
        return
    changed = known is None or known["status"] != value
    status["conditions"] = [
        *(one for one in status.get("conditions") or () if one["type"] != kind),
        {
            "type": kind,
            "status": value,
            "lastUpdateTime": stamp(now),
            "lastTransitionTime": stamp(now)
            if known is None or changed
            else known["lastTransitionTime"],
            "reason": reason,
            "message": message,
        },
    ]
