"""The forms of pods and of what is made from their templates."""

from __future__ import annotations

from app.demo.api.form_parts import ANY, EITHER, METADATA, REFERENCE, TIME, Struct, Texts, condition

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
