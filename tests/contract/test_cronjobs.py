"""Line 15: CronJobs, their slots and their Jobs."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest

from tests.contract.workloads import passes, told
from tests.control_plane.api import CRONJOBS, EVENTS, JOBS, PODS
from tests.control_plane.objects import cronjob, job
from tests.control_plane.scripts import has_condition, is_absent, script

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.control_plane.objects import Json


def minutes_ago(count: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=count)


def stamp(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def overdue(
    admin: Client, namespace: str, name: str, *, schedule: str = "* * * * *", **fields: object
) -> Json:
    """A CronJob that was last run three minutes ago and has missed a slot since.

    It is suspended again at once, so that the next minute changes nothing.
    """
    body = cronjob(name, schedule=schedule, suspend=True, **fields)  # type: ignore[arg-type]
    await admin.create(body, namespace)
    past: Json = {"status": {"lastScheduleTime": stamp(minutes_ago(3))}}
    before = await admin.patch(CRONJOBS, name, past, namespace, subresource="status")
    await admin.patch(CRONJOBS, name, {"spec": {"suspend": False}}, namespace)
    found = await passes(admin, CRONJOBS, before, lambda one: bool(one["status"].get("active")))
    await admin.patch(CRONJOBS, name, {"spec": {"suspend": True}}, namespace)
    return found


async def test_line_15_a_cronjob_makes_up_for_the_last_slot_it_missed(
    admin: Client, namespace: str
) -> None:
    notes = script(exit_code=0, run_for_ms=300)
    found = await overdue(admin, namespace, "tick", annotations=notes)
    slot = datetime.datetime.fromisoformat(found["status"]["lastScheduleTime"])
    assert slot.second == 0
    name = f"tick-{int(slot.timestamp()) // 60}"
    [active] = found["status"]["active"]
    assert {key: active[key] for key in ("apiVersion", "kind", "name", "namespace")} == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": name,
        "namespace": namespace,
    }
    # One, whatever else was missed.
    [made] = (await admin.list(JOBS, namespace))["items"]
    assert made["metadata"]["name"] == name
    assert made["metadata"]["uid"] == active["uid"]
    assert made["metadata"]["annotations"] == {
        "batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(slot)
    }
    assert made["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": "tick",
            "uid": found["metadata"]["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]
    done = await admin.until(
        CRONJOBS, "tick", namespace, lambda one: bool(one and not one["status"].get("active"))
    )
    finished = await admin.get(JOBS, name, namespace)
    assert done["status"] == {
        "lastScheduleTime": stamp(slot),
        "lastSuccessfulTime": finished["status"]["completionTime"],
    }
    assert await told(admin, namespace, "CronJob", 2) == {
        ("Normal", "SuccessfulCreate", f"Created job {name}", "cronjob-controller"),
        (
            "Normal",
            "SawCompletedJob",
            f"Saw completed job: {name}, condition: Complete",
            "cronjob-controller",
        ),
    }


async def test_line_15_a_job_by_hand_is_the_cronjobs_and_not_its_doing(
    admin: Client, namespace: str
) -> None:
    notes = script(exit_code=0, run_for_ms=300)
    body = cronjob("hand", annotations=notes, successfulJobsHistoryLimit=1)
    owner = await admin.create(body, namespace)

    async def start(name: str) -> Json:
        """What `kubectl create job --from` does."""
        made = job(name, owner["spec"]["jobTemplate"]["spec"])
        made["metadata"]["annotations"] = {"cronjob.kubernetes.io/instantiate": "manual"}
        made["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "name": "hand",
                "uid": owner["metadata"]["uid"],
                "controller": True,
            }
        ]
        await admin.create(made, namespace)
        return await admin.until(JOBS, name, namespace, has_condition("Complete"))

    first = await start("one")
    done = await admin.until(CRONJOBS, "hand", namespace, lambda one: bool(one and one["status"]))
    # It is never among the active ones, and its success counts.
    assert done["status"] == {"lastSuccessfulTime": first["status"]["completionTime"]}
    assert await told(admin, namespace, "CronJob", 1) == {
        (
            "Warning",
            "UnexpectedJob",
            "Saw a job that the controller did not create or forgot: one",
            "cronjob-controller",
        )
    }
    # It counts for the history too: of two that succeeded one is kept.
    await start("two")
    await admin.until(JOBS, "one", namespace, is_absent)
    assert (await admin.read(JOBS, namespace, "two")).code == 200


@pytest.mark.parametrize("policy", ["Forbid", "Replace"])
async def test_line_15_a_slot_that_falls_into_a_run(
    admin: Client, namespace: str, policy: str
) -> None:
    # The run is that of two minutes ago, then every minute is a slot.
    schedule = f"{minutes_ago(2).minute} * * * *"
    found = await overdue(admin, namespace, "tick", schedule=schedule, concurrencyPolicy=policy)
    [first] = found["status"]["active"]
    await admin.until(JOBS, first["name"], namespace, lambda one: bool(one and one["status"]))
    every: Json = {"spec": {"schedule": "* * * * *", "suspend": False}}
    await admin.patch(CRONJOBS, "tick", every, namespace)
    reason = "JobAlreadyActive" if policy == "Forbid" else "SuccessfulDelete"
    event = await heard(admin, namespace, "tick", reason)
    await admin.patch(CRONJOBS, "tick", {"spec": {"suspend": True}}, namespace)
    if policy == "Forbid":
        assert event["message"] == (
            "Not starting job because prior execution is running and concurrency policy is Forbid"
        )
        [kept] = (await admin.list(JOBS, namespace))["items"]
        assert kept["metadata"]["uid"] == first["uid"]
    else:
        assert event["message"] == f"Deleted job {first['name']}"
        await admin.until(JOBS, first["name"], namespace, is_absent)
        [made] = (await admin.list(JOBS, namespace))["items"]
        assert made["metadata"]["name"] > first["name"]


async def heard(admin: Client, namespace: str, about: str, reason: str) -> Json:
    """Wait for an event."""
    query = {"fieldSelector": f"involvedObject.name={about},reason={reason}"}
    async with admin.watching(EVENTS, namespace, **query) as watch:
        event = await watch.event()
    found: Json = event["object"]
    return found


async def test_line_15_a_cronjob_takes_its_jobs_with_it(admin: Client, namespace: str) -> None:
    found = await overdue(admin, namespace, "tick")
    [active] = found["status"]["active"]
    await admin.until(
        JOBS, active["name"], namespace, lambda one: bool(one and one["status"].get("ready"))
    )
    [pod] = (await admin.list(PODS, namespace))["items"]
    await admin.remove(CRONJOBS, namespace, "tick")
    await admin.until(JOBS, active["name"], namespace, is_absent)
    await admin.until(PODS, pod["metadata"]["name"], namespace, is_absent)
