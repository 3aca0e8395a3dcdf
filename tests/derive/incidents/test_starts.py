"""CronJobs that nobody starts: overdue for one reason, or each for its own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.derive.incidents.scene import Scene, cronjob

if TYPE_CHECKING:
    from app.model import CronJobState, Incident

STOPPED = "cronjobs_stopped/*/cronjob-controller"


def put(scene: Scene, name: str, state: CronJobState, **fields: Any) -> None:
    """A CronJob is so now; what is told of its state is another thing each time it is missed."""
    told = {"state_message": f"{state} since", **fields}
    scene.board.cronjobs.upsert(f"agents/{name}", cronjob(name=name, state=state, **told))


def ran(scene: Scene, name: str, *, minute: int = 1) -> None:
    """The controller has started it for its next slot."""
    slot = scene.clock.now().replace(microsecond=0) + timedelta(minutes=minute)
    put(scene, name, "on_time", state_message=None, last_schedule_time=slot)


def stopped(scene: Scene) -> Incident | None:
    return scene.board.incidents.get(STOPPED)


def test_several_that_are_overdue_are_one_thing() -> None:
    scene = Scene()
    put(scene, "a", "missed")
    began = scene.clock.now()
    scene.play(20)
    assert scene.active() == {"cronjob_missed/agents/a"}
    assert scene.word == "unhealthy"
    put(scene, "b", "late")
    scene.play(20)
    assert scene.active() == {
        STOPPED,
        f"cronjob_missed/agents/a < {STOPPED}",
        f"cronjob_late/agents/b < {STOPPED}",
    }
    told = scene.told(STOPPED)
    assert told.since == began, "since the first of them was"
    assert told.title == "CronJobs are not started any more"
    assert told.reason == "2 CronJobs are overdue, and none was started since."
    assert [(one.kind, one.name) for one in told.objects] == [
        ("Controller", "cronjob-controller"),
        ("CronJob", "a"),
        ("CronJob", "b"),
    ]
    summary = scene.health.summary
    assert (summary.reasons, summary.counts.critical) == ((told.title,), 1)
    put(scene, "c", "missed")
    scene.play(20)
    assert scene.told(STOPPED).reason == "3 CronJobs are overdue, and none was started since."
    assert scene.health.summary.counts.critical == 1


def test_one_start_proves_that_they_are() -> None:
    scene = Scene()
    for name in ("a", "b"):
        put(scene, name, "missed")
    put(scene, "c", "on_time", state_message=None)
    scene.play(20)
    assert scene.told(STOPPED).state == "active"
    ran(scene, "c")
    scene.play(32)
    assert scene.told(STOPPED).state == "resolved"
    assert scene.active() == {"cronjob_missed/agents/a", "cronjob_missed/agents/b"}
    # What is still overdue says nothing more, unless it is overdue for one run more.
    for name in ("a", "b"):
        put(scene, name, "missed", schedule_words="every minute")
    scene.play(20)
    assert scene.told(STOPPED).state == "resolved"
    for name in ("a", "b"):
        put(scene, name, "missed", state_message="and for the 1 before it")
    scene.play(20)
    told = scene.told(STOPPED)
    assert (told.state, told.count) == ("active", 2)


@pytest.mark.parametrize("state", ["on_time", "waiting", "suspended", "invalid", "unknown", None])
def test_whoever_is_not_overdue_any_more_says_nothing(state: CronJobState | None) -> None:
    scene = Scene()
    for name in ("a", "b"):
        put(scene, name, "late")
    assert stopped(scene) is not None
    if state is None:
        scene.board.cronjobs.remove("agents/b")
    else:
        put(scene, "b", state)
    assert stopped(scene) is None
    put(scene, "c", "late")
    assert stopped(scene) is not None


def test_a_first_look_is_no_start() -> None:
    """What ran before anybody looked proves nothing of now, nor does what a person starts."""
    scene = Scene()
    slot = scene.clock.now()
    for name in ("a", "b"):
        put(scene, name, "late", last_schedule_time=slot)
    put(scene, "c", "on_time", last_schedule_time=slot)
    put(scene, "c", "on_time", last_schedule_time=slot, active_jobs=1)
    assert stopped(scene) is not None
    put(scene, "c", "on_time", last_schedule_time=slot + timedelta(minutes=1))
    assert stopped(scene) is None


def test_the_sources_explain_it() -> None:
    scene = Scene()
    for name in ("a", "b"):
        put(scene, name, "missed")
    scene.play(20)
    scene.lose("cronjobs", "forbidden")
    for name in ("a", "b"):
        put(scene, name, "unknown", state_message="nobody knows")
    for _ in range(60):
        scene.clock.advance(1.0)
        scene.timer.advance()
    told = scene.told(STOPPED)
    assert (told.state, told.caused_by) == ("unknown", "source_forbidden/agents/cronjobs")
    assert scene.active() == {"source_forbidden/agents/cronjobs"}
    assert scene.word == "degraded"


def test_what_was_late_and_is_missed_is_one_thing() -> None:
    scene = Scene()
    put(scene, "a", "late")
    scene.play(20)
    put(scene, "a", "missed")
    scene.play(16)
    late = "cronjob_late/agents/a"
    missed = "cronjob_missed/agents/a"
    assert scene.active() == {missed, f"{late} < {missed}"}
    assert scene.health.summary.counts.warning == 0
    scene.play(16)
    assert scene.told(late).state == "resolved"
    assert scene.told(late).caused_by == missed


def test_what_is_over_says_what_it_was() -> None:
    """Its parts end one by one; how many they were, and their cause, is told of it afterwards."""
    scene = Scene()
    for name in ("a", "b", "c"):
        put(scene, name, "missed")
    scene.play(20)
    for name in ("a", "b", "c"):
        ran(scene, name)
        scene.play(1)
    scene.play(40)
    assert set(scene.states().values()) == {"resolved"}
    assert scene.told(STOPPED).reason == "3 CronJobs are overdue, and none was started since."
    for name in ("a", "b", "c"):
        assert scene.told(f"cronjob_missed/agents/{name}").caused_by == STOPPED
    scene.play(610)
    assert scene.states() == {}
    assert len(scene.incidents._starts) == 0
    assert len(scene.incidents._cases._causes) == 0
