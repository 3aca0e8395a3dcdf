"""The walk of a new credential through its steps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.model.wire import Identity, Timestamp, Wire

RefreshStep = Literal[
    "idle",
    "validating",
    "uploading",
    "updating_secret",
    "restarting_pod",
    "verifying",
    "complete",
    "error",
]
RefreshReason = Literal[
    "rolled_back", "unverified", "conflict", "interrupted", "cancelled", "denied"
]

Progress = Annotated[int, Field(ge=0, le=100)]
"""How far along, in percent."""


class StepRecord(Wire):
    """One step (`state`) that was entered, so that collapsing changes can never hide it."""

    state: RefreshStep
    started_at: Timestamp
    completed_at: Timestamp | None = None
    message: str | None = None


class RefreshStatus(Wire):
    """Where a refresh stands, for the detail audience; it carries its own history in `steps`."""

    step: RefreshStep
    progress: Progress
    message: str
    """What is being done, in words of ours that name no person; who and why stand in `error`."""
    error: str | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    id: Identity | None = None
    spec_id: str | None = None
    started_by: str | None = None
    steps: tuple[StepRecord, ...] | None = None
    failed_step: RefreshStep | None = None
    remediation: str | None = None
    reason: RefreshReason | None = None


class RefreshSummary(Wire):
    """A refresh for the summary audience: how far it is, not who started it or what went wrong."""

    step: RefreshStep
    progress: Progress
    message: str
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    spec_id: str | None = None
    failed_step: RefreshStep | None = None
    reason: RefreshReason | None = None


def summarize_refresh(refresh: RefreshStatus) -> RefreshSummary:
    """The refresh as the summary audience reads it."""
    return RefreshSummary(
        step=refresh.step,
        progress=refresh.progress,
        message=refresh.message,
        started_at=refresh.started_at,
        completed_at=refresh.completed_at,
        spec_id=refresh.spec_id,
        failed_step=refresh.failed_step,
        reason=refresh.reason,
    )
