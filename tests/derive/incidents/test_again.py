"""What comes back, or never went: a life is neither cut short nor counted twice."""

from __future__ import annotations

from tests.cluster.projections.raw import owned_by
from tests.derive.incidents.scene import Scene, cronjob, good, run, waits

KEY = "pod_crash_loop/agents/agent"


def test_what_was_resolved_stays_so_when_what_comes_back_is_nothing() -> None:
    scene = Scene()
    scene.show(waits("CrashLoopBackOff", exitCode=1))
    scene.play(900)
    scene.show(good())
    scene.play(31)
    resolved = scene.told(KEY)
    assert resolved.state == "resolved"
    scene.play(60)
    scene.show(waits("CrashLoopBackOff", exitCode=1))
    assert scene.told(KEY).state == "new"
    scene.play(5)
    scene.show(good())
    assert scene.told(KEY) == resolved
    scene.play(601)
    assert KEY not in scene.states()
    assert resolved in scene.incidents.history


def test_what_is_usual_changes_while_a_run_is_stuck() -> None:
    """Where runs may overlap others end meanwhile: the one that hangs neither ends nor begins."""
    scene = Scene()
    hangs = run(scene, "running", ago=4_000)
    for number in range(8):
        ended = tuple(
            run(scene, "succeeded", ago=60 * (one + 1), duration_ms=10_000 + 1_000 * number)
            for one in range(5)
        )
        scene.board.cronjobs.upsert("agents/night", cronjob(recent_runs=(*ended, hangs)))
        scene.play(60)
    told = scene.told("cronjob_stuck/agents/night")
    assert (told.state, told.count) == ("active", 1)
    assert told.reason == "It usually takes 17 s."
    # It is slower as a rule by now: this one does not take long by that.
    slow = tuple(
        run(scene, "succeeded", ago=60 * (one + 1), duration_ms=9_000_000) for one in range(5)
    )
    scene.board.cronjobs.upsert("agents/night", cronjob(recent_runs=(*slow, hangs)))
    scene.play(31)
    assert scene.told("cronjob_stuck/agents/night").state == "resolved"


def test_restarts_that_come_at_once_are_one() -> None:
    """A node starts again with all its containers, or a lost source tells what it missed."""
    scene = Scene()
    for restarts in (0, 5, 8):
        scene.show(good(restartCount=restarts))
        scene.play(20)
    assert scene.states() == {}
    scene.show(good(restartCount=9))
    assert scene.states() == {"pod_restarting/agents/agent": "new"}


def test_what_a_kubelet_runs_by_itself_is_not_called_by_its_node() -> None:
    scene = Scene()
    for name in ("proxy-eu-1", "etcd-eu-1"):
        owner = owned_by("Node", "eu-1", "uid-of-eu-1")
        scene.show(waits("CrashLoopBackOff", name, owner, exitCode=1))
    assert set(scene.states()) == {
        "pod_crash_loop/agents/proxy-eu-1",
        "pod_crash_loop/agents/etcd-eu-1",
    }
