"""Line 8: what the server writes into objects, and what it does not let others write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.client import STRATEGIC, bare_pod, config
from tests.contract.shapes import UID
from tests.control_plane.api import (
    CONFIGMAPS,
    CRONJOBS,
    DEPLOYMENTS,
    JOBS,
    LEASES,
    PODS,
)
from tests.control_plane.objects import cronjob, deployment, job

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.control_plane.api import Resource
    from tests.control_plane.objects import Json

# What Kubernetes makes names from: no vowels, nothing that looks like something else.
SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]{5}"
DEPLOYMENT = deployment("d", replicas=0)


async def test_line_08_the_server_says_who_and_when(admin: Client, namespace: str) -> None:
    sent = config("a", {"app": "x"}, k="1")
    sent["metadata"] |= {
        "uid": "mine",
        "creationTimestamp": "2001-01-01T00:00:00Z",
    }
    answer = await admin.send("POST", CONFIGMAPS.path(namespace), sent)
    assert answer.code == 201
    made = answer.json
    meta = made["metadata"]
    assert UID.fullmatch(meta["uid"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", meta["creationTimestamp"])
    assert meta["creationTimestamp"] > "2020"
    # managedFields may be there or not: nobody but server-side apply needs it.
    meta.pop("managedFields", None)
    assert meta.keys() == {
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "labels",
    }
    assert {key: made[key] for key in ("kind", "apiVersion", "data")} == {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "data": {"k": "1"},
    }


async def test_line_08_a_version_in_a_new_object_is_refused(admin: Client, namespace: str) -> None:
    sent = config("a")
    sent["metadata"]["resourceVersion"] = "1"
    answer = await admin.send("POST", CONFIGMAPS.path(namespace), sent)
    code, _, message = answer.refusal
    assert code == 500
    assert message == "resourceVersion should not be set on objects to be created"


async def test_line_08_uid_and_creation_never_change(admin: Client, namespace: str) -> None:
    made = await admin.create(config("a"), namespace)
    meta = made["metadata"]
    sent = config("a", k="1")
    sent["metadata"]["creationTimestamp"] = "2001-01-01T00:00:00Z"
    put = await admin.send("PUT", CONFIGMAPS.path(namespace, "a"), sent)
    assert put.code == 200
    after = put.json["metadata"]
    for key in ("uid", "creationTimestamp", "name", "namespace"):
        assert after[key] == meta[key]
    again = await admin.create(config("b"), namespace)
    assert again["metadata"]["uid"] != meta["uid"]


async def test_line_08_names_are_made_from_a_beginning(admin: Client, namespace: str) -> None:
    made = []
    for beginning in ("a-", "a-", "x" * 70 + "-"):
        sent = config("")
        sent["metadata"] = {"generateName": beginning}
        made.append(await admin.create(sent, namespace))
    for thing in made[:2]:
        assert re.fullmatch(f"a-{SUFFIX}", thing["metadata"]["name"])
        assert thing["metadata"]["generateName"] == "a-"
    assert made[0]["metadata"]["name"] != made[1]["metadata"]["name"]
    # Long beginnings are cut so that the name has room.
    assert len(made[2]["metadata"]["name"]) == 63


@pytest.mark.parametrize(
    ("make", "resource", "change", "status", "noted"),
    [
        # The annotations of a Deployment go on to its ReplicaSets: they count.
        (DEPLOYMENT, DEPLOYMENTS, {"spec": {"minReadySeconds": 1}}, {"observedGeneration": 1}, 1),
        (cronjob("c"), CRONJOBS, {"spec": {"suspend": True}}, {"active": []}, 0),
        (job("j"), JOBS, {"spec": {"suspend": True}}, {"active": 0}, 0),
        (bare_pod("p"), PODS, {"spec": {"activeDeadlineSeconds": 9}}, {"phase": "Running"}, 0),
    ],
    ids=["deployment", "cronjob", "job", "pod"],
)
async def test_line_08_generation_counts_changes_of_the_spec_alone(
    admin: Client,
    namespace: str,
    make: Json,
    resource: Resource,
    change: Json,
    status: Json,
    noted: int,
) -> None:
    name = make["metadata"]["name"]
    made = await admin.create(make, namespace)

    async def generation(body: Json, subresource: str | None = None) -> int:
        answer = await admin.patch(resource, name, body, namespace, subresource=subresource)
        return int(answer["metadata"]["generation"])

    assert made["metadata"]["generation"] == 1
    assert await generation({"metadata": {"labels": {"a": "b"}}}) == 1
    assert await generation({"metadata": {"annotations": {"a": "b"}}}) == 1 + noted
    # The path of the status takes annotations too, and then they never count.
    body: Json = {"metadata": {"annotations": {"c": "d"}}, "status": status}
    assert await generation(body, "status") == 1 + noted
    assert await generation(change) == 2 + noted
    assert await generation(change) == 2 + noted
    found = await admin.get(resource, name, namespace)
    assert found["metadata"]["annotations"].items() >= {"a": "b", "c": "d"}.items()


async def test_line_08_items_of_a_list_do_not_say_what_they_are(
    admin: Client, namespace: str
) -> None:
    made = await admin.create(config("a", k="1"), namespace)
    found = (await admin.read(CONFIGMAPS, namespace)).json
    assert found["kind"] == "ConfigMapList"
    assert found["apiVersion"] == "v1"
    assert found["metadata"].keys() == {"resourceVersion"}
    [item] = found["items"]
    assert item == {key: made[key] for key in made if key not in ("kind", "apiVersion")}
    empty = (await admin.read(JOBS, namespace)).json
    assert (empty["kind"], empty["apiVersion"], empty["items"]) == ("JobList", "batch/v1", [])


async def test_line_08_lists_are_in_the_order_of_names(admin: Client, namespace: str) -> None:
    for name in ("b", "a", "a1", "a-1", "c"):
        await admin.create(config(name), namespace)
    found = await admin.list(CONFIGMAPS, namespace)
    assert [item["metadata"]["name"] for item in found["items"]] == ["a", "a-1", "a1", "b", "c"]


async def test_line_08_status_is_written_by_its_own_path_alone(
    admin: Client, namespace: str
) -> None:
    sent = bare_pod("p")
    sent["status"] = {"phase": "Failed", "reason": "Mine"}
    made = await admin.create(sent, namespace)
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    both: Json = {"metadata": {"labels": {"x": "1"}}, "status": {"phase": "Failed"}}
    main = await admin.change(PODS, namespace, "p", both)
    assert main.json["status"]["phase"] == "Pending"
    assert main.json["metadata"]["labels"] == {"x": "1"}
    both = {"spec": {"activeDeadlineSeconds": 5}, "status": {"phase": "Running"}}
    state = await admin.change(PODS, namespace, "p", both, subresource="status")
    assert state.json["status"]["phase"] == "Running"
    assert "activeDeadlineSeconds" not in state.json["spec"]
    read = state.json
    read["status"]["phase"] = "Failed"
    put = await admin.send("PUT", PODS.path(namespace, "p"), read)
    assert put.json["status"]["phase"] == "Running"
    read["metadata"]["resourceVersion"] = put.json["metadata"]["resourceVersion"]
    put = await admin.send("PUT", PODS.path(namespace, "p") + "/status", read)
    assert put.json["status"]["phase"] == "Failed"
    # A kind without a status has no such path.
    missing = await admin.send("GET", CONFIGMAPS.path(namespace, "p") + "/status")
    assert missing.code == 404


async def test_line_08_conditions_of_a_status_are_merged_by_their_type(
    admin: Client, namespace: str
) -> None:
    await admin.create(bare_pod("p"), namespace)

    async def report(*conditions: Json) -> list[tuple[str, str, str | None]]:
        body: Json = {"status": {"conditions": list(conditions)}}
        reply = await admin.change(PODS, namespace, "p", body, STRATEGIC, subresource="status")
        found = reply.json["status"]["conditions"]
        return [(c["type"], c["status"], c.get("reason")) for c in found]

    first = await report(
        {"type": "PodScheduled", "status": "True"},
        {"type": "Ready", "status": "False", "reason": "ContainersNotReady"},
    )
    assert sorted(first) == [
        ("PodScheduled", "True", None),
        ("Ready", "False", "ContainersNotReady"),
    ]
    second = await report({"type": "Ready", "status": "True", "reason": None})
    assert sorted(second) == [("PodScheduled", "True", None), ("Ready", "True", None)]


async def test_line_08_defaults_are_filled_in(admin: Client, namespace: str) -> None:
    pod = await admin.create(bare_pod("p"), namespace)
    spec = pod["spec"]
    # Volumes of the service account's token depend on the cluster's admission.
    spec.pop("volumes", None)
    [main] = spec.pop("containers")
    main.pop("volumeMounts", None)
    assert main == {
        "name": "main",
        "image": "agent:1",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    tolerations = spec.pop("tolerations")
    assert {t["key"] for t in tolerations} == {
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    }
    assert spec == {
        "nodeName": "nowhere",
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccount": "default",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "priority": 0,
    }


async def test_line_08_defaults_of_workloads(admin: Client, namespace: str) -> None:
    made = await admin.create(deployment("d", replicas=0), namespace)
    spec = made["spec"]
    template = spec.pop("template")
    assert spec == {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "d"}},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
        },
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    assert template["metadata"] == {"labels": {"app": "d"}}
    assert template["spec"]["restartPolicy"] == "Always"

    made = await admin.create(cronjob("c"), namespace)
    spec = made["spec"]
    inner = spec.pop("jobTemplate")
    assert spec == {
        "schedule": "0 0 1 1 *",
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    }
    assert inner["metadata"] == {}
    assert made["status"] == {}

    body = job("j")
    body["spec"]["suspend"] = True
    made = await admin.create(body, namespace)
    spec = made["spec"]
    template = spec.pop("template")
    uid = made["metadata"]["uid"]
    assert spec == {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 0,
        "completionMode": "NonIndexed",
        "manualSelector": False,
        "podReplacementPolicy": "TerminatingOrFailed",
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}},
        "suspend": True,
    }
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "j",
        "controller-uid": uid,
        "job-name": "j",
    }
    assert template["metadata"] == {"labels": labels}


async def test_line_08_a_lease_has_times_of_six_decimals(admin: Client, namespace: str) -> None:
    lease: Json = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "leader"},
        "spec": {
            "holderIdentity": "a",
            "leaseDurationSeconds": 15,
            "leaseTransitions": 0,
            "acquireTime": "2026-11-23T22:40:00.000000Z",
            "renewTime": "2026-11-23T22:40:00.123456Z",
        },
    }
    made = await admin.create(lease, namespace)
    assert made["spec"] == lease["spec"]
    # The one who renews names the version it has read; the other comes too late.
    first = {**made, "spec": {**made["spec"], "holderIdentity": "b"}}
    path = LEASES.path(namespace, "leader")
    assert (await admin.send("PUT", path, first)).code == 200
    late = await admin.send("PUT", path, made)
    assert late.refusal[:2] == (409, "Conflict")
    lease["metadata"]["name"] = "bad"
    lease["spec"]["renewTime"] = "2026-11-23T22:40:00Z"
    refused = await admin.send("POST", LEASES.path(namespace), lease)
    assert refused.refusal[:2] == (400, "BadRequest")


async def test_line_08_metadata_alone_can_be_asked_for(admin: Client, namespace: str) -> None:
    """What kubectl's garbage collection and many controllers list."""
    await admin.create(config("a", k="1"), namespace)
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    reply = await admin.send("GET", CONFIGMAPS.path(namespace), accept=accept)
    assert reply.json["kind"] == "PartialObjectMetadataList"
    [item] = reply.json["items"]
    assert item.keys() - {"kind", "apiVersion"} == {"metadata"}
