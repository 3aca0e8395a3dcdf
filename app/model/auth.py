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
    proved_at: Timestamp | None = None
    proved_by: str | None = None
    source: str | None = None
    fingerprint: str | None = None
