"""Nodes that are not heard of: what the cluster believes about them and their pods."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.api.kinds import LEASES, NODES, PODS, Json
from app.demo.controllers.reading import (
    Key,
    active,
    condition_of,
    deleting,
    key_of,
    moment_of,
    stamp,
    uid_of,
)
from app.demo.controllers.scheduler import toleration
from app.demo.controllers.work import Work

if TYPE_CHECKING:
    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.recorder import Recorder
    from app.demo.film.film import Film

GRACE_SECONDS = 50.0
"""Without a renewed Lease for so long a node counts as lost."""
EVICTION_SECONDS = 300
"""What every pod tolerates unless it says otherwise."""
UNREACHABLE = "node.kubernetes.io/unreachable"


class NodeLifecycleController:
    """Marks lost nodes and their pods, and deletes the pods in the end."""

    def __init__(
        self,
        film: Film,
        client: Client,
        informer: Informer,
        recorder: Recorder,
        evictor: Recorder,
    ) -> None:
        self._film = film
        self._client = client
        self._informer = informer
        self._recorder = recorder
        self._evictor = evictor
        self._work = Work(film, "node", self._sync)
        self._evictions = Work(film, "eviction", self._evict)
        informer.listen(LEASES, self._on_lease)
        informer.listen(NODES, self._on_node)

    def _on_lease(self, before: Json | None, after: Json | None) -> None:
        # A Lease is looked at only when it should have been renewed, so a beat wakes nobody.
        if before is None and after is not None:
            self._work.add(("", key_of(after)[1]), GRACE_SECONDS)

    def _on_node(self, before: Json | None, after: Json | None) -> None:
        if before is None or after is None:
            return
        was = (condition_of(before, "Ready") or {}).get("status")
        now = (condition_of(after, "Ready") or {}).get("status")
        if now == "True" and was != "True":
            self._recover(after)

    def watch(self) -> None:
        """The past is over: from now on silence means something."""
        for lease in self._informer.all(LEASES):
            self._work.add(("", key_of(lease)[1]), GRACE_SECONDS)

    def _sync(self, key: Key) -> None:
        node = self._informer.get(NODES, key)
        lease = self._informer.get(LEASES, ("kube-node-lease", key[1]))
        if node is None or lease is None or not self._film.begun:
            return
        renewed = moment_of(lease["spec"]["renewTime"])
        limit = timedelta(seconds=GRACE_SECONDS / self._film.speed)
        if renewed + limit > self._film.now():
            self._work.add_at(key, renewed + limit)
            return
        ready = condition_of(node, "Ready")
        if ready is not None and ready["status"] != "Unknown":
            self._mark(node)
        self._work.add(key, GRACE_SECONDS)

    def _mark(self, node: Json) -> None:
        now = self._film.now()
        told = [
            {
                **condition,
                "status": "Unknown",
                "lastTransitionTime": stamp(now),
                "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status.",
            }
            for condition in node["status"]["conditions"]
        ]
        name = node["metadata"]["name"]
        self._client.patch_status(NODES, "", name, {"status": {"conditions": told}})
        self._recorder.normal(node, "NodeNotReady", f"Node {name} status is now: NodeNotReady")
        taints = [
            {"key": UNREACHABLE, "effect": effect, "timeAdded": stamp(now)}
            for effect in ("NoSchedule", "NoExecute")
        ]
        self._client.patch(NODES, "", name, {"spec": {"taints": taints}})
        for pod in self._pods(name):
            self._unready(pod)
            seconds = _tolerated(pod, taints[1])
            if seconds is not None:
                self._evictions.add(key_of(pod), float(seconds))

    def _unready(self, pod: Json) -> None:
        conditions = [dict(one) for one in (pod.get("status") or {}).get("conditions") or ()]
        for condition in conditions:
            if condition["type"] == "Ready" and condition["status"] != "False":
                condition |= {"status": "False", "lastTransitionTime": stamp(self._film.now())}
                change = {"status": {"conditions": conditions}}
                self._client.patch_status(PODS, *key_of(pod), change)
                self._recorder.warning(pod, "NodeNotReady", "Node is not ready")

    def _evict(self, key: Key) -> None:
        pod = self._informer.get(PODS, key)
        if pod is None or deleting(pod):
            return
        node = self._informer.get(NODES, ("", pod["spec"].get("nodeName") or ""))
        taints = {} if node is None else (node.get("spec") or {})
        if any(taint["key"] == UNREACHABLE for taint in taints.get("taints") or ()):
            text = f"Marking for deletion Pod {'/'.join(key)}"
            self._evictor.normal(pod, "TaintManagerEviction", text)
            self._client.delete(PODS, *key, uid=uid_of(pod))

    def _recover(self, node: Json) -> None:
        name = node["metadata"]["name"]
        taints = (node.get("spec") or {}).get("taints") or ()
        kept = [taint for taint in taints if taint["key"] != UNREACHABLE]
        if len(kept) == len(taints):
            return
        self._client.patch(NODES, "", name, {"spec": {"taints": kept or None}})
        self._recorder.normal(node, "NodeReady", f"Node {name} status is now: NodeReady")
        for pod in self._pods(name):
            if active(pod):
                text = f"Cancelling deletion of Pod {'/'.join(key_of(pod))}"
                self._evictor.normal(pod, "TaintManagerEviction", text)

    def _pods(self, node: str) -> list[Json]:
        return [
            pod
            for pod in self._informer.all(PODS)
            if pod["spec"].get("nodeName") == node and not deleting(pod)
        ]


def _tolerated(pod: Json, taint: Json) -> int | None:
    """How long a pod stays on a lost node; None: for ever."""
    found = toleration(pod, taint)
    if found is None:
        return EVICTION_SECONDS
    seconds = found.get("tolerationSeconds")
    return None if seconds is None else max(0, int(seconds))
