"""Line 15: Jobs, field by field."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING

from tests.contract.shapes import shape
from tests.contract.workloads import SUFFIX, passes, told
from tests.control_plane.api import JOBS, PODS
from tests.control_plane.objects import job, job_spec, pod_spec
from tests.control_plane.scripts import has_condition, is_absent, script

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.contract.server import Server
    from tests.control_plane.objects import Json

# A retry of a Job waits ten seconds.
RETRY_AFTER = 10.0
RETRY_SECONDS = 60.0

SUCCESS = [
    {
        "type": kind,
        "status": "True",
        "lastProbeTime": "TIME",
        "lastTransitionTime": "TIME",
        "reason": "CompletionsReached",
        "message": "Reached expected number of succeeded pods",
    }
    for kind in ("SuccessCriteriaMet", "Complete")
]


def failure(reason: str, message: str) -> list[Json]:
    return [
        {
            "type": kind,
            "status": "True",
            "lastProbeTime": "TIME",
            "lastTransitionTime": "TIME",
            "reason": reason,
            "message": message,
        }
        for kind in ("FailureTarget", "Failed")
    ]


LIMIT = failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
QUIET: Json = {"ready": 0, "terminating": 0, "uncountedTerminatedPods": {}}


async def test_line_15_a_job_that_succeeds(admin: Client, namespace: str) -> None:
    made = await admin.create(
        job("work", annotations=script(exit_code=0, run_for_ms=50)), namespace
    )
    found = await admin.until(JOBS, "work", namespace, has_condition("Complete"))
    assert shape(found["status"]) == {
        "startTime": "TIME",
        "completionTime": "TIME",
        "succeeded": 1,
        "conditions": SUCCESS,
        **QUIET,
    }
    [pod] = (await admin.list(PODS, namespace, labelSelector="job-name=work"))["items"]
    meta = pod["metadata"]
    uid = made["metadata"]["uid"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "work",
        "controller-uid": uid,
        "job-name": "work",
    }
    assert re.fullmatch(f"work-{SUFFIX}", meta["name"])
    assert meta["generateName"] == "work-"
    assert meta["labels"] == labels
    assert found["metadata"]["labels"] == labels
    # The finalizer that kept the pod until it was counted is gone.
    assert "finalizers" not in meta
    assert meta["ownerReferences"] == [
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "name": "work",
            "uid": uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (0, "Completed")
    assert await told(admin, namespace, "Job", 2) == {
        ("Normal", "SuccessfulCreate", "Created pod: work-SUFFIX", "job-controller"),
        ("Normal", "Completed", "Job completed", "job-controller"),
    }


async def test_line_15_a_pod_of_a_job_is_held_until_it_is_counted(
    admin: Client, namespace: str
) -> None:
    await admin.create(job("work"), namespace)
    found = await admin.until(
        JOBS, "work", namespace, lambda one: bool(one and one["status"].get("ready"))
    )
    assert shape(found["status"]) == {
        "startTime": "TIME",
        "active": 1,
        "ready": 1,
        "terminating": 0,
        "uncountedTerminatedPods": {},
    }
    [pod] = (await admin.list(PODS, namespace))["items"]
    assert pod["metadata"]["finalizers"] == ["batch.kubernetes.io/job-tracking"]


async def test_line_15_a_job_that_fails(admin: Client, namespace: str) -> None:
    await admin.create(job("work", annotations=script(exit_code=3, run_for_ms=50)), namespace)
    found = await admin.until(JOBS, "work", namespace, has_condition("Failed"))
    # No completionTime: it never completed.
    assert shape(found["status"]) == {
        "startTime": "TIME",
        "failed": 1,
        "conditions": LIMIT,
        **QUIET,
    }
    [pod] = (await admin.list(PODS, namespace))["items"]
    assert pod["status"]["phase"] == "Failed"
    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (3, "Error")
    assert ("Warning", "BackoffLimitExceeded", LIMIT[0]["message"], "job-controller") in (
        await told(admin, namespace, "Job", 2)
    )


async def test_line_15_a_job_is_tried_again_up_to_its_limit(
    admin: Client, server: Server, namespace: str
) -> None:
    spec = job_spec(annotations=script(exit_code=3, run_for_ms=20), backoff_limit=1)
    made = await admin.create(job("work", spec), namespace)
    once = await passes(admin, JOBS, made, lambda one: one["status"].get("failed") == 1)
    # One failure is no end.
    assert "conditions" not in once["status"]
    found = await admin.until(
        JOBS, "work", namespace, has_condition("Failed"), seconds=RETRY_SECONDS
    )
    assert shape(found["status"]) == {
        "startTime": "TIME",
        "failed": 2,
        "conditions": LIMIT,
        **QUIET,
    }
    pods = (await admin.list(PODS, namespace))["items"]
    assert [pod["status"]["phase"] for pod in pods] == ["Failed", "Failed"]
    begun = sorted(
        datetime.datetime.fromisoformat(pod["metadata"]["creationTimestamp"]) for pod in pods
    )
    # Times are whole seconds.
    assert (begun[1] - begun[0]).total_seconds() >= RETRY_AFTER / server.speed - 1


async def test_line_15_a_job_of_several_pods(admin: Client, namespace: str) -> None:
    spec = job_spec(annotations=script(exit_code=0, run_for_ms=50), parallelism=2, completions=3)
    await admin.create(job("work", spec), namespace)
    found = await admin.until(JOBS, "work", namespace, has_condition("Complete"))
    assert shape(found["status"]) == {
        "startTime": "TIME",
        "completionTime": "TIME",
        "succeeded": 3,
        "conditions": SUCCESS,
        **QUIET,
    }
    assert len((await admin.list(PODS, namespace))["items"]) == 3


async def test_line_15_a_job_has_only_so_long(admin: Client, namespace: str) -> None:
    await admin.create(job("work", job_spec(activeDeadlineSeconds=1)), namespace)
    found = await admin.until(JOBS, "work", namespace, has_condition("Failed"))
    message = "Job was active longer than specified deadline"
    assert shape(found["status"]) == {
        "startTime": "TIME",
        "failed": 1,
        "conditions": failure("DeadlineExceeded", message),
        **QUIET,
    }
    assert (await admin.list(PODS, namespace))["items"] == []
    assert await told(admin, namespace, "Job", 3) == {
        ("Normal", "SuccessfulCreate", "Created pod: work-SUFFIX", "job-controller"),
        ("Normal", "SuccessfulDelete", "Deleted pod: work-SUFFIX", "job-controller"),
        ("Warning", "DeadlineExceeded", message, "job-controller"),
    }


async def test_line_15_a_job_is_suspended_and_resumed(admin: Client, namespace: str) -> None:
    await admin.create(job("work", job_spec(suspend=True)), namespace)
    found = await admin.until(JOBS, "work", namespace, has_condition("Suspended"))
    condition = {
        "type": "Suspended",
        "status": "True",
        "lastProbeTime": "TIME",
        "lastTransitionTime": "TIME",
        "reason": "JobSuspended",
        "message": "Job suspended",
    }
    assert shape(found["status"]) == {"conditions": [condition], **QUIET}
    assert (await admin.list(PODS, namespace))["items"] == []
    await admin.patch(JOBS, "work", {"spec": {"suspend": False}}, namespace)
    resumed = await admin.until(
        JOBS, "work", namespace, lambda one: bool(one and one["status"].get("ready"))
    )
    changed = {"status": "False", "reason": "JobResumed", "message": "Job resumed"}
    assert shape(resumed["status"]) == {
        **QUIET,
        "startTime": "TIME",
        "active": 1,
        "ready": 1,
        "conditions": [{**condition, **changed}],
    }


async def test_line_15_in_a_job_that_restarts_its_container_the_pod_is_tried_again(
    admin: Client, namespace: str
) -> None:
    notes = script(exit_code=3, run_for_ms=20, back_off_ms=20)
    spec = job_spec(annotations=notes, spec=pod_spec(restart="OnFailure"), backoff_limit=1)
    await admin.create(job("work", spec), namespace)
    found = await admin.until(JOBS, "work", namespace, has_condition("Failed"))
    assert shape(found["status"]) == {
        "startTime": "TIME",
        "failed": 1,
        "conditions": LIMIT,
        **QUIET,
    }
    # It would go on, so the controller takes it away.
    assert (await admin.list(PODS, namespace))["items"] == []


async def test_line_15_a_job_takes_its_pods_with_it(admin: Client, namespace: str) -> None:
    await admin.create(job("work"), namespace)
    await admin.until(JOBS, "work", namespace, lambda one: bool(one and one["status"].get("ready")))
    [pod] = (await admin.list(PODS, namespace))["items"]
    await admin.remove(JOBS, namespace, "work", propagationPolicy="Background")
    await admin.until(PODS, pod["metadata"]["name"], namespace, is_absent)


async def test_line_15_without_being_told_a_job_leaves_its_pods(
    admin: Client, namespace: str
) -> None:
    """As it was in the first version of batch; kubectl says Background."""
    await admin.create(job("work", annotations=script(exit_code=0)), namespace)
    await admin.until(JOBS, "work", namespace, has_condition("Complete"))
    await admin.remove(JOBS, namespace, "work")
    await admin.until(JOBS, "work", namespace, is_absent)
    [pod] = (await admin.list(PODS, namespace))["items"]
    assert "ownerReferences" not in pod["metadata"]
