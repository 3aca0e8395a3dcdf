"""Examples: values that the models themselves have made, so that none can be out of date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.model import (
    Action,
    CronJobInfo,
    Data,
    HealthCounts,
    HealthHistory,
    HealthPoint,
    HealthStatus,
    HealthSummary,
    Incident,
    JobInfo,
    ObjectReference,
    Page,
    PodHealth,
    RecentRun,
    Source,
    Warning,
    to_object,
)

if TYPE_CHECKING:
    from app.model import Health, Wire

Json = dict[str, Any]

_NOW = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)
_POD = PodHealth(
    name="agent-7d9f8-x2x5v",
    namespace="agents",
    uid="5f0c2a4e-7f1e-4b7e-9a51-0b3d5f1e7c11",
    phase="Running",
    reason="CrashLoopBackOff",
    message="back-off 40s restarting failed container",
    ready_containers=0,
    total_containers=1,
    restart_count=4,
    last_restart_time=_NOW - timedelta(seconds=50),
    owner="agent",
    node="node-1",
    created_at=_NOW - timedelta(hours=3),
)
_RUN = RecentRun(
    name="nightly-29497140",
    status="succeeded",
    scheduled_for=_NOW - timedelta(minutes=5),
    start_time=_NOW - timedelta(minutes=5),
    completion_time=_NOW - timedelta(minutes=4),
    duration_ms=60_000,
    exit_code=0,
    manual=False,
)


def values() -> dict[str, Wire]:
    """One value of each topic."""
    return {
        "pods": _POD,
        "cronjobs": CronJobInfo(
            name="nightly",
            namespace="agents",
            schedule="*/30 * * * *",
            time_zone="Europe/Berlin",
            last_schedule_time=_NOW - timedelta(minutes=5),
            last_successful_time=_NOW - timedelta(minutes=4),
            next_schedule_time=_NOW + timedelta(minutes=25),
            active_jobs=0,
            suspended=False,
            state="on_time",
            recent_runs=(_RUN,),
            schedule_words="every 30 minutes",
        ),
        "jobs": JobInfo(
            name="nightly-29497140",
            namespace="agents",
            uid="0e3f9e52-5a0a-4f3c-8a69-3b0c7a2f1d20",
            cron_job_name="nightly",
            status="succeeded",
            start_time=_NOW - timedelta(minutes=5),
            completion_time=_NOW - timedelta(minutes=4),
            duration_ms=60_000,
            exit_code=0,
            manual=False,
            failures=0,
        ),
        "incidents": Incident(
            key="pod_crash_loop/agents/agent",
            kind="pod_crash_loop",
            severity="critical",
            state="active",
            title="agent keeps crashing",
            reason="Its container ends again and again; the kubelet waits before each restart.",
            since=_NOW - timedelta(minutes=3),
            last_change=_NOW - timedelta(seconds=50),
            count=1,
            objects=(ObjectReference(kind="Pod", namespace="agents", name=_POD.name),),
            actions=(
                Action(
                    id="logs",
                    label="Read the last words",
                    command=f"kubectl logs --previous -n agents {_POD.name}",
                ),
            ),
        ),
        "events": Warning(
            namespace="agents",
            reason="BackOff",
            message="Back-off restarting failed container",
            object=ObjectReference(kind="Pod", namespace="agents", name=_POD.name),
            count=12,
            first_seen=_NOW - timedelta(minutes=3),
            last_seen=_NOW,
        ),
        "sources": Source(
            kind="pods",
            namespace="agents",
            state="live",
            proved_at=_NOW,
            proof="bookmark",
            objects=12,
        ),
        "health": HealthSummary(
            status="unhealthy",
            reasons=("agent keeps crashing",),
            counts=HealthCounts(critical=1),
            since=_NOW - timedelta(minutes=3),
        ),
    }


def page(topic: str) -> Json:
    """A page with one value of a topic."""
    return to_object(Page[Any](data=(values()[topic],), total=1, page=1, page_size=50))


def data(topic: str) -> Json:
    """One value of a topic by itself."""
    return to_object(Data[Any](data=values()[topic]))


def health_status() -> Json:
    """Health with its pods."""
    return to_object(Data[Any](data=HealthStatus(status="unhealthy", pods=(_POD,), timestamp=_NOW)))


def history() -> Json:
    """Three steps; nobody was there between the second and the third."""
    steps: tuple[tuple[int, Health], ...] = ((0, "healthy"), (2, "degraded"), (8, "healthy"))
    points = tuple(
        HealthPoint(at=_NOW + timedelta(minutes=minutes), status=status)
        for minutes, status in steps
    )
    return to_object(Data[Any](data=HealthHistory(points=points)))
