"""What a topic knows of one key: its value, or that it had one."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

from app.stream.cut import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

V = TypeVar("V")


class Entry(Generic[V]):
    """The value of a key, the seq of its last change, and its bytes per audience."""

    __slots__ = ("_encoded", "seq", "value")

    def __init__(self, seq: int, value: V) -> None:
        self.seq = seq
        self.value = value
        self._encoded: dict[str, bytes] | None = None

    def encode(self, audience: str, encoder: Callable[[V], bytes]) -> bytes:
        """The value as `audience` reads it; made once, cut when it is too large."""
        if self._encoded is None:
            self._encoded = {}
        known = self._encoded.get(audience)
        if known is None:
            known = self._encoded[audience] = cut(encoder(self.value))
        return known


class Tombstones:
    """Keys that were removed, ordered by the seq of their removal.

    Args:
        horizon: Seconds for which each is kept.
        most: How many are kept.
    """

    __slots__ = ("_horizon", "_most", "_removed")

    def __init__(self, horizon: float, most: int) -> None:
        self._horizon = horizon
        self._most = most
        # An ordinary dictionary walks over all that was deleted before its first key.
        self._removed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._removed)

    def add(self, key: str, seq: int, now: float) -> None:
        """`key` was removed; seqs only grow."""
        self._removed[key] = (seq, now)

    def discard(self, key: str) -> int:
        """`key` has a value again; gives the seq of its removal, 0 when that is not known."""
        return self._removed.pop(key, (0, 0.0))[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._removed)

    def newest(self) -> Iterator[tuple[str, int]]:
        """Key and seq, the last removal first."""
        return ((key, self._removed[key][0]) for key in reversed(self._removed))

    def expire(self, now: float) -> int:
        """Forget what is beyond horizon or number; gives the highest seq forgotten, or 0."""
        highest = 0
        while self._removed:
            seq, at = next(iter(self._removed.values()))
            if now - at <= self._horizon and len(self._removed) <= self._most:
                break
            self._removed.popitem(last=False)
            highest = seq
        return highest
