"""Jobs: pods until enough of them have succeeded, or too many have failed.

Not there: indexed completions, pod failure policies and success policies.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.api.kinds import JOBS, PODS, Json
from app.demo.api.moments import later
from app.demo.controllers.job_state import (
    COMPLETE,
    FAILED,
    TRACKING,
    Failures,
    Plan,
    deadline,
    final_condition,
    finished,
    plan_job,
    tracked,
)
from app.demo.controllers.reading import (
    Key,
    active,
    condition_of,
    controller_of,
    deleting,
    difference,
    ended,
    from_template,
    holds,
    key_of,
    moment_of,
    owner_reference,
    stamp,
    uid_of,
)
from app.demo.controllers.work import Work

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.recorder import Recorder
    from app.demo.film.film import Film

BATCH_SECONDS = 1.0
"""Changes of pods are gathered for so long, as the real controller does."""


class JobController:
    """Counts pods, makes new ones, ends Jobs, and removes those whose time is over."""

    def __init__(self, film: Film, client: Client, informer: Informer, recorder: Recorder) -> None:
        self._film = film
        self._client = client
        self._informer = informer
        self._recorder = recorder
        self._failures: dict[str, Failures] = {}
        self._work = Work(film, "job", self._sync)
        informer.listen(JOBS, self._on_job)
        informer.listen(PODS, self._on_pod)

    def _on_job(self, before: Json | None, after: Json | None) -> None:
        if after is None:
            if before is not None:
                self._failures.pop(uid_of(before), None)
                self._release(before)
            return
        same = before is not None and before["metadata"].get("generation") == after["metadata"].get(
            "generation"
        )
        if same:
            self._work.add(key_of(after), BATCH_SECONDS)
        else:
            self._work.add(key_of(after))

    def _on_pod(self, before: Json | None, after: Json | None) -> None:
        pod = after or before
        reference = None if pod is None else controller_of(pod)
        if pod is None or reference is None or reference["kind"] != "Job":
            return
        self._work.add((key_of(pod)[0], reference["name"]), BATCH_SECONDS)

    def _release(self, job: Json) -> None:
        """Nobody counts the pods of a Job that is gone."""
        subject = f"job {'/'.join(key_of(job))}"
        for pod in self._informer.controlled(PODS, uid_of(job)):
            if tracked(pod):
                key = key_of(pod)
                self._film.at(0.01, subject, lambda key=key: self._let_go(key))  # type: ignore[misc]

    def _let_go(self, key: Key) -> None:
        pod = self._informer.get(PODS, key)
        if pod is not None and tracked(pod):
            finalizers = [one for one in pod["metadata"]["finalizers"] if one != TRACKING]
            self._client.patch(PODS, *key, {"metadata": {"finalizers": finalizers or None}})

    def _sync(self, key: Key) -> None:
        job = self._informer.get(JOBS, key)
        if job is None:
            return
        pods = self._informer.controlled(PODS, uid_of(job))
        if finished(job):
            self._expire(job)
            return
        now = self._film.now()
        plan = plan_job(job, pods, now)
        failures = self._failures.setdefault(uid_of(job), Failures())
        failures.note(plan.succeeded, plan.failed)
        created = self._create(job, plan, failures)
        for pod in plan.delete:
            if plan.ending is None:
                self._let_go(key_of(pod))  # taken away, not failed
            self._delete(job, pod)
        self._report(job, plan, created)
        ends = deadline(self._informer.get(JOBS, key) or job)
        if ends is not None and plan.ending is None:
            self._work.add_at(key, ends)

    # ---- pods

    def _create(self, job: Json, plan: Plan, failures: Failures) -> int:
        if not plan.create:
            return 0
        if failures.last is not None:
            ready = failures.last + timedelta(seconds=failures.back_off / self._film.speed)
            if ready > self._film.now():
                self._work.add_at(key_of(job), ready)
                return 0
        for _ in range(plan.create):
            namespace, name = key_of(job)
            template = job["spec"]["template"]
            pod = from_template(template, owner_reference(JOBS, job), f"{name}-", namespace)
            kept = pod["metadata"].get("finalizers") or []
            pod["metadata"]["finalizers"] = [*kept, TRACKING]
            made = self._client.create(PODS, pod)
            self._recorder.normal(
                job, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}"
            )
        return plan.create

    def _delete(self, job: Json, pod: Json) -> None:
        self._client.delete(PODS, *key_of(pod), uid=uid_of(pod))
        self._recorder.normal(job, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    # ---- status

    def _report(self, job: Json, plan: Plan, created: int) -> None:
        """Say what is going on, let go of what is counted, say it again with the counts."""
        now = self._film.now()
        key = key_of(job)
        before: Json = job.get("status") or {}
        pods = self._informer.controlled(PODS, uid_of(job))
        running = [pod for pod in pods if active(pod)]
        status: Json = {**before, "uncountedTerminatedPods": {}}
        status["conditions"] = list(before.get("conditions") or ())
        if "startTime" not in status and not plan.suspended:
            status["startTime"] = stamp(now)
        status["active"] = len(running)
        status["ready"] = sum(holds(pod, "Ready") for pod in running)
        status["terminating"] = sum(deleting(pod) and not ended(pod) for pod in pods)
        self._suspend(job, status, plan, now)
        failed = list(plan.failed)
        if plan.ending is not None:
            if not any(one["type"] == plan.ending["type"] for one in status["conditions"]):
                status["conditions"].append(plan.ending)
            if plan.ending["type"] == "FailureTarget":
                # Whatever still runs is given up with the Job.
                known = {uid_of(pod) for pod in plan.count}
                failed += [pod for pod in pods if tracked(pod) and uid_of(pod) not in known]
        uncounted = {
            "succeeded": [uid_of(pod) for pod in plan.succeeded],
            "failed": [uid_of(pod) for pod in failed],
        }
        status["uncountedTerminatedPods"] = {name: one for name, one in uncounted.items() if one}
        self._write(key, before, status)
        for pod in [*plan.succeeded, *failed]:
            self._let_go(key_of(pod))
        counted = {**status, "uncountedTerminatedPods": {}}
        for name, uids in uncounted.items():
            if uids:
                counted[name] = status.get(name, 0) + len(uids)
        if plan.ending is not None and not self._terminating(job):
            final = final_condition(plan.ending, now)
            counted["conditions"] = [*status["conditions"], final]
            counted["terminating"] = 0
            if final["type"] == COMPLETE:
                counted["completionTime"] = stamp(now)
            self._write(key, status, counted)
            self._tell(job, final)
        elif counted != status:
            self._write(key, status, counted)

    def _terminating(self, job: Json) -> bool:
        pods = self._informer.controlled(PODS, uid_of(job))
        return any(not ended(pod) for pod in pods)

    def _tell(self, job: Json, final: Json) -> None:
        if final["type"] == FAILED:
            self._recorder.warning(job, final["reason"], final["message"])
        else:
            self._recorder.normal(job, "Completed", "Job completed")

    def _suspend(self, job: Json, status: Json, plan: Plan, now: datetime) -> None:
        known = condition_of(job, "Suspended")
        value = "True" if plan.suspended else "False"
        if plan.ending is not None or (known["status"] if known else "False") == value:
            return
        word = "suspended" if plan.suspended else "resumed"
        told = {
            "type": "Suspended",
            "status": value,
            "lastProbeTime": stamp(now),
            "lastTransitionTime": stamp(now),
            "reason": f"Job{word.capitalize()}",
            "message": f"Job {word}",
        }
        others = [one for one in status["conditions"] if one["type"] != "Suspended"]
        status["conditions"] = [*others, told]
        if plan.suspended:
            status.pop("startTime", None)
        else:
            status["startTime"] = stamp(now)
        self._recorder.normal(job, word.capitalize(), f"Job {word}")

    def _write(self, key: Key, before: Json, status: Json) -> None:
        clean = {name: one for name, one in status.items() if one or name not in COUNTERS}
        known = {name: one for name, one in before.items() if one or name not in COUNTERS}
        if clean != known:
            self._client.patch_status(JOBS, *key, {"status": difference(known, clean)})

    def _expire(self, job: Json) -> None:
        seconds = job["spec"].get("ttlSecondsAfterFinished")
        ending = condition_of(job, COMPLETE) or condition_of(job, FAILED)
        if seconds is None or ending is None or deleting(job):
            return
        ends = later(moment_of(ending["lastTransitionTime"]), seconds)
        if ends > self._film.now():
            self._work.add_at(key_of(job), ends)
        else:
            self._client.delete(JOBS, *key_of(job), uid=uid_of(job), propagation="Foreground")


COUNTERS = frozenset({"active", "succeeded", "failed"})
"""Left out while they are 0; `ready` and `terminating` are always said."""
