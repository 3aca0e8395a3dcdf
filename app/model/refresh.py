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


class StepRecord(Wire):
    """One step that was entered, so that collapsing changes can never hide it."""

    state: RefreshStep
    started_at: Timestamp
    completed_at: Timestamp | None = None
    message: str | None = None


class RefreshStatus(Wire):
    """Where a refresh stands; it carries its own history in `steps`."""

    step: RefreshStep
    progress: Annotated[int, Field(ge=0, le=100)]
    message: str
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
