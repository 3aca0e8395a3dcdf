"""New, active, unknown, resolved: with time that the test moves, and nothing else."""

from __future__ import annotations

import pytest

from app.derive.incidents.incidents import OFF_DELAY_SECONDS, ON_DELAY_SECONDS
from app.derive.incidents.past import HISTORY, MOST_OVER, RESOLVED_SECONDS
from app.stream import Hub
from tests.derive.incidents.scene import Scene, bad, cronjob, good, of, waits

KEY = "pod_crash_loop/agents/agent"


def crash(scene: Scene, name: str = "agent-x") -> None:
    scene.show(waits("CrashLoopBackOff", name, exitCode=1))


def mend(scene: Scene, name: str = "agent-x") -> None:
    scene.show(good(name))


def test_the_numbers_are_those_of_the_design() -> None:
    assert (ON_DELAY_SECONDS, OFF_DELAY_SECONDS, RESOLVED_SECONDS) == (15.0, 30.0, 600.0)


def test_what_mends_itself_in_time_never_was_an_incident() -> None:
    scene = Scene()
    crash(scene)
    assert scene.states() == {KEY: "new"}
    assert scene.word == "healthy"
    scene.play(14)
    mend(scene)
    assert scene.states() == {}
    scene.play(700)
    assert scene.states() == {}
    assert scene.incidents.history == ()


def test_an_incident_outlives_a_short_recovery() -> None:
    scene = Scene()
    crash(scene)
    scene.play(16)
    since = scene.told(KEY).since
    mend(scene)
    scene.play(29)
    assert scene.told(KEY).state == "active"
    crash(scene)
    scene.play(100)
    told = scene.told(KEY)
    assert (told.state, told.since, told.count) == ("active", since, 2)


def test_what_comes_back_within_ten_minutes_is_the_same_incident() -> None:
    scene = Scene()
    crash(scene)
    scene.play(16)
    mend(scene)
    scene.play(31)
    assert scene.told(KEY).state == "resolved"
    scene.play(500)
    crash(scene)
    told = scene.told(KEY)
    assert (told.state, told.count) == ("new", 2)
    assert told.since == scene.clock.now()
    assert scene.word == "healthy"
    scene.play(16)
    assert scene.told(KEY).state == "active"
    assert scene.incidents.history == ()


def test_what_comes_back_later_is_another() -> None:
    scene = Scene()
    crash(scene)
    scene.play(16)
    mend(scene)
    scene.play(31 + 601)
    assert scene.states() == {}
    crash(scene)
    assert scene.told(KEY).count == 1
    [before] = scene.incidents.history
    assert (before.key, before.state) == (KEY, "resolved")


def test_times_are_those_of_what_happened() -> None:
    scene = Scene()
    start = scene.clock.now()
    crash(scene)
    scene.play(16)
    active = scene.told(KEY)
    assert active.since == start
    assert (active.last_change - start).total_seconds() == 15
    mend(scene)
    scene.play(31)
    resolved = scene.told(KEY)
    assert resolved.since == start
    assert (resolved.last_change - start).total_seconds() == 47


def test_nothing_new_is_not_told_again() -> None:
    scene = Scene()
    crash(scene)
    scene.play(20)
    writes = scene.writes
    raw = waits("CrashLoopBackOff", exitCode=1)
    raw["metadata"]["labels"]["seen"] = "again"
    scene.show(raw)
    scene.play(20)
    assert scene.writes == writes


def test_flapping_is_one_entry_with_a_count() -> None:
    scene = Scene()
    for _ in range(2):
        crash(scene)
        scene.play(10)
        mend(scene)
        scene.play(10)
    told = scene.told(KEY)
    assert (told.state, told.count) == ("active", 2), "two comings and two goings are four"
    for _ in range(20):
        crash(scene)
        scene.play(5)
        mend(scene)
        scene.play(35)
        assert scene.told(KEY).state == "active"
    assert scene.told(KEY).count == 22
    assert scene.word == "unhealthy"
    # The last four transitions were within the last 80 s.
    scene.play(500)
    assert scene.told(KEY).state == "active"
    scene.play(60)
    assert scene.told(KEY).state == "resolved"
    scene.play(601)
    assert scene.states() == {}
    [over] = scene.incidents.history
    assert over.count == 22


def test_three_transitions_are_not_flapping() -> None:
    scene = Scene()
    crash(scene)
    scene.play(5)
    mend(scene)
    scene.play(5)
    crash(scene)
    assert scene.told(KEY).state == "new"


def test_four_transitions_in_eleven_minutes_are_not_flapping() -> None:
    scene = Scene()
    crash(scene)
    scene.play(5)
    mend(scene)
    scene.play(590)
    crash(scene)
    scene.play(10)
    mend(scene)
    assert scene.states() == {}


def test_the_fourth_transition_may_be_a_coming() -> None:
    scene = Scene()
    for wait in (5, 10):
        crash(scene)
        scene.play(wait)
        mend(scene)
        scene.play(587 if wait == 5 else 2)
        assert scene.states() == {}
    # Transitions after 0, 5, 592 and 602 s: the last four now are within 599 s.
    crash(scene)
    assert scene.told(KEY).state == "active"


def test_a_thousand_flaps_a_second_cost_little() -> None:
    scene = Scene()
    broken, fine = waits("CrashLoopBackOff", exitCode=1), good()
    records = scene.board.records
    from app.cluster.projections.pods import PODS
    from tests.cluster.projections.raw import page

    bad_record, good_record = (PODS.page(page(raw)).items[0].record for raw in (broken, fine))
    for _ in range(10):
        for _ in range(500):
            records(PODS).upsert("agents/agent-x", bad_record)
            records(PODS).upsert("agents/agent-x", good_record)
        scene.clock.advance(1.0)
        scene.timer.advance()
    told = scene.told(KEY)
    assert told.state == "active"
    assert told.count > 4_900
    # A few until it is known to flap, then one a second.
    assert scene.writes <= 4 + 11
    assert len(scene.timer) < 20


def test_many_that_were_nothing_are_forgotten() -> None:
    scene = Scene()
    for number in range(MOST_OVER + 50):
        scene.show(waits("ErrImagePull", "p", of(f"owner-{number}"), exitCode=1))
        scene.hide("p")
    assert scene.states() == {}
    assert len(scene.incidents._cases) == MOST_OVER
    scene.play(601)
    assert len(scene.incidents._cases) == 0
    assert len(scene.incidents._spans) == 0


def test_history_is_bounded() -> None:
    scene = Scene()
    many = MOST_OVER + HISTORY + 7
    for number in range(many):
        value = cronjob(name=f"job-{number}", state="invalid")
        scene.board.cronjobs.upsert(f"agents/job-{number}", value)
    scene.play(16)
    assert scene.health.summary.counts.critical == many
    assert len(scene.health.summary.reasons) == 10
    for number in range(many):
        scene.board.cronjobs.remove(f"agents/job-{number}")
    scene.play(31)
    assert len(scene.states()) == MOST_OVER, "the oldest made room at once"
    assert len(scene.incidents.history) == HISTORY
    assert scene.word == "healthy"


def test_pods_of_one_owner_are_one_incident() -> None:
    scene = Scene()
    for number in range(25):
        crash(scene, f"agent-{number}")
    scene.play(16)
    assert scene.states() == {KEY: "active"}
    told = scene.told(KEY)
    assert told.reason == "25 pods. The last run of a container ended with exit code 1."
    assert [one.name for one in told.objects] == [f"agent-{number}" for number in range(20)]
    assert scene.health.summary.counts.critical == 1
    for number in range(24):
        mend(scene, f"agent-{number}")
    scene.play(32)
    told = scene.told(KEY)
    assert [one.name for one in told.objects] == ["agent-24"]
    assert told.reason == "The last run of a container ended with exit code 1."
    assert (told.state, told.count) == ("active", 1)


def test_other_owners_and_other_namespaces_are_others() -> None:
    scene = Scene("agents", "tests")
    crash(scene)
    scene.show(waits("CrashLoopBackOff", "web-1", of("web"), exitCode=1))
    alone = waits("CrashLoopBackOff", "alone", {}, exitCode=1)
    scene.show(alone)
    other = waits("CrashLoopBackOff", exitCode=1)
    other["metadata"]["namespace"] = "tests"
    scene.show(other)
    assert set(scene.states()) == {
        f"pod_crash_loop/{name}"
        for name in ("agents/agent", "agents/web", "agents/alone", "tests/agent")
    }


def test_a_finding_waits_from_when_it_began_in_the_cluster() -> None:
    scene = Scene()
    said = {"reason": "ContainersNotReady", "lastTransitionTime": scene.ago(50)}
    from tests.cluster.projections.raw import condition

    scene.show(bad(conditions=[condition("Ready", "False", **said)]))
    scene.play(9)
    assert scene.states() == {}
    scene.play(2)
    told = scene.told("pod_unready/agents/agent")
    assert (scene.clock.now() - told.since).total_seconds() == 61


@pytest.mark.parametrize("jump", [3600.0, -3600.0], ids=["forward", "back"])
def test_a_clock_that_is_set_moves_no_delay(jump: float) -> None:
    scene = Scene()
    crash(scene)
    scene.play(10)
    scene.clock.set_by = jump
    scene.play(4)
    assert scene.told(KEY).state == "new"
    scene.play(2)
    assert scene.told(KEY).state == "active"
    mend(scene)
    scene.clock.set_by = 0.0
    scene.play(29)
    assert scene.told(KEY).state == "active"
    scene.play(2)
    assert scene.told(KEY).state == "resolved"


@pytest.mark.parametrize("wrong", [3600.0, -3600.0], ids=["ahead", "behind"])
def test_a_cluster_whose_clock_is_wrong_does_not_delay_for_ever(wrong: float) -> None:
    scene = Scene()
    from tests.cluster.projections.raw import condition

    said = {"reason": "ContainersNotReady", "lastTransitionTime": scene.ago(-wrong)}
    scene.show(bad(conditions=[condition("Ready", "False", **said)]))
    scene.play(61)
    told = scene.told("pod_unready/agents/agent")
    assert told.since <= scene.clock.now()
    last = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": scene.ago(-3600.0)}
    scene.show(good("o", of("o"), restartCount=1, lastState={"terminated": last}))
    assert scene.told("pod_oom_killed/agents/o").state == "new"
    scene.play(600 + 32)
    assert scene.told("pod_oom_killed/agents/o").state == "resolved"
    scene.show(good("o", of("o"), restartCount=1, ready=False, lastState={"terminated": last}))
    assert scene.told("pod_oom_killed/agents/o").state == "resolved", "it is no other kill"


def test_another_kill_counts_anew() -> None:
    scene = Scene()

    def kill() -> None:
        last = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": scene.ago(0)}
        scene.show(good(restartCount=1, lastState={"terminated": last}))

    kill()
    scene.play(500)
    kill()
    scene.play(500)
    assert scene.told("pod_oom_killed/agents/agent").state == "active"
    scene.play(132)
    assert scene.told("pod_oom_killed/agents/agent").state == "resolved"


def test_readiness_that_came_and_went_unseen_waits_anew() -> None:
    scene = Scene()
    from tests.cluster.projections.raw import condition

    def unready() -> None:
        said = {"reason": "ContainersNotReady", "lastTransitionTime": scene.ago(0)}
        scene.show(bad(conditions=[condition("Ready", "False", **said)]))

    unready()
    scene.play(50)
    unready()
    scene.play(50)
    assert scene.states() == {}
    scene.play(11)
    assert scene.told("pod_unready/agents/agent").state == "new"
    unready()
    assert scene.states() == {}


def test_a_pod_made_again_under_its_name_begins_without_restarts() -> None:
    scene = Scene()
    for count in (0, 2):
        scene.show(good(restartCount=count))
    again = good(restartCount=3)
    again["metadata"]["uid"] = "another"
    scene.show(again)
    scene.play(20)
    assert scene.states() == {}
    for count in (4, 5, 6):
        raw = good(restartCount=count)
        raw["metadata"]["uid"] = "another"
        scene.show(raw)
        scene.play(200)
    assert scene.told("pod_restarting/agents/agent").state == "active"
    scene.hide()
    assert len(scene.incidents._restarts) == 0


def test_objects_in_a_board_without_their_kinds() -> None:
    """A house that watches other kinds has incidents of its sources at least."""
    from app.board import Board
    from app.derive.incidents import Incidents
    from app.derive.timer import Timer
    from tests.fakes.clock import ManualClock

    clock = ManualClock()
    board = Board(Hub(clock), ())
    incidents = Incidents(board, clock, Timer(clock))
    incidents.skewed(60.0)
    incidents._judge("agents/none")
    assert [key for key, _ in board.incidents.items()] == ["clock_skew/*/api-server"]
