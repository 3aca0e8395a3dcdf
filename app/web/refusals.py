"""Answers below the application: to what is no request, or none that may be read to its end."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from app.model import Problem, encode
from app.web.headers import completed

if TYPE_CHECKING:
    from app.errors import WatchglassError
    from app.web.headers import Headers

logger = structlog.get_logger("watchglass.web")


def refusal(error: WatchglassError) -> tuple[Headers, bytes]:
    """Headers and body that tell `error`; the connection ends with them."""
    request_id = str(uuid4())
    logger.info("refused", reason=error.reason, request_id=request_id)
    body = encode(
        Problem(error=str(error), code=error.status, reason=error.reason, request_id=request_id)
    )
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    return completed(headers, request_id), body


def spelled(error: WatchglassError) -> bytes:
    """The whole answer as it goes over the wire."""
    headers, body = refusal(error)
    lines = [f"HTTP/1.1 {error.status} {phrase(error)}".encode()]
    lines += [b"%b: %b" % header for header in headers]
    return b"\r\n".join((*lines, b"", body))


def phrase(error: WatchglassError) -> str:
    """The words beside the status."""
    return HTTPStatus(error.status).phrase
