"""The scripted kubelet: states, restarts, images, graceful ends, Events and logs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from app.demo.api.kinds import EVENTS, LEASES, NODES, PODS
from app.demo.api.tables import table
from app.demo.controllers.kubelet.script import Script
from app.demo.scenarios.empty import NODE, Empty
from tests.demo.film.things import container, pod, pod_spec
from tests.demo.film.worlds import NAMESPACE, START, Theatre, empty

if TYPE_CHECKING:
    from app.demo.api.kinds import Json


def cells(theatre: Theatre, name: str = "p") -> tuple[str, str, int]:
    """READY, STATUS and RESTARTS as kubectl prints them."""
    one = theatre.one(PODS, name)
    assert one is not None
    [row] = table(PODS, [one], theatre.world.film.now())["rows"]
    ready, status, restarts = row["cells"][1:4]
    return ready, status, int(str(restarts).split()[0])


def status(theatre: Theatre, name: str = "p", at: int = 0) -> Json:
    one = theatre.one(PODS, name)
    assert one is not None
    found: Json = one["status"]["containerStatuses"][at]
    return found


SCRIPTS = [
    ("runs", pod_spec(), {}, ("1/1", "Running", 0)),
    ("unready", pod_spec(), {"ready": False}, ("0/1", "Running", 0)),
    ("unbound", pod_spec(), {"schedule": "never"}, ("0/1", "Pending", 0)),
    ("creating", pod_spec(), {"start": "never"}, ("0/1", "ContainerCreating", 0)),
    ("pulling", pod_spec(), {"waiting_reason": "ImagePullBackOff"}, ("0/1", "ImagePullBackOff", 0)),
    (
        "crashing",
        pod_spec(),
        {"waiting_reason": "CrashLoopBackOff", "restarts": 4},
        ("0/1", "CrashLoopBackOff", 4),
    ),
    (
        "killed",
        pod_spec(restartPolicy="Never"),
        {"exit_code": 137, "termination_reason": "OOMKilled"},
        ("0/1", "OOMKilled", 0),
    ),
    ("succeeds", pod_spec(restartPolicy="Never"), {"exit_code": 0}, ("0/1", "Completed", 0)),
    ("init-done", pod_spec(initContainers=[container("git")]), {}, ("1/1", "Running", 0)),
    (
        "init-runs",
        pod_spec(initContainers=[container("git"), container("npm")]),
        {"run_for_ms__npm": 600_000},
        ("0/1", "Init:1/2", 0),
    ),
    (
        "init-fails",
        pod_spec(initContainers=[container("git")], restartPolicy="Never"),
        {"exit_code__git": 7},
        ("0/1", "Init:Error", 0),
    ),
    (
        "sidecar",
        pod_spec(initContainers=[container("proxy", restartPolicy="Always")]),
        {},
        ("2/2", "Running", 0),
    ),
    (
        "sidecar-ends-with-the-rest",
        pod_spec(
            initContainers=[container("proxy", restartPolicy="Always")], restartPolicy="Never"
        ),
        {"run_for_ms__main": 1_000},
        ("0/2", "Completed", 0),
    ),
    (
        "half",
        pod_spec(container("one"), container("two"), restartPolicy="Never"),
        {"exit_code__two": 2},
        ("1/2", "Error", 0),
    ),
]


@pytest.mark.parametrize(
    ("spec", "keys", "wanted"), [case[1:] for case in SCRIPTS], ids=[case[0] for case in SCRIPTS]
)
def test_kubectl_shows_what_the_annotations_say(
    spec: Json, keys: dict[str, object], wanted: tuple[str, str, int]
) -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", spec, **(keys or {"log": "hello"})))
    theatre.play(8.0)
    assert cells(theatre) == wanted


def test_a_pod_on_its_way_to_running() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p"))
    theatre.play(0.3, 0.05)
    assert cells(theatre) == ("0/1", "ContainerCreating", 0)
    theatre.play(3.0)
    assert cells(theatre) == ("1/1", "Running", 0)
    one = theatre.one(PODS, "p")
    assert one is not None
    told = one["status"]
    assert [(each["type"], each["status"]) for each in told["conditions"]] == [
        (kind, "True")
        for kind in (
            "PodReadyToStartContainers",
            "Initialized",
            "Ready",
            "ContainersReady",
            "PodScheduled",
        )
    ]
    assert told["qosClass"] == "BestEffort"
    assert told["podIP"] == told["podIPs"][0]["ip"]
    assert told["hostIP"] == "10.20.0.11"
    assert status(theatre)["containerID"].startswith("containerd://")
    assert [reason for reason, _, _ in theatre.events("p")] == [
        "Scheduled",
        "Pulling",
        "Pulled",
        "Created",
        "Started",
    ]
    scheduled = theatre.events("p")[0][1]
    assert scheduled == f"Successfully assigned {NAMESPACE}/p to {NODE}"
    theatre.person.create(PODS, pod("q"))
    theatre.play(3.0)
    assert theatre.events("q")[1][1] == 'Container image "agent:1" already present on machine'


class Crashes(Empty):
    """Containers that end again and again."""

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        return Script(lasts=1.0, exit_code=1, pull_seconds=0.0, voice="agent")


def test_back_off_doubles_from_ten_seconds() -> None:
    theatre = Theatre(scenario=Crashes(NAMESPACE))
    theatre.person.create(PODS, {**pod("p"), "metadata": {"name": "p", "namespace": NAMESPACE}})
    starts: list[str] = []
    waits: set[str] = set()

    def watch() -> bool:
        state = status(theatre)["state"] if theatre.one(PODS, "p") else {}
        if "running" in state and state["running"]["startedAt"] not in starts:
            starts.append(state["running"]["startedAt"])
        if "waiting" in state:
            waits.add(state["waiting"].get("message", "").split(" restarting")[0])
        return len(starts) == 6

    theatre.play(0.3)
    theatre.play_until(watch, 300.0)
    moments = [datetime.fromisoformat(text) for text in starts]
    pauses = [(after - before).total_seconds() for before, after in pairwise(moments)]
    # A second of running before each; the first restart comes at once.
    assert pauses[0] <= 3
    for pause, wanted in zip(pauses[1:], (10, 20, 40, 80), strict=True):
        assert wanted <= pause - 1 <= wanted + 1
    assert waits >= {"back-off 10s", "back-off 20s", "back-off 40s", "back-off 1m20s"}
    found = status(theatre)
    assert found["restartCount"] == 5
    assert found["lastState"]["terminated"]["exitCode"] == 1
    [back_off] = [one for one in theatre.events("p") if one[0] == "BackOff"]
    assert back_off[2] == 4
    assert back_off[1].startswith("Back-off restarting failed container main in pod p_t(")


def test_out_of_memory() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p"))
    theatre.play(3.0)
    worker = theatre.world.stage.kubelets.worker((NAMESPACE, "p"))
    assert worker is not None
    worker.end("main", 137, "OOMKilled")
    assert cells(theatre) == ("0/1", "OOMKilled", 0)
    theatre.play(3.0)
    assert cells(theatre) == ("1/1", "Running", 1)
    assert status(theatre)["lastState"]["terminated"]["reason"] == "OOMKilled"
    # What does not run cannot be ended.
    worker.end("nobody", 1)


class Unpullable(Empty):
    """An image that cannot be had until it is pushed."""

    pushed = False

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        plain = super().cast(pod, container, attempt)
        return plain if self.pushed else replace(plain, pull_error="not found")


def test_an_image_that_cannot_be_pulled_until_it_can() -> None:
    scenario = Unpullable(NAMESPACE)
    theatre = Theatre(scenario=scenario)
    theatre.person.create(PODS, {**pod("p"), "metadata": {"name": "p", "namespace": NAMESPACE}})
    seen: set[str] = set()
    for _ in range(160):
        theatre.play(0.25)
        seen.add(cells(theatre)[1])
    assert seen >= {"ContainerCreating", "ErrImagePull", "ImagePullBackOff"}
    told = {(reason, message) for reason, message, _ in theatre.events("p")}
    assert ("Failed", 'Failed to pull image "agent:1": not found') in told
    assert ("Failed", "Error: ErrImagePull") in told
    assert ("BackOff", 'Back-off pulling image "agent:1"') in told
    assert ("Failed", "Error: ImagePullBackOff") in told
    scenario.pushed = True
    theatre.play(45.0)
    assert cells(theatre) == ("1/1", "Running", 0)


@pytest.mark.parametrize(
    ("takes", "grace", "code", "seconds"), [(500, 30, 0, 0.5), (60_000, 5, 137, 5.0)]
)
def test_a_graceful_end(takes: int, grace: int, code: int, seconds: float) -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", terminate_after_ms=takes))
    theatre.play(3.0)
    uid = (theatre.one(PODS, "p") or {})["metadata"]["uid"]
    theatre.person.delete(PODS, NAMESPACE, "p", grace=grace)
    assert cells(theatre)[1] == "Terminating"
    theatre.play(seconds - 0.25)
    assert cells(theatre)[1] == "Terminating"
    theatre.play(1.5)
    assert theatre.one(PODS, "p") is None
    assert ("Killing", "Stopping container main", 1) in theatre.events("p")
    [last] = [line for line in theatre.written if line.startswith("DELETED pods") and uid in line]
    assert f'"exitCode": {code}' in last


def test_a_pod_that_has_not_started_goes_at_once() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", start="never"))
    theatre.play(3.0)
    theatre.person.delete(PODS, NAMESPACE, "p")
    theatre.play(1.0)
    assert theatre.one(PODS, "p") is None


def test_a_pod_of_the_same_name_is_another() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", run_for_ms=600_000))
    theatre.play(3.0)
    theatre.person.delete(PODS, NAMESPACE, "p", grace=0)
    theatre.person.create(PODS, pod("p", ready=False))
    theatre.play(3.0)
    assert cells(theatre) == ("0/1", "Running", 0)


def test_annotations_that_change_are_followed() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", ready=True))
    theatre.play(3.0)
    change = {"metadata": {"annotations": pod("p", ready=False)["metadata"]["annotations"]}}
    theatre.person.patch(PODS, NAMESPACE, "p", change)
    theatre.play(0.25)
    assert cells(theatre) == ("0/1", "Running", 0)


def test_hands_off_leaves_the_status_to_others() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", hands_off=True))
    theatre.play(3.0)
    told = {"status": {"phase": "Failed", "reason": "Evicted", "message": "no disk"}}
    theatre.person.patch_status(PODS, NAMESPACE, "p", told)
    theatre.play(3.0)
    assert cells(theatre)[1] == "Evicted"


def test_readiness_gates_are_somebody_elses() -> None:
    theatre = empty()
    spec = pod_spec(readinessGates=[{"conditionType": "example.com/ready"}])
    theatre.person.create(PODS, pod("p", spec))
    theatre.play(3.0)

    def ready() -> tuple[str, str]:
        told = (theatre.one(PODS, "p") or {})["status"]["conditions"]
        [one] = [one for one in told if one["type"] == "Ready"]
        return one["status"], one.get("reason", "")

    assert ready() == ("False", "ReadinessGatesNotReady")


# ---- where pods go


def test_a_pod_that_fits_nowhere_waits_and_is_told_why() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", pod_spec(nodeSelector={"gpu": "true"})))
    theatre.play(2.0)
    assert cells(theatre) == ("0/1", "Pending", 0)
    [(reason, message, _)] = theatre.events("p")
    assert reason == "FailedScheduling"
    assert message == (
        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: "
        "0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )
    theatre.person.patch(NODES, "", NODE, {"metadata": {"labels": {"gpu": "true"}}})
    theatre.play(65.0)
    assert cells(theatre) == ("1/1", "Running", 0)


def test_a_cordoned_node_takes_nobody_until_it_is_free() -> None:
    theatre = empty()
    theatre.person.patch(NODES, "", NODE, {"spec": {"unschedulable": True}})
    theatre.person.create(PODS, pod("p"))
    theatre.play(2.0)
    assert cells(theatre)[1] == "Pending"
    theatre.person.patch(NODES, "", NODE, {"spec": {"unschedulable": None}})
    theatre.play(3.0)
    assert cells(theatre) == ("1/1", "Running", 0)


def test_a_lost_node_and_its_return() -> None:
    theatre = empty()
    stage = theatre.world.stage
    with theatre.world.film.scene("test"):
        stage.kubelets.add(stage.new_node("other", 1, 100))
    theatre.person.create(PODS, pod("p", pod_spec(nodeName=NODE)))
    theatre.play(3.0)
    stage.kubelets.lose(NODE)
    theatre.play(65.0)

    def ready(name: str) -> str:
        node = theatre.person.get(NODES, "", name)
        [value] = [one["status"] for one in node["status"]["conditions"] if one["type"] == "Ready"]
        return str(value)

    assert (ready(NODE), ready("other")) == ("Unknown", "True")
    assert cells(theatre) == ("1/1", "Running", 0)
    told = (theatre.one(PODS, "p") or {})["status"]["conditions"]
    assert next(one["status"] for one in told if one["type"] == "Ready") == "False"
    assert "NodeNotReady" in {reason for reason, _, _ in theatre.events("p")}
    # Every pod tolerates it for five minutes, then it is deleted, and nobody confirms its end.
    theatre.play(310.0, 1.0)
    assert cells(theatre)[1] == "Terminating"
    theatre.play(60.0, 1.0)
    assert cells(theatre)[1] == "Terminating"
    stage.kubelets.find(NODE)
    theatre.play(5.0)
    assert ready(NODE) == "True"
    assert theatre.one(PODS, "p") is None
    assert "taints" not in theatre.person.get(NODES, "", NODE)["spec"]


def test_nodes_renew_their_leases() -> None:
    theatre = empty()
    before = theatre.person.get(LEASES, "kube-node-lease", NODE)["spec"]["renewTime"]
    theatre.play(11.0)
    after = theatre.person.get(LEASES, "kube-node-lease", NODE)["spec"]["renewTime"]
    assert before < after == "2026-11-23T13:03:10.000000Z"


def test_events_are_forgotten_after_an_hour() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p"))
    theatre.play(5.0)
    assert len(theatre.events("p")) == 5
    theatre.play(3_700.0, 20.0)
    assert theatre.person.list(EVENTS, NAMESPACE) == []


def test_start_is_when_the_tests_say() -> None:
    assert empty().world.film.now() == START
