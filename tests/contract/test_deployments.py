"""Line 15: Deployments, their ReplicaSets and pods, field by field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.contract.client import STRATEGIC
from tests.contract.shapes import shape
from tests.contract.workloads import ALPHABET, SUFFIX, settled, told
from tests.control_plane.api import DEPLOYMENTS, PODS, REPLICA_SETS
from tests.control_plane.objects import deployment, pod
from tests.control_plane.scripts import has_condition, is_absent, script

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.control_plane.objects import Json


async def restart(admin: Client, namespace: str, name: str, when: str) -> Json:
    """What `kubectl rollout restart` does."""
    noted = {"kubectl.kubernetes.io/restartedAt": when}
    body: Json = {"spec": {"template": {"metadata": {"annotations": noted}}}}
    return (await admin.change(DEPLOYMENTS, namespace, name, body, STRATEGIC)).json


async def test_line_15_a_deployment_makes_replica_sets_and_they_make_pods(
    admin: Client, namespace: str
) -> None:
    await admin.create(deployment("web", replicas=2), namespace)
    found = await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    [made] = (await admin.list(REPLICA_SETS, namespace))["items"]
    pods = (await admin.list(PODS, namespace))["items"]
    hashed = made["metadata"]["labels"]["pod-template-hash"]
    assert re.fullmatch(f"{ALPHABET}{{6,10}}", hashed)
    assert made["metadata"]["name"] == f"web-{hashed}"

    assert found["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "1"}
    assert shape(found["status"]) == {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "terminatingReplicas": 0,
        "conditions": [
            {
                "type": "Available",
                "status": "True",
                "lastUpdateTime": "TIME",
                "lastTransitionTime": "TIME",
                "reason": "MinimumReplicasAvailable",
                "message": "Deployment has minimum availability.",
            },
            {
                "type": "Progressing",
                "status": "True",
                "lastUpdateTime": "TIME",
                "lastTransitionTime": "TIME",
                "reason": "NewReplicaSetAvailable",
                "message": f'ReplicaSet "web-{hashed}" has successfully progressed.',
            },
        ],
    }

    meta = shape(made["metadata"])
    for key in ("resourceVersion", "managedFields"):
        meta.pop(key, None)
    assert meta == {
        "name": f"web-{hashed}",
        "namespace": namespace,
        "uid": "UID",
        "creationTimestamp": "TIME",
        "generation": 1,
        "labels": {"app": "web", "pod-template-hash": hashed},
        "annotations": {
            "deployment.kubernetes.io/desired-replicas": "2",
            "deployment.kubernetes.io/max-replicas": "3",
            "deployment.kubernetes.io/revision": "1",
        },
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": "web",
                "uid": "UID",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    assert made["metadata"]["ownerReferences"][0]["uid"] == found["metadata"]["uid"]
    assert made["status"] == {
        "replicas": 2,
        "fullyLabeledReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "terminatingReplicas": 0,
        "observedGeneration": 1,
    }
    assert len(pods) == 2
    for one in pods:
        assert re.fullmatch(f"web-{hashed}-{SUFFIX}", one["metadata"]["name"])
        assert one["metadata"]["generateName"] == f"web-{hashed}-"
        assert one["metadata"]["labels"] == {"app": "web", "pod-template-hash": hashed}
        assert shape(one["metadata"]["ownerReferences"]) == [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": f"web-{hashed}",
                "uid": "UID",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    assert await told(admin, namespace, "Deployment", 1) == {
        (
            "Normal",
            "ScalingReplicaSet",
            f"Scaled up replica set web-{hashed} from 0 to 2",
            "deployment-controller",
        )
    }
    assert await told(admin, namespace, "ReplicaSet", 1) == {
        (
            "Normal",
            "SuccessfulCreate",
            f"Created pod: web-{hashed}-SUFFIX",
            "replicaset-controller",
        )
    }


async def test_line_15_a_restart_replaces_pods_one_set_after_the_other(
    admin: Client, namespace: str
) -> None:
    await admin.create(deployment("web", replicas=2), namespace)
    before = await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    [first] = (await admin.list(REPLICA_SETS, namespace))["items"]
    old = {pod["metadata"]["uid"] for pod in (await admin.list(PODS, namespace))["items"]}
    answer = await restart(admin, namespace, "web", "2026-11-24T00:00:00Z")
    assert answer["metadata"]["generation"] == before["metadata"]["generation"] + 1
    # The same once more is no change.
    again = await restart(admin, namespace, "web", "2026-11-24T00:00:00Z")
    assert again["metadata"]["generation"] == answer["metadata"]["generation"]
    after = await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    assert after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    sets = {
        made["metadata"]["name"]: made
        for made in (await admin.list(REPLICA_SETS, namespace))["items"]
    }
    retired = sets.pop(first["metadata"]["name"])
    [(name, current)] = sets.items()
    assert retired["spec"]["replicas"] == 0
    await admin.until(
        REPLICA_SETS,
        first["metadata"]["name"],
        namespace,
        lambda made: (
            (made or {}).get("status")
            == {
                "replicas": 0,
                "terminatingReplicas": 0,
                "observedGeneration": retired["metadata"]["generation"],
            }
        ),
    )
    annotations = current["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == "2"
    assert f'ReplicaSet "{name}" has successfully progressed.' in [
        condition["message"] for condition in after["status"]["conditions"]
    ]
    pods = (await admin.list(PODS, namespace))["items"]
    assert len(pods) == 2
    assert old.isdisjoint(pod["metadata"]["uid"] for pod in pods)
    messages = {event[2] for event in await told(admin, namespace, "Deployment", 5)}
    assert messages == {
        f"Scaled up replica set {first['metadata']['name']} from 0 to 2",
        f"Scaled up replica set {name} from 0 to 1",
        f"Scaled down replica set {first['metadata']['name']} from 2 to 1",
        f"Scaled up replica set {name} from 1 to 2",
        f"Scaled down replica set {first['metadata']['name']} from 1 to 0",
    }


async def test_line_15_the_old_pods_serve_until_the_new_ones_do(
    admin: Client, namespace: str
) -> None:
    await admin.create(deployment("web", replicas=2), namespace)
    await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    body: Json = {
        "spec": {"template": {"metadata": {"annotations": script(waiting_reason="ErrImagePull")}}}
    }
    await admin.change(DEPLOYMENTS, namespace, "web", body)
    stuck = await admin.until(
        DEPLOYMENTS,
        "web",
        namespace,
        lambda found: bool(found and found["status"].get("replicas") == 3),
    )
    status = {key: value for key, value in stuck["status"].items() if key != "conditions"}
    assert status == {
        "observedGeneration": 2,
        "replicas": 3,
        "updatedReplicas": 1,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "unavailableReplicas": 1,
        "terminatingReplicas": 0,
    }
    # Back again: the old set is the newest revision now.
    body = {"spec": {"template": {"metadata": {"annotations": None}}}}
    await admin.change(DEPLOYMENTS, namespace, "web", body)
    back = await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    assert back["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    assert len((await admin.list(REPLICA_SETS, namespace))["items"]) == 2


async def test_line_15_recreate_ends_the_old_before_it_begins_the_new(
    admin: Client, namespace: str
) -> None:
    body = deployment("web", replicas=1)
    body["spec"]["strategy"] = {"type": "Recreate"}
    await admin.create(body, namespace)
    await admin.until(DEPLOYMENTS, "web", namespace, settled(1))
    [old] = (await admin.list(PODS, namespace))["items"]
    start = (await admin.list(PODS, namespace))["metadata"]["resourceVersion"]
    async with admin.watching(PODS, namespace, resourceVersion=start) as watch:
        await restart(admin, namespace, "web", "2026-11-24T00:00:00Z")
        events = await watch.until(lambda event: event["type"] == "ADDED")
    gone = [event for event in events if event["type"] == "DELETED"]
    assert [event["object"]["metadata"]["uid"] for event in gone] == [old["metadata"]["uid"]]


async def test_line_15_a_deployment_is_scaled_and_heals(admin: Client, namespace: str) -> None:
    await admin.create(deployment("web", replicas=1), namespace)
    await admin.until(DEPLOYMENTS, "web", namespace, settled(1))
    await admin.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 3}}, namespace)
    await admin.until(DEPLOYMENTS, "web", namespace, settled(3))
    names = [pod["metadata"]["name"] for pod in (await admin.list(PODS, namespace))["items"]]
    start = (await admin.list(PODS, namespace))["metadata"]["resourceVersion"]
    async with admin.watching(PODS, namespace, resourceVersion=start) as watch:
        await admin.remove(PODS, namespace, names[0])
        await watch.until(lambda event: event["type"] == "ADDED")
    await admin.until(PODS, names[0], namespace, is_absent)
    await admin.until(DEPLOYMENTS, "web", namespace, settled(3))
    after = [pod["metadata"]["name"] for pod in (await admin.list(PODS, namespace))["items"]]
    assert len(after) == 3
    assert set(names[1:]) < set(after)
    await admin.patch(DEPLOYMENTS, "web", {"spec": {"replicas": 0}}, namespace)
    found = await admin.until(DEPLOYMENTS, "web", namespace, settled(0))
    for name in after:
        await admin.until(PODS, name, namespace, is_absent)
    status = {key: value for key, value in found["status"].items() if key != "conditions"}
    assert status == {"observedGeneration": 3, "terminatingReplicas": 0}


async def test_line_15_a_size_can_be_set_by_whoever_knows_nothing_else(
    admin: Client, namespace: str
) -> None:
    made = await admin.create(deployment("web", replicas=0), namespace)
    path = f"{DEPLOYMENTS.path(namespace, 'web')}/scale"
    empty = (await admin.send("GET", path)).json
    assert empty["spec"] == {}
    body: Json = {"spec": {"replicas": 2}}
    reply = await admin.change(DEPLOYMENTS, namespace, "web", body, subresource="scale")
    assert (reply.code, reply.json["kind"], reply.json["apiVersion"]) == (
        200,
        "Scale",
        "autoscaling/v1",
    )
    assert reply.json["spec"] == {"replicas": 2}
    assert reply.json["metadata"].keys() == {
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    }
    await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    scale = (await admin.send("GET", path)).json
    assert scale["status"] == {"replicas": 2, "selector": "app=web"}
    scale["spec"]["replicas"] = 1
    put = await admin.send("PUT", path, scale)
    assert (put.code, put.json["spec"]) == (200, {"replicas": 1})
    stale = await admin.send("PUT", path, {**empty, "spec": {"replicas": 5}})
    assert stale.refusal[:2] == (409, "Conflict")
    bad = await admin.change(
        DEPLOYMENTS, namespace, "web", {"spec": {"replicas": -1}}, subresource="scale"
    )
    assert bad.refusal[:2] == (422, "Invalid")
    assert bad.refusal[2].startswith('Scale.autoscaling "web" is invalid: spec.replicas: ')
    found = await admin.until(DEPLOYMENTS, "web", namespace, settled(1))
    assert found["metadata"]["uid"] == made["metadata"]["uid"]
    assert found["metadata"]["generation"] == 3


async def test_line_15_a_deployment_takes_its_own_with_it(admin: Client, namespace: str) -> None:
    await admin.create(deployment("web", replicas=2), namespace)
    await admin.until(DEPLOYMENTS, "web", namespace, settled(2))
    [made] = (await admin.list(REPLICA_SETS, namespace))["items"]
    pods = [pod["metadata"]["name"] for pod in (await admin.list(PODS, namespace))["items"]]
    await admin.remove(DEPLOYMENTS, namespace, "web")
    await admin.until(REPLICA_SETS, made["metadata"]["name"], namespace, is_absent)
    for name in pods:
        await admin.until(PODS, name, namespace, is_absent)


async def test_line_15_a_pod_runs_and_its_conditions_say_so(admin: Client, namespace: str) -> None:
    await admin.create(pod("p"), namespace)
    found = await admin.until(PODS, "p", namespace, has_condition("Ready"))
    status = shape(found["status"])
    conditions = {c["type"]: c["status"] for c in status["conditions"]}
    wanted = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    assert {key: conditions[key] for key in wanted} == dict.fromkeys(wanted, "True")
    assert (status["phase"], status["qosClass"], status["startTime"]) == (
        "Running",
        "BestEffort",
        "TIME",
    )
    [main] = status["containerStatuses"]
    assert main["state"] == {"running": {"startedAt": "TIME"}}
    assert main.keys() >= {
        "name",
        "image",
        "imageID",
        "containerID",
        "ready",
        "started",
        "restartCount",
        "state",
        "lastState",
    }
    assert (main["ready"], main["started"], main["restartCount"]) == (True, True, 0)
