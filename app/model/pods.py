"""Pods, as a person reads them."""

from __future__ import annotations

from typing import Literal

from app.model.wire import Count, Timestamp, Wire

PodPhase = Literal["Running", "Pending", "Failed", "Succeeded", "Unknown"]


class PodSummary(Wire):
    """A pod for the summary audience: what a wall may show to everyone who passes."""

    name: str
    phase: PodPhase
    ready_containers: Count
    total_containers: Count
    restart_count: Count
    last_restart_time: Timestamp | None = None
    namespace: str | None = None
    uid: str | None = None
    reason: str | None = None
    """What the STATUS column of `kubectl get pods` says."""
    owner: str | None = None
    """Who made it; for a ReplicaSet's pod the name without the pod-template-hash."""
    created_at: Timestamp | None = None


class PodHealth(Wire):
    """A pod for the detail audience: the summary, why it is so, and where it runs."""

    name: str
    """The pod's name."""
    phase: PodPhase
    """The phase, which says little: `reason` is what people read."""
    ready_containers: Count
    """Containers that are ready, sidecars among them."""
    total_containers: Count
    """Containers by the spec, sidecars among them."""
    restart_count: Count
    """Restarts of all of them."""
    last_restart_time: Timestamp | None = None
    """When a container last ended before a restart."""
    namespace: str | None = None
    """The pod's namespace."""
    uid: str | None = None
    """Which pod it is, whatever it is called."""
    reason: str | None = None
    """What the STATUS column of `kubectl get pods` says."""
    message: str | None = None
    """The sentence behind `reason`, in the cluster's words."""
    owner: str | None = None
    """Who made it; for a ReplicaSet's pod the name without the pod-template-hash."""
    node: str | None = None
    """Where it runs."""
    created_at: Timestamp | None = None
    """When it was made."""


def summarize_pod(pod: PodHealth) -> PodSummary:
    """The pod as the summary audience reads it."""
    return PodSummary(
        name=pod.name,
        phase=pod.phase,
        ready_containers=pod.ready_containers,
        total_containers=pod.total_containers,
        restart_count=pod.restart_count,
        last_restart_time=pod.last_restart_time,
        namespace=pod.namespace,
        uid=pod.uid,
        reason=pod.reason,
        owner=pod.owner,
        created_at=pod.created_at,
    )
