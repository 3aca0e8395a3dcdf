"""The garbage collector: objects do not outlive their owners, unless somebody asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import STORED, Json, Kind
from app.demo.controllers.reading import Key, deleting, key_of, uid_of
from app.demo.controllers.work import Work

if TYPE_CHECKING:
    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer, Listener
    from app.demo.film.film import Film

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
ABSENT_OWNER_SECONDS = 0.1


class GarbageCollector:
    """Follows owner references by their uid; a name that was given anew is another owner."""

    def __init__(self, film: Film, client: Client, informer: Informer) -> None:
        self._client = client
        self._informer = informer
        self._work = Work(film, "collector", self._sync)
        for kind in STORED:
            informer.listen(kind, self._listener(kind))

    def _listener(self, kind: Kind) -> Listener:
        def changed(before: Json | None, after: Json | None) -> None:
            if after is None:
                if before is not None:
                    self._on_gone(before)
                return
            if deleting(after) and _waits(after):
                self._work.add(("", uid_of(after)))
            elif before is None and after["metadata"].get("ownerReferences"):
                self._work.add(("", uid_of(after)), ABSENT_OWNER_SECONDS)
            if deleting(after) and (before is None or not deleting(before)):
                self._wake_owners(after)

        return changed

    def _on_gone(self, owner: Json) -> None:
        for _, dependent in self._informer.dependents(uid_of(owner)):
            self._work.add(("", uid_of(dependent)))
        self._wake_owners(owner)

    def _wake_owners(self, dependent: Json) -> None:
        """An owner that goes in the foreground waits for this one."""
        for reference in dependent["metadata"].get("ownerReferences") or ():
            found = self._informer.find(reference["uid"])
            if found is not None and deleting(found[1]) and _waits(found[1]):
                self._work.add(("", reference["uid"]))

    def _sync(self, key: Key) -> None:
        found = self._informer.find(key[1])
        if found is None:
            return
        kind, subject = found
        if deleting(subject) and ORPHAN in (subject["metadata"].get("finalizers") or ()):
            self._orphan(kind, subject)
        elif deleting(subject) and FOREGROUND in (subject["metadata"].get("finalizers") or ()):
            self._go_in_the_foreground(kind, subject)
        elif subject["metadata"].get("ownerReferences") and not deleting(subject):
            self._collect(kind, subject)

    def _orphan(self, kind: Kind, owner: Json) -> None:
        for other, dependent in self._informer.dependents(uid_of(owner)):
            kept = [
                reference
                for reference in dependent["metadata"]["ownerReferences"]
                if reference["uid"] != uid_of(owner)
            ]
            change = {"metadata": {"ownerReferences": kept or None}}
            self._client.patch(other, *key_of(dependent), change)
        self._drop(kind, owner, ORPHAN)

    def _go_in_the_foreground(self, kind: Kind, owner: Json) -> None:
        blocking = 0
        for other, dependent in self._informer.dependents(uid_of(owner)):
            blocks = any(
                reference["uid"] == uid_of(owner) and reference.get("blockOwnerDeletion")
                for reference in dependent["metadata"]["ownerReferences"]
            )
            blocking += blocks
            if not deleting(dependent):
                # Dependents that may have some themselves go the same way.
                way = "Foreground" if blocks else "Background"
                self._client.delete(
                    other, *key_of(dependent), uid=uid_of(dependent), propagation=way
                )
        if not self._informer.dependents(uid_of(owner)) or not blocking:
            self._drop(kind, owner, FOREGROUND)

    def _collect(self, kind: Kind, subject: Json) -> None:
        """Delete what has no owner left; of several, owners that are gone are forgotten."""
        references = subject["metadata"]["ownerReferences"]
        alive = [one for one in references if self._informer.find(one["uid"]) is not None]
        if not alive:
            way = _propagation(subject)
            self._client.delete(kind, *key_of(subject), uid=uid_of(subject), propagation=way)
        elif len(alive) < len(references):
            change = {"metadata": {"ownerReferences": alive}}
            self._client.patch(kind, *key_of(subject), change)

    def _drop(self, kind: Kind, owner: Json, finalizer: str) -> None:
        kept = [one for one in owner["metadata"]["finalizers"] if one != finalizer]
        self._client.patch(kind, *key_of(owner), {"metadata": {"finalizers": kept or None}})


def _waits(found: Json) -> bool:
    finalizers = found["metadata"].get("finalizers") or ()
    return FOREGROUND in finalizers or ORPHAN in finalizers


def _propagation(found: Json) -> str:
    finalizers = found["metadata"].get("finalizers") or ()
    if ORPHAN in finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in finalizers else "Background"
