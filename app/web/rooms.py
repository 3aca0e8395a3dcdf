"""What the web room is given to serve."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.board import Board
    from app.clock import Clock
    from app.cluster.reflector import Reflector
    from app.derive.freshness import Freshness
    from app.derive.health import Health
    from app.derive.history import History
    from app.derive.incidents import Incidents
    from app.stream import Hub
    from app.tape import Mark
    from app.web.proxies import Network


@dataclass(slots=True)
class Rooms:
    """The neighbours, introduced by `app.main`, and what they are called."""

    clock: Clock
    hub: Hub
    board: Board
    freshness: Freshness
    reflectors: Sequence[Reflector[Any]]
    cluster_name: str
    namespaces: tuple[str, ...] | None
    """Which are watched, None for all of them."""
    new_id: Callable[[], str]
    """Makes the id of a request."""
    streams_max: int = 2_000
    base_path: str = ""
    allowed_hosts: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = field(default_factory=tuple)
    incidents: Incidents | None = None
    """Keeps what was resolved; None where incidents are not made but replayed."""
    health: Health | None = None
    """Judges a choice of namespaces; None as above: then the board's word is for all of them."""
    history: History | None = None
    replay: Mark | None = None
    """Of the tape that is on the board in place of a cluster."""

    @property
    def readers(self) -> int:
        """Open streams, SSE and WebSocket together."""
        return sum(self.hub.statistics.readers.values())

    def ready(self) -> bool:
        """Whether every source has listed or has a state of its own, and we are not leaving."""
        monitors = self.freshness.monitors.values()
        return not self.hub.draining and all(m.state != "connecting" for m in monitors)
