"""What concerns many at once: a source that is lost, a clock that was set.

To look again at thousands in one step would hold the loop up for longer than readers should wait.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from app.derive.timer import Timer

K = TypeVar("K", bound="Hashable")

PIECE = 20
"""So many are looked at in one go: a few milliseconds."""


class Pieces(Generic[K]):
    """Calls `look` with the keys that were added, piece by piece.

    The first piece is looked at at once, the others at the next looks of the timer, which lets go
    of the loop between them. A key that waits is looked at once, however often it was added; `look`
    must make of it what is right at that moment, and nothing of one that is gone.
    """

    def __init__(self, timer: Timer, name: Hashable, look: Callable[[tuple[K, ...]], None]) -> None:
        self._timer = timer
        self._name = ("pieces", name)
        self._look = look
        self._waiting: dict[K, None] = {}
        self._busy = False
        """The next piece will be begun, or this one goes on: what is added then just waits."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, keys: Iterable[K]) -> None:
        """Look again at all of these."""
        self._waiting.update(dict.fromkeys(keys))
        if not self._busy:
            self._go_on()

    def _go_on(self) -> None:
        self._busy = True
        left = PIECE
        # A look may add more: as long as there is room, they belong to this piece.
        while left and self._waiting:
            piece = tuple(islice(self._waiting, left))
            for key in piece:
                del self._waiting[key]
            left -= len(piece)
            self._look(piece)
        if self._waiting:
            self._timer.soon(self._name, self._go_on)
        else:
            self._busy = False
