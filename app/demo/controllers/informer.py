"""What the controllers know: the newest version of each object, told by the API server."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from app.demo.controllers.reading import Key, key_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.demo.api.kinds import Json, Kind

    Listener = Callable[[Json | None, Json | None], None]


class Informer:
    """One for all controllers. What it hands out is not to be changed."""

    def __init__(self) -> None:
        self._objects: defaultdict[Kind, dict[Key, Json]] = defaultdict(dict)
        self._owned: defaultdict[str, dict[tuple[Kind, Key], Json]] = defaultdict(dict)
        self._uids: dict[str, tuple[Kind, Key]] = {}
        self._listeners: defaultdict[Kind, list[Listener]] = defaultdict(list)

    def listen(self, kind: Kind, listener: Listener) -> None:
        """Call `listener` with every later change of a kind: the object as it was and as it is.

        None stands for it before its making and after its end.
        """
        self._listeners[kind].append(listener)

    def hear(self, verb: str, kind: Kind, found: Json) -> None:
        """A change, as the store tells it: ADDED, MODIFIED or DELETED."""
        objects, key = self._objects[kind], key_of(found)
        before = objects.get(key)
        after = None if verb == "DELETED" else found
        if before is not None and (after is None or uid_of(before) != uid_of(after)):
            self._uids.pop(uid_of(before), None)
        if after is None:
            objects.pop(key, None)
        else:
            objects[key] = after
            self._uids[uid_of(after)] = (kind, key)
        self._relate(kind, key, before, after)
        for listener in self._listeners[kind]:
            listener(found if after is None else before, after)

    def _relate(self, kind: Kind, key: Key, before: Json | None, after: Json | None) -> None:
        """Keep who owns what; an object that keeps its owner keeps its place among the others."""
        owners = _owners(after)
        for uid in _owners(before):
            if uid not in owners:
                owned = self._owned[uid]
                owned.pop((kind, key), None)
                if not owned:
                    del self._owned[uid]
        if after is not None:
            for uid in owners:
                self._owned[uid][kind, key] = after

    def get(self, kind: Kind, key: Key) -> Json | None:
        """One object."""
        return self._objects[kind].get(key)

    def all(self, kind: Kind) -> list[Json]:
        """Every object of a kind."""
        return list(self._objects[kind].values())

    def within(self, kind: Kind, namespace: str) -> list[Json]:
        """Every object of a kind in a namespace."""
        return [found for key, found in self._objects[kind].items() if key[0] == namespace]

    def find(self, uid: str) -> tuple[Kind, Json] | None:
        """An object by its identity."""
        place = self._uids.get(uid)
        return None if place is None else (place[0], self._objects[place[0]][place[1]])

    def dependents(self, uid: str) -> list[tuple[Kind, Json]]:
        """Whatever names this owner."""
        return [(kind, found) for (kind, _), found in self._owned.get(uid, {}).items()]

    def controlled(self, kind: Kind, uid: str) -> list[Json]:
        """The objects of a kind that this owner manages, oldest first."""
        return [
            found
            for (other, _), found in self._owned.get(uid, {}).items()
            if other is kind
            and any(
                reference["uid"] == uid and reference.get("controller")
                for reference in found["metadata"]["ownerReferences"]
            )
        ]


def _owners(found: Json | None) -> list[str]:
    references = () if found is None else found["metadata"].get("ownerReferences") or ()
    return [reference["uid"] for reference in references]
