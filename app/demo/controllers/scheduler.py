"""The scheduler: gives each pod a node that can take it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import NODES, PODS, Json
from app.demo.controllers.kubelet.annotations import Annotations
from app.demo.controllers.reading import Key, deleting, holds, key_of, stamp, uid_of
from app.demo.controllers.work import Work

if TYPE_CHECKING:
    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.recorder import Recorder
    from app.demo.film.film import Film

LATENCY_SECONDS = 0.01
AGAIN_SECONDS = 60.0
"""A pod that found no node is looked at again, at the latest, after so long."""


class Scheduler:
    """Chooses by chance among the nodes that fit: so that no pod's place depends on another's."""

    def __init__(self, film: Film, client: Client, informer: Informer, recorder: Recorder) -> None:
        self._film = film
        self._client = client
        self._informer = informer
        self._recorder = recorder
        self._waiting: dict[Key, None] = {}
        self._work = Work(film, "scheduler", self._sync)
        informer.listen(PODS, self._on_pod)
        informer.listen(NODES, self._on_node)

    def _on_pod(self, before: Json | None, after: Json | None) -> None:
        if after is None:
            if before is not None:
                self._waiting.pop(key_of(before), None)
        elif before is None and not after["spec"].get("nodeName"):
            self._work.add(key_of(after), LATENCY_SECONDS)

    def _on_node(self, before: Json | None, after: Json | None) -> None:
        if (
            after is not None
            and obstacle({"spec": {}}, after) is None
            and (before is None or obstacle({"spec": {}}, before) is not None)
        ):
            for key in self._waiting:
                self._work.add(key, LATENCY_SECONDS)

    def _sync(self, key: Key) -> None:
        pod = self._informer.get(PODS, key)
        if pod is None or pod["spec"].get("nodeName") or deleting(pod):
            self._waiting.pop(key, None)
            return
        if pod["spec"].get("schedulingGates") or Annotations.of(pod).says("schedule", "never"):
            return
        nodes = sorted(self._informer.all(NODES), key=key_of)
        reasons: dict[str, int] = {}
        fitting = []
        for node in nodes:
            why = obstacle(pod, node)
            if why is None:
                fitting.append(node["metadata"]["name"])
            else:
                reasons[why] = reasons.get(why, 0) + 1
        if not fitting:
            self._refuse(pod, len(nodes), reasons)
            return
        self._waiting.pop(key, None)
        chosen = self._film.once(f"place of {'/'.join(key)}").choice(fitting)
        self._client.bind(*key, node=chosen, uid=uid_of(pod))
        text = f"Successfully assigned {'/'.join(key)} to {chosen}"
        self._recorder.normal(pod, "Scheduled", text)

    def _refuse(self, pod: Json, nodes: int, reasons: dict[str, int]) -> None:
        key = key_of(pod)
        parts = ", ".join(sorted(f"{count} {why}" for why, count in reasons.items()))
        text = "no nodes available to schedule pods"
        if nodes:
            none = f"0/{nodes} nodes are available:"
            why = "Preemption is not helpful for scheduling."
            text = f"{none} {parts}. preemption: {none} {nodes} {why}"
        self._recorder.warning(pod, "FailedScheduling", text)
        if key not in self._waiting:
            self._waiting[key] = None
            now = self._film.now()
            told = {
                "type": "PodScheduled",
                "status": "False",
                "lastProbeTime": None,
                "lastTransitionTime": stamp(now),
                "reason": "Unschedulable",
                "message": text,
            }
            self._client.patch_status(PODS, *key, {"status": {"conditions": [told]}})
        self._work.add(key, AGAIN_SECONDS)


def obstacle(pod: Json, node: Json) -> str | None:
    """Why a node cannot take a pod, in the scheduler's words; None: it can."""
    spec = node.get("spec") or {}
    if spec.get("unschedulable"):
        return "node(s) were unschedulable"
    for taint in spec.get("taints") or ():
        if taint["effect"] in {"NoSchedule", "NoExecute"} and not tolerates(pod, taint):
            value = taint.get("value") or ""
            return f"node(s) had untolerated taint(s) {{{taint['key']}: {value}}}"
    labels = node["metadata"].get("labels") or {}
    wanted = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return "node(s) didn't match Pod's node affinity/selector"
    if not holds(node, "Ready"):
        return "node(s) were not ready"
    return None


def tolerates(pod: Json, taint: Json) -> bool:
    """Whether a pod may be on a node with this taint."""
    return toleration(pod, taint) is not None


def toleration(pod: Json, taint: Json) -> Json | None:
    """What lets a pod be on a node with this taint."""
    for one in pod["spec"].get("tolerations") or ():
        if one.get("effect") not in (None, "", taint["effect"]):
            continue
        if one.get("key") not in (None, "", taint["key"]):
            continue
        exists = one.get("operator") == "Exists"
        if exists or (one.get("value") or "") == (taint.get("value") or ""):
            return dict(one)
    return None
