"""Jobs in the simulated cluster: as the real controller runs, retries and ends them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.demo.api.kinds import JOBS, PODS
from tests.demo.film.things import job, pod_spec, script
from tests.demo.film.worlds import NAMESPACE, START, Theatre, empty

if TYPE_CHECKING:
    from app.demo.api.kinds import Json


def conditions(found: Json | None) -> list[tuple[str, str, str]]:
    told = (found or {"status": {}})["status"].get("conditions") or []
    return [(one["type"], one["status"], one.get("reason", "")) for one in told]


def finished(theatre: Theatre, name: str, seconds: float = 120.0) -> Json:
    def over() -> bool:
        kinds = {kind for kind, value, _ in conditions(theatre.one(JOBS, name)) if value == "True"}
        return bool(kinds & {"Complete", "Failed"})

    theatre.play_until(over, seconds)
    found = theatre.one(JOBS, name)
    assert found is not None
    return found


def seconds_between(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def test_a_job_that_succeeds() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", notes=script(run_for_ms=5_000)))
    theatre.play(4.0)
    running = theatre.one(JOBS, "j")
    assert running is not None
    assert {key: running["status"][key] for key in ("active", "ready", "terminating")} == {
        "active": 1,
        "ready": 1,
        "terminating": 0,
    }
    assert running["status"]["startTime"] == "2026-11-23T13:03:00Z"
    found = finished(theatre, "j")
    status = found["status"]
    reason = "CompletionsReached"
    assert conditions(found) == [
        ("SuccessCriteriaMet", "True", reason),
        ("Complete", "True", reason),
    ]
    assert (status["succeeded"], status["ready"], "active" in status) == (1, 0, False)
    assert status["uncountedTerminatedPods"] == {}
    # A second for the controller's batch, after five of running.
    assert 5 <= seconds_between(status["startTime"], status["completionTime"]) <= 9
    [pod] = theatre.all(PODS)
    assert "finalizers" not in pod["metadata"]
    assert pod["metadata"]["ownerReferences"][0]["uid"] == found["metadata"]["uid"]
    told = [(reason, message) for reason, message, _ in theatre.events("j")]
    assert told == [
        ("SuccessfulCreate", f"Created pod: {pod['metadata']['name']}"),
        ("Completed", "Job completed"),
    ]


def test_success_is_first_met_and_then_complete() -> None:
    """Two writes: the pod is let go between them."""
    theatre = empty()
    theatre.person.create(JOBS, job("j", notes=script(exit_code=0)))
    finished(theatre, "j")
    writes = [line for line in theatre.written if line.startswith("MODIFIED jobs")]
    met = next(at for at, line in enumerate(writes) if "SuccessCriteriaMet" in line)
    assert '"Complete"' not in writes[met]
    assert '"Complete"' in writes[met + 1]


def test_a_job_that_fails_for_good() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", notes=script(exit_code=3, run_for_ms=1_000)))
    found = finished(theatre, "j")
    reason = "BackoffLimitExceeded"
    assert conditions(found) == [("FailureTarget", "True", reason), ("Failed", "True", reason)]
    assert found["status"]["failed"] == 1
    assert "completionTime" not in found["status"]
    assert theatre.events("j")[-1][:2] == (
        reason,
        "Job has reached the specified backoff limit",
    )


def test_retries_wait_ten_seconds_and_then_twice_as_long() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", notes=script(exit_code=1), backoffLimit=2))
    found = finished(theatre, "j")
    assert found["status"]["failed"] == 3
    made = sorted(pod["metadata"]["creationTimestamp"] for pod in theatre.all(PODS))
    first, second = seconds_between(made[0], made[1]), seconds_between(made[1], made[2])
    assert 10 <= first <= 13
    assert 20 <= second <= 23


def test_pods_of_a_job_that_starts_them_again_count_their_restarts() -> None:
    theatre = empty()
    spec = pod_spec(restartPolicy="OnFailure")
    notes = script(exit_code=1, back_off_ms=500)
    theatre.person.create(JOBS, job("j", spec=spec, notes=notes, backoffLimit=2))
    found = finished(theatre, "j")
    assert conditions(found)[-1] == ("Failed", "True", "BackoffLimitExceeded")
    assert len(theatre.all(PODS)) <= 1


def test_a_job_that_takes_too_long() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", activeDeadlineSeconds=20))
    theatre.play(19.0)
    assert conditions(theatre.one(JOBS, "j")) == []
    found = finished(theatre, "j")
    assert conditions(found) == [
        ("FailureTarget", "True", "DeadlineExceeded"),
        ("Failed", "True", "DeadlineExceeded"),
    ]
    assert found["status"]["failed"] == 1
    assert theatre.all(PODS) == []


def test_several_at_a_time_until_there_are_enough() -> None:
    theatre = empty()
    most = 0
    fields = {"parallelism": 2, "completions": 5}
    theatre.person.create(JOBS, job("j", notes=script(run_for_ms=3_000), **fields))

    def watch() -> bool:
        nonlocal most
        found = theatre.one(JOBS, "j") or {"status": {}}
        most = max(most, found["status"].get("active", 0))
        return ("Complete", "True", "CompletionsReached") in conditions(found)

    theatre.play_until(watch)
    assert most == 2
    assert len(theatre.all(PODS)) == 5
    assert (theatre.one(JOBS, "j") or {})["status"]["succeeded"] == 5


def test_fewer_at_a_time_takes_pods_away_without_failing() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", parallelism=3, completions=3))
    theatre.play(3.0)
    theatre.person.patch(JOBS, NAMESPACE, "j", {"spec": {"parallelism": 1}})
    theatre.play(3.0)
    found = theatre.one(JOBS, "j")
    assert found is not None
    assert found["status"]["active"] == 1
    assert "failed" not in found["status"]
    assert len(theatre.all(PODS)) == 1


def test_a_finished_job_goes_when_its_time_is_over() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", notes=script(exit_code=0), ttlSecondsAfterFinished=30))
    finished(theatre, "j")
    theatre.play(28.0)
    assert theatre.one(JOBS, "j") is not None
    theatre.play(5.0)
    assert theatre.one(JOBS, "j") is None
    assert theatre.all(PODS) == []


def test_a_job_is_suspended_and_goes_on() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", notes=script(run_for_ms=60_000)))
    theatre.play(3.0)
    theatre.person.patch(JOBS, NAMESPACE, "j", {"spec": {"suspend": True}})
    theatre.play(3.0)
    found = theatre.one(JOBS, "j")
    assert found is not None
    assert conditions(found) == [("Suspended", "True", "JobSuspended")]
    assert "startTime" not in found["status"]
    assert "failed" not in found["status"]
    assert theatre.all(PODS) == []
    theatre.person.patch(JOBS, NAMESPACE, "j", {"spec": {"suspend": False}})
    theatre.play(3.0)
    found = theatre.one(JOBS, "j")
    assert found is not None
    assert conditions(found) == [("Suspended", "False", "JobResumed")]
    assert found["status"]["startTime"] > f"{START:%Y-%m-%dT%H:%M:%SZ}"
    assert len(theatre.all(PODS)) == 1
    assert [reason for reason, _, _ in theatre.events("j")].count("Suspended") == 1


def test_a_pod_that_somebody_deletes_counts_as_failed_and_is_replaced() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j", backoffLimit=4))
    theatre.play(3.0)
    [pod] = theatre.all(PODS)
    theatre.person.delete(PODS, NAMESPACE, pod["metadata"]["name"])
    theatre.play(20.0)
    [other] = theatre.all(PODS)
    assert other["metadata"]["uid"] != pod["metadata"]["uid"]
    assert (theatre.one(JOBS, "j") or {})["status"]["failed"] == 1


def test_a_job_that_is_deleted_takes_its_pods_along() -> None:
    theatre = empty()
    theatre.person.create(JOBS, job("j"))
    theatre.play(3.0)
    theatre.person.delete(JOBS, NAMESPACE, "j", propagation="Background")
    theatre.play(3.0)
    assert theatre.one(JOBS, "j") is None
    assert theatre.all(PODS) == []
