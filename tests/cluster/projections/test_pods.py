from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.cluster.projections.pods import PODS, PodRecord, explain, owner_name, pod_health
from app.model import PodHealth
from tests.cluster.projections.raw import (
    condition,
    container,
    owned_by,
    page,
    pod,
    running,
    terminated,
    waiting,
)

Json = dict[str, Any]


def read(raw: Json) -> PodRecord:
    return PODS.page(page(raw)).items[0].record


def test_where_pods_are_listed() -> None:
    assert PODS.resource.path("agents") == "/api/v1/namespaces/agents/pods"
    assert (PODS.topic, PODS.field_selector, repr(PODS)) == ("pods", None, "Projection('pods')")


def test_a_record_holds_what_rules_need_of_a_pod() -> None:
    record = read(
        pod(
            spec={
                "nodeName": "node-1",
                "containers": [{"name": "main", "env": [{"name": "KEY", "value": "v"}]}],
                "initContainers": [
                    {"name": "proxy", "restartPolicy": "Always"},
                    {"name": "prepare"},
                ],
            },
            status={
                "phase": "Running",
                "containerStatuses": [
                    container(
                        restartCount=3,
                        **waiting("CrashLoopBackOff", "back-off 5m0s"),
                        lastState={
                            "terminated": {
                                "exitCode": 137,
                                "reason": "OOMKilled",
                                "startedAt": "2026-01-01T09:01:00Z",
                                "finishedAt": "2026-01-01T09:02:00Z",
                            }
                        },
                    )
                ],
                "initContainerStatuses": [container("proxy", started=True, **running())],
            },
        )
    )
    (main,), (proxy,) = record.statuses, record.init_statuses
    assert (record.node, record.containers, record.init_containers) == (
        "node-1",
        ("main",),
        ("proxy", "prepare"),
    )
    assert record.sidecars == {"proxy"}
    assert main.waiting is not None
    assert (main.waiting.reason, main.waiting.message) == ("CrashLoopBackOff", "back-off 5m0s")
    assert main.last is not None
    assert (main.last.exit_code, main.last.reason) == (137, "OOMKilled")
    assert (proxy.started, proxy.running, proxy.running_since) == (
        True,
        True,
        datetime(2026, 1, 1, 9, tzinfo=UTC),
    )


def test_a_new_pod_has_nothing_but_a_name() -> None:
    record = read({"metadata": pod()["metadata"], "spec": None, "status": None})
    assert (record.phase, record.statuses, record.main_container, record.exit_code) == (
        "",
        (),
        "",
        None,
    )


@pytest.mark.parametrize(("annotation", "main"), [(None, "app"), ("log", "log"), ("gone", "app")])
def test_the_main_container_is_the_annotated_one_or_the_first(
    annotation: str | None, main: str
) -> None:
    annotations = {"kubectl.kubernetes.io/default-container": annotation} if annotation else None
    raw = pod(spec={"containers": [{"name": "app"}, {"name": "log"}]}, annotations=annotations)
    assert read(raw).main_container == main


def test_the_exit_code_is_the_main_containers() -> None:
    statuses = [container("log", **terminated(3)), container("main", **terminated(57))]
    spec = {"containers": [{"name": "main"}, {"name": "log"}]}
    assert read(pod(spec=spec, status={"containerStatuses": statuses})).exit_code == 57
    going = [container("log", **terminated(3)), container("main", **running())]
    assert read(pod(spec=spec, status={"containerStatuses": going})).exit_code is None


def test_health_says_what_kubectl_says_and_more() -> None:
    raw = pod(
        "web-7d9c6b8f5d-x2x4q",
        labels={"pod-template-hash": "7d9c6b8f5d"},
        spec={"nodeName": "node-1", "containers": [{"name": "main"}]},
        status={
            "phase": "Running",
            "containerStatuses": [
                container(restartCount=3, **waiting("CrashLoopBackOff", "back-off 5m0s"))
                | {"lastState": terminated(1, finishedAt="2026-01-01T09:02:00Z")["state"]}
            ],
        },
        **owned_by("ReplicaSet", "web-7d9c6b8f5d", "u-1"),
    )
    assert pod_health(read(raw)) == PodHealth(
        name="web-7d9c6b8f5d-x2x4q",
        phase="Running",
        ready_containers=0,
        total_containers=1,
        restart_count=3,
        last_restart_time=datetime(2026, 1, 1, 9, 2, tzinfo=UTC),
        namespace="agents",
        uid="uid-of-web-7d9c6b8f5d-x2x4q",
        reason="CrashLoopBackOff",
        message="back-off 5m0s",
        owner="web",
        node="node-1",
        created_at=datetime(2026, 1, 1, 9, tzinfo=UTC),
    )


@pytest.mark.parametrize("phase", ["Unknown", "", None, "Dancing"])
def test_a_phase_that_we_do_not_know_is_unknown(phase: str | None) -> None:
    assert pod_health(read(pod(status={"phase": phase}))).phase == "Unknown"


@pytest.mark.parametrize(
    ("kind", "name", "labels", "owner"),
    [
        ("ReplicaSet", "web-5f", {"pod-template-hash": "5f"}, "web"),
        ("ReplicaSet", "web-5f", {"pod-template-hash": "6a"}, "web-5f"),
        ("ReplicaSet", "web-5f", {"pod-template-hash": ""}, "web-5f"),
        ("ReplicaSet", "web-5f", None, "web-5f"),
        ("Job", "sync-5f", {"pod-template-hash": "5f"}, "sync-5f"),
    ],
)
def test_the_owner_of_a_pod_is_named_as_a_person_names_it(
    kind: str, name: str, labels: dict[str, str] | None, owner: str
) -> None:
    assert owner_name(read(pod(labels=labels, **owned_by(kind, name, "u")))) == owner


def test_a_bare_pod_has_no_owner() -> None:
    assert owner_name(read(pod())) is None


def test_a_pod_that_a_kubelet_runs_by_itself_is_not_its_nodes() -> None:
    assert owner_name(read(pod(**owned_by("Node", "eu-1", "u")))) is None


UNREADY = condition("Ready", "False", message="containers with unready status: [main]")
UNSCHEDULED = condition("PodScheduled", "False", message="0/3 nodes are available")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (
            {
                "message": "The node was low on memory.",
                "containerStatuses": [container(**waiting("A", "a"))],
            },
            "The node was low on memory.",
        ),
        ({"containerStatuses": [container(**waiting("A", "a"))]}, "a"),
        (
            {
                "initContainerStatuses": [container("first", **waiting("B", "b"))],
                "containerStatuses": [container(**waiting("A", "a"))],
            },
            "b",
        ),
        ({"containerStatuses": [container(**terminated(1, message="panic"))]}, ""),
        ({"phase": "Pending", "conditions": [UNREADY, UNSCHEDULED]}, "0/3 nodes are available"),
        (
            {"phase": "Running", "conditions": [UNSCHEDULED, UNREADY]},
            "containers with unready status: [main]",
        ),
        ({"phase": "Running", "conditions": [condition("Ready")]}, ""),
        ({"phase": "Running"}, ""),
        ({"phase": "Succeeded", "conditions": [UNREADY]}, ""),
    ],
)
def test_a_pod_explains_itself(status: Json, sentence: str) -> None:
    assert explain(read(pod(status=status))) == sentence
