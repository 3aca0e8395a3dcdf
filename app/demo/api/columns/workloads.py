"""The columns of Deployments, ReplicaSets, Jobs and CronJobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api.columns.cells import (
    AGE,
    CONTAINERS,
    IMAGES,
    NAME,
    NONE,
    Column,
    Printer,
    age_of,
    containers,
    human,
    is_true,
    metadata,
    name_of,
    parsed,
    part,
    selector,
    selector_column,
    since,
)

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.kinds import Json


def print_deployment(deployment: Json, now: datetime) -> list[Any]:
    """The cells of a Deployment."""
    spec, status = part(deployment, "spec"), part(deployment, "status")
    return [
        name_of(deployment),
        f"{status.get('readyReplicas') or 0}/{spec.get('replicas') or 0}",
        status.get("updatedReplicas") or 0,
        status.get("availableReplicas") or 0,
        age_of(deployment, now),
        *containers(part(spec, "template")),
        selector(spec.get("selector")),
    ]


def print_replica_set(replica_set: Json, now: datetime) -> list[Any]:
    """The cells of a ReplicaSet."""
    spec, status = part(replica_set, "spec"), part(replica_set, "status")
    return [
        name_of(replica_set),
        spec.get("replicas") or 0,
        status.get("replicas") or 0,
        status.get("readyReplicas") or 0,
        age_of(replica_set, now),
        *containers(part(spec, "template")),
        selector(spec.get("selector")) or NONE,
    ]


def print_job(job: Json, now: datetime) -> list[Any]:
    """The cells of a Job."""
    spec, status = part(job, "spec"), part(job, "status")
    return [
        name_of(job),
        _job_status(job, status),
        _completions(spec, status),
        _duration(status, now),
        age_of(job, now),
        *containers(part(spec, "template")),
        selector(spec.get("selector")) or NONE,
    ]


def _job_status(job: Json, status: Json) -> str:
    conditions = status.get("conditions") or []
    for kind in ("Complete", "Failed"):
        if is_true(conditions, kind):
            return kind
    if metadata(job).get("deletionTimestamp"):
        return "Terminating"
    for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if is_true(conditions, kind):
            return kind
    return "Running"


def _completions(spec: Json, status: Json) -> str:
    succeeded = status.get("succeeded") or 0
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _duration(status: Json, now: datetime) -> str:
    begun = parsed(status.get("startTime"))
    if begun is None:
        return ""
    return human((parsed(status.get("completionTime")) or now) - begun)


def print_cron_job(cron_job: Json, now: datetime) -> list[Any]:
    """The cells of a CronJob."""
    spec, status = part(cron_job, "spec"), part(cron_job, "status")
    last, zone, suspend = status.get("lastScheduleTime"), spec.get("timeZone"), spec.get("suspend")
    job = part(spec, "jobTemplate", "spec")
    return [
        name_of(cron_job),
        spec.get("schedule") or "",
        NONE if zone is None else zone,
        "<unset>" if suspend is None else str(suspend),
        len(status.get("active") or []),
        since(last, now) if last else NONE,
        age_of(cron_job, now),
        *containers(part(job, "template")),
        selector(job.get("selector")) or NONE,
    ]


DEPLOYMENTS = Printer(
    (
        NAME,
        Column("Ready", "How many pods are ready, of how many."),
        Column("Up-to-date", "How many pods are of the present template."),
        Column("Available", "How many pods have been ready long enough."),
        AGE,
        CONTAINERS,
        IMAGES,
        selector_column("Which pods belong to the Deployment."),
    ),
    print_deployment,
)
REPLICA_SETS = Printer(
    (
        NAME,
        Column("Desired", "How many pods there are to be.", type="integer"),
        Column("Current", "How many pods there are.", type="integer"),
        Column("Ready", "How many pods are ready.", type="integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        selector_column("Which pods belong to the ReplicaSet."),
    ),
    print_replica_set,
)
JOBS = Printer(
    (
        NAME,
        Column("Status", "How the Job is doing."),
        Column("Completions", "How many pods have succeeded, of how many."),
        Column("Duration", "From its start to its end, or until now."),
        AGE,
        CONTAINERS,
        IMAGES,
        selector_column("Which pods belong to the Job."),
    ),
    print_job,
)
CRONJOBS = Printer(
    (
        NAME,
        Column("Schedule", "When Jobs are made, in cron's words."),
        Column("Timezone", "The time zone of the schedule."),
        Column("Suspend", "Whether no Jobs are made.", type="boolean"),
        Column("Active", "How many Jobs are running.", type="integer"),
        Column("Last Schedule", "The time since a Job was last made on schedule."),
        AGE,
        CONTAINERS,
        IMAGES,
        selector_column("The selector of the Jobs."),
    ),
    print_cron_job,
)
