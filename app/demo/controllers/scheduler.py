"""The scheduler: gives each pod a node that can take it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
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
MOST_WISHES = 256
"""So many ways in which pods ask for a node are remembered."""
AGAIN_SECONDS = 60.0
"""A pod that found no node is looked at again, at the latest, after so long."""


@dataclass(frozen=True, slots=True)
class Places:
    """The nodes that can take a pod, by name, and how many others cannot, by why."""

    fitting: tuple[str, ...]
    reasons: Counter[str]


class Scheduler:
    """Chooses by chance among the nodes that fit: so that no pod's place depends on another's."""

    def __init__(self, film: Film, client: Client, informer: Informer, recorder: Recorder) -> None:
        self._film = film
        self._client = client
        self._informer = informer
        self._recorder = recorder
        self._waiting: dict[Key, None] = {}
        self._places: dict[str, Places] = {}
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
        if before is None or after is None or _offer(before) != _offer(after):
            self._places.clear()
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
        places = self._places_for(pod)
        if not places.fitting:
            self._refuse(pod, places)
            return
        self._waiting.pop(key, None)
        chosen = self._film.once(f"place of {'/'.join(key)}").choice(places.fitting)
        self._client.bind(*key, node=chosen, uid=uid_of(pod))
        text = f"Successfully assigned {'/'.join(key)} to {chosen}"
        self._recorder.normal(pod, "Scheduled", text)

    def _places_for(self, pod: Json) -> Places:
        """What pods that ask for the same are offered, looked for once until a node changes."""
        spec = pod["spec"]
        wish = json.dumps([spec.get("tolerations"), spec.get("nodeSelector")], sort_keys=True)
        found = self._places.get(wish)
        if found is None:
            if len(self._places) >= MOST_WISHES:
                self._places.clear()
            found = self._places[wish] = self._look(pod)
        return found

    def _look(self, pod: Json) -> Places:
        fitting = []
        reasons: Counter[str] = Counter()
        for node in sorted(self._informer.all(NODES), key=key_of):
            why = obstacle(pod, node)
            if why is None:
                fitting.append(node["metadata"]["name"])
            else:
                reasons[why] += 1
        return Places(tuple(fitting), reasons)

    def _refuse(self, pod: Json, places: Places) -> None:
        key = key_of(pod)
        nodes = places.reasons.total()
        parts = ", ".join(sorted(f"{count} {why}" for why, count in places.reasons.items()))
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


def _offer(node: Json) -> Json:
    """All of a node that `obstacle` asks for; its kubelet writes more, and often."""
    spec = node.get("spec") or {}
    return {
        "unschedulable": spec.get("unschedulable"),
        "taints": spec.get("taints"),
        "labels": node["metadata"].get("labels"),
        "ready": holds(node, "Ready"),
    }


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
