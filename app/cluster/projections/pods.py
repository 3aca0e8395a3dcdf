"""Pods: what is read of one, the record that is kept, and the value that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NotRequired, cast

from typing_extensions import TypedDict

from app.cluster.metadata import (
    Condition,
    Metadata,
    RawCondition,
    RawObject,
    is_true,
    read_conditions,
    read_metadata,
    sentence,
    word,
)
from app.cluster.printer import print_pod
from app.cluster.projection import Projection, Resource
from app.cluster.projections.containers import ContainerStatus, RawContainerStatus, read_container
from app.model import PodHealth, PodPhase

PHASES = frozenset({"Running", "Pending", "Failed", "Succeeded"})
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
TEMPLATE_HASH = "pod-template-hash"


class RawContainer(TypedDict):
    """One container of the spec; environment and command are never read."""

    name: str
    restartPolicy: NotRequired[str | None]


class RawPodSpec(TypedDict, total=False):
    """The part of the spec that is read."""

    nodeName: str | None
    containers: list[RawContainer] | None
    initContainers: list[RawContainer] | None


class RawPodStatus(TypedDict, total=False):
    """The part of the status that is read."""

    phase: str | None
    reason: str | None
    message: str | None
    conditions: list[RawCondition] | None
    containerStatuses: list[RawContainerStatus] | None
    initContainerStatuses: list[RawContainerStatus] | None


class RawPod(RawObject):
    """The part of a Pod that is read."""

    spec: NotRequired[RawPodSpec | None]
    status: NotRequired[RawPodStatus | None]


@dataclass(frozen=True, slots=True)
class PodRecord(Metadata):
    """A pod: its containers by the spec, and what the kubelet says about them, in its order."""

    phase: str
    reason: str
    message: str
    node: str
    conditions: tuple[Condition, ...]
    containers: tuple[str, ...]
    init_containers: tuple[str, ...]
    sidecars: frozenset[str]
    """Init containers that are restarted always: they run beside the main ones."""
    statuses: tuple[ContainerStatus, ...]
    init_statuses: tuple[ContainerStatus, ...]
    main_container: str
    """The annotated default container, else the first of the spec; empty when there is none."""

    @property
    def exit_code(self) -> int | None:
        """What the main container's process gave, None while it runs or when nobody knows."""
        for status in self.statuses:
            if status.name == self.main_container and status.terminated is not None:
                return status.terminated.exit_code
        return None


def read_pod(raw: RawPod) -> PodRecord:
    """The record of one pod."""
    spec = raw.get("spec") or RawPodSpec()
    status = raw.get("status") or RawPodStatus()
    containers = tuple(word(one["name"]) for one in spec.get("containers") or ())
    init_containers = spec.get("initContainers") or ()
    annotated = (raw["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER)
    return PodRecord(
        **read_metadata(raw["metadata"]),
        phase=word(status.get("phase")),
        reason=word(status.get("reason")),
        message=sentence(status.get("message")),
        node=word(spec.get("nodeName")),
        conditions=read_conditions(status.get("conditions")),
        containers=containers,
        init_containers=tuple(word(one["name"]) for one in init_containers),
        sidecars=frozenset(
            word(one["name"]) for one in init_containers if one.get("restartPolicy") == "Always"
        ),
        statuses=tuple(map(read_container, status.get("containerStatuses") or ())),
        init_statuses=tuple(map(read_container, status.get("initContainerStatuses") or ())),
        main_container=annotated if annotated in containers else next(iter(containers), ""),
    )


def pod_health(pod: PodRecord) -> PodHealth:
    """The pod as the detail audience reads it; its columns are kubectl's."""
    columns = print_pod(pod)
    return PodHealth(
        name=pod.name,
        # The cast is checked by the set: what is not a phase we know is Unknown.
        phase=cast("PodPhase", pod.phase) if pod.phase in PHASES else "Unknown",
        ready_containers=columns.ready,
        total_containers=columns.total,
        restart_count=columns.restarts,
        last_restart_time=columns.last_restart,
        namespace=pod.namespace,
        uid=pod.uid,
        reason=columns.status or None,
        message=explain(pod) or None,
        owner=owner_name(pod),
        node=pod.node or None,
        created_at=pod.created_at,
    )


def owner_name(pod: PodRecord) -> str | None:
    """Who made the pod; a ReplicaSet is named as its Deployment is, without the template hash.

    Nobody made one that a kubelet runs by itself: what it calls owner is the node that it is on.
    """
    if (owner := pod.controller) is None or owner.kind == "Node":
        return None
    suffix = f"-{pod.labels.get(TEMPLATE_HASH, '')}"
    if owner.kind == "ReplicaSet" and len(suffix) > 1 and owner.name.endswith(suffix):
        return owner.name[: -len(suffix)]
    return owner.name


def explain(pod: PodRecord) -> str:
    """The sentence behind the STATUS column, empty when nothing needs one.

    The pod's own message wins; then what a container waits for, why no node took the pod, and last
    why a running pod is not ready. How a container ended is not told: it wrote that itself.
    """
    if pod.message:
        return pod.message
    for status in (*pod.init_statuses, *pod.statuses):
        if status.waiting is not None and status.waiting.message:
            return status.waiting.message
    blocking = "PodScheduled" if pod.phase == "Pending" else "Ready"
    if pod.phase in {"Pending", "Running"} and not is_true(pod.conditions, blocking):
        return next((found.message for found in pod.conditions if found.type == blocking), "")
    return ""


PODS = Projection("pods", Resource("", "v1", "pods", "Pod"), RawPod, read_pod)
