"""The form of each kind: which fields are text, numbers, lists, times, where anyone reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api import kinds
from app.demo.api.form_parts import (
    ANY,
    BASE64,
    EITHER,
    LABEL_SELECTOR,
    METADATA,
    MICRO,
    OBJECT_REFERENCE,
    REFERENCE,
    TIME,
    Struct,
    Texts,
    condition,
)
from app.demo.api.pod_forms import POD_SPEC, POD_STATUS, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.demo.api.kinds import Kind


COUNTS = dict.fromkeys(
    (
        "replicas",
        "readyReplicas",
        "availableReplicas",
        "updatedReplicas",
        "unavailableReplicas",
        "fullyLabeledReplicas",
        "terminatingReplicas",
        "observedGeneration",
        "collisionCount",
    ),
    int,
)
DEPLOYMENT_SPEC = Struct(
    "DeploymentSpec",
    {
        "replicas": int,
        "selector": LABEL_SELECTOR,
        "template": TEMPLATE,
        "strategy": Struct(
            "DeploymentStrategy",
            {
                "type": str,
                "rollingUpdate": Struct(
                    "RollingUpdateDeployment", {"maxUnavailable": EITHER, "maxSurge": EITHER}
                ),
            },
        ),
        "minReadySeconds": int,
        "revisionHistoryLimit": int,
        "progressDeadlineSeconds": int,
        "paused": bool,
    },
)
REPLICA_SET_SPEC = Struct(
    "ReplicaSetSpec",
    {
        "replicas": int,
        "minReadySeconds": int,
        "selector": LABEL_SELECTOR,
        "template": TEMPLATE,
    },
)
JOB_SPEC = Struct(
    "JobSpec",
    {
        "parallelism": int,
        "completions": int,
        "activeDeadlineSeconds": int,
        "backoffLimit": int,
        "selector": LABEL_SELECTOR,
        "manualSelector": bool,
        "template": TEMPLATE,
        "ttlSecondsAfterFinished": int,
        "completionMode": str,
        "suspend": bool,
        "podReplacementPolicy": str,
    },
)
JOB_STATUS = Struct(
    "JobStatus",
    {
        "conditions": [condition("JobCondition")],
        "startTime": TIME,
        "completionTime": TIME,
        "active": int,
        "succeeded": int,
        "failed": int,
        "terminating": int,
        "ready": int,
        "completedIndexes": str,
        "uncountedTerminatedPods": Struct(
            "UncountedTerminatedPods", {"succeeded": [str], "failed": [str]}
        ),
    },
)
CRONJOB_SPEC = Struct(
    "CronJobSpec",
    {
        "schedule": str,
        "timeZone": str,
        "startingDeadlineSeconds": int,
        "concurrencyPolicy": str,
        "suspend": bool,
        "jobTemplate": Struct("JobTemplateSpec", {"metadata": METADATA, "spec": JOB_SPEC}),
        "successfulJobsHistoryLimit": int,
        "failedJobsHistoryLimit": int,
    },
)
NODE_STATUS = Struct(
    "NodeStatus",
    {
        "capacity": Texts(EITHER),
        "allocatable": Texts(EITHER),
        "conditions": [
            Struct(
                "NodeCondition",
                condition("NodeCondition").fields,
                nulls=("lastHeartbeatTime", "lastTransitionTime"),
            )
        ],
        "addresses": [Struct("NodeAddress", {"type": str, "address": str})],
        "nodeInfo": Struct(
            "NodeSystemInfo",
            dict.fromkeys(
                (
                    "machineID",
                    "systemUUID",
                    "bootID",
                    "kernelVersion",
                    "osImage",
                    "containerRuntimeVersion",
                    "kubeletVersion",
                    "kubeProxyVersion",
                    "operatingSystem",
                    "architecture",
                ),
                str,
            ),
        ),
    },
)
SERVICE_SPEC = Struct(
    "ServiceSpec",
    {
        "type": str,
        "clusterIP": str,
        "selector": Texts(),
        "ports": [
            Struct(
                "ServicePort",
                {"name": str, "protocol": str, "port": int, "targetPort": EITHER, "nodePort": int},
            )
        ],
    },
)
REPLICATED = Struct("DeploymentStatus", {**COUNTS, "conditions": [condition("C", probed=False)]})

FORMS: Mapping[Kind, Mapping[str, Any]] = {
    kinds.PODS: {"spec": POD_SPEC, "status": POD_STATUS},
    kinds.EVENTS: {
        "involvedObject": OBJECT_REFERENCE,
        "related": OBJECT_REFERENCE,
        "reason": str,
        "message": str,
        "source": Struct("EventSource", {"component": str, "host": str}),
        "firstTimestamp": TIME,
        "lastTimestamp": TIME,
        "count": int,
        "type": str,
        "eventTime": MICRO,
        "series": Struct("EventSeries", {"count": int, "lastObservedTime": MICRO}),
        "action": str,
        "reportingComponent": str,
        "reportingInstance": str,
    },
    kinds.NAMESPACES: {
        "spec": Struct("NamespaceSpec", {"finalizers": [str]}),
        "status": Struct(
            "NamespaceStatus",
            {"phase": str, "conditions": [condition("NamespaceCondition", probed=False)]},
        ),
    },
    kinds.NODES: {
        "spec": Struct(
            "NodeSpec",
            {
                "unschedulable": bool,
                "podCIDR": str,
                "providerID": str,
                "taints": [
                    Struct("Taint", {"key": str, "value": str, "effect": str, "timeAdded": TIME})
                ],
            },
        ),
        "status": NODE_STATUS,
    },
    kinds.SECRETS: {
        "immutable": bool,
        "data": Texts(BASE64),
        "stringData": Texts(),
        "type": str,
    },
    kinds.CONFIGMAPS: {"immutable": bool, "data": Texts(), "binaryData": Texts(BASE64)},
    kinds.SERVICE_ACCOUNTS: {
        "secrets": [OBJECT_REFERENCE],
        "imagePullSecrets": [REFERENCE],
        "automountServiceAccountToken": bool,
    },
    kinds.SERVICES: {"spec": SERVICE_SPEC, "status": ANY},
    kinds.DEPLOYMENTS: {"spec": DEPLOYMENT_SPEC, "status": REPLICATED},
    kinds.REPLICA_SETS: {"spec": REPLICA_SET_SPEC, "status": REPLICATED},
    kinds.JOBS: {"spec": JOB_SPEC, "status": JOB_STATUS},
    kinds.CRONJOBS: {
        "spec": CRONJOB_SPEC,
        "status": Struct(
            "CronJobStatus",
            {
                "active": [OBJECT_REFERENCE],
                "lastScheduleTime": TIME,
                "lastSuccessfulTime": TIME,
            },
        ),
    },
    kinds.LEASES: {
        "spec": Struct(
            "LeaseSpec",
            {
                "holderIdentity": str,
                "leaseDurationSeconds": int,
                "acquireTime": MICRO,
                "renewTime": MICRO,
                "leaseTransitions": int,
                "strategy": str,
                "preferredHolder": str,
            },
        )
    },
}
OBJECTS: Mapping[Kind, Struct] = {
    kind: Struct(kind.kind, {"metadata": METADATA, **form}) for kind, form in FORMS.items()
}
