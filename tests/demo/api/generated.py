"""Objects of the kinds that no pod, Job or CronJob is: seeded, valid, and of every shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.cluster.generated import Generated

Json = dict[str, Any]

AGES = (1, 61, 119, 121, 300, 599, 600, 3_599, 10_799, 10_801, 14_400, 28_799, 28_801)
OLDER = (172_799, 172_801, 259_200, 691_199, 691_201, 63_071_999, 63_072_001, 94_608_000)


def ago(seconds: int) -> str:
    """So many seconds before now, on the wire."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(seconds: int) -> str:
    """The same as a MicroTime."""
    return ago(seconds).replace("Z", ".000000Z")


def manifest(api: str, kind: str, name: str, **parts: object) -> Json:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **parts}


def _template(random: Random) -> Json:
    containers = [
        {"name": f"c{index}", "image": f"example/{index}:1"}
        for index in range(random.choice((1, 2, 3)))
    ]
    return {"metadata": {"labels": {"app": "x", "tier": "y"}}, "spec": {"containers": containers}}


def _selector(random: Random) -> Json:
    expressions: list[Json] = [
        {"key": "app", "operator": "In", "values": ["x", "a", "m"]},
        {"key": "tier", "operator": "NotIn", "values": ["z"]},
        {"key": "tier", "operator": "Exists"},
        {"key": "other", "operator": "DoesNotExist"},
    ]
    chosen = random.sample(expressions, random.choice((0, 1, 2)))
    if len({one["key"] for one in chosen}) < len(chosen):
        # Two requirements on one key come in an order that nobody promises.
        chosen = chosen[:1]
    return {"matchLabels": {"app": "x"}} | ({"matchExpressions": chosen} if chosen else {})


def generated_deployments(seed: int, count: int) -> list[Generated]:
    random = Random(seed)
    return [
        Generated(
            manifest(
                "apps/v1",
                "Deployment",
                f"deployment-{number:03}",
                spec={
                    "replicas": random.choice((0, 1, 5)),
                    "selector": _selector(random),
                    "template": _template(random),
                },
            ),
            {
                "replicas": 5,
                "updatedReplicas": random.choice((0, 2)),
                "readyReplicas": random.choice((1, 3)),
                "availableReplicas": random.choice((0, 1)),
            },
        )
        for number in range(count)
    ]


def generated_replica_sets(seed: int, count: int) -> list[Generated]:
    random = Random(seed)
    return [
        Generated(
            manifest(
                "apps/v1",
                "ReplicaSet",
                f"replica-set-{number:03}",
                spec={
                    "replicas": random.choice((0, 1, 5)),
                    "selector": _selector(random),
                    "template": _template(random),
                },
            ),
            {"replicas": random.choice((3, 4)), "readyReplicas": random.choice((0, 1, 3))},
        )
        for number in range(count)
    ]


def generated_services(seed: int, count: int) -> list[Generated]:
    random = Random(seed)
    found = []
    for number in range(count):
        kind = random.choice(("ClusterIP", "NodePort", "LoadBalancer", "ExternalName", "none"))
        spec: Json = {"type": kind}
        status: Json = {}
        if kind == "none":
            spec = {"clusterIP": "None"}
        if kind == "ExternalName":
            spec["externalName"] = "somewhere.example.com"
        else:
            spec["selector"] = random.choice(({}, {"b": "2", "a": "1"}))
            spec["ports"] = [
                {"name": f"p{index}", "port": 80 + index, "protocol": random.choice(("TCP", "UDP"))}
                for index in range(random.choice((1, 2)))
            ]
            if random.random() < 0.4:
                spec["externalIPs"] = ["192.0.2.7", "192.0.2.3"]
        if kind == "LoadBalancer" and random.random() < 0.7:
            ingress: list[Json] = [{"hostname": "b.example.com"}, {"ip": "198.51.100.4"}]
            status = {"loadBalancer": {"ingress": ingress}}
        found.append(
            Generated(manifest("v1", "Service", f"service-{number:03}", spec=spec), status)
        )
    return found


def generated_nodes(seed: int, count: int, suffix: str) -> list[Generated]:
    random = Random(seed)
    found = []
    for number in range(count):
        labels = {f"node-role.kubernetes.io/{role}": "" for role in ("worker", "control-plane", "")}
        chosen = dict(random.sample(sorted(labels.items()), random.choice((0, 1, 2))))
        chosen = {key: value for key, value in chosen.items() if not key.endswith("/")}
        if random.random() < 0.3:
            chosen["kubernetes.io/role"] = random.choice(("agent", ""))
        made = manifest("v1", "Node", f"generated-{number:03}-{suffix}")
        made["metadata"]["labels"] = chosen
        made["spec"] = {"unschedulable": random.random() < 0.4}
        conditions = [
            {"type": "MemoryPressure", "status": "False"},
            {"type": "Ready", "status": random.choice(("True", "False", "Unknown"))},
        ]
        addresses = [
            {"type": "Hostname", "address": "n"},
            {"type": "InternalIP", "address": "10.1.0.4"},
            {"type": "ExternalIP", "address": "192.0.2.9"},
        ]
        status: Json = {
            "conditions": random.sample(conditions, random.choice((0, 1, 2))),
            "addresses": random.sample(addresses, random.choice((0, 1, 3))),
        }
        if random.random() < 0.6:
            status["nodeInfo"] = {
                "kubeletVersion": "v1.36.3",
                "osImage": random.choice(("", "Debian")),
                "kernelVersion": random.choice(("", "6.1.0")),
                "containerRuntimeVersion": random.choice(("", "containerd://2.1")),
                "architecture": random.choice(("", "arm64")),
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
            }
        found.append(Generated(made, status))
    return found


def generated_events(seed: int, count: int, namespace: str) -> list[Generated]:
    random = Random(seed)
    found = []
    for number in range(count):
        event = manifest("v1", "Event", f"event-{number:03}")
        event |= {
            "type": random.choice(("Normal", "Warning")),
            "reason": random.choice(("BackOff", "Started")),
            "message": random.choice(("said", "  with room around it \n", "")),
            "involvedObject": {
                "kind": random.choice(("Pod", "CronJob")),
                "name": random.choice(("", f"p-{number}")),
                "namespace": namespace,
                "fieldPath": random.choice(("", "spec.containers{main}")),
            },
        }
        if random.random() < 0.5:
            event["source"] = {
                "component": random.choice(("", "kubelet")),
                "host": random.choice(("", "node-1")),
            }
        if random.random() < 0.5:
            # A new event: its time, its reporter, and a series when it goes on.
            event |= {
                "eventTime": micro(random.choice(AGES)),
                "reportingComponent": "example.com/agent",
                "reportingInstance": random.choice(("agent-1", "agent-2")),
                "action": "Told",
                "involvedObject": event["involvedObject"] | {"name": "p"},
            }
            if random.random() < 0.5:
                event["series"] = {"count": 7, "lastObservedTime": micro(random.choice(AGES))}
        else:
            if random.random() < 0.9:
                event["firstTimestamp"] = ago(random.choice((*AGES, *OLDER)))
            if random.random() < 0.9:
                event["lastTimestamp"] = ago(random.choice(AGES))
            if random.random() < 0.9:
                event["count"] = random.choice((1, 12))
        found.append(Generated(event))
    return found


def generated_configuration() -> list[Generated]:
    """Secrets, ConfigMaps, ServiceAccounts and Leases; few, for there is little to get wrong."""
    tls = {"tls.crt": "eA==", "tls.key": "eQ=="}
    return [
        Generated(manifest("v1", "Secret", "empty")),
        Generated(manifest("v1", "Secret", "two", data={"a": "eA==", "b": "eQ=="})),
        Generated(manifest("v1", "Secret", "tls", type="kubernetes.io/tls", data=tls)),
        Generated(manifest("v1", "ConfigMap", "empty")),
        Generated(
            manifest("v1", "ConfigMap", "both", data={"a": "1"}, binaryData={"b": "eQ==", "c": ""})
        ),
        Generated(manifest("v1", "ServiceAccount", "agent")),
        Generated(manifest("coordination.k8s.io/v1", "Lease", "free")),
        Generated(
            manifest("coordination.k8s.io/v1", "Lease", "held", spec={"holderIdentity": "me"})
        ),
    ]
