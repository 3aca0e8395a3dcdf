"""A pod's status from the states of its containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.controllers.reading import condition_of, stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.demo.api.kinds import Json
    from app.demo.controllers.kubelet.container import Container

OURS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def phase(init: Sequence[Container], main: Sequence[Container], *, stopped: bool = False) -> str:
    """Where the pod is; `stopped`: all its containers were asked to end, and have."""
    ordinary = [one for one in init if not one.sidecar]
    if any(one.done and not one.succeeded for one in ordinary):
        return "Failed"
    if stopped:
        return "Succeeded" if all(one.succeeded for one in main) else "Failed"
    if any(not one.succeeded for one in ordinary):
        return "Pending"
    if any("waiting" in one.state and not one.last for one in main):
        return "Pending"
    if not all(one.done for one in main):
        return "Running"
    return "Succeeded" if all(one.succeeded for one in main) else "Failed"


def pod_status(
    pod: Json,
    init: Sequence[Container],
    main: Sequence[Container],
    now: datetime,
    *,
    began: datetime,
    sandbox: bool,
    addresses: tuple[str, str],
    stopped: bool = False,
) -> Json:
    """What the kubelet reports: everything that is its to say.

    `addresses` are the node's and the pod's; the pod has its own once it has a `sandbox`.
    """
    word = phase(init, main, stopped=stopped)
    host, own = addresses
    status: Json = {
        "phase": word,
        "startTime": stamp(began),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "conditions": _conditions(pod, init, main, now, word, sandbox=sandbox),
        "containerStatuses": [one.status() for one in main],
    }
    if init:
        status["initContainerStatuses"] = [one.status() for one in init]
    if sandbox or stopped:
        status |= {"podIP": own, "podIPs": [{"ip": own}]}
    if "generation" in pod["metadata"]:
        status["observedGeneration"] = pod["metadata"]["generation"]
    return status


def _conditions(
    pod: Json,
    init: Sequence[Container],
    main: Sequence[Container],
    now: datetime,
    word: str,
    *,
    sandbox: bool,
) -> list[Json]:
    over = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(word)
    pending = [one.name for one in init if not (one.succeeded or (one.sidecar and one.started))]
    running = [one for one in [*init, *main] if one.sidecar or not one.init]
    unready = [one.name for one in running if not one.ready]
    gates = [
        gate["conditionType"]
        for gate in pod["spec"].get("readinessGates") or ()
        if (condition_of(pod, gate["conditionType"]) or {}).get("status") != "True"
    ]
    lacking = f"containers with unready status: [{' '.join(unready)}]"
    containers = over or ("ContainersNotReady" if unready else "")
    ready = containers or ("ReadinessGatesNotReady" if gates else "")
    ready_text = "" if over else lacking if unready else ""
    if not ready_text and gates and not over:
        ready_text = f'corresponding condition of pod readiness gate "{gates[0]}" does not exist.'
    initialized: tuple[bool, str, str] = (True, "PodCompleted" if word == "Succeeded" else "", "")
    if pending and word not in {"Succeeded", "Running"}:
        text = f"containers with incomplete status: [{' '.join(pending)}]"
        initialized = (False, "ContainersNotInitialized", text)
    told = {
        "PodReadyToStartContainers": (sandbox and not over, "", ""),
        "Initialized": initialized,
        "Ready": (not ready, ready, ready_text),
        "ContainersReady": (not containers, containers, "" if over or not unready else lacking),
        "PodScheduled": (True, "", ""),
    }
    others = [
        dict(one)
        for one in (pod.get("status") or {}).get("conditions") or ()
        if one["type"] not in OURS
    ]
    return [*(_condition(pod, kind, *said, now) for kind, said in told.items()), *others]


def _condition(pod: Json, kind: str, value: bool, reason: str, message: str, now: datetime) -> Json:
    """A condition keeps the time of its last change while its status stays."""
    known = condition_of(pod, kind)
    word = "True" if value else "False"
    same = known is not None and known["status"] == word
    moment = known["lastTransitionTime"] if known is not None and same else stamp(now)
    found: Json = {
        "type": kind,
        "status": word,
        "lastProbeTime": None,
        "lastTransitionTime": moment,
    }
    if reason:
        found["reason"] = reason
    if message:
        found["message"] = message
    return found
