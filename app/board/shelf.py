"""One kind on the board: its records, its values, and what keeps the one equal to the other."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, cast

from app.board.sinks import NewestSink, Sink, namespace_of

if TYPE_CHECKING:
    from app.board.watched import Identified, Owned, Watched
    from app.model import Wire
    from app.stream import Hub, Topic


class Shelf:
    """The two topics of one kind and the sources that they are still waiting for."""

    def __init__(self, hub: Hub, kind: Watched) -> None:
        name = kind.projection.topic
        place = namespace_of if kind.projection.resource.namespaced else _nowhere
        self.kind = kind
        self._hub = hub
        self.records: Topic[object] = hub.topic(f"{name}.records", namespace_of=place)
        self.values: Topic[Wire] = hub.topic(name, reads=kind.reads, namespace_of=place)
        self._pending: set[str | None] = set()

    def follow(self, owned: Topic[object] | None) -> None:
        """Make the values follow the records, and what the records own, where nobody else does."""
        if self.kind.derived:
            return
        if owned is not None:
            Belongings(self, owned)
            return

        def changed(key: str, old: object, new: object) -> None:
            if new is None:
                self.values.remove(key)
            else:
                self.values.upsert(key, self.kind.value(new))

        self.records.listen(changed)

    def sink(self, namespace: str | None) -> Sink:
        """A sink for one more source."""
        self._pending.add(namespace)
        settled = partial(self.settle, namespace)
        if (newest := self.kind.newest) is None:
            return Sink(self.records, namespace, settled)
        return NewestSink(self.records, namespace, settled, hub=self._hub, newest=newest)

    def settle(self, namespace: str | None) -> None:
        """One source less to wait for; with the last one both topics are synced."""
        self._pending.discard(namespace)
        if not self._pending:
            self.records.mark_synced()
            self.values.mark_synced()


class Belongings:
    """Values that are made of a record and of what it owns, kept up to date from both sides."""

    def __init__(self, shelf: Shelf, owned: Topic[object]) -> None:
        self._shelf = shelf
        self._kind = shelf.kind.projection.resource.kind
        self._keys: dict[str, str] = {}
        self._owned: defaultdict[str, dict[str, object]] = defaultdict(dict)
        shelf.records.listen(self._owner_changed)
        owned.listen(self._owned_changed)

    # Both topics hold records of the kinds that `Watched` was given, which its overload demands
    # to be Identified and Owned; hence the casts.

    def _owner_changed(self, key: str, old: object, new: object) -> None:
        if old is not None:
            self._keys.pop(cast("Identified", old).uid, None)
        if new is None:
            self._shelf.values.remove(key)
        else:
            uid = cast("Identified", new).uid
            self._keys[uid] = key
            self._show(uid)

    def _owned_changed(self, key: str, old: object, new: object) -> None:
        before, after = self._owner_of(old), self._owner_of(new)
        if before is not None:
            del self._owned[before][key]
            if not self._owned[before]:
                del self._owned[before]
        if after is not None:
            self._owned[after][key] = new
        for uid in {before, after} & self._keys.keys():
            self._show(cast("str", uid))

    def _owner_of(self, record: object) -> str | None:
        owner = cast("Owned", record).controller if record is not None else None
        return owner.uid if owner is not None and owner.kind == self._kind else None

    def _show(self, uid: str) -> None:
        key = self._keys[uid]
        owned = self._owned.get(uid, {}).values()
        value = self._shelf.kind.value(self._shelf.records.get(key), owned)
        self._shelf.values.upsert(key, value)


def _nowhere(key: str) -> str | None:
    return None
