"""The columns of pods: STATUS is what happened to the containers, in an order of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.demo.api.columns.cells import (
    AGE,
    NAME,
    NONE,
    Column,
    Printer,
    age_of,
    human,
    is_true,
    metadata,
    name_of,
    parsed,
    part,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from app.demo.api.kinds import Json

COLUMNS = (
    NAME,
    Column("Ready", "How many of the containers are ready, of how many."),
    Column("Status", "What the containers are doing, or what has happened to them."),
    Column("Restarts", "How often containers were restarted, and when one was last."),
    AGE,
    Column("IP", "The pod's address.", priority=1),
    Column("Node", "Where the pod runs.", priority=1),
    Column("Nominated Node", "Where the pod is to run once there is room.", priority=1),
    Column("Readiness Gates", "How many further conditions hold, of how many.", priority=1),
)
ENDINGS = {
    "Succeeded": "The pod has completed successfully.",
    "Failed": "The pod failed.",
}


def print_pod(pod: Json, now: datetime) -> list[Any]:
    """The cells of a pod."""
    spec, status = part(pod, "spec"), part(pod, "status")
    word, ready, restarts = _status(pod, spec, status)
    sidecars = _sidecars(spec)
    total = len(spec.get("containers") or []) + len(sidecars)
    addresses = [one.get("ip") for one in status.get("podIPs") or []] or [status.get("podIP")]
    return [
        name_of(pod),
        f"{ready}/{total}",
        word,
        restarts.cell(now),
        age_of(pod, now),
        addresses[0] or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(spec, status),
    ]


def _ending(pod: Json) -> list[Json]:
    phase = part(pod, "status").get("phase")
    if phase not in ENDINGS:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": ENDINGS[phase]}]


PODS = Printer(COLUMNS, print_pod, _ending)


@dataclass(slots=True)
class _Restarts:
    """A count of restarts and when the last one began."""

    count: int = 0
    last: datetime | None = None

    def add(self, container: Json) -> None:
        self.count += container.get("restartCount") or 0
        ended = parsed(part(container, "lastState", "terminated").get("finishedAt"))
        if ended is not None and (self.last is None or self.last < ended):
            self.last = ended

    def cell(self, now: datetime) -> str:
        if not self.count or self.last is None:
            return str(self.count)
        return f"{self.count} ({human(now - self.last)} ago)"


def _status(pod: Json, spec: Json, status: Json) -> tuple[str, int, _Restarts]:
    """STATUS, the number of ready containers, and the restarts that count."""
    phase = status.get("phase") or ""
    conditions = status.get("conditions") or []
    word = status.get("reason") or phase
    if any(one["type"] == "PodScheduled" and _gated(one) for one in conditions):
        word = "SchedulingGated"
    waiting_for, ready, all_of_init, of_sidecars = _initialization(spec, status)
    if waiting_for is not None:
        word = waiting_for
    restarts = all_of_init
    if waiting_for is None or is_true(conditions, "Initialized"):
        restarts = of_sidecars
        word, running = _containers(status, word, restarts, conditions)
        ready += running
    if metadata(pod).get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            word = "Unknown"
        elif phase not in ENDINGS:
            word = "Terminating"
    return word, ready, restarts


def _gated(condition: Json) -> bool:
    return bool(condition.get("reason") == "SchedulingGated")


def _initialization(spec: Json, status: Json) -> tuple[str | None, int, _Restarts, _Restarts]:
    """What the pod waits for, ready sidecars, restarts up to there: all, and of sidecars."""
    sidecars = _sidecars(spec)
    everyone, of_sidecars = _Restarts(), _Restarts()
    ready = 0
    for position, container in enumerate(status.get("initContainerStatuses") or []):
        everyone.add(container)
        sidecar = container["name"] in sidecars
        if sidecar:
            of_sidecars.add(container)
        state = part(container, "state")
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended is not None and not ended.get("exitCode"):
            continue
        if sidecar and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if ended is not None:
            word = _end(ended)
        elif waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            word = waiting["reason"]
        else:
            word = f"{position}/{len(spec.get('initContainers') or [])}"
        return f"Init:{word}", ready, everyone, of_sidecars
    return None, ready, everyone, of_sidecars


def _containers(
    status: Json, word: str, restarts: _Restarts, conditions: Iterable[Json]
) -> tuple[str, int]:
    """STATUS after all containers have been asked, last to first, and how many are ready."""
    ready, failure = 0, ""
    for container in reversed(status.get("containerStatuses") or []):
        restarts.add(container)
        state = part(container, "state")
        ended = state.get("terminated")
        if part(state, "waiting").get("reason"):
            word = state["waiting"]["reason"]
        elif ended is not None:
            word = _end(ended)
            if ended.get("exitCode"):
                failure = word
        elif container.get("ready") and state.get("running") is not None:
            ready += 1
    if word == "Completed":
        # Any Ready condition counts that is True, not only the first one.
        if ready and any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
            word = "Running"
        elif failure:
            word = failure
        elif ready:
            word = "NotReady"
    return word, ready


def _end(ended: Json) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode') or 0}"


def _sidecars(spec: Json) -> set[str]:
    found = spec.get("initContainers") or []
    return {one["name"] for one in found if one.get("restartPolicy") == "Always"}


def _gates(spec: Json, status: Json) -> str:
    wanted = [one.get("conditionType") for one in spec.get("readinessGates") or []]
    if not wanted:
        return NONE
    conditions = status.get("conditions") or []
    return f"{sum(is_true(conditions, kind) for kind in wanted)}/{len(wanted)}"
