"""Headers that every answer carries, also errors, redirects, streams and static files."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from starlette.types import Scope

Headers: TypeAlias = list[tuple[bytes, bytes]]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Content-Security-Policy: nothing inline, nothing from elsewhere, no markup made from text."""

FORBIDDEN_FEATURES = (
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
)

SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", FORBIDDEN_FEATURES.encode()),
    (b"x-frame-options", b"DENY"),
)

HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""Where a reader came over TLS; elsewhere browsers would ignore it."""

NO_STORE = b"no-store"
STREAM = b"no-store, no-transform"
"""A proxy that compresses a stream holds it back."""
REVALIDATE = b"private, no-cache"


def completed(headers: Headers, request_id: str, *, secure: bool = False) -> Headers:
    """`headers` with those that every answer carries; none stands twice, `server` never.

    Without a `cache-control` of its own an answer is not stored.
    """
    given = {name.lower() for name, _ in headers}
    kept = [(name, value) for name, value in headers if name.lower() != b"server"]
    kept += [(name, value) for name, value in SECURITY if name not in given]
    if secure:
        kept.append(HTTPS_ONLY)
    if b"cache-control" not in given:
        kept.append((b"cache-control", NO_STORE))
    kept.append((b"x-request-id", request_id.encode()))
    return kept


def answering(scope: Scope, headers: Headers) -> Headers:
    """`headers` completed for the answer to a request; of a replay they say that it is one."""
    state = scope["state"]
    secure = scope["scheme"] in ("https", "wss")
    complete = completed(headers, state["request_id"], secure=secure)
    if (replay := state.get("replay")) is not None:
        complete.append((b"watchglass-replay", replay.when.encode()))
    return complete
