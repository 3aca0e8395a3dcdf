"""Errors as readers see them: one envelope for all of them, made here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.errors import (
    HeadersTooLarge,
    Internal,
    InvalidRequest,
    LimitReached,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Throttled,
    UnsupportedMediaType,
    WatchglassError,
)
from app.model import Problem, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

logger = structlog.get_logger("watchglass.web")

FAULT = "Something went wrong; the log says what."

BY_STATUS: Mapping[int, WatchglassError] = {
    404: NotFound("There is nothing at this path."),
    405: MethodNotAllowed("This path does not take that method."),
    413: PayloadTooLarge("The body is too large."),
    415: UnsupportedMediaType("The body is of a type that is not read here."),
    429: LimitReached("Too many requests."),
    431: HeadersTooLarge("The request line or its headers are too large."),
}


def problem(
    error: WatchglassError, request_id: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer for `error`; its details go to the log only."""
    if error.details is not None or error.status >= 500:
        logger.info("problem", reason=error.reason, error=str(error), details=error.details)
    body = Problem(error=str(error), code=error.status, reason=error.reason, request_id=request_id)
    extra = dict(headers or {})
    if isinstance(error, Throttled) and error.retry_after is not None:
        extra["retry-after"] = str(round(error.retry_after))
    return Response(encode(body), error.status, extra, "application/json")


async def on_error(request: Request, error: Exception) -> Response:
    """An error of ours."""
    assert isinstance(error, WatchglassError)  # noqa: S101 - registered for nothing else
    return problem(error, request.state.request_id)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """An error of Starlette's: no such path, not this method, body too large."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    known = BY_STATUS.get(error.status_code)
    if known is None:
        known = Internal(FAULT) if error.status_code >= 500 else None
    if known is None:
        known = InvalidRequest("The request cannot be understood.")
    return problem(known, request.state.request_id, headers=error.headers)


async def on_fault(request: Request, error: Exception) -> Response:
    """A fault of ours: told to the log, not to the reader."""
    logger.error("unhandled", exc_info=error, path=request.url.path)
    return problem(Internal(FAULT), request.state.request_id)
