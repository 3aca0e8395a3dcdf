"""What the API server fills in of pods, and of the templates that they are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.demo.api.kinds import Json
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
TOKEN_SOURCES: tuple[Json, ...] = (
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": NAMESPACE_FIELD}]}},
)


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


def admit_pod(value: Json, identities: Identities) -> None:
    """Fill in, in place, what a pod has that a template has not."""
    spec = value["spec"]
    _admit(spec)
    _mount_token(spec, identities)
    value["status"] = {"phase": "Pending", "qosClass": _quality(spec)}
    if spec.get("schedulingGates"):
        value["status"]["conditions"] = [dict(GATED)]


def _admit(spec: Json) -> None:
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
    volume = {"name": name, "projected": {"sources": [*TOKEN_SOURCES], "defaultMode": READABLE}}
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
