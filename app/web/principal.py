"""Who asks, and what they may: for now everybody on this machine may everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.errors import Forbidden

Scope = Literal[
    "open",
    "pages",
    "stream:summary",
    "stream:detail",
    "cronjob:operate",
    "exec:run",
    "refresh:run",
    "refresh:push",
    "tokens:manage",
]
"""What a route can demand; `open` demands nothing, `pages` what a page of ours needs."""

GRANTED: frozenset[Scope] = frozenset(
    {
        "pages",
        "stream:summary",
        "stream:detail",
        "cronjob:operate",
        "exec:run",
        "refresh:run",
        "refresh:push",
        "tokens:manage",
    }
)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, with the scopes they hold."""

    name: str
    scopes: frozenset[Scope]

    @property
    def audience(self) -> str:
        """What they read of the board."""
        return "detail" if "stream:detail" in self.scopes else "summary"

    def require(self, scope: Scope) -> None:
        """Let them pass.

        Raises:
            Forbidden: They do not hold `scope`.
        """
        if scope != "open" and scope not in self.scopes:
            raise Forbidden(f"This needs the scope {scope}.")


LOCAL = Principal("local", GRANTED)
"""Whoever reaches loopback; the only one until there is an identity."""
