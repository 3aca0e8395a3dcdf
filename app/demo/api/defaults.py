"""What the API server fills in: defaults of the API and of the usual admission plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api import kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.demo.api.kinds import Json, Kind

if TYPE_CHECKING:
    from app.demo.api.ports import Identities

GRACE_SECONDS = 30
READABLE = 0o644
EVICTED_AFTER_SECONDS = 300
EVICTED_ON = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
GATED: Json = {
    "type": "PodScheduled",
    "status": "False",
    "lastProbeTime": None,
    "lastTransitionTime": None,
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}
TOKEN_PLACE = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a path
NAMESPACE_FIELD = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
TOKEN_SOURCES: list[Json] = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": NAMESPACE_FIELD}]}},
]
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
        _admit_pod(value["spec"])
        _mount_token(value["spec"], identities)
        value["status"] = {"phase": "Pending", "qosClass": _quality(value["spec"])}
        if value["spec"].get("schedulingGates"):
            value["status"]["conditions"] = [dict(GATED)]
    elif kind is kinds.JOBS:
        _select_own_pods(value)
    elif kind is kinds.NAMESPACES:
        value["spec"] = {"finalizers": ["kubernetes"]}
        value["status"] = {"phase": "Active"}
    elif kind is kinds.SERVICES:
        value["status"] = {"loadBalancer": {}}


# ---- pods


def fill_pod_spec(spec: Json) -> None:
    """Of a pod or of a template."""
    for volume in spec.get("volumes", []):
        _fill_volume(volume)
    for container in (*spec.get("initContainers", []), *spec.get("containers", [])):
        _fill_container(container)
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", GRACE_SECONDS)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")


def _fill_volume(volume: Json) -> None:
    sources = [name for name in volume if name != "name"]
    if not sources:
        volume["emptyDir"] = {}
    for source in ("secret", "configMap", "projected", "downwardAPI"):
        if source in volume:
            volume[source].setdefault("defaultMode", READABLE)


def _fill_container(container: Json) -> None:
    for port in container.get("ports", []):
        port.setdefault("protocol", "TCP")
    for variable in container.get("env", []):
        reference = variable.get("valueFrom", {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")
    resources = container.setdefault("resources", {})
    if "limits" in resources:
        resources["requests"] = {**resources["limits"], **resources.get("requests", {})}
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in container:
            _fill_probe(container[name])
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image", "")))


def _fill_probe(probe: Json) -> None:
    if "httpGet" in probe:
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")
    for name, default in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(name, default)


def _pull_policy(image: str) -> str:
    name = image.rpartition("/")[2].partition("@")[0]
    _, colon, tag = name.partition(":")
    latest = "@" not in image and (not colon or tag == "latest")
    return "Always" if latest else "IfNotPresent"


def _admit_pod(spec: Json) -> None:
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    tolerations = spec.setdefault("tolerations", [])
    tolerated = {one.get("key") for one in tolerations}
    tolerations += [
        {
            "key": key,
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": EVICTED_AFTER_SECONDS,
        }
        for key in EVICTED_ON
        if key not in tolerated and None not in tolerated
    ]
    spec.setdefault("priority", 0)
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _mount_token(spec: Json, identities: Identities) -> None:
    """The token of the pod's ServiceAccount, in every container that has none at its place."""
    if spec.get("automountServiceAccountToken") is False:
        return
    containers = (*spec.get("initContainers", []), *spec.get("containers", []))
    without = [
        container
        for container in containers
        if all(one.get("mountPath") != TOKEN_PLACE for one in container.get("volumeMounts", []))
    ]
    if not without:
        return
    name = f"kube-api-access-{identities.suffix(5)}"
    volume = {"name": name, "projected": {"sources": TOKEN_SOURCES, "defaultMode": READABLE}}
    spec["volumes"] = [*spec.get("volumes", []), volume]
    mount = {"name": name, "readOnly": True, "mountPath": TOKEN_PLACE}
    for container in without:
        container["volumeMounts"] = [*container.get("volumeMounts", []), mount]


def _quality(spec: Json) -> str:
    """The QoS class: what the kubelet would kill last to first."""
    everything = [*spec.get("initContainers", []), *spec.get("containers", [])]
    resources = [container.get("resources", {}) for container in everything]
    if not any(one.get("limits") or one.get("requests") for one in resources):
        return "BestEffort"
    for one in resources:
        limits = one.get("limits", {})
        if not {"cpu", "memory"} <= limits.keys() or one.get("requests", {}) != limits:
            return "Burstable"
    return "Guaranteed"


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
