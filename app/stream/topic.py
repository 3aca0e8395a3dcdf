"""One keyed collection of complete values, and what changed in it since any position."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Generic, TypeVar

from app.stream.entry import Entry, Tombstones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.stream.ledger import Journal

V = TypeVar("V")
T = TypeVar("T")

KEY_LIMIT = 1_024
"""Bytes of JSON that a key may have; Kubernetes names need at most 319."""


class Topic(Generic[V]):
    """A collection `key -> value`, made by `Hub.topic`.

    Invariants: `_live` and `_tombstones` are each ordered by seq, a key is in at most one of them,
    and every change above `floor` is still known. So "what changed since N" is a walk from the
    newest end that stops at N, and is complete exactly when `N >= floor`.

    A value is never None and is not changed after it was given.
    """

    def __init__(
        self,
        name: str,
        journal: Journal,
        *,
        reads: Mapping[str, Callable[[V], bytes]],
        namespace_of: Callable[[str], str | None],
        horizon: float,
        most_tombstones: int,
    ) -> None:
        self.name = name
        self.reads = reads
        self.namespace_of = namespace_of
        self.synced = False
        self.floor = 0
        self._journal = journal
        self._live: dict[str, Entry[V]] = {}
        self._tombstones = Tombstones(horizon, most_tombstones)
        self._listeners: tuple[Callable[[str, V | None, V | None], None], ...] = ()
        self._waiters: dict[object, Callable[[], None]] = {}

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, key: str) -> bool:
        return key in self._live

    def get(self, key: str) -> V | None:
        """The value of `key`, None when it has none."""
        entry = self._live.get(key)
        return None if entry is None else entry.value

    def items(self) -> Iterator[tuple[str, V]]:
        """Every key and value, the longest unchanged first."""
        return ((key, entry.value) for key, entry in self._live.items())

    def upsert(self, key: str, value: V) -> bool:
        """Give `key` a value; False when it has an equal one, which is not a change."""
        entry = self._live.get(key)
        old = None if entry is None else entry.value
        if old is not None and (old is value or old == value):
            return False
        if entry is None:
            self._check(key)
        self._journal.enter()
        try:
            self._live.pop(key, None)
            before = self._tombstones.discard(key) if entry is None else entry.seq
            if before > self._journal.flushed:
                self._journal.overtake()
            self._live[key] = Entry(self._journal.advance(), value)
            self._tell(key, old, value)
        finally:
            self._journal.leave()
        return True

    def remove(self, key: str) -> bool:
        """Take `key` away and remember that; False when it had no value."""
        entry = self._live.get(key)
        if entry is None:
            return False
        if entry.seq > self._journal.flushed:
            self._journal.overtake()
        self._journal.enter()
        try:
            del self._live[key]
            self._tombstones.add(key, self._journal.advance(), self._journal.monotonic())
            self.expire()
            self._tell(key, entry.value, None)
        finally:
            self._journal.leave()
        return True

    def replace(
        self, values: Mapping[str, V], *, within: Callable[[str], bool] | None = None
    ) -> int:
        """Make the collection equal to `values`, as a diff; gives how many keys changed.

        Keys for which `within` is false are left alone, those of `values` too. Unchanged values
        make no change, and the whole is one batch.
        """
        changed = 0
        self._journal.enter()
        try:
            gone = [key for key in self._live if key not in values]
            for key in gone:
                if within is None or within(key):
                    changed += self.remove(key)
            for key, value in values.items():
                held = self._live.get(key)
                if held is not None and held.value is value:
                    # Most of a full list: no call is made for it, as all of this is one step.
                    continue
                if within is None or within(key):
                    changed += self.upsert(key, value)
        finally:
            self._journal.leave()
        return changed

    def mark_synced(self) -> None:
        """Say that the collection is complete now: every reader gets a fresh snapshot of it.

        The seq this takes becomes the floor, so live, lagging and returning readers get that
        snapshot by the same rule as one who was away too long.
        """
        if self.synced:
            return
        self._journal.enter()
        try:
            self.synced = True
            self.floor = self._journal.advance()
            self._wake()
        finally:
            self._journal.leave()

    def expire(self) -> None:
        """Forget tombstones beyond the horizon in time or number; the floor rises with them."""
        self.floor = max(self.floor, self._tombstones.expire(self._journal.monotonic()))

    def listen(self, listener: Callable[[str, V | None, V | None], None]) -> Callable[[], None]:
        """Call `listener(key, old, new)` at each change, inside its batch; gives the way to stop.

        What the listener writes to other topics belongs to the same batch.
        """
        self._listeners = (*self._listeners, listener)

        def unlisten() -> None:
            self._listeners = tuple(known for known in self._listeners if known is not listener)

        return unlisten

    async def until(self, predicate: Callable[[Topic[V]], T | None]) -> T:
        """Wait until `predicate` gives something other than None or False, and give that."""
        if (found := predicate(self)) is not None and found is not False:
            return found
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def check() -> None:
            if future.done():
                return
            try:
                found = predicate(self)
            except Exception as error:
                future.set_exception(error)
                return
            if found is not None and found is not False:
                future.set_result(found)

        self._waiters[future] = check
        try:
            return await future
        finally:
            del self._waiters[future]

    def since(
        self, position: int, namespaces: frozenset[str] | None
    ) -> list[tuple[int, str, Entry[V] | None]]:
        """`(seq, key, entry)` of what changed after `position`, in seq order; None = removed."""
        changes: list[tuple[int, str, Entry[V] | None]] = []
        for key in reversed(self._live):
            entry = self._live[key]
            if entry.seq <= position:
                break
            if self.visible(key, namespaces):
                changes.append((entry.seq, key, entry))
        for key, seq in self._tombstones.newest():
            if seq <= position:
                break
            if self.visible(key, namespaces):
                changes.append((seq, key, None))
        changes.sort(key=lambda change: change[0])
        return changes

    def last_change(self, namespaces: frozenset[str] | None) -> int:
        """The seq of the newest change that a reader of `namespaces` may know of."""
        entries = ((key, self._live[key].seq) for key in reversed(self._live))
        live = next((seq for key, seq in entries if self.visible(key, namespaces)), 0)
        tombstones = self._tombstones.newest()
        dead = next((seq for key, seq in tombstones if self.visible(key, namespaces)), 0)
        return max(self.floor, live, dead)

    def entries(self, namespaces: frozenset[str] | None) -> Iterator[tuple[str, Entry[V]]]:
        """Every key and entry that a reader of `namespaces` sees."""
        if namespaces is None:
            return iter(self._live.items())
        return (item for item in self._live.items() if self.visible(item[0], namespaces))

    def visible(self, key: str, namespaces: frozenset[str] | None) -> bool:
        """Whether a reader of `namespaces` (None: all) sees `key`."""
        if namespaces is None:
            return True
        namespace = self.namespace_of(key)
        return namespace is None or namespace in namespaces

    def encode(self, entry: Entry[V], audience: str) -> bytes:
        """The value as `audience` reads it, in JSON on one line; made once, cut when too large."""
        return entry.encode(audience, self.reads[audience])

    def _check(self, key: str) -> None:
        if len(json.dumps(key)) > KEY_LIMIT:
            raise ValueError(f"a key of topic {self.name} has more than {KEY_LIMIT} bytes")

    def _tell(self, key: str, old: V | None, new: V | None) -> None:
        for listener in self._listeners:
            listener(key, old, new)
        self._wake()

    def _wake(self) -> None:
        for check in tuple(self._waiters.values()):
            check()
