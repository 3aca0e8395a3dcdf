"""What a simulated cluster is known by: certificate, tokens and ports.

They belong to whoever starts the process, and are handed to it on standard input, never in an
argument that others can see. So a process that is started again is the same cluster to everybody
who holds its kubeconfig.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from app.demo.api.roles import DEMO, NOBODY, VIEWER
from app.demo.certificate import Authority, Certificate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

USERS = (DEMO, VIEWER, NOBODY)
"""Who has a token: may do everything, may do what deploy/rbac-view.yaml says, may do nothing."""

TOKEN_BYTES = 24

RENEWED_BEFORE = timedelta(days=1)
"""A certificate that runs out sooner is not handed to a process any more."""


@dataclass(frozen=True, slots=True, repr=False)
class Papers:
    """Port 0 is any free one."""

    certificate: Certificate
    tokens: Mapping[str, str]
    """The token of each user, by name."""
    admin_token: str
    port: int = 0
    admin_port: int = 0

    def written(self) -> bytes:
        """One line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        """What `written` wrote.

        Raises:
            ValueError: Something else.
        """
        told = json.loads(line)
        try:
            return cls(**(told | {"certificate": Certificate(**told["certificate"])}))
        except (TypeError, KeyError) as error:
            raise ValueError("these are no papers of a simulated cluster") from error


def make_papers(
    now: datetime, authority: Authority | None = None, *, port: int = 0, admin_port: int = 0
) -> Papers:
    """New ones: random tokens, a certificate that is valid from now on."""
    return Papers(
        certificate=(authority or Authority(now)).certificate(now),
        tokens={name: secrets.token_urlsafe(TOKEN_BYTES) for name in USERS},
        admin_token=secrets.token_urlsafe(TOKEN_BYTES),
        port=port,
        admin_port=admin_port,
    )


def renewed(papers: Papers, authority: Authority, now: datetime) -> Papers:
    """The same ones, with another certificate if theirs has run out or soon will."""
    if now < papers.certificate.runs_out - RENEWED_BEFORE:
        return papers
    return replace(papers, certificate=authority.certificate(now))
