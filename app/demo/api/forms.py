"""The form of each kind: which fields are text, numbers, lists, times, where anyone reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api import kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.demo.api.kinds import Kind

TIME, MICRO, BASE64, EITHER = "time", "micro", "base64", "int-or-string"


class Texts:
    """A map from text to text, or to what `of` says."""

    def __init__(self, of: Any = str) -> None:
        self.of = of


class Struct:
    """An object with fields; `name` is what Go calls it, `nulls` are written even when empty."""

    def __init__(self, name: str, fields: Mapping[str, Any], nulls: tuple[str, ...] = ()) -> None:
        self.name = name
        self.fields = fields
        self.nulls = nulls


ANY = Struct("Object", {})
OWNER = Struct(
    "OwnerReference",
    {
        "apiVersion": str,
        "kind": str,
        "name": str,
        "uid": str,
        "controller": bool,
        "blockOwnerDeletion": bool,
    },
)
METADATA = Struct(
    "ObjectMeta",
    {
        "name": str,
        "generateName": str,
        "namespace": str,
        "uid": str,
        "resourceVersion": str,
        "generation": int,
        "creationTimestamp": TIME,
        "deletionTimestamp": TIME,
        "deletionGracePeriodSeconds": int,
        "labels": Texts(),
        "annotations": Texts(),
        "ownerReferences": [OWNER],
        "finalizers": [str],
    },
)
LABEL_SELECTOR = Struct(
    "LabelSelector",
    {
        "matchLabels": Texts(),
        "matchExpressions": [
            Struct("LabelSelectorRequirement", {"key": str, "operator": str, "values": [str]})
        ],
    },
)
HTTP_GET = Struct("HTTPGetAction", {"path": str, "port": EITHER, "host": str, "scheme": str})
PROBE = Struct(
    "Probe",
    {
        "httpGet": HTTP_GET,
        "exec": Struct("ExecAction", {"command": [str]}),
        "tcpSocket": Struct("TCPSocketAction", {"port": EITHER}),
        "grpc": Struct("GRPCAction", {"port": int}),
        "initialDelaySeconds": int,
        "timeoutSeconds": int,
        "periodSeconds": int,
        "successThreshold": int,
        "failureThreshold": int,
    },
)
FIELD_REF = Struct("ObjectFieldSelector", {"apiVersion": str, "fieldPath": str})
REFERENCE = Struct("Reference", {"name": str, "key": str, "optional": bool})
CONTAINER = Struct(
    "Container",
    {
        "name": str,
        "image": str,
        "command": [str],
        "args": [str],
        "workingDir": str,
        "ports": [
            Struct(
                "ContainerPort",
                {"name": str, "containerPort": int, "hostPort": int, "protocol": str},
            )
        ],
        "env": [
            Struct(
                "EnvVar",
                {
                    "name": str,
                    "value": str,
                    "valueFrom": Struct(
                        "EnvVarSource",
                        {
                            "fieldRef": FIELD_REF,
                            "secretKeyRef": REFERENCE,
                            "configMapKeyRef": REFERENCE,
                        },
                    ),
                },
            )
        ],
        "envFrom": [Struct("EnvFromSource", {"secretRef": REFERENCE, "configMapRef": REFERENCE})],
        "resources": Struct(
            "ResourceRequirements", {"limits": Texts(EITHER), "requests": Texts(EITHER)}
        ),
        "volumeMounts": [
            Struct(
                "VolumeMount",
                {"name": str, "mountPath": str, "subPath": str, "readOnly": bool},
            )
        ],
        "livenessProbe": PROBE,
        "readinessProbe": PROBE,
        "startupProbe": PROBE,
        "terminationMessagePath": str,
        "terminationMessagePolicy": str,
        "imagePullPolicy": str,
        "restartPolicy": str,
        "securityContext": ANY,
        "stdin": bool,
        "tty": bool,
    },
)
VOLUME = Struct(
    "Volume",
    {
        "name": str,
        "secret": Struct("SecretVolumeSource", {"secretName": str, "defaultMode": int}),
        "configMap": Struct("ConfigMapVolumeSource", {"name": str, "defaultMode": int}),
        "projected": Struct("ProjectedVolumeSource", {"sources": [ANY], "defaultMode": int}),
        "emptyDir": ANY,
    },
)
TOLERATION = Struct(
    "Toleration",
    {"key": str, "operator": str, "value": str, "effect": str, "tolerationSeconds": int},
)
POD_SPEC = Struct(
    "PodSpec",
    {
        "volumes": [VOLUME],
        "initContainers": [CONTAINER],
        "containers": [CONTAINER],
        "restartPolicy": str,
        "terminationGracePeriodSeconds": int,
        "activeDeadlineSeconds": int,
        "dnsPolicy": str,
        "nodeSelector": Texts(),
        "serviceAccountName": str,
        "serviceAccount": str,
        "nodeName": str,
        "hostNetwork": bool,
        "securityContext": ANY,
        "schedulerName": str,
        "tolerations": [TOLERATION],
        "priority": int,
        "priorityClassName": str,
        "enableServiceLinks": bool,
        "preemptionPolicy": str,
        "readinessGates": [Struct("PodReadinessGate", {"conditionType": str})],
        "schedulingGates": [Struct("PodSchedulingGate", {"name": str})],
    },
)
TEMPLATE = Struct("PodTemplateSpec", {"metadata": METADATA, "spec": POD_SPEC})
STATE = Struct(
    "ContainerState",
    {
        "waiting": Struct("ContainerStateWaiting", {"reason": str, "message": str}),
        "running": Struct("ContainerStateRunning", {"startedAt": TIME}, nulls=("startedAt",)),
        "terminated": Struct(
            "ContainerStateTerminated",
            {
                "exitCode": int,
                "signal": int,
                "reason": str,
                "message": str,
                "startedAt": TIME,
                "finishedAt": TIME,
                "containerID": str,
            },
            nulls=("startedAt", "finishedAt"),
        ),
    },
)
CONTAINER_STATUS = Struct(
    "ContainerStatus",
    {
        "name": str,
        "state": STATE,
        "lastState": STATE,
        "ready": bool,
        "restartCount": int,
        "image": str,
        "imageID": str,
        "containerID": str,
        "started": bool,
    },
)


def condition(name: str, *, probed: bool = True, **more: Any) -> Struct:
    """A condition of a status; `probed` ones have both times, if only as null."""
    times = ("lastProbeTime", "lastTransitionTime") if probed else ("lastTransitionTime",)
    return Struct(
        name,
        {
            "type": str,
            "status": str,
            "reason": str,
            "message": str,
            "lastProbeTime": TIME,
            "lastTransitionTime": TIME,
            "lastUpdateTime": TIME,
            "lastHeartbeatTime": TIME,
            "observedGeneration": int,
            **more,
        },
        nulls=times,
    )


POD_STATUS = Struct(
    "PodStatus",
    {
        "phase": str,
        "conditions": [condition("PodCondition")],
        "message": str,
        "reason": str,
        "nominatedNodeName": str,
        "hostIP": str,
        "podIP": str,
        "podIPs": [Struct("PodIP", {"ip": str})],
        "startTime": TIME,
        "initContainerStatuses": [CONTAINER_STATUS],
        "containerStatuses": [CONTAINER_STATUS],
        "ephemeralContainerStatuses": [CONTAINER_STATUS],
        "qosClass": str,
        "observedGeneration": int,
    },
)
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
OBJECT_REFERENCE = Struct(
    "ObjectReference",
    dict.fromkeys(
        ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"), str
    ),
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
