"""Answers of an API server that are not the one we asked for, as errors of ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.cluster.faults import Refused
from app.errors import (
    Absent,
    AccessDenied,
    ClusterError,
    Gone,
    ServerFault,
    Throttled,
    Unauthorized,
    Unusable,
)
from app.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.cluster.projection import StatusObject

ERROR_LIMIT = 65_536
"""Bytes of an error's body that are read."""

MESSAGE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Call:
    """One request: how it is sent, and how its refusal is explained."""

    verb: str
    path: str
    group: str
    plural: str
    namespace: str | None
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def error_of(call: Call, code: int, headers: Mapping[str, str], body: bytes) -> ClusterError:
    """The error that an HTTP answer other than 2xx stands for.

    The body may be a Status object, plain text or a proxy's HTML page; `Retry-After` counts before
    the Status object's `retryAfterSeconds`.
    """
    status = _status(body)
    details = status.get("details")
    details = details if isinstance(details, dict) else {}
    retry_after = _seconds(headers.get("Retry-After")) or _seconds(details.get("retryAfterSeconds"))
    reason = status.get("reason")
    found = details.get("causes")
    causes = found if isinstance(found, list) else []
    return classify(
        call,
        code,
        reason=reason if isinstance(reason, str) else None,
        message=str(status.get("message") or ""),
        retry_after=retry_after,
        causes=tuple(str(cause.get("reason")) for cause in causes if isinstance(cause, dict)),
    )


def error_in_stream(call: Call, status: StatusObject) -> ClusterError:
    """The error that an ERROR event of a watch stands for."""
    if status.code is None and status.reason is None:
        return Unusable(
            f"The watch of {call.plural} sent an error without a reason.",
            details=status.message,
        )
    return classify(
        call,
        status.code or 0,
        reason=status.reason,
        message=status.message or "",
        retry_after=_seconds(status.retry_after),
        causes=status.causes,
    )


def classify(
    call: Call,
    code: int,
    *,
    reason: str | None,
    message: str,
    retry_after: float | None = None,
    causes: tuple[str, ...] = (),
) -> ClusterError:
    """One error for a code and the word of a Status object, whichever of the two says more."""
    told = clean(message, MESSAGE_LIMIT) or f"the API server answered {code}"
    if code == 410 or reason in ("Expired", "Gone"):
        return Gone(told, code=410)
    if code == 429 or reason == "TooManyRequests":
        return Throttled(told, retry_after=retry_after)
    if code == 401:
        return Unauthorized("The API server does not accept our credential.", code=401)
    if code == 403:
        return AccessDenied(
            told,
            verb=call.verb,
            group=call.group,
            resource=call.plural,
            namespace=call.namespace,
        )
    if code == 404:
        return Absent(told, code=404)
    if code >= 500 or reason in ("InternalError", "Timeout", "ServerTimeout"):
        return ServerFault(
            told, code=code or 500, status_reason=reason, causes=causes, retry_after=retry_after
        )
    if 300 <= code < 400:
        return Unusable(f"The API server redirects ({code}), which is not followed.", code=code)
    return Refused(told, code=code)


def _status(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        text = body[:MESSAGE_LIMIT].decode(errors="replace")
        # A proxy's HTML page says nothing that a person wants to read.
        return {} if text.lstrip().startswith("<") else {"message": text.strip()}
    return found if isinstance(found, dict) else {}


def _seconds(value: object) -> float | None:
    try:
        seconds = float(value)  # type: ignore[arg-type]  # whatever it is, it reads as a number or not
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < 3600 else None
