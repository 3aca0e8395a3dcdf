"""What a Job is to do next, and what it says: a function of the Job, its pods and the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.demo.api.moments import later
from app.demo.controllers.reading import (
    active,
    condition_of,
    deleting,
    ended,
    holds,
    moment_of,
    phase_of,
    stamp,
)

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.kinds import Json

TRACKING = "batch.kubernetes.io/job-tracking"
"""The finalizer that keeps a pod until its Job has counted it."""

BACK_OFF_SECONDS = 10.0
LONGEST_BACK_OFF_SECONDS = 600.0
BURST = 500

COMPLETE, FAILED = "Complete", "Failed"
CRITERIA_MET, FAILURE_TARGET = "SuccessCriteriaMet", "FailureTarget"


@dataclass(slots=True)
class Failures:
    """Failures since the last success; a controller remembers them, the Job does not say them."""

    count: int = 0
    last: datetime | None = None

    def note(self, succeeded: list[Json], failed: list[Json]) -> None:
        """Pods that have ended since the last look."""
        if succeeded:
            since = max(map(finished_at, succeeded))
            self.count, self.last = 0, None
            failed = [pod for pod in failed if finished_at(pod) > since]
        if failed:
            self.count += len(failed)
            self.last = max(map(finished_at, failed))

    @property
    def back_off(self) -> float:
        """Scripted seconds from the last failure to the next attempt."""
        if self.last is None:
            return 0.0
        return min(BACK_OFF_SECONDS * 2.0 ** min(self.count - 1, 10), LONGEST_BACK_OFF_SECONDS)


@dataclass(slots=True)
class Plan:
    """One look at a Job.

    `create` may have to wait for a back-off. `count` are the pods that are to be let go because
    they are in the counters from now on.
    """

    create: int = 0
    delete: list[Json] = field(default_factory=list)
    succeeded: list[Json] = field(default_factory=list)
    failed: list[Json] = field(default_factory=list)
    ending: Json | None = None
    """The first of the two conditions that end a Job."""
    suspended: bool = False

    @property
    def count(self) -> list[Json]:
        """The pods that are counted now."""
        return [*self.succeeded, *self.failed]


def finished(job: Json) -> bool:
    """Complete or Failed."""
    return holds(job, COMPLETE) or holds(job, FAILED)


def tracked(pod: Json) -> bool:
    """Whether its Job has not counted it yet."""
    return TRACKING in (pod["metadata"].get("finalizers") or ())


def finished_at(pod: Json) -> datetime:
    """When its last container ended, or it was given up."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    ends: list[Json] = [(one.get("state") or {}).get("terminated") or {} for one in statuses]
    if ends and all(ends):
        return max(moment_of(end["finishedAt"]) for end in ends)
    ready = condition_of(pod, "Ready")
    if ready is not None and ready["status"] == "False" and ready.get("lastTransitionTime"):
        return moment_of(ready["lastTransitionTime"])
    return moment_of(pod["metadata"]["creationTimestamp"])


def plan_job(job: Json, pods: list[Json], now: datetime) -> Plan:
    """Decide; the Job is not finished."""
    spec = job["spec"]
    running = [pod for pod in pods if active(pod)]
    plan = Plan(suspended=bool(spec.get("suspend")))
    open_pods = [pod for pod in pods if tracked(pod)]
    plan.succeeded = [pod for pod in open_pods if phase_of(pod) == "Succeeded"]
    plan.failed = [pod for pod in open_pods if given_up(job, pod)]
    status: Json = job.get("status") or {}
    succeeded = status.get("succeeded", 0) + len(plan.succeeded)
    failed = status.get("failed", 0) + len(plan.failed)
    plan.ending = _ending(job, pods, failed, now)
    if plan.ending is not None:
        plan.delete = running
        return plan
    if plan.suspended:
        plan.delete = running
        return plan
    if deleting(job):
        return plan
    completions = spec.get("completions")
    wanted = spec.get("parallelism", 1)
    if completions is None:
        wanted = len(running) if succeeded else wanted
        complete = succeeded > 0 and not running
    else:
        wanted = max(0, min(wanted, completions - succeeded))
        complete = succeeded >= completions
    if complete and not running:
        text = "Reached expected number of succeeded pods"
        plan.ending = _condition(CRITERIA_MET, "CompletionsReached", text, now)
        return plan
    plan.create = min(max(0, wanted - len(running)), BURST)
    if len(running) > wanted:
        plan.delete = sorted(running, key=_keeping)[: len(running) - wanted]
    return plan


def _keeping(pod: Json) -> tuple[object, ...]:
    """What has come least far goes first."""
    made = moment_of(pod["metadata"]["creationTimestamp"])
    return (holds(pod, "Ready"), phase_of(pod) == "Running", -made.timestamp())


def given_up(job: Json, pod: Json) -> bool:
    """Whether a pod counts as failed: it has, or it is being deleted before its end."""
    if phase_of(pod) == "Failed":
        return True
    only_failed = job["spec"].get("podReplacementPolicy") == "Failed"
    return deleting(pod) and not ended(pod) and not only_failed


def _ending(job: Json, pods: list[Json], failed: int, now: datetime) -> Json | None:
    for kind in (CRITERIA_MET, FAILURE_TARGET):
        if holds(job, kind):
            return condition_of(job, kind)
    spec = job["spec"]
    limit = spec.get("backoffLimit", 6)
    if failed > limit or _restarted_too_often(job, pods, limit):
        text = "Job has reached the specified backoff limit"
        return _condition(FAILURE_TARGET, "BackoffLimitExceeded", text, now)
    ends = deadline(job)
    if ends is not None and ends <= now:
        text = "Job was active longer than specified deadline"
        return _condition(FAILURE_TARGET, "DeadlineExceeded", text, now)
    return None


def deadline(job: Json) -> datetime | None:
    """When its time is over; None without a limit."""
    seconds = job["spec"].get("activeDeadlineSeconds")
    started = (job.get("status") or {}).get("startTime")
    if seconds is None or started is None or job["spec"].get("suspend"):
        return None
    return later(moment_of(started), seconds)


def _restarted_too_often(job: Json, pods: list[Json], limit: int) -> bool:
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    restarts = 0
    for pod in pods:
        if phase_of(pod) in {"Running", "Pending"}:
            status = pod.get("status", {})
            for name in ("initContainerStatuses", "containerStatuses"):
                restarts += sum(one["restartCount"] for one in status.get(name) or ())
    return restarts > 0 if limit == 0 else restarts >= limit


def _condition(kind: str, reason: str, message: str, now: datetime) -> Json:
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": stamp(now),
        "lastTransitionTime": stamp(now),
        "reason": reason,
        "message": message,
    }


def final_condition(ending: Json, now: datetime) -> Json:
    """The second of the two conditions, when the last pod is gone or counted."""
    kind = COMPLETE if ending["type"] == CRITERIA_MET else FAILED
    return _condition(kind, ending["reason"], ending["message"], now)
