"""How much a tape holds at once, so that one of a few bytes cannot fill the memory."""

from __future__ import annotations

from collections import defaultdict

HELD_LIMIT = 134_217_728
"""Bytes of JSON that the values of one moment may come to, with `EACH` for every one of them."""

EACH = 512
"""What a value takes beside what it says."""


class Holding:
    """The sizes of values by place, which is a topic or what is put together for one."""

    def __init__(self, most: int = HELD_LIMIT) -> None:
        self.total = 0
        self._most = most
        self._sizes: defaultdict[str, dict[str, int]] = defaultdict(dict)

    @property
    def full(self) -> bool:
        """Whether it is more than may be."""
        return self.total > self._most

    def put(self, place: str, key: str, size: int) -> None:
        """A value of so many bytes."""
        known = self._sizes[place]
        self.total += size + EACH - known.get(key, 0)
        known[key] = size + EACH

    def remove(self, place: str, key: str) -> None:
        """It is gone, if it was there."""
        self.total -= self._sizes[place].pop(key, 0)

    def clear(self, place: str) -> None:
        """All of a place is gone."""
        self.total -= sum(self._sizes.pop(place, {}).values())

    def move(self, place: str, to: str) -> None:
        """Everything of a place is in another one, and what had the same keys is not."""
        moved = self._sizes.pop(place, {})
        known = self._sizes[to]
        self.total -= sum(known[key] for key in moved.keys() & known.keys())
        known.update(moved)
