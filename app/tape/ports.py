"""What the tape needs of its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model import Source, SourceState


class Retelling(Protocol):
    """Takes what was told of the sources, and lets their ages go on from there."""

    def replace(self, told: Mapping[str, Source]) -> None:
        """These are all the sources there are, by their keys."""
        ...

    def tell(self, key: str, source: Source | None) -> None:
        """What became of one source; None: it is gone."""
        ...

    def beat(self, key: str, state: SourceState, age_seconds: float) -> None:
        """How a source was at a heartbeat."""
        ...
