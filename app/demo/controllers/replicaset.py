"""ReplicaSets: as many pods as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import PODS, REPLICA_SETS, Json
from app.demo.api.moments import later
from app.demo.controllers.reading import (
    Key,
    active,
    condition_of,
    controller_of,
    deleting,
    difference,
    ended,
    from_template,
    holds,
    key_of,
    moment_of,
    owner_reference,
    phase_of,
    uid_of,
)
from app.demo.controllers.work import Work

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.recorder import Recorder
    from app.demo.film.film import Film

BURST = 500
"""More pods than this are not made or deleted at once."""


class ReplicaSetController:
    """Makes missing pods, deletes surplus ones, and counts."""

    def __init__(self, film: Film, client: Client, informer: Informer, recorder: Recorder) -> None:
        self._film = film
        self._client = client
        self._informer = informer
        self._recorder = recorder
        self._work = Work(film, "replicaset", self._sync)
        informer.listen(REPLICA_SETS, self._on_replica_set)
        informer.listen(PODS, self._on_pod)

    def _on_replica_set(self, before: Json | None, after: Json | None) -> None:
        if after is not None:
            self._work.add(key_of(after))

    def _on_pod(self, before: Json | None, after: Json | None) -> None:
        pod = after or before
        reference = None if pod is None else controller_of(pod)
        if pod is not None and reference is not None and reference["kind"] == "ReplicaSet":
            self._work.add((key_of(pod)[0], reference["name"]))

    def _sync(self, key: Key) -> None:
        replica_set = self._informer.get(REPLICA_SETS, key)
        if replica_set is None:
            return
        pods = self._informer.controlled(PODS, uid_of(replica_set))
        counted = [pod for pod in pods if active(pod)]
        now = self._film.now()
        leaving = sum(deleting(pod) and not ended(pod) for pod in pods)
        status = replica_status(replica_set, counted, leaving, now)
        if not deleting(replica_set):
            missing = replica_set["spec"]["replicas"] - len(counted)
            for _ in range(min(missing, BURST)):
                self._create(replica_set)
            for pod in surplus(counted, now)[: min(-missing, BURST)] if missing < 0 else ():
                self._delete(replica_set, pod)
        before = replica_set.get("status") or {}
        if status != before:
            change = {"status": difference(before, status)}
            self._client.patch_status(REPLICA_SETS, *key, change)
        waiting = [
            moment for pod in counted if (moment := available_at(replica_set, pod)) and moment > now
        ]
        if waiting:
            self._work.add_at(key, min(waiting))

    def _create(self, replica_set: Json) -> None:
        namespace, name = key_of(replica_set)
        reference = owner_reference(REPLICA_SETS, replica_set)
        pod = from_template(replica_set["spec"]["template"], reference, f"{name}-", namespace)
        made = self._client.create(PODS, pod)
        message = f"Created pod: {made['metadata']['name']}"
        self._recorder.normal(replica_set, "SuccessfulCreate", message)

    def _delete(self, replica_set: Json, pod: Json) -> None:
        self._client.delete(PODS, *key_of(pod), uid=uid_of(pod))
        message = f"Deleted pod: {pod['metadata']['name']}"
        self._recorder.normal(replica_set, "SuccessfulDelete", message)


def available_at(replica_set: Json, pod: Json) -> datetime | None:
    """When a pod has been ready for long enough; None while it is not ready."""
    ready = condition_of(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    seconds = replica_set["spec"].get("minReadySeconds") or 0
    return later(moment_of(ready["lastTransitionTime"]), seconds)


def replica_status(replica_set: Json, pods: list[Json], leaving: int, now: datetime) -> Json:
    """What the status is to say when these are the pods that count, and so many are leaving."""
    wanted = replica_set["spec"]["template"]["metadata"].get("labels") or {}
    status: Json = dict(replica_set.get("status") or {})
    labelled = sum(wanted.items() <= (pod["metadata"].get("labels") or {}).items() for pod in pods)
    available = [available_at(replica_set, pod) for pod in pods]
    counts = {
        "fullyLabeledReplicas": labelled,
        "readyReplicas": sum(holds(pod, "Ready") for pod in pods),
        "availableReplicas": sum(moment is not None and moment <= now for moment in available),
    }
    for name in counts:
        status.pop(name, None)
    status["replicas"] = len(pods)
    status |= {name: count for name, count in counts.items() if count}
    status["terminatingReplicas"] = leaving
    status["observedGeneration"] = replica_set["metadata"].get("generation", 1)
    return status


def surplus(pods: list[Json], now: datetime) -> list[Json]:
    """The pods in the order in which they may go: the least useful first."""

    def usefulness(pod: Json) -> tuple[object, ...]:
        ready = condition_of(pod, "Ready") or {}
        since = moment_of(ready["lastTransitionTime"]) if holds(pod, "Ready") else now
        statuses = pod.get("status", {}).get("containerStatuses") or ()
        restarts = max((status["restartCount"] for status in statuses), default=0)
        made = moment_of(pod["metadata"]["creationTimestamp"])
        return (
            bool(pod["spec"].get("nodeName")),
            {"Pending": 0, "Unknown": 1}.get(phase_of(pod), 2),
            holds(pod, "Ready"),
            now - since,
            -restarts,
            now - made,
            pod["metadata"]["name"],
        )

    return sorted(pods, key=usefulness)
