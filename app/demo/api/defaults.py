"""What the API server fills in: defaults of the API and of the usual admission plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api import kinds
from app.demo.api.pod_defaults import admit_pod, fill_pod_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.ports import Identities

UID_LABEL, NAME_LABEL = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"


def set_defaults(kind: Kind, value: Json) -> None:
    """Fill in, in place, what a new or changed object leaves open. Twice is as good as once."""
    filler = FILLERS.get(kind)
    if filler is not None:
        filler(value)


def set_admitted(kind: Kind, value: Json, identities: Identities) -> None:
    """Fill in, in place, what only a new object gets."""
    if kind.status:
        # Nodes alone may report at once.
        value["status"] = value.get("status", {}) if kind is kinds.NODES else {}
    if kind is kinds.PODS:
        admit_pod(value, identities)
    elif kind is kinds.JOBS:
        _select_own_pods(value)
    elif kind is kinds.NAMESPACES:
        value["spec"] = {"finalizers": ["kubernetes"]}
        value["status"] = {"phase": "Active"}
    elif kind is kinds.SERVICES:
        value["status"] = {"loadBalancer": {}}


# ---- what makes pods


def _fill_template(spec: Json) -> None:
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    fill_pod_spec(template.setdefault("spec", {}))


def _fill_pod(value: Json) -> None:
    fill_pod_spec(value.setdefault("spec", {}))


def _fill_deployment(value: Json) -> None:
    spec = value.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _fill_template(spec)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def _fill_replica_set(value: Json) -> None:
    spec = value.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _fill_template(spec)


def _fill_job(value: Json) -> None:
    spec = value.setdefault("spec", {})
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    _without_policy(spec)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed")
    spec.setdefault("manualSelector", False)


def _without_policy(spec: Json) -> None:
    """Fill a Job's template; nothing has to say that it restarts pods, so nobody says it for it."""
    asked = spec.get("template", {}).get("spec", {}).get("restartPolicy")
    _fill_template(spec)
    if asked is None:
        del spec["template"]["spec"]["restartPolicy"]


def _select_own_pods(value: Json) -> None:
    """A Job's pods carry its uid, and nobody else's."""
    uid, name = value["metadata"]["uid"], value["metadata"]["name"]
    spec = value["spec"]
    if spec.get("manualSelector"):
        return
    labels = {UID_LABEL: uid, NAME_LABEL: name, "controller-uid": uid, "job-name": name}
    template = spec["template"].setdefault("metadata", {})
    template["labels"] = {**template.get("labels", {}), **labels}
    metadata = value["metadata"]
    if not metadata.get("labels"):
        # The object takes its labels from the template when it has none of its own.
        metadata["labels"] = dict(template["labels"])
    spec["selector"] = {"matchLabels": {UID_LABEL: uid}}


def _fill_cronjob(value: Json) -> None:
    spec = value.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    job = spec.setdefault("jobTemplate", {})
    job.setdefault("metadata", {})
    _without_policy(job.setdefault("spec", {}))
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)


# ---- the rest


def _fill_secret(value: Json) -> None:
    value.setdefault("type", "Opaque")


def _fill_namespace(value: Json) -> None:
    labels = value["metadata"].setdefault("labels", {})
    labels["kubernetes.io/metadata.name"] = value["metadata"].get("name", "")


def _fill_node(value: Json) -> None:
    value.setdefault("spec", {})
    value.setdefault("status", {})


def _fill_event(value: Json) -> None:
    value.setdefault("involvedObject", {})
    value.setdefault("source", {})
    for name in ("firstTimestamp", "lastTimestamp", "eventTime"):
        value.setdefault(name, None)
    value.setdefault("reportingComponent", "")
    value.setdefault("reportingInstance", "")


def _fill_service(value: Json) -> None:
    spec = value.setdefault("spec", {})
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port", 0))
    defaults: Mapping[str, Any] = {
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
    for name, default in defaults.items():
        spec.setdefault(name, default)


def _fill_lease(value: Json) -> None:
    value.setdefault("spec", {})


FILLERS: Mapping[Kind, Callable[[Json], None]] = {
    kinds.PODS: _fill_pod,
    kinds.DEPLOYMENTS: _fill_deployment,
    kinds.REPLICA_SETS: _fill_replica_set,
    kinds.JOBS: _fill_job,
    kinds.CRONJOBS: _fill_cronjob,
    kinds.SECRETS: _fill_secret,
    kinds.NAMESPACES: _fill_namespace,
    kinds.NODES: _fill_node,
    kinds.EVENTS: _fill_event,
    kinds.SERVICES: _fill_service,
    kinds.LEASES: _fill_lease,
}
