"""How a failed Job ended is told for as long as it is there, whether its pods are or not."""

from __future__ import annotations

from typing import Any

from app.model import JobInfo
from tests.derive.incidents.scene import Scene

KEY = "job_failed/agents/once"


def put(scene: Scene, **fields: Any) -> None:
    given = {"name": "once", "namespace": "agents", "cron_job_name": "", "uid": "1"}
    scene.board.jobs.upsert("agents/once", JobInfo(**{**given, "status": "failed", **fields}))


def test_the_end_is_told_when_the_pods_are_gone() -> None:
    """A Job that is removed some time after its end loses its pods first."""
    scene = Scene()
    put(scene, exit_code=57)
    scene.play(20)
    put(scene)
    scene.play(5)
    assert scene.told(KEY).reason == "It ended with exit code 57."
    scene.board.jobs.remove("agents/once")
    scene.play(40)
    told = scene.told(KEY)
    assert (told.state, told.reason) == ("resolved", "It ended with exit code 57.")
    assert len(scene.incidents._ends) == 0


def test_another_job_of_that_name_has_an_end_of_its_own() -> None:
    scene = Scene()
    put(scene, exit_code=57)
    put(scene, uid="2")
    scene.play(20)
    assert scene.told(KEY).reason == "How its process ended is not known."
    put(scene, uid="2", exit_code=1)
    scene.play(2)
    assert scene.told(KEY).reason == "It ended with exit code 1."


def test_nothing_is_remembered_of_what_did_not_fail_or_is_not_its_own() -> None:
    scene = Scene()
    put(scene, exit_code=57)
    assert len(scene.incidents._ends) == 1
    put(scene, status="succeeded", exit_code=0)
    assert len(scene.incidents._ends) == 0
    put(scene, exit_code=57, cron_job_name="night")
    assert len(scene.incidents._ends) == 0
    assert scene.states() == {}
