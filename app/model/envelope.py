"""The three shapes of a JSON answer: success, a page, an error."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from app.model.executions import ExecutionResponse
from app.model.wire import Count, Wire

T = TypeVar("T")

PAGE_SIZE_LIMIT = 200


class Data(Wire, Generic[T]):
    """Success: `{"data": ..., "success": true}`, for 200, 201 and 202."""

    data: T
    success: Literal[True] = True
    doubtful: tuple[str, ...] | None = None
    """Sources of the data that are not live, as `kind/namespace`; absent when all are."""


class Page(Wire, Generic[T]):
    """A part of a list: `total` counts all that match, `page` starts at 1."""

    data: tuple[T, ...]
    total: Count
    page: Annotated[int, Field(ge=1)]
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_LIMIT)]
    doubtful: tuple[str, ...] | None = None
    """Sources of the data that are not live, as `kind/namespace`; absent when all are."""


class Problem(Wire):
    """An error: `code` is the HTTP status, `reason` a fixed word, `error` safe to show."""

    error: str
    """What is wrong, in a sentence that is safe to show."""
    success: Literal[False] = False
    code: Annotated[int, Field(ge=400, le=599)] | None = None
    """The HTTP status."""
    reason: str | None = None
    """A fixed word for it, such as `unknown_topic`."""
    request_id: str | None = None
    """What the log calls this request."""


class TimedOutRun(Wire):
    """A waited run that did not end in time: 504 with both the run and the error."""

    data: ExecutionResponse
    error: str
    success: Literal[False] = False
    code: Literal[504] = 504
    reason: Literal["timeout"] = "timeout"
    request_id: str
