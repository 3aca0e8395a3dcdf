"""Every error Watchglass raises on purpose, in one tree.

    WatchglassError
    ├── InvalidRequest        400  invalid_request (or a narrower word)
    ├── Unauthenticated       401  unauthenticated
    ├── Forbidden             403  forbidden
    ├── NotFound              404  not_found
    ├── MethodNotAllowed      405  method_not_allowed
    ├── Conflict              409  conflict (or a narrower word)
    ├── PayloadTooLarge       413  payload_too_large
    ├── UnsupportedMediaType  415  unsupported_media_type
    ├── Misdirected           421  misdirected
    ├── LimitReached          429  limit_reached
    ├── HeadersTooLarge       431  headers_too_large
    ├── Internal              500  internal
    ├── Unavailable           503  unavailable
    ├── TimedOut              504  timeout
    ├── ConfigurationError         what the operator must mend; ends the command with exit code 2
    └── ClusterError          503  what went wrong between us and the API server
        ├── Unreachable       503  unreachable      no connection, or it broke, or silence
        ├── Unauthorized      503  unauthorized     401: our credential is not accepted
        ├── AccessDenied      503  access_denied    403: a rule is missing
        ├── Absent            503  absent           404: no such namespace, or kind not served
        ├── Gone              503  gone             410: the position is too old, list again
        ├── Throttled         503  throttled        429: wait, then ask again
        ├── ServerFault       503  server_fault     5xx
        └── Unusable          503  unusable         an answer that cannot be understood

`str(error)` is safe to show to anyone; what only an operator may read goes into `details`, which is
logged and never sent. Errors are raised where they are noticed and translated once, in
`app/web/problems.py`. Errors of other libraries are chained as causes and never leave their room.
"""

from __future__ import annotations

from typing import ClassVar


class WatchglassError(Exception):
    """An error with an HTTP status, a fixed `reason` word and a message that is safe to show."""

    status: ClassVar[int] = 500
    reason: str = "internal"

    def __init__(
        self, message: str, *, reason: str | None = None, details: str | None = None
    ) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason
        self.details = details


class InvalidRequest(WatchglassError):
    """The request cannot be understood or asks for something that does not exist."""

    status = 400
    reason = "invalid_request"


class Unauthenticated(WatchglassError):
    """Nobody, or a credential that is no longer good."""

    status = 401
    reason = "unauthenticated"


class Forbidden(WatchglassError):
    """Somebody, without the scope that the route needs."""

    status = 403
    reason = "forbidden"


class NotFound(WatchglassError):
    """No such path or object."""

    status = 404
    reason = "not_found"


class MethodNotAllowed(WatchglassError):
    """The path exists, not with this method."""

    status = 405
    reason = "method_not_allowed"


class Conflict(WatchglassError):
    """The request does not fit the present state."""

    status = 409
    reason = "conflict"


class PayloadTooLarge(WatchglassError):
    """The body is larger than the route takes."""

    status = 413
    reason = "payload_too_large"


class UnsupportedMediaType(WatchglassError):
    """The body is of a type that the route does not read."""

    status = 415
    reason = "unsupported_media_type"


class Misdirected(WatchglassError):
    """The Host header names somebody else: refused before routing, against DNS rebinding."""

    status = 421
    reason = "misdirected"


class LimitReached(WatchglassError):
    """A bound of ours is reached; asking again later may work."""

    status = 429
    reason = "limit_reached"


class HeadersTooLarge(WatchglassError):
    """The request line or its headers exceed the server's bound."""

    status = 431
    reason = "headers_too_large"


class Internal(WatchglassError):
    """A fault of ours; the message says nothing about it, the log does."""


class Unavailable(WatchglassError):
    """Not now: starting, draining, or a part that is needed is down."""

    status = 503
    reason = "unavailable"


class TimedOut(WatchglassError):
    """Something we waited for did not end in time."""

    status = 504
    reason = "timeout"


class ConfigurationError(WatchglassError):
    """A setting, file or address that the operator must mend; one sentence."""

    reason = "configuration"


class ClusterError(WatchglassError):
    """What went wrong between us and the API server.

    `code` is the HTTP status that the API server gave, None when there was no answer.
    """

    status = 503
    reason = "cluster"

    def __init__(
        self, message: str, *, code: int | None = None, details: str | None = None
    ) -> None:
        super().__init__(message, details=details)
        self.code = code


class Unreachable(ClusterError):
    """No connection, a connection that broke, or one that stayed silent too long."""

    reason = "unreachable"


class Unauthorized(ClusterError):
    """The API server does not accept our credential (401), also after a refresh of it."""

    reason = "unauthorized"


class AccessDenied(ClusterError):
    """The API server knows us and refuses (403).

    `verb`, `group`, `resource` and `namespace` say what was asked for; `namespace` is None for all
    namespaces. They are what the missing rule is written from.
    """

    reason = "access_denied"

    def __init__(
        self,
        message: str,
        *,
        verb: str,
        group: str,
        resource: str,
        namespace: str | None,
        details: str | None = None,
    ) -> None:
        super().__init__(message, code=403, details=details)
        self.verb = verb
        self.group = group
        self.resource = resource
        self.namespace = namespace


class Absent(ClusterError):
    """The namespace does not exist, or the API server does not serve the kind (404)."""

    reason = "absent"


class Gone(ClusterError):
    """The resourceVersion or continue token is too old (410, reason Expired or Gone)."""

    reason = "gone"


class Throttled(ClusterError):
    """Too many requests (429); `retry_after` is the server's wish in seconds, if it gave one."""

    reason = "throttled"

    def __init__(
        self, message: str, *, retry_after: float | None = None, details: str | None = None
    ) -> None:
        super().__init__(message, code=429, details=details)
        self.retry_after = retry_after


class ServerFault(ClusterError):
    """The API server failed (5xx).

    `status_reason` is the word in its Status object (such as `Timeout`), `causes` the words of its
    causes (such as `ResourceVersionTooLarge`), `retry_after` its wish in seconds.
    """

    reason = "server_fault"

    def __init__(
        self,
        message: str,
        *,
        code: int,
        status_reason: str | None = None,
        causes: tuple[str, ...] = (),
        retry_after: float | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(message, code=code, details=details)
        self.status_reason = status_reason
        self.causes = causes
        self.retry_after = retry_after


class Unusable(ClusterError):
    """An answer that cannot be understood: not JSON, not the object asked for, too large."""

    reason = "unusable"
