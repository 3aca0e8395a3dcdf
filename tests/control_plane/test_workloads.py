"""What runs on the control plane: controllers, the stand-in's scripts, logs and exec."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.control_plane.api import DEPLOYMENTS, JOBS, PODS, Api
from tests.control_plane.objects import (
    container,
    cronjob,
    deployment,
    job,
    pod,
    pod_spec,
)
from tests.control_plane.scripts import has_condition, in_phase, is_absent, script

if TYPE_CHECKING:
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.objects import Json


async def row(admin: Api, namespace: str, name: str) -> tuple[str, str, str]:
    """READY, STATUS and RESTARTS as kubectl prints them."""
    for found in await admin.table(PODS, namespace):
        if found["Name"] == name:
            return found["Ready"], found["Status"], str(found["Restarts"]).split()[0]
    raise AssertionError(f"{name} is not in the table")


async def test_a_deployment_gets_running_pods(admin: Api, namespace: str) -> None:
    await admin.create(deployment("web", replicas=3), namespace)

    def available(found: Json | None) -> bool:
        return found is not None and found["status"].get("readyReplicas") == 3

    await admin.until(DEPLOYMENTS, "web", namespace, available)
    rows = await admin.table(PODS, namespace)
    assert [(found["Ready"], found["Status"]) for found in rows] == [("1/1", "Running")] * 3


@pytest.mark.parametrize(("code", "condition"), [(0, "Complete"), (3, "Failed")])
async def test_a_job_ends_with_the_exit_code_in_its_pod(
    admin: Api, namespace: str, code: int, condition: str
) -> None:
    await admin.create(job("work", annotations=script(exit_code=code, run_for_ms=50)), namespace)
    await admin.until(JOBS, "work", namespace, has_condition(condition))
    [found] = (await admin.list(PODS, namespace))["items"]
    assert found["status"]["phase"] == ("Failed" if code else "Succeeded")
    ended = found["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (code, "Error" if code else "Completed")


async def test_a_cronjob_is_started_by_hand(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    await admin.create(cronjob("nightly", annotations=script(exit_code=0)), namespace)
    made = control_plane.kubectl(
        "create", "job", "manual", "--from=cronjob/nightly", namespace=namespace
    )
    assert made.returncode == 0, made.stderr
    found = await admin.until(JOBS, "manual", namespace, has_condition("Complete"))
    assert found["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    assert found["metadata"]["ownerReferences"][0]["name"] == "nightly"


SCRIPTS: list[tuple[str, Json, dict[str, str], tuple[str, str, str]]] = [
    ("runs", pod_spec(), {}, ("1/1", "Running", "0")),
    ("unready", pod_spec(), script(ready=False), ("0/1", "Running", "0")),
    ("unbound", pod_spec(), script(schedule="never"), ("0/1", "Pending", "0")),
    ("creating", pod_spec(), script(start="never"), ("0/1", "ContainerCreating", "0")),
    (
        "pulling",
        pod_spec(),
        script(waiting_reason="ImagePullBackOff"),
        ("0/1", "ImagePullBackOff", "0"),
    ),
    (
        "crashing",
        pod_spec(),
        script(waiting_reason="CrashLoopBackOff", restarts=4),
        ("0/1", "CrashLoopBackOff", "4"),
    ),
    ("crashes", pod_spec(), script(exit_code=1), ("0/1", "CrashLoopBackOff", "0")),
    (
        "killed",
        pod_spec(restart="Never"),
        script(exit_code=137, termination_reason="OOMKilled"),
        ("0/1", "OOMKilled", "0"),
    ),
    ("succeeds", pod_spec(restart="Never"), script(exit_code=0), ("0/1", "Completed", "0")),
    ("init-done", pod_spec(init=(container("git"),)), {}, ("1/1", "Running", "0")),
    (
        "init-runs",
        pod_spec(init=(container("git"), container("npm"))),
        script(run_for_ms__npm=600_000),
        ("0/1", "Init:1/2", "0"),
    ),
    (
        "init-fails",
        pod_spec(init=(container("git"),), restart="Never"),
        script(exit_code__git=7),
        ("0/1", "Init:Error", "0"),
    ),
    (
        "init-waits",
        pod_spec(init=(container("git"),)),
        script(waiting_reason__git="ErrImagePull"),
        ("0/1", "Init:ErrImagePull", "0"),
    ),
    (
        "sidecar",
        pod_spec(init=(container("proxy", restartPolicy="Always"),)),
        {},
        ("2/2", "Running", "0"),
    ),
    (
        "half",
        pod_spec(container("one"), container("two"), restart="Never"),
        script(exit_code__two=2),
        ("1/2", "Error", "0"),
    ),
]


@pytest.mark.parametrize(
    ("spec", "annotations", "cells"), [case[1:] for case in SCRIPTS], ids=[c[0] for c in SCRIPTS]
)
async def test_kubectl_shows_what_the_annotations_say(
    admin: Api, namespace: str, spec: Json, annotations: dict[str, str], cells: tuple[str, ...]
) -> None:
    await admin.create(pod("p", spec, annotations=annotations), namespace)
    if annotations != script(schedule="never"):
        # The stand-in's first report carries the whole state of a script without run times.
        await admin.until(
            PODS, "p", namespace, lambda found: bool(found and "startTime" in found["status"])
        )
    assert await row(admin, namespace, "p") == cells


async def test_a_container_is_started_again_by_its_restart_policy(
    admin: Api, namespace: str
) -> None:
    notes = script(exit_code=1, run_for_ms=20, back_off_ms=20)
    await admin.create(pod("p", annotations=notes), namespace)

    def twice(found: Json | None) -> bool:
        reported = (found or {"status": {}})["status"].get("containerStatuses")
        return bool(reported) and reported[0]["restartCount"] >= 2

    found = await admin.until(PODS, "p", namespace, twice)
    last = found["status"]["containerStatuses"][0]["lastState"]
    assert last["terminated"]["exitCode"] == 1


async def test_a_pod_follows_its_annotations_when_they_change(admin: Api, namespace: str) -> None:
    await admin.create(pod("p"), namespace)
    await admin.until(PODS, "p", namespace, has_condition("Ready"))
    notes: Json = {"metadata": {"annotations": script(ready=False)}}
    await admin.patch(PODS, "p", notes, namespace)
    await admin.until(PODS, "p", namespace, has_condition("Ready", "False"))


async def test_hands_off_leaves_the_status_to_the_test(admin: Api, namespace: str) -> None:
    await admin.create(pod("p", annotations=script(hands_off=True)), namespace)
    found = await admin.until(
        PODS, "p", namespace, lambda found: bool(found and "nodeName" in found["spec"])
    )
    assert found["status"]["phase"] == "Pending"
    status: Json = {"status": {"phase": "Failed", "reason": "Evicted", "message": "no disk"}}
    await admin.patch(PODS, "p", status, namespace, subresource="status")
    assert (await row(admin, namespace, "p"))[1] == "Evicted"
    await admin.delete(PODS, "p", namespace, grace_seconds=30)
    await admin.until(PODS, "p", namespace, is_absent)


async def test_a_pod_is_terminating_for_as_long_as_it_says(admin: Api, namespace: str) -> None:
    notes = script(terminate_after_ms=300)
    await admin.create(pod("p", annotations=notes), namespace)
    await admin.until(PODS, "p", namespace, in_phase("Running"))
    began = time.monotonic()
    await admin.delete(PODS, "p", namespace, grace_seconds=30)
    assert (await row(admin, namespace, "p"))[1] == "Terminating"
    await admin.until(PODS, "p", namespace, is_absent)
    assert time.monotonic() - began >= 0.29


async def test_logs_come_through_the_api_server(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    notes = script(log="one\ntwo\nthree", previous_log="before", log_every_ms=10, run_for_ms=2000)
    spec = pod_spec(restart="Never")
    await admin.create(pod("p", spec, annotations=notes), namespace)
    await admin.until(PODS, "p", namespace, in_phase("Running"))

    def logs(*flags: str) -> str:
        done = control_plane.kubectl("logs", "p", *flags, namespace=namespace)
        assert done.returncode == 0, done.stderr
        return done.stdout

    followed = logs("--follow").splitlines()
    assert followed[:5] == ["one", "two", "three", "line 1", "line 2"]
    assert logs() == "one\ntwo\nthree\n"
    assert logs("--tail=1") == "three\n"
    assert logs("--previous") == "before\n"
    assert [line.split(" ")[1] for line in logs("--timestamps").splitlines()] == [
        "one",
        "two",
        "three",
    ]


async def test_exec_gives_output_and_exit_code(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    notes = script(exec_stdout="out", exec_stderr="err", exec_exit_code=5)
    await admin.create(pod("fails", annotations=notes), namespace)
    await admin.create(pod("cat", annotations=script(exec_cat=True)), namespace)
    for name in ("fails", "cat"):
        await admin.until(PODS, name, namespace, in_phase("Running"))
    done = control_plane.kubectl("exec", "fails", "--", "do", "it", namespace=namespace)
    assert (done.returncode, done.stdout) == (5, "out")
    assert done.stderr.startswith("err")
    done = control_plane.kubectl(
        "exec", "-i", "cat", "--", "cat", namespace=namespace, stdin="a prompt"
    )
    assert (done.returncode, done.stdout) == (0, "a prompt")


@pytest.mark.slow
async def test_five_hundred_pods_run_within_seconds(admin: Api, namespace: str) -> None:
    began = time.monotonic()
    await admin.create_many((pod(f"p{number}") for number in range(500)), namespace)
    loaded = time.monotonic() - began
    await admin.until(PODS, "p499", namespace, in_phase("Running"))
    while any(found["Status"] != "Running" for found in await admin.table(PODS, namespace)):
        assert time.monotonic() - began < 60
    print(f"500 pods: created in {loaded:.1f} s, running after {time.monotonic() - began:.1f} s")
