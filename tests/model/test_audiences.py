"""What the summary audience reads: models of its own, equal to the others in what they share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import pytest

from app.model import (
    Action,
    AuthStatus,
    CronJobInfo,
    ExecutionSummary,
    Incident,
    JobInfo,
    ObjectReference,
    PodHealth,
    RecentRun,
    RefreshStatus,
    Source,
    StepRecord,
    Wire,
    encode,
    summarize_auth,
    summarize_cronjob,
    summarize_execution,
    summarize_incident,
    summarize_job,
    summarize_pod,
    summarize_refresh,
    summarize_source,
    to_object,
)

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V", bound=Wire)

MOMENT = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)
IDENTITY = "9b2f6c1e-3d4a-4b5c-8d6e-7f8091a2b3c4"

POD = PodHealth(
    name="one",
    phase="Pending",
    ready_containers=0,
    total_containers=1,
    restart_count=4,
    last_restart_time=MOMENT,
    namespace="agents",
    uid="u-1",
    reason="ImagePullBackOff",
    message="SECRET",
    owner="agent",
    node="SECRET",
    created_at=MOMENT,
)
CRONJOB = CronJobInfo(
    name="auth-check",
    schedule="*/30 * * * *",
    last_schedule_time=MOMENT,
    last_successful_time=MOMENT,
    active_jobs=1,
    suspended=False,
    namespace="agents",
    time_zone="Europe/Berlin",
    next_schedule_time=MOMENT,
    state="late",
    state_message="SECRET",
    recent_runs=(RecentRun(name="r", status="failed", start_time=MOMENT, duration_ms=5),),
    schedule_words="every 30 minutes",
    assumed_time_zone="UTC",
)
JOB = JobInfo(
    name="auth-check-1",
    cron_job_name="auth-check",
    start_time=MOMENT,
    completion_time=MOMENT,
    status="failed",
    exit_code=57,
    duration_ms=9,
    namespace="agents",
    uid="u-2",
    manual=True,
    reason="BackoffLimitExceeded",
    failures=2,
)
SOURCE = Source(
    kind="pods",
    namespace="agents",
    state="forbidden",
    proved_at=MOMENT,
    proof="list",
    objects=7,
    message="SECRET",
    missing_rule="SECRET",
)
INCIDENT = Incident(
    key="pod/agents/one",
    kind="pod",
    severity="critical",
    state="active",
    title="one cannot start",
    reason="image cannot be pulled",
    since=MOMENT,
    last_change=MOMENT,
    count=2,
    objects=(ObjectReference(kind="Pod", namespace="agents", name="one"),),
    actions=(Action(id="copy", label="Copy", command="SECRET"),),
    caused_by="source/pods/agents",
    message="SECRET",
)
RUN = ExecutionSummary(
    id=IDENTITY,
    status="error",
    exit_code=1,
    started_at=MOMENT,
    completed_at=MOMENT,
    duration_ms=1,
    agent="claude",
    title="SECRET",
    error_message="SECRET",
    started_by="SECRET",
    source="SECRET",
    queued_at=MOMENT,
    position=3,
)
AUTH = AuthStatus(
    authenticated=True,
    expires_at=MOMENT,
    last_checked=MOMENT,
    spec_id="agent",
    state="valid",
    method="session",
    proved_at=MOMENT,
    proved_by="SECRET",
    source="SECRET",
    fingerprint="SECRET",
)
REFRESH = RefreshStatus(
    step="error",
    progress=55,
    message="the pod did not become ready",
    error="SECRET",
    started_at=MOMENT,
    completed_at=MOMENT,
    id=IDENTITY,
    spec_id="agent",
    started_by="SECRET",
    steps=(StepRecord(state="validating", started_at=MOMENT, message="SECRET"),),
    failed_step="restarting_pod",
    remediation="SECRET",
    reason="rolled_back",
)


def reads(summarize: Callable[[V], Wire], value: V, hidden: str) -> object:
    """One row: how a value is summarised and which of its fields walls do not see."""
    return pytest.param(lambda: (value, summarize(value)), hidden.split(), id=type(value).__name__)


@pytest.mark.parametrize(
    ("make", "hidden"),
    [
        reads(summarize_pod, POD, "message node"),
        reads(summarize_cronjob, CRONJOB, "stateMessage"),
        reads(summarize_job, JOB, ""),
        reads(summarize_source, SOURCE, "message missingRule"),
        reads(summarize_incident, INCIDENT, "actions message"),
        reads(summarize_execution, RUN, "title errorMessage startedBy source queuedAt position"),
        reads(summarize_auth, AUTH, "provedBy source fingerprint"),
        reads(summarize_refresh, REFRESH, "error id startedBy steps remediation"),
    ],
)
def test_the_summary_is_the_value_without_what_is_hidden(
    make: Callable[[], tuple[Wire, Wire]], hidden: list[str]
) -> None:
    value, summary = make()
    whole = to_object(value)
    # Every field of the value above is filled, so that none escapes the comparison.
    assert set(whole) == {field.alias for field in type(value).model_fields.values()}
    assert to_object(summary) == {name: whole[name] for name in whole if name not in hidden}
    assert b"SECRET" not in encode(summary)
    assert not isinstance(summary, type(value))
