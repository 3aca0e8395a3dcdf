"""Pods as an agent's namespace has them: about 8 kB each, most of which nobody shows."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

NAMESPACE = "load"
CONTAINERS = ("agent", "proxy")
STARTED = "2026-01-31T09:05:00Z"

Json = dict[str, Any]


def name(number: int) -> str:
    """The name of the pod with this number."""
    return f"agent-7d9c6b5f4-{number:05d}"


def manifest(number: int) -> Json:
    """What is posted to create it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name(number),
            "namespace": NAMESPACE,
            "labels": {
                "app.kubernetes.io/name": "agent",
                "app.kubernetes.io/instance": f"agent-{number % 50}",
                "app.kubernetes.io/component": "worker",
                "pod-template-hash": "7d9c6b5f4",
            },
            "annotations": {
                "kubectl.kubernetes.io/default-container": "agent",
                "example.org/checksum": "0f" * 32,
                "example.org/owner": "team-agents@example.org",
            },
        },
        "spec": {
            # A node that nobody is: the test cluster's kubelet leaves these pods alone.
            "nodeName": f"node-{number % 20:02d}",
            "restartPolicy": "Always",
            "automountServiceAccountToken": True,
            "initContainers": [_container("prepare", 2)],
            "containers": [_container(each, 5) for each in CONTAINERS],
            "volumes": [
                {"name": "work", "emptyDir": {"sizeLimit": "2Gi"}},
                {"name": "settings", "configMap": {"name": "agent-settings"}},
            ],
            "tolerations": [{"key": "agents", "operator": "Exists", "effect": "NoSchedule"}],
        },
    }


def _container(called: str, variables: int) -> Json:
    return {
        "name": called,
        "image": f"registry.example.org/agents/{called}:2026.1.31",
        "command": ["/usr/bin/tini", "--", f"/opt/{called}/run"],
        "args": ["--log-format=json", "--listen=127.0.0.1:8080"],
        "env": [
            {"name": f"SETTING_{i:02d}", "value": f"value-of-setting-{i:02d}"}
            for i in range(variables)
        ],
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"cpu": "2", "memory": "2Gi"},
        },
        "volumeMounts": [
            {"name": "work", "mountPath": "/var/agent"},
            {"name": "settings", "mountPath": "/etc/agent", "readOnly": True},
        ],
        "securityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False},
    }


def running(restarts: int) -> Json:
    """The status that a kubelet would write."""
    return {
        "phase": "Running",
        "hostIP": "127.0.0.1",
        "podIP": "127.0.0.1",
        "startTime": STARTED,
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": STARTED}
            for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        ],
        "initContainerStatuses": [_ended("prepare")],
        "containerStatuses": [_up(each, restarts) for each in CONTAINERS],
    }


def _up(called: str, restarts: int) -> Json:
    return {
        "name": called,
        "image": f"registry.example.org/agents/{called}:2026.1.31",
        "imageID": f"registry.example.org/agents/{called}@sha256:" + "ab" * 32,
        "containerID": "containerd://" + "cd" * 32,
        "ready": True,
        "started": True,
        "restartCount": restarts,
        "state": {"running": {"startedAt": STARTED}},
    }


def _ended(called: str) -> Json:
    return _up(called, 0) | {
        "started": False,
        "state": {
            "terminated": {
                "exitCode": 0,
                "reason": "Completed",
                "startedAt": STARTED,
                "finishedAt": STARTED,
            }
        },
    }


def restarted(restarts: int) -> Json:
    """A strategic merge patch of the status: the agent's container has restarted again."""
    return {"status": {"containerStatuses": [{"name": "agent", "restartCount": restarts}]}}


def stored(posted: Json, version: int) -> Json:
    """A posted pod with what an API server adds to it; for the stand-in of `replay.py`."""
    metadata, spec = part(posted, "metadata"), part(posted, "spec")
    return {
        **posted,
        "metadata": {
            **metadata,
            "uid": str(uuid5(NAMESPACE_URL, str(metadata["name"]))),
            "resourceVersion": str(version),
            "creationTimestamp": STARTED,
            "generation": 1,
            "managedFields": [_managed("python"), _managed("kubelet", subresource="status")],
        },
        "spec": {**DEFAULTS, **spec},
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    }


def merged(pod: Json, patch: Json, version: int) -> Json:
    """A strategic merge patch of the status: fields replace fields, containers merge by name."""
    status = dict(part(pod, "status"))
    for field, value in part(patch, "status").items():
        if field == "containerStatuses" and isinstance(status.get(field), list):
            given = {each["name"]: each for each in value}
            status[field] = [{**each, **given.get(each["name"], {})} for each in status[field]]
        else:
            status[field] = value
    metadata = part(pod, "metadata") | {"resourceVersion": str(version)}
    return {**pod, "metadata": metadata, "status": status}


def part(whole: Json, field: str) -> Json:
    """A field that is an object."""
    found = whole[field]
    if not isinstance(found, dict):
        raise TypeError(f"{field} is no object")
    return found


DEFAULTS: Json = {
    "dnsPolicy": "ClusterFirst",
    "enableServiceLinks": True,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "serviceAccount": "default",
    "serviceAccountName": "default",
    "terminationGracePeriodSeconds": 30,
}


def _managed(manager: str, **more: object) -> Json:
    fields: Json = {f'k:{{"name":"SETTING_{i:02d}"}}': {".": {}, "f:name": {}} for i in range(12)}
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": STARTED,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:containers": {'k:{"name":"agent"}': {"f:env": fields}}}},
        **more,
    }
