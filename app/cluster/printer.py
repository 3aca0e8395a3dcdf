"""The columns of `kubectl get`, computed as the API server's own printer computes them.

The rules, their order and their oddities are those of `printPod` and `printJob` in
pkg/printers/internalversion/printers.go of Kubernetes 1.36; every branch here has its twin there.
Whoever knows kubectl must find the same words on our pages, also where the words are strange.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.cluster.metadata import is_true

if TYPE_CHECKING:
    from datetime import datetime

    from app.cluster.projections.containers import ContainerStatus, Termination
    from app.cluster.projections.jobs import JobRecord
    from app.cluster.projections.pods import PodRecord


@dataclass(frozen=True, slots=True)
class PodColumns:
    """STATUS, both halves of READY, both parts of RESTARTS (`3 (5m ago)`)."""

    status: str
    ready: int
    total: int
    restarts: int
    last_restart: datetime | None


@dataclass(slots=True)
class _Restarts:
    """A count of restarts, and when the latest of them began."""

    count: int = 0
    latest: datetime | None = None

    def add(self, status: ContainerStatus) -> None:
        self.count += status.restarts
        finished = status.last.finished_at if status.last is not None else None
        if finished is not None and (self.latest is None or finished > self.latest):
            self.latest = finished


def print_pod(pod: PodRecord) -> PodColumns:
    """The columns of one pod."""
    status = pod.reason or pod.phase
    if any(
        found.type == "PodScheduled" and found.reason == "SchedulingGated"
        for found in pod.conditions
    ):
        status = "SchedulingGated"

    # Until initialisation ends the restarts of all init containers count, afterwards only those
    # of sidecars. A pod that starts again keeps both: the column then follows the condition.
    before, restarts = _Restarts(), _Restarts()
    ready = 0
    initializing = None
    for position, container in enumerate(pod.init_statuses):
        sidecar = container.name in pod.sidecars
        before.add(container)
        if sidecar:
            restarts.add(container)
        if container.terminated is not None and container.terminated.exit_code == 0:
            continue
        if sidecar and container.started:
            ready += container.ready
            continue
        initializing = _initializing(container, position, len(pod.init_containers))
        break

    if initializing is not None and not is_true(pod.conditions, "Initialized"):
        status, restarts = initializing, before
    else:
        status, running = _main_containers(pod, initializing or status, restarts)
        ready += running

    if pod.deleted_at is not None:
        if pod.reason == "NodeLost":
            status = "Unknown"
        elif pod.phase not in {"Succeeded", "Failed"}:
            status = "Terminating"

    return PodColumns(
        status=status,
        ready=ready,
        total=len(pod.containers) + len(pod.sidecars),
        restarts=restarts.count,
        last_restart=restarts.latest if restarts.count else None,
    )


def _initializing(container: ContainerStatus, position: int, total: int) -> str:
    """STATUS while this init container holds the pod back."""
    if container.terminated is not None:
        return f"Init:{_ended(container.terminated)}"
    if container.waiting is not None and container.waiting.reason not in {"", "PodInitializing"}:
        return f"Init:{container.waiting.reason}"
    return f"Init:{position}/{total}"


def _main_containers(pod: PodRecord, status: str, restarts: _Restarts) -> tuple[str, int]:
    """STATUS and the number of ready containers; adds their restarts to `restarts`.

    From last to first, so that the first container that has something to say has the last word.
    """
    ready = 0
    failure = ""
    for container in reversed(pod.statuses):
        restarts.add(container)
        if container.waiting is not None and container.waiting.reason:
            status = container.waiting.reason
        elif container.terminated is not None:
            status = _ended(container.terminated)
            if container.terminated.exit_code != 0:
                failure = status
        elif container.ready and container.running:
            ready += 1
    if status == "Completed":
        # Any Ready condition that is True counts here, not the first one alone.
        if ready and any(one.type == "Ready" and one.status == "True" for one in pod.conditions):
            return "Running", ready
        if failure:
            return failure, ready
        if ready:
            return "NotReady", ready
    return status, ready


def _ended(termination: Termination) -> str:
    if termination.reason:
        return termination.reason
    if termination.signal:
        return f"Signal:{termination.signal}"
    return f"ExitCode:{termination.exit_code}"


def print_job_status(job: JobRecord) -> str:
    """The STATUS column of a Job."""
    if is_true(job.conditions, "Complete"):
        return "Complete"
    if is_true(job.conditions, "Failed"):
        return "Failed"
    if job.deleted_at is not None:
        return "Terminating"
    for condition in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if is_true(job.conditions, condition):
            return condition
    return "Running"
