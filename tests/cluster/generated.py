"""Pods and Jobs as an API server may hold them: seeded, valid, and stranger than a kubelet's.

Same seed, same objects; times count back from now. A kubelet reports what it did; an API server
stores what it is told. The columns must agree for both, so half of what is made here is what no
kubelet would ever write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

Json = dict[str, Any]

HANDS_OFF = {"kubelet.watchglass.test/hands-off": "true"}
FINALIZER = "watchglass.test/hold"

WAITING = (
    "ContainerCreating",
    "PodInitializing",
    "CrashLoopBackOff",
    "ImagePullBackOff",
    "ErrImagePull",
    "CreateContainerConfigError",
    "InvalidImageName",
    "RunContainerError",
    "",
    None,
)
ENDED = ("Completed", "Error", "OOMKilled", "ContainerCannotRun", "DeadlineExceeded", "", None)
PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
POD_REASONS = ("Evicted", "NodeLost", "Shutdown", "Preempting", "UnexpectedAdmissionError")


@dataclass(frozen=True, slots=True)
class Generated:
    """An object to create, the status to give it, and whether to delete it afterwards."""

    manifest: Json
    status: Json = field(default_factory=dict)
    deleted: bool = False


def generated_pods(seed: int, count: int) -> list[Generated]:
    """`count` pods named `pod-<number>`."""
    random = Random(seed)
    return [_pod(random, number) for number in range(count)]


def generated_jobs(seed: int, count: int) -> list[Generated]:
    """`count` Jobs named `job-<number>`, which the Job controller leaves alone."""
    random = Random(seed)
    return [_job(random, number) for number in range(count)]


def generated_cron_jobs(seed: int, count: int) -> list[Generated]:
    """`count` CronJobs named `cron-job-<number>` whose slot never comes while a test runs."""
    random = Random(seed)
    return [_cron_job(random, number) for number in range(count)]


def _pod(random: Random, number: int) -> Generated:
    containers = [f"main-{index}" for index in range(random.choice((1, 1, 1, 2, 3)))]
    init = [f"init-{index}" for index in range(random.choice((0, 0, 1, 2, 3)))]
    sidecars = {name for name in init if random.random() < 0.45}
    gated = random.random() < 0.06
    deleted = random.random() < 0.15
    spec: Json = {
        "containers": [{"name": name, "image": "example/app"} for name in containers],
        "initContainers": [
            {"name": name, "image": "example/init"}
            | ({"restartPolicy": "Always"} if name in sidecars else {})
            for name in init
        ],
        "restartPolicy": random.choice(("Always", "OnFailure", "Never")),
    }
    if gated:
        spec["schedulingGates"] = [{"name": "watchglass.test/gate"}]
    elif random.random() < 0.7:
        spec["nodeName"] = "nowhere"
    manifest: Json = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"pod-{number:05}",
            "annotations": dict(HANDS_OFF),
            "finalizers": [FINALIZER] if deleted else [],
        },
        "spec": spec,
    }
    return Generated(manifest, _pod_status(random, containers, init, sidecars, gated), deleted)


def _pod_status(
    random: Random, containers: list[str], init: list[str], sidecars: set[str], gated: bool
) -> Json:
    if random.random() < 0.04:
        return {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}
    if random.random() < 0.04:
        return _half_done(random, containers)
    wild = random.random() < 0.5
    phase = random.choice(PHASES)
    status: Json = {"phase": phase}
    if random.random() < 0.12:
        status["reason"] = random.choice(POD_REASONS)
        status["message"] = f"Why {status['reason']}."
    conditions: list[Json] = []
    if gated:
        conditions.append(_condition("PodScheduled", "False", "SchedulingGated"))
    elif random.random() < 0.6:
        conditions.append(_condition("PodScheduled", "True"))
    for kind in ("Initialized", "Ready"):
        if random.random() < 0.8:
            conditions.append(_condition(kind, random.choice(("True", "True", "False", "Unknown"))))
    random.shuffle(conditions)
    status["conditions"] = conditions
    if gated and not wild:
        return status
    # A kubelet reports every container; before it does there are none.
    if random.random() < 0.92:
        begun = random.randint(0, len(init)) if not wild else len(init)
        status["initContainerStatuses"] = [
            _container(random, name, done=not wild and index < begun, started=name in sidecars)
            for index, name in enumerate(init)
        ]
    if random.random() < 0.92:
        done = phase == "Succeeded" and not wild
        status["containerStatuses"] = [
            _container(random, name, done=done, started=random.random() < 0.5)
            for name in containers
            if not wild or random.random() < 0.95
        ]
    return status


def _half_done(random: Random, containers: list[str]) -> Json:
    """The first container ended, the others run on."""
    ready = random.choice(("True", "False"))
    ended: Json = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": _ago(9)}}
    running: Json = {"running": {"startedAt": _ago(99)}}
    return {
        "phase": "Running",
        "conditions": [_condition("Initialized", "True"), _condition("Ready", ready)],
        "containerStatuses": [
            {
                "name": name,
                "image": "example/app",
                "imageID": "",
                "ready": index > 0,
                "restartCount": 0,
                "state": running if index else ended,
            }
            for index, name in enumerate(containers)
        ],
    }


def _condition(kind: str, status: str, reason: str | None = None) -> Json:
    found: Json = {"type": kind, "status": status, "lastTransitionTime": _ago(3600)}
    return found | ({"reason": reason, "message": "Waiting for a gate."} if reason else {})


def _container(random: Random, name: str, *, done: bool, started: bool) -> Json:
    restarts = random.choice((0, 0, 0, 1, 2, 17, 1234))
    status: Json = {
        "name": name,
        "image": "example/app",
        "imageID": "",
        "ready": random.random() < 0.5,
        "restartCount": restarts,
    }
    if started or random.random() < 0.3:
        status["started"] = random.random() < 0.8
    form = random.choice(("waiting", "running", "running", "terminated", "terminated", "none"))
    if done:
        form = "terminated"
    if form == "waiting":
        reason = random.choice(WAITING)
        status["state"] = {"waiting": {} if reason is None else {"reason": reason}}
        if reason and random.random() < 0.5:
            status["state"]["waiting"]["message"] = f"why {reason}"
    elif form == "running":
        status["state"] = {"running": {"startedAt": _ago(random.randint(1, 90_000))}}
    elif form == "terminated":
        status["state"] = {"terminated": _terminated(random, success=done)}
    if restarts and random.random() < 0.8:
        status["lastState"] = {"terminated": _terminated(random, success=False)}
    return status


def _terminated(random: Random, *, success: bool) -> Json:
    code = 0 if success or random.random() < 0.35 else random.choice((1, 2, 57, 124, 137, 255))
    ended: Json = {"exitCode": code}
    reason = "Completed" if success else random.choice(ENDED)
    if reason is not None:
        ended["reason"] = reason
    if random.random() < 0.3:
        ended["signal"] = random.choice((0, 9, 15))
    if random.random() < 0.9:
        age = int(10 ** random.uniform(0.5, 7))
        ended |= {"startedAt": _ago(age + 30), "finishedAt": _ago(age)}
    return ended


def _job(random: Random, number: int) -> Generated:
    shape = random.choice(
        ("running", "complete", "failed", "suspended", "failing", "succeeding", "deleted")
    )
    parallelism = random.choice((None, 1, 3))
    completions = random.choice((None, 1, 4)) if parallelism else 1
    manifest: Json = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"job-{number:05}",
            "finalizers": [FINALIZER] if shape == "deleted" else [],
        },
        "spec": {
            "managedBy": "watchglass.test/nobody",
            "parallelism": parallelism,
            "completions": completions,
            "suspend": shape == "suspended",
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "main", "image": "example/app"}],
                }
            },
        },
    }
    wanted = completions or 1
    times = {"startTime": _ago(600)}
    statuses: dict[str, Json] = {
        "running": times | {"active": 1, "failed": random.randint(0, 3)},
        "complete": times
        | {
            "completionTime": _ago(60),
            "succeeded": wanted,
            "conditions": [
                _condition("SuccessCriteriaMet", "True", "CompletionsReached"),
                _condition("Complete", "True", "CompletionsReached"),
            ],
        },
        "failed": times
        | {
            "failed": 7,
            "conditions": [
                _condition("FailureTarget", "True", "BackoffLimitExceeded"),
                _condition("Failed", "True", "BackoffLimitExceeded"),
            ],
        },
        "suspended": {"conditions": [_condition("Suspended", "True", "JobSuspended")]},
        "failing": times
        | {"conditions": [_condition("FailureTarget", "True", "DeadlineExceeded")]},
        "succeeding": times
        | {
            "succeeded": wanted,
            "conditions": [_condition("SuccessCriteriaMet", "True", "CompletionsReached")],
        },
        "deleted": times | {"active": 1},
    }
    return Generated(manifest, statuses[shape], shape == "deleted")


def _cron_job(random: Random, number: int) -> Generated:
    zone = random.choice((None, "Europe/Vienna", "Etc/UTC"))
    manifest: Json = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": f"cron-job-{number:05}"},
        "spec": {
            "schedule": random.choice(("0 0 29 2 *", "@yearly", "0 0 1 1 ?")),
            "suspend": random.random() < 0.4,
            "concurrencyPolicy": random.choice(("Allow", "Forbid", "Replace")),
            "jobTemplate": {
                "spec": {
                    "template": {
                        "spec": {
                            "restartPolicy": "Never",
                            "containers": [{"name": "main", "image": "example/app"}],
                        }
                    }
                }
            },
        }
        | ({"timeZone": zone} if zone else {}),
    }
    active = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": f"gone-{index}", "uid": f"uid-{index}"}
        for index in range(random.choice((0, 1, 2)))
    ]
    status: Json = {"active": active}
    if random.random() < 0.7:
        status["lastScheduleTime"] = _ago(random.randint(60, 100_000))
    return Generated(manifest, status)


def _ago(seconds: int) -> str:
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
