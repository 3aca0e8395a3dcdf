"""One word for the whole: worst first, never better than what can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.board import Board
from app.derive.health import Health
from app.derive.timer import Timer
from app.model import HealthCounts, JobInfo
from app.stream import Hub
from tests.derive.incidents.scene import Scene, cronjob, good, of, waits
from tests.fakes.clock import START, ManualClock

if TYPE_CHECKING:
    from app.model import SourceState


def warn(scene: Scene, name: str = "night", namespace: str = "agents") -> None:
    """A warning: a Job failed."""
    job = JobInfo(name=name, namespace=namespace, cron_job_name="", status="failed")
    scene.board.jobs.upsert(f"{namespace}/{name}", job)


def alarm(scene: Scene, name: str = "night", namespace: str = "agents") -> None:
    """Something critical: a schedule that nobody can read."""
    value = cronjob(name=name, namespace=namespace, state="invalid")
    scene.board.cronjobs.upsert(f"{namespace}/{name}", value)


def synced(scene: Scene) -> tuple[bool, bool]:
    return scene.board.incidents.synced, scene.board.health.synced


def test_before_everything_was_read_once_nothing_is_healthy() -> None:
    scene = Scene(listed=False)
    summary = scene.health.summary
    assert (summary.status, summary.since) == ("degraded", START)
    assert summary.reasons == tuple(
        f"{kind} in agents: not read yet" for kind in ("pods", "cronjobs", "jobs", "events")
    )
    assert synced(scene) == (False, False)
    scene.prove("events")
    assert scene.word == "degraded"
    assert synced(scene) == (False, False)
    assert scene.history.value().points == ()
    scene.prove()
    assert scene.word == "healthy"
    assert scene.health.summary.reasons == ()
    assert synced(scene) == (True, True)
    assert [point.status for point in scene.history.value().points] == ["healthy"]


def test_a_source_that_is_forbidden_is_not_waited_for() -> None:
    scene = Scene(listed=False)
    scene.prove("jobs")
    scene.lose("jobs", "forbidden")
    assert synced(scene) == (True, True)
    assert scene.word == "degraded"
    assert scene.health.summary.reasons == ("No right to read jobs in agents",)


def test_nothing_watched_is_not_healthy() -> None:
    clock = ManualClock()
    board = Board(Hub(clock), ())
    health = Health(board, clock, Timer(clock))
    assert health.summary.reasons == ("Nothing has been read yet",)
    assert health.summary.status == "degraded"


@pytest.mark.parametrize("state", ["stale", "forbidden", "absent", "error", "connecting"])
def test_a_source_that_cannot_be_trusted_degrades_at_once(state: SourceState) -> None:
    scene = Scene()
    scene.lose("pods", state)
    assert scene.word == "degraded"
    [reason] = scene.health.summary.reasons
    assert "pods in agents" in reason
    scene.lose("pods", "live")
    assert scene.word == "healthy"


def test_its_incident_says_it_in_the_same_words() -> None:
    scene = Scene()
    scene.lose("pods", "forbidden")
    [before] = scene.health.summary.reasons
    for _ in range(16):
        scene.clock.advance(1.0)
        scene.timer.advance()
    assert scene.health.summary.reasons == (before,)
    assert scene.health.summary.counts == HealthCounts(warning=1)
    scene.lose("pods", "live")
    assert scene.word == "degraded", "the incident is over after the off-delay"


def test_a_source_that_is_late_is_forgiven_for_a_while() -> None:
    scene = Scene()
    scene.lose("pods", "late")
    scene.play(14, silent=("pods",))
    assert scene.word == "healthy"
    scene.lose("pods", "live")
    scene.play(20)
    assert scene.word == "healthy"
    scene.lose("pods", "late")
    source = scene.source("pods/agents")
    for second in range(15):
        # However often it gives another reason for it.
        other = source.model_copy(update={"message": f"attempt {second}"})
        scene.board.sources.upsert("pods/agents", other)
        scene.clock.advance(1.0)
        scene.timer.advance()
    assert scene.word == "degraded"
    assert scene.health.summary.reasons == ("pods in agents: no news for a while",)
    scene.lose("pods", "stale")
    scene.lose("pods", "late")
    assert scene.word == "degraded", "it was worse, and is not good yet"
    scene.lose("pods", "live")
    assert scene.word == "healthy"


def test_the_worst_comes_first_and_the_oldest_of_the_same() -> None:
    scene = Scene()
    warn(scene, "a-job")
    scene.play(5)
    alarm(scene, "b-bad")
    scene.play(5)
    alarm(scene, "a-bad")
    scene.show(waits("ErrImagePull", "job-1", of("job", "Job")))
    assert scene.word == "healthy", "new ones do not count"
    scene.play(16)
    summary = scene.health.summary
    assert summary.status == "unhealthy"
    assert summary.counts == HealthCounts(critical=2, warning=1, info=1)
    assert summary.reasons == (
        "b-bad has a schedule that cannot be read",
        "a-bad has a schedule that cannot be read",
        "Job a-job failed",
    )


def test_since_is_when_the_word_became_another() -> None:
    scene = Scene()
    warn(scene, "one")
    scene.play(16)
    since = scene.health.summary.since
    assert (since - START).total_seconds() == 15
    warn(scene, "two")
    scene.play(16)
    assert scene.health.summary.since == since
    assert len(scene.health.summary.reasons) == 2
    alarm(scene, "three")
    scene.play(16)
    assert (scene.health.summary.since - START).total_seconds() == 47


def test_a_choice_of_namespaces_is_judged_by_what_is_in_it() -> None:
    scene = Scene("agents", "tests")
    alarm(scene, "a", "agents")
    warn(scene, "t", "tests")
    scene.show(good("agent-1"))
    other = good("other-1")
    other["metadata"]["namespace"] = "tests"
    scene.show(other)
    scene.play(16)
    assert scene.health.judge() == scene.health.summary
    assert scene.health.judge(["agents"]).status == "unhealthy"
    told = scene.health.judge(["tests"])
    assert (told.status, told.reasons) == ("degraded", ("Job t failed",))
    assert told.counts == HealthCounts(warning=1)
    assert scene.health.judge(["agents", "tests"]).counts == HealthCounts(critical=1, warning=1)
    scene.board.jobs.remove("tests/t")
    scene.play(32)
    assert scene.health.judge(["tests"]).status == "healthy"
    scene.lose("pods", "stale")
    assert scene.health.judge(["tests"]).status == "healthy", "it is a source of the other one"
    scene.incidents.skewed(61.0)
    for _ in range(16):
        scene.clock.advance(1.0)
        scene.timer.advance()
    assert scene.health.judge(["tests"]).status == "degraded", "a clock is everybody's"
