"""Runs of a prompt on the agent: asked for, answered, kept, listed."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from app.model.exits import ExecutionStatus
from app.model.wire import Count, ExitCode, Identity, Milliseconds, Timestamp, Wire

PROMPT_LIMIT = 102_400
"""Bytes of UTF-8 in a prompt: 100 KB. A backend may take less."""


def _prompt(text: str) -> str:
    if not text or text.isspace():
        raise ValueError("the prompt is empty")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ValueError("the prompt holds half of a surrogate pair") from None
    if size > PROMPT_LIMIT:
        raise ValueError(f"the prompt has {size:,} bytes of UTF-8; at most {PROMPT_LIMIT:,}")
    return text


Prompt = Annotated[str, AfterValidator(_prompt)]
"""Not blank, at most `PROMPT_LIMIT` bytes of UTF-8; kept as it is, to the last space."""


class ExecutionRequest(Wire):
    """What somebody wants to run."""

    prompt: Prompt


class ExecutionResponse(Wire):
    """How a run stands, without its prompt."""

    id: Identity
    status: ExecutionStatus
    exit_code: ExitCode | None = None
    output: str | None = None
    error_message: str | None = None
    duration_ms: Milliseconds | None = None


class ExecutionRecord(Wire):
    """A run with everything that is kept of it; fetched by id, never streamed."""

    id: Identity
    prompt: str
    status: ExecutionStatus
    exit_code: ExitCode | None = None
    output: str | None = None
    error_message: str | None = None
    started_at: Timestamp
    completed_at: Timestamp | None = None
    duration_ms: Milliseconds | None = None
    agent: str | None = None
    title: str | None = None
    started_by: str | None = None
    source: str | None = None
    queued_at: Timestamp | None = None
    position: Count | None = None
    output_bytes: Count | None = None
    """What the run wrote in all; `output` may hold less of it."""


class ExecutionSummary(Wire):
    """A run in lists and on the stream, for the detail audience."""

    id: Identity
    status: ExecutionStatus
    exit_code: ExitCode | None = None
    started_at: Timestamp
    completed_at: Timestamp | None = None
    duration_ms: Milliseconds | None = None
    agent: str
    title: str | None = None
    """The prompt's first line, masked, at most 80 characters."""
    error_message: str | None = None
    started_by: str | None = None
    source: str | None = None
    """From where it was started, such as `dashboard` or `cronjob`."""
    queued_at: Timestamp | None = None
    position: Count | None = None
    """How many runs are before it in the queue."""


class ExecutionBrief(Wire):
    """A run for the summary audience: that it ran and how it ended, not what or for whom."""

    id: Identity
    status: ExecutionStatus
    exit_code: ExitCode | None = None
    started_at: Timestamp
    completed_at: Timestamp | None = None
    duration_ms: Milliseconds | None = None
    agent: str


def summarize_execution(execution: ExecutionSummary) -> ExecutionBrief:
    """The run as the summary audience reads it."""
    return ExecutionBrief(
        id=execution.id,
        status=execution.status,
        exit_code=execution.exit_code,
        started_at=execution.started_at,
        completed_at=execution.completed_at,
        duration_ms=execution.duration_ms,
        agent=execution.agent,
    )
