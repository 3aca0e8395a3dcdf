"""What can be listed, as data: the filters and orders of each topic, which describe themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from app.model import (
    CronJobInfo,
    CronJobState,
    CronJobSummary,
    Incident,
    IncidentState,
    IncidentSummary,
    JobInfo,
    JobStatus,
    JobSummary,
    PodHealth,
    PodPhase,
    PodSummary,
    Severity,
    Warning,
    summarize_cronjob,
    summarize_incident,
    summarize_job,
    summarize_pod,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.board import Board
    from app.model import Wire
    from app.stream import Topic
    from app.web.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that keeps the values for which `of` gives one of the words asked for."""

    name: str
    about: str
    of: Callable[[Any], tuple[str | None, ...]]
    words: tuple[str, ...] = ()
    """The good ones; none stands for any name."""
    default: tuple[str, ...] = ()
    """What is asked for where the parameter is left out; none stands for everything."""


@dataclass(frozen=True, slots=True)
class Order:
    """A word for `sort`; values for which `by` gives None come last, whichever way."""

    name: str
    by: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """One topic as pages of JSON. Without `sort` it is in the order of its first `Order`."""

    name: str
    """Of the topic."""
    topic: Callable[[Board], Topic[Any]]
    made_of: tuple[str, ...]
    """The kinds that its values are read from; none stands for all that are watched."""
    one: str
    """What a value is called in a sentence."""
    detail: type[Wire]
    summary: type[Wire] | None
    """None: there is nothing for the summary audience to read."""
    summarize: Callable[[Any], Wire] | None
    text: Callable[[Any], str]
    """What `q` looks into, which `text_is` names."""
    text_is: str
    filters: tuple[Filter, ...]
    orders: tuple[Order, ...]
    first_downwards: bool = False
    """Whether the first order, where nobody asks for one, is turned round."""
    past: Callable[[Rooms], Iterable[tuple[str, Any]]] = lambda rooms: ()
    """What is no longer on the board and still known, with its keys."""


def _past_incidents(rooms: Rooms) -> Iterable[tuple[str, Incident]]:
    history = () if rooms.incidents is None else rooms.incidents.history
    return ((incident.key, incident) for incident in history)


def _cronjob_states(job: CronJobInfo) -> tuple[str | None, ...]:
    """How it keeps its schedule, and what it does at the moment."""
    doing = "suspended" if job.suspended else "active" if job.active_jobs else "idle"
    return doing, job.state


SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
"""From the least to the worst."""

PODS = Listing(
    name="pods",
    topic=lambda board: board.pods,
    made_of=("pods",),
    one="pod",
    detail=PodHealth,
    summary=PodSummary,
    summarize=summarize_pod,
    text=lambda pod: pod.name,
    text_is="the name",
    filters=(
        Filter("state", "Phases.", lambda pod: (pod.phase,), get_args(PodPhase)),
        Filter("owner", "Names of owners.", lambda pod: (pod.owner,)),
    ),
    orders=(
        Order("name", lambda pod: pod.name),
        Order("createdAt", lambda pod: pod.created_at),
        Order("lastRestartTime", lambda pod: pod.last_restart_time),
        Order("restartCount", lambda pod: pod.restart_count),
    ),
)

CRONJOBS = Listing(
    name="cronjobs",
    topic=lambda board: board.cronjobs,
    made_of=("cronjobs", "jobs", "pods"),
    one="CronJob",
    detail=CronJobInfo,
    summary=CronJobSummary,
    summarize=summarize_cronjob,
    text=lambda job: job.name,
    text_is="the name",
    filters=(
        Filter(
            "state",
            "How it keeps its schedule, or what it does at the moment (`active`, `idle`).",
            _cronjob_states,
            ("active", "idle", *get_args(CronJobState)),
        ),
    ),
    orders=(
        Order("name", lambda job: job.name),
        Order("lastScheduleTime", lambda job: job.last_schedule_time),
        Order("nextScheduleTime", lambda job: job.next_schedule_time),
    ),
)

JOBS = Listing(
    name="jobs",
    topic=lambda board: board.jobs,
    made_of=("jobs", "pods"),
    one="Job",
    detail=JobInfo,
    summary=JobSummary,
    summarize=summarize_job,
    text=lambda job: job.name,
    text_is="the name",
    filters=(
        Filter("state", "Statuses.", lambda job: (job.status,), get_args(JobStatus)),
        Filter("cronJob", "Names of CronJobs that own it.", lambda job: (job.cron_job_name,)),
        Filter(
            "manual",
            "Whether a person started it.",
            lambda job: ("true" if job.manual else "false",),
            ("true", "false"),
        ),
    ),
    orders=(
        Order("name", lambda job: job.name),
        Order("completionTime", lambda job: job.completion_time),
        Order("durationMs", lambda job: job.duration_ms),
        Order("startTime", lambda job: job.start_time),
    ),
)

INCIDENTS = Listing(
    name="incidents",
    topic=lambda board: board.incidents,
    made_of=(),
    one="incident",
    detail=Incident,
    summary=IncidentSummary,
    summarize=summarize_incident,
    text=lambda incident: incident.title,
    text_is="the title",
    filters=(
        Filter(
            "state",
            "States; left out, all but `resolved`, of which the last 1,000 are known.",
            lambda incident: (incident.state,),
            get_args(IncidentState),
            default=("new", "active", "unknown"),
        ),
        Filter(
            "severity", "Severities.", lambda incident: (incident.severity,), get_args(Severity)
        ),
        Filter("kind", "Kinds of incidents.", lambda incident: (incident.kind,)),
    ),
    orders=(
        Order(
            "severity",
            # The oldest first where `sort` turns it round, which is the worst first.
            lambda incident: (SEVERITIES.index(incident.severity), -incident.since.timestamp()),
        ),
        Order("lastChange", lambda incident: incident.last_change),
        Order("since", lambda incident: incident.since),
    ),
    first_downwards=True,
    past=_past_incidents,
)

EVENTS = Listing(
    name="events",
    topic=lambda board: board.events,
    made_of=("events",),
    one="event",
    detail=Warning,
    summary=None,
    summarize=None,
    text=lambda event: event.object.name,
    text_is="the name of the object it is about",
    filters=(
        Filter("reason", "Reasons.", lambda event: (event.reason,)),
        Filter("kind", "Kinds of the objects they are about.", lambda event: (event.object.kind,)),
        Filter("name", "Names of these objects.", lambda event: (event.object.name,)),
    ),
    orders=(
        Order("lastSeen", lambda event: event.last_seen),
        Order("count", lambda event: event.count),
        Order("firstSeen", lambda event: event.first_seen),
    ),
    first_downwards=True,
)

LISTINGS = (PODS, CRONJOBS, JOBS, INCIDENTS, EVENTS)
