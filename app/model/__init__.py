"""The nouns: frozen values and pure functions over them; no I/O, no await, no clock.

The names and fields are the wire contract: others may be added beside them, none taken away.
"""

from __future__ import annotations

from app.model.auth import AuthStatus, CredentialState
from app.model.cronjobs import CronJobInfo, CronJobState, JobInfo, JobStatus, RecentRun
from app.model.envelope import PAGE_SIZE_LIMIT, Data, Page, Problem, TimedOutRun
from app.model.events import ObjectReference, Warning
from app.model.executions import (
    PROMPT_LIMIT,
    ExecutionBrief,
    ExecutionRecord,
    ExecutionRequest,
    ExecutionResponse,
    ExecutionSummary,
)
from app.model.exits import ExecutionStatus, execution_status
from app.model.health import (
    Action,
    Health,
    HealthCounts,
    HealthStatus,
    HealthSummary,
    Incident,
    IncidentState,
    Severity,
)
from app.model.pods import PodHealth, PodPhase, PodSummary, summarize_pod
from app.model.refresh import RefreshReason, RefreshStatus, RefreshStep, StepRecord
from app.model.sources import Proof, Source, SourceState, SourceSummary, summarize_source
from app.model.text import clean
from app.model.wire import Timestamp, Wire, encode, format_time, to_object

__all__ = [
    "PAGE_SIZE_LIMIT",
    "PROMPT_LIMIT",
    "Action",
    "AuthStatus",
    "CredentialState",
    "CronJobInfo",
    "CronJobState",
    "Data",
    "ExecutionBrief",
    "ExecutionRecord",
    "ExecutionRequest",
    "ExecutionResponse",
    "ExecutionStatus",
    "ExecutionSummary",
    "Health",
    "HealthCounts",
    "HealthStatus",
    "HealthSummary",
    "Incident",
    "IncidentState",
    "JobInfo",
    "JobStatus",
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
    "encode",
    "execution_status",
    "format_time",
    "summarize_pod",
    "summarize_source",
    "to_object",
]
