"""CronJobs: a Job for each slot of a schedule."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from app.demo.api.kinds import CRONJOBS, JOBS, Json
from app.demo.api.statuses import Refused
from app.demo.controllers.job_state import COMPLETE, FAILED, finished
from app.demo.controllers.reading import (
    Key,
    controller_of,
    deleting,
    difference,
    holds,
    key_of,
    moment_of,
    owner_reference,
    stamp,
    uid_of,
)
from app.demo.controllers.slots import (
    TOO_MANY,
    SlotError,
    job_name,
    latest_slot,
    next_look,
)
from app.demo.controllers.work import Work
from app.model.cron_fields import ScheduleError
from app.model.schedule import load_zone, parse_schedule

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.controllers.recorder import Recorder
    from app.demo.film.film import Film
    from app.model.schedule import Schedule

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"


class CronJobController:
    """Makes Jobs when they are due, remembers the running ones, removes old ones."""

    def __init__(self, film: Film, client: Client, informer: Informer, recorder: Recorder) -> None:
        self._film = film
        self._client = client
        self._informer = informer
        self._recorder = recorder
        self._work = Work(film, "cronjob", self._sync)
        informer.listen(CRONJOBS, self._on_cron_job)
        informer.listen(JOBS, self._on_job)

    def hang(self) -> None:
        """Start nothing and remember nothing until `go_on`, as one that is stuck."""
        self._work.hang()

    def go_on(self) -> None:
        """Make up for what is due, as far as the CronJobs let it."""
        self._work.go_on()

    def _on_cron_job(self, before: Json | None, after: Json | None) -> None:
        if after is not None:
            self._work.add(key_of(after))

    def _on_job(self, before: Json | None, after: Json | None) -> None:
        job = after or before
        reference = None if job is None else controller_of(job)
        if job is not None and reference is not None and reference["kind"] == "CronJob":
            self._work.add((key_of(job)[0], reference["name"]))

    def _sync(self, key: Key) -> None:
        cron_job = self._informer.get(CRONJOBS, key)
        if cron_job is None:
            return
        jobs = self._informer.controlled(JOBS, uid_of(cron_job))
        self._prune(cron_job, jobs)
        status: Json = dict(cron_job.get("status") or {})
        status["active"] = list(status.get("active") or ())
        self._observe(cron_job, jobs, status)
        if not deleting(cron_job):
            self._start_due(cron_job, status)
        if not status["active"]:
            del status["active"]
        before = cron_job.get("status") or {}
        change = difference(before, status)
        if change:
            self._client.patch_status(CRONJOBS, *key, {"status": change})

    # ---- what has happened

    def _observe(self, cron_job: Json, jobs: list[Json], status: Json) -> None:
        """Bring the list of running Jobs and the last success up to date."""
        for job in jobs:
            listed = any(one["uid"] == uid_of(job) for one in status["active"])
            name = job["metadata"]["name"]
            if not finished(job):
                if not listed:
                    text = f"Saw a job that the controller did not create or forgot: {name}"
                    self._recorder.warning(cron_job, "UnexpectedJob", text)
                continue
            if listed:
                _unlist(status, uid_of(job))
                word = COMPLETE if holds(job, COMPLETE) else FAILED
                text = f"Saw completed job: {name}, condition: {word}"
                self._recorder.normal(cron_job, "SawCompletedJob", text)
            done = (job.get("status") or {}).get("completionTime")
            if holds(job, COMPLETE) and done is not None:
                last = status.get("lastSuccessfulTime")
                if last is None or moment_of(done) > moment_of(last):
                    status["lastSuccessfulTime"] = done
        alive = {uid_of(job) for job in jobs}
        for reference in list(status["active"]):
            if reference["uid"] not in alive:
                _unlist(status, reference["uid"])
                text = f"Active job went missing: {reference['name']}"
                self._recorder.normal(cron_job, "MissingJob", text)

    def _prune(self, cron_job: Json, jobs: list[Json]) -> None:
        """Keep only as many finished Jobs as the history may have."""
        limits = {
            COMPLETE: cron_job["spec"].get("successfulJobsHistoryLimit"),
            FAILED: cron_job["spec"].get("failedJobsHistoryLimit"),
        }
        for kind, limit in limits.items():
            ended = [job for job in jobs if holds(job, kind) and not deleting(job)]
            if limit is None:
                continue
            ended.sort(key=lambda job: (job["status"].get("startTime", ""), key_of(job)))
            for job in ended[: max(0, len(ended) - limit)]:
                self._delete(cron_job, job)

    def _delete(self, cron_job: Json, job: Json) -> None:
        self._client.delete(JOBS, *key_of(job), propagation="Background")
        text = f"Deleted job {job['metadata']['name']}"
        self._recorder.normal(cron_job, "SuccessfulDelete", text)

    # ---- what is due

    def _start_due(self, cron_job: Json, status: Json) -> None:
        schedule = self._schedule(cron_job)
        if schedule is None:
            return
        now = self._film.now()
        # What this very look has found out counts already.
        known = {**cron_job, "status": status}
        try:
            look = latest_slot(known, now, schedule, by_deadline=True)
        except SlotError as error:
            text = f"invalid schedule: {cron_job['spec']['schedule']} : {error}"
            self._recorder.warning(cron_job, "InvalidSchedule", text)
            return
        if look.slot is not None:
            if look.missed > TOO_MANY:
                text = "too many missed start times. Set or decrease "
                text += ".spec.startingDeadlineSeconds or check clock skew"
                self._recorder.warning(cron_job, "TooManyMissedTimes", text)
            self._start(cron_job, status, look.slot)
        following = next_look({**cron_job, "status": status}, now, schedule)
        if following is not None:
            self._work.add_at(key_of(cron_job), following)

    def _schedule(self, cron_job: Json) -> Schedule | None:
        spec = cron_job["spec"]
        zone, text = spec.get("timeZone"), spec["schedule"]
        if zone is not None:
            try:
                load_zone(zone)
            except ScheduleError:
                message = f'invalid timeZone: "{zone}": unknown time zone {zone}'
                self._recorder.warning(cron_job, "UnknownTimeZone", message)
                return None
        if spec.get("suspend"):
            return None
        if "TZ" in text:
            message = f'CRON_TZ or TZ used in schedule "{text}" is not officially supported, see '
            message += "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
            self._recorder.warning(cron_job, "UnsupportedSchedule", f"{message} for more details")
        try:
            return parse_schedule(text, zone)
        except ScheduleError as error:
            message = f'unparseable schedule: "{text}" : {error}'
            self._recorder.warning(cron_job, "UnparseableSchedule", message)
            return None

    def _start(self, cron_job: Json, status: Json, slot: datetime) -> None:
        name = job_name(cron_job, slot)
        if status.get("lastScheduleTime") == stamp(slot) or any(
            one["name"] == name for one in status["active"]
        ):
            return
        policy = cron_job["spec"].get("concurrencyPolicy", "Allow")
        if policy == "Forbid" and status["active"]:
            text = "Not starting job because prior execution is running and concurrency policy is "
            self._recorder.normal(cron_job, "JobAlreadyActive", f"{text}Forbid")
            return
        if policy == "Replace":
            for reference in list(status["active"]):
                found = self._informer.find(reference["uid"])
                if found is not None:
                    self._delete(cron_job, found[1])
                _unlist(status, reference["uid"])
        job = self._create(cron_job, name, slot)
        if job is None:
            return
        status["active"].append(
            {
                "kind": JOBS.kind,
                "namespace": job["metadata"]["namespace"],
                "name": name,
                "uid": uid_of(job),
                "apiVersion": JOBS.api_version,
                "resourceVersion": job["metadata"]["resourceVersion"],
            }
        )
        status["lastScheduleTime"] = stamp(slot)

    def _create(self, cron_job: Json, name: str, slot: datetime) -> Json | None:
        template = cron_job["spec"]["jobTemplate"]
        metadata = template.get("metadata") or {}
        zone = load_zone(cron_job["spec"].get("timeZone") or "UTC") or UTC
        written = slot.astimezone(zone).isoformat().replace("+00:00", "Z")
        job: Json = {
            "apiVersion": JOBS.api_version,
            "kind": JOBS.kind,
            "metadata": {
                "name": name,
                "namespace": key_of(cron_job)[0],
                "labels": metadata.get("labels") or {},
                "annotations": {**(metadata.get("annotations") or {}), SCHEDULED: written},
                "ownerReferences": [owner_reference(CRONJOBS, cron_job)],
            },
            "spec": template["spec"],
        }
        try:
            made: Json = self._client.create(JOBS, job)
        except Refused as refusal:
            if refusal.code != 409:
                text = f"Error creating job: {refusal}"
                self._recorder.warning(cron_job, "FailedCreate", text)
                raise
            return None
        self._recorder.normal(cron_job, "SuccessfulCreate", f"Created job {name}")
        return made


def _unlist(status: Json, uid: str) -> None:
    status["active"] = [one for one in status["active"] if one["uid"] != uid]
