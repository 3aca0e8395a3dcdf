"""The nouns: frozen values and pure functions over them; no I/O, no await, no clock.

The names and fields are the wire contract: others may be added beside them, none taken away. For
each model that says more than a wall may show, there is one of its own for the summary audience,
made by its `summarize_...`: a field is shown to strangers only where somebody wrote it down.
Warnings (and the records of executions) have none, health has no need of one.
"""

from __future__ import annotations

from app.model.auth import AuthStatus, AuthSummary, CredentialState, summarize_auth
from app.model.cronjobs import (
    CronJobInfo,
    CronJobState,
    CronJobSummary,
    RecentRun,
    summarize_cronjob,
)
from app.model.envelope import PAGE_SIZE_LIMIT, Data, Page, Problem, TimedOutRun
from app.model.events import ObjectReference, Warning
from app.model.executions import (
    PROMPT_LIMIT,
    ExecutionBrief,
    ExecutionRecord,
    ExecutionRequest,
    ExecutionResponse,
    ExecutionSummary,
    summarize_execution,
)
from app.model.exits import ExecutionStatus, execution_status
from app.model.health import (
    HISTORY_STEPS,
    STEP_SECONDS,
    Health,
    HealthCounts,
    HealthHistory,
    HealthPoint,
    HealthStatus,
    HealthSummary,
    worse,
)
from app.model.incidents import (
    Action,
    Incident,
    IncidentState,
    IncidentSummary,
    Severity,
    summarize_incident,
)
from app.model.jobs import JobInfo, JobStatus, JobSummary, summarize_job
from app.model.pods import PodHealth, PodPhase, PodSummary, summarize_pod
from app.model.refresh import (
    RefreshReason,
    RefreshStatus,
    RefreshStep,
    RefreshSummary,
    StepRecord,
    summarize_refresh,
)
from app.model.sources import (
    EVERYWHERE,
    Proof,
    Source,
    SourceState,
    SourceSummary,
    summarize_source,
)
from app.model.text import clean
from app.model.wire import Timestamp, Wire, decode, encode, format_time, to_object

__all__ = [
    "EVERYWHERE",
    "HISTORY_STEPS",
    "PAGE_SIZE_LIMIT",
    "PROMPT_LIMIT",
    "STEP_SECONDS",
    "Action",
    "AuthStatus",
    "AuthSummary",
    "CredentialState",
    "CronJobInfo",
    "CronJobState",
    "CronJobSummary",
    "Data",
    "ExecutionBrief",
    "ExecutionRecord",
    "ExecutionRequest",
    "ExecutionResponse",
    "ExecutionStatus",
    "ExecutionSummary",
    "Health",
    "HealthCounts",
    "HealthHistory",
    "HealthPoint",
    "HealthStatus",
    "HealthSummary",
    "Incident",
    "IncidentState",
    "IncidentSummary",
    "JobInfo",
    "JobStatus",
    "JobSummary",
    "ObjectReference",
    "Page",
    "PodHealth",
    "PodPhase",
    "PodSummary",
    "Problem",
    "Proof",
    "RecentRun",
    "RefreshReason",
    "RefreshStatus",
    "RefreshStep",
    "RefreshSummary",
    "Severity",
    "Source",
    "SourceState",
    "SourceSummary",
    "StepRecord",
    "TimedOutRun",
    "Timestamp",
    "Warning",
    "Wire",
    "clean",
    "decode",
    "encode",
    "execution_status",
    "format_time",
    "summarize_auth",
    "summarize_cronjob",
    "summarize_execution",
    "summarize_incident",
    "summarize_job",
    "summarize_pod",
    "summarize_refresh",
    "summarize_source",
    "to_object",
    "worse",
]
