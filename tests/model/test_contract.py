"""The wire contract, typed by hand: a field or word that changes its name fails here first."""

from __future__ import annotations

from typing import get_args

import pytest

from app import model
from app.model import Wire

# Each field as it stands in JSON; `?` after its name says that it may be absent.
FIELDS: dict[str, str] = {
    "ExecutionRecord": (
        "id prompt status exitCode? output? errorMessage? startedAt completedAt? durationMs?"
        " agent? title? startedBy? source? queuedAt? position? outputBytes?"
    ),
    "ExecutionRequest": "prompt",
    "ExecutionResponse": "id status exitCode? output? errorMessage? durationMs?",
    "ExecutionSummary": (
        "id status exitCode? startedAt completedAt? durationMs? agent"
        " title? errorMessage? startedBy? source? queuedAt? position?"
    ),
    "ExecutionBrief": "id status exitCode? startedAt completedAt? durationMs? agent",
    "PodHealth": (
        "name phase readyContainers totalContainers restartCount lastRestartTime?"
        " namespace? uid? reason? message? owner? node? createdAt?"
    ),
    "PodSummary": (
        "name phase readyContainers totalContainers restartCount lastRestartTime?"
        " namespace? uid? reason? owner? createdAt?"
    ),
    "CronJobInfo": (
        "name schedule lastScheduleTime? lastSuccessfulTime? activeJobs suspended"
        " namespace? timeZone? nextScheduleTime? state? stateMessage? recentRuns? scheduleWords?"
        " assumedTimeZone?"
    ),
    "CronJobSummary": (
        "name schedule lastScheduleTime? lastSuccessfulTime? activeJobs suspended"
        " namespace? timeZone? nextScheduleTime? state? recentRuns? scheduleWords?"
        " assumedTimeZone?"
    ),
    "RecentRun": (
        "name status startTime? durationMs?"
        " uid? scheduledFor? completionTime? exitCode? manual? deleted?"
    ),
    "JobInfo": (
        "name cronJobName startTime? completionTime? status exitCode? durationMs?"
        " namespace? uid? manual? reason? failures?"
    ),
    "JobSummary": (
        "name cronJobName startTime? completionTime? status exitCode? durationMs?"
        " namespace? uid? manual? reason? failures?"
    ),
    "HealthStatus": "status pods timestamp",
    "HealthSummary": "status reasons counts since",
    "HealthCounts": "critical? warning? info?",
    "HealthHistory": "stepMs? points",
    "HealthPoint": "at status",
    "AuthStatus": (
        "authenticated expiresAt? lastChecked"
        " specId? state? method? provedAt? provedBy? source? fingerprint?"
    ),
    "AuthSummary": "authenticated expiresAt? lastChecked specId? state? method? provedAt?",
    "RefreshStatus": (
        "step progress message error? startedAt? completedAt?"
        " id? specId? startedBy? steps? failedStep? remediation? reason?"
    ),
    "RefreshSummary": "step progress message startedAt? completedAt? specId? failedStep? reason?",
    "StepRecord": "state startedAt completedAt? message?",
    "Incident": (
        "key kind severity state title reason since lastChange count objects actions causedBy? "
        "message?"
    ),
    "IncidentSummary": (
        "key kind severity state title reason since lastChange count objects causedBy?"
    ),
    "ObjectReference": "kind namespace? name",
    "Action": "id label command?",
    "Source": "kind namespace state provedAt? proof? objects message? missingRule?",
    "SourceSummary": "kind namespace state provedAt? proof? objects",
    "Warning": "namespace reason message object count firstSeen lastSeen",
    "Data": "data success? doubtful?",
    "Page": "data total page pageSize doubtful?",
    "Problem": "error success? code? reason? requestId?",
    "TimedOutRun": "data error success? code? reason? requestId",
}

WORDS: dict[str, str] = {
    "ExecutionStatus": "success error auth_failure timeout running",
    "PodPhase": "Running Pending Failed Succeeded Unknown",
    "JobStatus": "running succeeded failed",
    "CronJobState": "on_time late missed waiting suspended never_ran invalid unknown",
    "Health": "healthy degraded unhealthy",
    "RefreshStep": (
        "idle validating uploading updating_secret restarting_pod verifying complete error"
    ),
    "RefreshReason": "rolled_back unverified conflict interrupted cancelled denied",
    "CredentialState": "valid renewable expired invalid shadowed unknown",
    "Severity": "critical warning info",
    "IncidentState": "new active unknown resolved",
    "SourceState": "connecting live late stale forbidden absent error",
    "Proof": "event bookmark list",
}

MODELS: dict[str, type[Wire]] = {
    name: value
    for name, value in vars(model).items()
    if isinstance(value, type) and issubclass(value, Wire) and value is not Wire
}


def test_the_table_holds_every_model() -> None:
    assert set(MODELS) == set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_those_of_the_table_in_its_order(name: str) -> None:
    fields = MODELS[name].model_fields.values()
    written = [f"{field.alias}{'' if field.is_required() else '?'}" for field in fields]
    assert written == FIELDS[name].split()


@pytest.mark.parametrize("name", WORDS)
def test_words_are_those_of_the_table(name: str) -> None:
    assert list(get_args(getattr(model, name))) == WORDS[name].split()


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("ExecutionRecord", "status", "ExecutionStatus"),
        ("ExecutionResponse", "status", "ExecutionStatus"),
        ("ExecutionSummary", "status", "ExecutionStatus"),
        ("ExecutionBrief", "status", "ExecutionStatus"),
        ("PodHealth", "phase", "PodPhase"),
        ("PodSummary", "phase", "PodPhase"),
        ("JobInfo", "status", "JobStatus"),
        ("JobSummary", "status", "JobStatus"),
        ("RecentRun", "status", "JobStatus"),
        ("HealthStatus", "status", "Health"),
        ("HealthSummary", "status", "Health"),
        ("RefreshStatus", "step", "RefreshStep"),
        ("RefreshSummary", "step", "RefreshStep"),
        ("StepRecord", "state", "RefreshStep"),
        ("Incident", "severity", "Severity"),
        ("Incident", "state", "IncidentState"),
        ("Source", "state", "SourceState"),
    ],
)
def test_a_field_takes_the_words_of_its_set_and_no_other(name: str, field: str, words: str) -> None:
    annotation = MODELS[name].model_fields[field].annotation
    assert get_args(annotation) == get_args(getattr(model, words))


@pytest.mark.parametrize("name", FIELDS)
def test_a_model_is_frozen_and_refuses_unknown_fields(name: str) -> None:
    config = MODELS[name].model_config
    assert config.get("frozen") is True
    assert config.get("extra") == "forbid"
    assert config.get("hide_input_in_errors") is True


@pytest.mark.parametrize("name", FIELDS)
def test_names_say_their_type(name: str) -> None:
    """`...At`, `...Time` and `timestamp` are moments, `...Ms` whole numbers."""
    schema = MODELS[name].model_json_schema(mode="validation")
    for field, described in schema["properties"].items():
        shapes = described.get("anyOf", [described])
        types = {(shape.get("type"), shape.get("format")) for shape in shapes}
        types.discard(("null", None))
        if field.endswith(("At", "Time")) or field == "timestamp":
            assert types == {("string", "date-time")}, field
        if field.endswith("Ms"):
            assert types == {("integer", None)}, field


def test_everything_named_public_is_there() -> None:
    assert sorted(model.__all__) == sorted(set(model.__all__))
    assert all(hasattr(model, name) for name in model.__all__)
