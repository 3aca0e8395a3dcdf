"""One red thing: what an incident explains is under it, and what cannot be seen is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.cluster.projections.pods import PODS
from tests.cluster.projections.raw import condition, container
from tests.derive.incidents.scene import Scene, bad, cronjob, good, lost_node, of, run, waits

if TYPE_CHECKING:
    from app.model import SourceState

CRASH = "pod_crash_loop/agents/agent"
NODE = lost_node("eu-1")


def unheard(name: str, owner: str) -> dict[str, object]:
    """A pod of a node that nobody hears of."""
    return bad(
        name,
        of(owner),
        conditions=[
            condition("PodScheduled"),
            condition("ContainersReady"),
            condition("Ready", "False"),
        ],
    )


def test_a_lost_node_swallows_its_pods() -> None:
    scene = Scene()
    scene.show(good("gateway-1", of("gateway")))
    scene.show(waits("CrashLoopBackOff", "agent-1", of("agent"), exitCode=1))
    scene.play(16)
    assert scene.active() == {CRASH}
    for number in range(3):
        scene.show(unheard(f"gateway-{number}", "gateway"))
    scene.show(unheard("worker-1", "worker"))
    # The node is new, so what it explains is told under it and still counts.
    assert scene.told(CRASH).caused_by == NODE
    assert scene.health.summary.counts.critical == 1
    scene.play(16)
    assert scene.active() == {
        NODE,
        f"{CRASH} < {NODE}",
        f"pod_lost/agents/gateway < {NODE}",
        f"pod_lost/agents/worker < {NODE}",
    }
    told = scene.told(NODE)
    assert told.reason == "4 pods on it are not heard of."
    assert [(one.kind, one.namespace, one.name) for one in told.objects] == [("Node", None, "eu-1")]
    summary = scene.health.summary
    assert summary.reasons == ("A node is lost",)
    assert (summary.counts.critical, summary.counts.warning) == (1, 0)
    # It is back: what it explained stands for itself again.
    for number in range(3):
        scene.show(good(f"gateway-{number}", of("gateway")))
    scene.show(good("worker-1", of("worker")))
    scene.play(32)
    assert scene.active() == {CRASH}
    assert scene.health.summary.reasons == ("agent crashes again and again",)


def test_no_node_is_named_to_the_summary_audience() -> None:
    """Where pods run is not for everyone who passes a wall."""
    scene = Scene()
    scene.show(waits("CrashLoopBackOff", "agent-1", of("agent"), exitCode=1))
    for number in range(2):
        scene.show(unheard(f"gateway-{number}", "gateway"))
    scene.play(16)
    told = scene.told(NODE)
    assert [one.name for one in told.objects] == ["eu-1"]
    assert "kubectl describe node eu-1" in {one.command for one in told.actions}
    assert scene.active() >= {NODE, f"{CRASH} < {NODE}"}
    for topic in (scene.board.incidents, scene.board.health):
        for key, value in topic.items():
            assert "eu-1" not in key
            assert b"eu-1" not in topic.reads["summary"](value)  # type: ignore[arg-type]


def test_an_incident_that_is_explained_in_part_stands_for_itself() -> None:
    scene = Scene()
    scene.show(waits("CrashLoopBackOff", "agent-1", exitCode=1))
    elsewhere = waits("CrashLoopBackOff", "agent-2", exitCode=1)
    elsewhere["spec"]["nodeName"] = "eu-2"
    scene.show(elsewhere)
    scene.show(unheard("gateway-1", "gateway"))
    assert scene.told(CRASH).caused_by is None
    scene.hide("agent-2")
    assert scene.told(CRASH).caused_by == NODE


def test_a_pod_is_said_to_be_lost_once_only() -> None:
    scene = Scene()
    raw = unheard("agent-1", "agent")
    raw["metadata"]["deletionTimestamp"] = scene.ago(0)  # type: ignore[index]
    scene.show(raw)
    scene.show(bad("old-1", of("old"), reason="NodeLost"))
    nameless = bad("none-1", of("none"), reason="NodeLost")
    nameless["spec"].pop("nodeName")
    scene.show(nameless)
    assert set(scene.states()) == {
        NODE,
        "pod_lost/agents/agent",
        "pod_lost/agents/old",
    }


def test_what_is_worst_in_a_pod_explains_the_rest() -> None:
    scene = Scene()
    for count in range(4):
        scene.show(good(restartCount=count))
    killed = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": scene.ago(0)}
    raw = waits("CrashLoopBackOff")
    raw["status"]["containerStatuses"] = [
        container(
            "main",
            ready=False,
            restartCount=3,
            lastState={"terminated": killed},
            **{"state": {"waiting": {"reason": "CrashLoopBackOff"}}},
        )
    ]
    scene.show(raw)
    scene.play(80)
    assert scene.active() == {
        CRASH,
        f"pod_oom_killed/agents/agent < {CRASH}",
        f"pod_restarting/agents/agent < {CRASH}",
        f"pod_unready/agents/agent < {CRASH}",
    }
    assert scene.health.summary.reasons == ("agent crashes again and again",)
    assert scene.health.summary.counts.warning == 0


def test_memory_explains_restarts() -> None:
    scene = Scene()
    for count in range(4):
        killed = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": scene.ago(0)}
        last = {"terminated": killed} if count else None
        scene.show(good(restartCount=count, lastState=last))
        scene.play(1)
    scene.play(16)
    assert scene.active() == {
        "pod_oom_killed/agents/agent",
        "pod_restarting/agents/agent < pod_oom_killed/agents/agent",
    }


def test_a_failed_run_swallows_its_pods() -> None:
    scene = Scene()
    failed = run(scene, "failed", ago=60, exit_code=1)
    scene.board.cronjobs.upsert("agents/night", cronjob(recent_runs=(failed,)))
    scene.show(bad("p", of(failed.name, "Job"), phase="Failed", reason="Evicted"))
    scene.play(16)
    assert scene.active() == {
        "cronjob_failed/agents/night",
        f"pod_evicted/agents/{failed.name} < cronjob_failed/agents/night",
    }


@pytest.mark.parametrize("state", ["stale", "forbidden", "absent", "error"])
def test_a_lost_source_makes_its_incidents_unknown_and_resolves_none(state: SourceState) -> None:
    scene = Scene()
    scene.show(waits("CrashLoopBackOff", exitCode=1))
    scene.show(waits("ErrImagePull", "web-1", of("web"), exitCode=1))
    scene.board.cronjobs.upsert("agents/night", cronjob(state="missed"))
    advance(scene, 16)
    scene.show(good())
    scene.show(waits("CrashLoopBackOff", "new-1", of("new"), exitCode=1))
    advance(scene, 10)
    scene.lose("pods", state)
    cause = f"source_{state}/agents/pods"
    expected = {
        CRASH: "unknown",
        "pod_image/agents/web": "unknown",
        "pod_crash_loop/agents/new": "unknown",
        "cronjob_missed/agents/night": "active",
        cause: "new",
    }
    assert scene.states() == expected
    assert scene.told(CRASH).caused_by == cause
    assert scene.health.summary.status == "unhealthy", "the CronJob is seen as before"
    scene.board.cronjobs.upsert("agents/night", cronjob())
    advance(scene, 3_600)
    del expected["cronjob_missed/agents/night"]
    assert scene.states() == expected | {cause: "active"}, "however long nobody sees anything"
    assert scene.word == "degraded"

    scene.lose("pods", "live")
    seen = {key: state for key, state in scene.states().items() if "pod_unready" not in key}
    assert seen == {
        CRASH: "active",
        "pod_image/agents/web": "active",
        "pod_crash_loop/agents/new": "new",
        cause: "active",
    }
    assert scene.told("pod_image/agents/web").caused_by is None
    assert scene.word == "unhealthy"
    advance(scene, 16)
    assert scene.states()["pod_crash_loop/agents/new"] == "active", "it had to last again"
    advance(scene, 16)
    assert scene.states()[CRASH] == "resolved", "it was well already, which nobody could see"
    assert scene.states()["pod_image/agents/web"] == "active"
    assert scene.states()[cause] == "resolved"


def advance(scene: Scene, seconds: int) -> None:
    for _ in range(seconds):
        scene.clock.advance(1.0)
        scene.timer.advance()


def test_what_vanishes_with_its_namespace_is_unknown_too() -> None:
    scene = Scene()
    scene.show(waits("CrashLoopBackOff", exitCode=1))
    advance(scene, 16)
    # A reflector takes the objects away before it says why.
    scene.board.records(PODS).replace({})
    scene.lose("pods", "absent")
    advance(scene, 100)
    assert scene.told(CRASH).state == "unknown"
    scene.lose("pods", "live")
    advance(scene, 31)
    assert scene.told(CRASH).state == "resolved"


def test_what_would_be_new_while_nobody_can_see_is_not_told() -> None:
    scene = Scene()
    raw = bad(phase="Pending", containerStatuses=[], conditions=[condition("PodScheduled")])
    scene.show(raw)
    scene.lose("pods", "stale")
    advance(scene, 300)
    assert "pod_pending/agents/agent" not in scene.states()
    scene.lose("pods", "live")
    advance(scene, 16)
    assert scene.told("pod_pending/agents/agent").state == "active"


def test_a_source_of_all_namespaces_swallows_what_is_in_them() -> None:
    scene = Scene()
    key = "pods/*"
    source = scene.source("pods/agents").model_copy(update={"namespace": "*"})
    scene.board.sources.upsert(key, source)
    scene.show(waits("CrashLoopBackOff", exitCode=1))
    scene.board.sources.upsert(key, source.model_copy(update={"state": "forbidden"}))
    told = scene.told("source_forbidden/*/pods")
    assert told.title == "No right to read pods in all namespaces"
    assert told.objects[0].namespace is None
    assert told.actions == (), "its command needs a namespace"
    assert scene.told(CRASH).caused_by == "source_forbidden/*/pods"


def test_nodes_that_are_lost_in_turn_leave_nothing_behind() -> None:
    """Each loss takes pods of the same owner; that these come and go is no trouble of theirs."""
    scene = Scene()
    for node in ("eu-1", "eu-2", "eu-3"):
        for number in range(2):
            raw = unheard(f"worker-{number}", "worker")
            raw["spec"] = {**raw["spec"], "nodeName": node}  # type: ignore[dict-item]
            scene.show(raw)
        began = scene.clock.now()
        assert set(scene.states().values()) <= {"new", "resolved"}
        scene.play(60)
        told = scene.told("pod_lost/agents/worker")
        assert (told.state, told.caused_by) == ("active", lost_node(node))
        assert told.since == began
        for number in range(2):
            scene.show(good(f"worker-{number}", of("worker")))
        scene.play(40)
        assert set(scene.states().values()) == {"resolved"}
        assert scene.word == "healthy"
    assert scene.told("pod_lost/agents/worker").count == 3


def test_no_news_from_anywhere_is_one_incident() -> None:
    scene = Scene()
    scene.show(waits("CrashLoopBackOff", exitCode=1))
    scene.play(16)
    for _ in range(200):
        scene.clock.advance(1.0)
        for monitor in scene.freshness.monitors.values():
            monitor.assess()
        scene.timer.advance()
    root = "cluster_lost/*/api-server"
    assert scene.active() == {
        root,
        *(
            f"source_stale/agents/{kind} < {root}"
            for kind in ("pods", "cronjobs", "jobs", "events")
        ),
    }
    assert scene.told(CRASH).state == "unknown"
    summary = scene.health.summary
    assert (summary.status, summary.reasons) == ("degraded", ("No news from the API server",))
    assert summary.counts.warning == 1
    scene.play(32)
    assert scene.active() == {CRASH, f"pod_unready/agents/agent < {CRASH}"}
    assert scene.word == "unhealthy"


def test_one_source_alone_is_not_the_whole_cluster() -> None:
    scene = Scene()
    scene.lose("pods", "stale")
    scene.lose("jobs", "late")
    scene.lose("cronjobs", "late")
    assert set(scene.states()) == {"source_stale/agents/pods"}
    scene.lose("events", "late")
    assert "cluster_lost/*/api-server" in scene.states()


def test_nothing_is_kept_of_what_is_over() -> None:
    scene = Scene()
    for number in range(50):
        scene.show(unheard(f"g-{number}", f"g{number % 7}"))
    scene.play(20)
    scene.board.records(PODS).replace({})
    scene.play(700)
    assert scene.states() == {}
    assert len(scene.incidents._cases) == 0
    assert len(scene.incidents._cases._causes) == 0
    assert len(scene.incidents._spans) == 0
