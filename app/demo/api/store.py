"""What the cluster is: objects, one revision over all of them, and a bounded history.

The store keeps bytes, made once per revision and shared by whoever reads them: an object read is
parsed anew, so nobody can change what is stored but by writing it.
"""

from __future__ import annotations

import json
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api.calls import encoded
from app.demo.api.kinds import STORED, Json, Kind
from app.demo.api.selectors import selectable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"

Listener = Callable[[str, Kind, Json], None]
Key = tuple[str, str]
"""Namespace (empty for what is cluster-wide) and name: the order of lists."""


class Stored:
    """One object as of one revision; it never changes."""

    __slots__ = ("fields", "item", "key", "kind", "labels", "revision")

    def __init__(self, kind: Kind, value: Json, revision: int) -> None:
        metadata = value["metadata"]
        self.kind = kind
        self.revision = revision
        self.key: Key = (metadata.get("namespace", ""), metadata["name"])
        self.labels: Mapping[str, str] = metadata.get("labels") or {}
        self.fields: Mapping[str, str] = selectable(kind, value)
        # Items of lists say neither kind nor apiVersion.
        self.item = encoded(
            {name: part for name, part in value.items() if name not in ("kind", "apiVersion")}
        )

    @property
    def whole(self) -> bytes:
        """With kind and apiVersion, as a read or an event carries it."""
        return whole_prefix(self.kind) + self.item[1:]

    def value(self) -> Json:
        """The object, for the caller to keep or to change."""
        found: Json = json.loads(self.whole)
        return found


def whole_prefix(kind: Kind) -> bytes:
    """How every object of a kind begins."""
    return f'{{"kind":"{kind.kind}","apiVersion":"{kind.api_version}",'.encode()


@dataclass(slots=True)
class Event:
    """One write.

    `now` is the object after it (deleted: its last state, at a revision of its own), `before` is
    what it replaced.
    """

    type: str
    now: Stored
    before: Stored | None
    _line: bytes = b""

    @property
    def line(self) -> bytes:
        """The event as watchers without a selector read it, made once."""
        if not self._line:
            self._line = line_of(self.type, self.now.whole)
        return self._line


def line_of(word: str, whole: bytes) -> bytes:
    """A line of a watch."""
    return b'{"type":"%s","object":%s}\n' % (word.encode(), whole)


class Shelf:
    """The objects of one kind and the last of what happened to them."""

    def __init__(self, keep: int, floor: int) -> None:
        self.objects: dict[Key, Stored] = {}
        self.keys: list[Key] = []
        self.events: list[Event] = []
        # Numbered over the shelf's life: `events[0]` is number `first`.
        self.first = 0
        # Nobody can ask for what happened after an earlier revision than this.
        self.floor = floor
        self.wakers: set[Callable[[], None]] = set()
        self._keep = keep

    @property
    def end(self) -> int:
        """The number of the next event."""
        return self.first + len(self.events)

    def record(self, event: Event) -> None:
        """Keep an event, and let go of the oldest: in one cut now and then, not one by one."""
        self.events.append(event)
        if len(self.events) >= 2 * self._keep:
            self.forget(len(self.events) - self._keep)

    def forget(self, count: int) -> None:
        """Let go of the oldest events."""
        if count > 0:
            self.floor = self.events[count - 1].now.revision
            del self.events[:count]
            self.first += count

    def after(self, revision: int) -> int:
        """The number of the first event later than a revision."""
        return self.first + bisect_left(
            self.events, revision + 1, key=lambda event: event.now.revision
        )

    def at(self, revision: int) -> dict[Key, Stored]:
        """All objects as they were at a revision that is not below the floor."""
        found = dict(self.objects)
        for event in reversed(self.events[self.after(revision) - self.first :]):
            if event.before is None:
                found.pop(event.now.key, None)
            else:
                found[event.now.key] = event.before
        return found

    def put(self, stored: Stored) -> None:
        """Hold a new object, or a new state of one."""
        if stored.key not in self.objects:
            insort(self.keys, stored.key)
        self.objects[stored.key] = stored

    def take(self, key: Key) -> None:
        """Hold an object no longer."""
        del self.objects[key]
        del self.keys[bisect_left(self.keys, key)]

    def within(self, namespace: str | None) -> Iterator[Stored]:
        """The objects of one namespace, or of all (None), in order."""
        first = 0 if namespace is None else bisect_left(self.keys, (namespace, ""))
        for key in self.keys[first:]:
            if namespace is not None and key[0] != namespace:
                return
            yield self.objects[key]


class Store:
    """Every kind's shelf, and the revision that counts all writes.

    `history` is how many events of each kind are kept at least.
    """

    def __init__(self, history: int) -> None:
        self.revision = 1
        self._shelves = {kind: Shelf(history, self.revision) for kind in STORED}
        self._listeners: list[Listener] = []
        self._untold: deque[tuple[str, Kind, Json]] = deque()
        self._telling = False

    def shelf(self, kind: Kind) -> Shelf:
        """Of one kind."""
        return self._shelves[kind]

    def get(self, kind: Kind, namespace: str, name: str) -> Stored | None:
        """The object of that name, if there is one."""
        return self._shelves[kind].objects.get((namespace, name))

    def put(self, kind: Kind, value: Json) -> Stored:
        """Write an object: `value` gets the new revision, and belongs to the store from now on."""
        metadata = value["metadata"]
        before = self.get(kind, metadata.get("namespace", ""), metadata["name"])
        return self._write(ADDED if before is None else MODIFIED, kind, value, before)

    def remove(self, kind: Kind, value: Json) -> Stored:
        """Delete an object whose last state is `value`; it gets a revision too."""
        metadata = value["metadata"]
        before = self.get(kind, metadata.get("namespace", ""), metadata["name"])
        return self._write(DELETED, kind, value, before)

    def subscribe(self, listener: Listener) -> None:
        """Tell `listener` each write from now on: its type, the kind, the object.

        It is called before the write's caller goes on, in the order of the revisions; a write that
        a listener makes is told when all know of the one before. The object is the listeners'
        common one: to read, not to change.
        """
        self._listeners.append(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Tell it no more."""
        self._listeners.remove(listener)

    def forget(self, kinds: Iterable[Kind] | None = None) -> None:
        """Drop the history: no earlier position than now can be gone on from."""
        for kind in self._shelves if kinds is None else kinds:
            shelf = self._shelves[kind]
            shelf.forget(len(shelf.events))
            shelf.floor = self.revision
            for wake in tuple(shelf.wakers):
                wake()

    def _write(self, word: str, kind: Kind, value: Json, before: Stored | None) -> Stored:
        self.revision += 1
        value["metadata"]["resourceVersion"] = str(self.revision)
        stored = Stored(kind, value, self.revision)
        shelf = self._shelves[kind]
        if word == DELETED:
            shelf.take(stored.key)
        else:
            shelf.put(stored)
        shelf.record(Event(word, stored, before))
        for wake in tuple(shelf.wakers):
            wake()
        self._untold.append((word, kind, value))
        self._tell()
        return stored

    def _tell(self) -> None:
        if self._telling:
            return
        self._telling = True
        try:
            while self._untold:
                event = self._untold.popleft()
                for listener in tuple(self._listeners):
                    listener(*event)
        finally:
            self._telling = False
