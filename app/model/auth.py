"""Is the agent's credential good?"""

from __future__ import annotations

from typing import Literal

from app.model.wire import Timestamp, Wire

CredentialState = Literal["valid", "renewable", "expired", "invalid", "shadowed", "unknown"]


class AuthStatus(Wire):
    """What is known of a credential, and how it came to be known; never its bytes."""

    authenticated: bool
    expires_at: Timestamp | None = None
    last_checked: Timestamp
    spec_id: str | None = None
    state: CredentialState | None = None
    method: str | None = None
    """How the agent signs in, such as `session` or `long-lived`."""
    proved_at: Timestamp | None = None
    """When it was last seen to work, or not to, where it is used."""
    proved_by: str | None = None
    """What showed it: a probe, or a run by its id."""
    source: str | None = None
    """Where the credential that counts comes from."""
    fingerprint: str | None = None
    """A keyed digest that two people can compare."""


class AuthSummary(Wire):
    """A credential for the summary audience: its state, not where it lies or what proved it."""

    authenticated: bool
    expires_at: Timestamp | None = None
    last_checked: Timestamp
    spec_id: str | None = None
    state: CredentialState | None = None
    method: str | None = None
    proved_at: Timestamp | None = None


def summarize_auth(auth: AuthStatus) -> AuthSummary:
    """The credential as the summary audience reads it."""
    return AuthSummary(
        authenticated=auth.authenticated,
        expires_at=auth.expires_at,
        last_checked=auth.last_checked,
        spec_id=auth.spec_id,
        state=auth.state,
        method=auth.method,
        proved_at=auth.proved_at,
    )
