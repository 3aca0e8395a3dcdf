"""What can be wrong with a pod: a function of its record.

Finished pods are nobody's trouble, they only may tell that they were evicted. What a pod of a Job
does is the Job's: it is told, and does not count against health. A pod that is being deleted is
not judged, unless nobody hears of its node: then it will stay like that.

Nodes are not watched. That one is lost shows in its pods: only the node controller says that a pod
is not ready while all of its containers are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cluster.projections.pods import owner_name
from app.derive.incidents.finding import Finding, source_tokens
from app.derive.incidents.kinds import (
    NODE_LOST,
    POD_CONFIG,
    POD_CRASH_LOOP,
    POD_EVICTED,
    POD_IMAGE,
    POD_LOST,
    POD_OOM_KILLED,
    POD_PENDING,
    POD_RESTARTING,
    POD_UNREADY,
)
from app.model import EVERYWHERE, ObjectReference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.cluster.metadata import Condition
    from app.cluster.projections.containers import ContainerStatus, Termination
    from app.cluster.projections.pods import PodRecord
    from app.derive.incidents.finding import Kind

WAITING = {
    "CrashLoopBackOff": POD_CRASH_LOOP,
    "ErrImagePull": POD_IMAGE,
    "ImagePullBackOff": POD_IMAGE,
    "InvalidImageName": POD_IMAGE,
    "ErrImageNeverPull": POD_IMAGE,
    "ImageInspectError": POD_IMAGE,
    "RegistryUnavailable": POD_IMAGE,
    "SignatureValidationFailed": POD_IMAGE,
    "CreateContainerConfigError": POD_CONFIG,
}
"""What a container waits for, in the kubelet's words, and which incident that is."""

FINISHED = frozenset({"Succeeded", "Failed"})


def pod_findings(
    pod: PodRecord, *, restarting: bool = False, unmounted: str = ""
) -> tuple[Finding, ...]:
    """What is wrong with the pod.

    `restarting`: it restarted too often of late, which one record cannot know. `unmounted`: what
    the kubelet says of a volume without which it cannot start.
    """
    if pod.phase in FINISHED:
        if pod.reason != "Evicted":
            return ()
        return (_finding(pod, POD_EVICTED, "Its node was short of something.", _last(pod)),)
    ready = _condition(pod, "Ready")
    if _unheard(pod, ready):
        return _lost(pod, ready)
    if pod.deleted_at is not None:
        return ()
    return tuple(_living(pod, ready, restarting=restarting, unmounted=unmounted))


def _living(
    pod: PodRecord, ready: Condition | None, *, restarting: bool, unmounted: str
) -> Iterator[Finding]:
    waits = _waits(pod)
    killed = None
    for status in (*pod.init_statuses, *pod.statuses):
        found = _killed(status)
        if found is not None and (killed is None or _later(found, killed)):
            killed = found
    if waits is not None:
        kind, container = waits
        yield _finding(pod, kind, _why(kind, container), None, container=container)
    elif unmounted and pod.phase == "Pending":
        yield _finding(pod, POD_CONFIG, "A volume cannot be mounted.", None, message=unmounted)
    if killed is not None:
        reason = f"A container took more memory than it may have (exit code {killed.exit_code})."
        yield _finding(pod, POD_OOM_KILLED, reason, killed.finished_at)
    if restarting:
        yield _finding(pod, POD_RESTARTING, "At least 3 restarts within 10 minutes.", None)
    if pod.phase == "Pending":
        yield from _pending(pod)
    elif ready is not None and ready.status != "True" and not _is_of_job(pod):
        reason = "It runs and is not ready for what it is there for."
        yield _finding(pod, POD_UNREADY, reason, ready.since, message=ready.message)


def _pending(pod: PodRecord) -> Iterator[Finding]:
    scheduled = _condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.reason == "SchedulingGated":
        # Somebody holds it back on purpose.
        return
    if scheduled is None or scheduled.status != "True":
        message = "" if scheduled is None else scheduled.message
        yield _finding(pod, POD_PENDING, "No node takes it.", pod.created_at, message=message)
    else:
        since = scheduled.since or pod.created_at
        reason = "It has a node, and has not started there."
        if any(status.running for status in pod.init_statuses if status.name not in pod.sidecars):
            reason = "It waits for one of its init containers to end."
        yield _finding(pod, POD_PENDING, reason, since)


def _lost(pod: PodRecord, ready: Condition | None) -> tuple[Finding, ...]:
    since = None if ready is None else ready.since
    node = Finding(
        NODE_LOST,
        EVERYWHERE,
        pod.node,
        ObjectReference(kind="Node", name=pod.node),
        "A pod on it is not heard of.",
        since=since,
        member=f"Pod/{pod.namespace}/{pod.name}",
        claims=(_node_token(pod),),
        under=source_tokens("pods", pod.namespace),
    )
    return (node, _finding(pod, POD_LOST, "Nobody hears of its node.", since))


def _unheard(pod: PodRecord, ready: Condition | None) -> bool:
    if not pod.node:
        return False
    if pod.reason == "NodeLost":
        return True
    containers = _condition(pod, "ContainersReady")
    return (
        ready is not None
        and ready.status == "False"
        and not ready.reason
        and containers is not None
        and containers.status == "True"
    )


def _waits(pod: PodRecord) -> tuple[Kind, ContainerStatus] | None:
    for status in (*pod.init_statuses, *pod.statuses):
        if status.waiting is not None and (kind := WAITING.get(status.waiting.reason)) is not None:
            return kind, status
    return None


def _killed(status: ContainerStatus) -> Termination | None:
    for ended in (status.terminated, status.last):
        if ended is not None and ended.reason == "OOMKilled":
            return ended
    return None


def _later(one: Termination, other: Termination) -> bool:
    if one.finished_at is None or other.finished_at is None:
        return other.finished_at is None
    return one.finished_at > other.finished_at


def _why(kind: Kind, container: ContainerStatus) -> str:
    if kind is POD_IMAGE:
        return "The image of a container cannot be had."
    if kind is POD_CONFIG:
        return "A container cannot be made with what it is configured to use."
    if container.last is None:
        return "A container ends as soon as it is started."
    return f"The last run of a container ended with exit code {container.last.exit_code}."


def _finding(
    pod: PodRecord,
    kind: Kind,
    reason: str,
    since: datetime | None,
    *,
    message: str = "",
    container: ContainerStatus | None = None,
) -> Finding:
    """One finding, with what explains it: source, node, Job, and what is worse in the same pod."""
    if container is not None and container.waiting is not None:
        message = container.waiting.message
    place = f"{pod.namespace}/{pod.name}"
    owner = pod.controller
    under = source_tokens("pods", pod.namespace)
    if pod.node:
        under += (_node_token(pod),)
    if owner is not None and owner.kind == "Job":
        under += (f"job {pod.namespace}/{owner.name}",)
    claims: tuple[str, ...] = ()
    if kind in (POD_CRASH_LOOP, POD_IMAGE, POD_CONFIG):
        claims = (f"pod {place}",)
    else:
        under += (f"pod {place}",)
    if kind is POD_OOM_KILLED:
        claims = (f"memory {place}",)
    elif kind is POD_RESTARTING:
        under += (f"memory {place}",)
    return Finding(
        kind,
        pod.namespace,
        owner_name(pod) or pod.name,
        ObjectReference(kind="Pod", namespace=pod.namespace, name=pod.name),
        reason,
        message=message,
        since=since,
        lasting=kind.lasting,
        severity="info" if _is_of_job(pod) else None,
        claims=claims,
        under=under,
    )


def _node_token(pod: PodRecord) -> str:
    return f"node {pod.node}"


def _is_of_job(pod: PodRecord) -> bool:
    return any(owner.kind == "Job" for owner in pod.owners)


def _condition(pod: PodRecord, type_: str) -> Condition | None:
    return next((found for found in pod.conditions if found.type == type_), None)


def _last(pod: PodRecord) -> datetime | None:
    """When something last changed about a finished pod, as far as it says so."""
    told = [found.since for found in pod.conditions if found.since is not None]
    return max(told, default=pod.created_at)
