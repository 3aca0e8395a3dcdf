"""Namespaces: each begins with an account of its own, and takes all that is in it along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import EVENTS, NAMESPACES, SERVICE_ACCOUNTS, STORED, Json
from app.demo.controllers.reading import Key, deleting, key_of
from app.demo.controllers.work import Work

if TYPE_CHECKING:
    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.film.film import Film

AGAIN_SECONDS = 0.5


class NamespaceController:
    """Makes the account `default`, and empties namespaces that are to go."""

    def __init__(self, film: Film, client: Client, informer: Informer) -> None:
        self._client = client
        self._informer = informer
        self._work = Work(film, "namespace", self._sync)
        informer.listen(NAMESPACES, self._on_namespace)

    def _on_namespace(self, before: Json | None, after: Json | None) -> None:
        if after is not None:
            self._work.add(key_of(after))

    def _sync(self, key: Key) -> None:
        found = self._informer.get(NAMESPACES, key)
        if found is None:
            return
        name = key[1]
        if deleting(found):
            self._empty(key)
        elif self._informer.get(SERVICE_ACCOUNTS, (name, "default")) is None:
            account = {
                "apiVersion": "v1",
                "kind": SERVICE_ACCOUNTS.kind,
                "metadata": {"name": "default", "namespace": name},
            }
            self._client.create(SERVICE_ACCOUNTS, account)

    def _empty(self, key: Key) -> None:
        left = 0
        for kind in sorted(STORED, key=lambda kind: (kind is EVENTS, kind.plural)):
            if not kind.namespaced:
                continue
            for found in self._informer.within(kind, key[1]):
                if not deleting(found):
                    self._client.delete(kind, *key_of(found), propagation="Background")
            # Pods with grace and objects with finalizers go in their own time.
            left += len(self._informer.within(kind, key[1]))
        if left:
            self._work.add(key, AGAIN_SECONDS)
            return
        empty = self._informer.get(NAMESPACES, key)
        if empty is not None:
            self._client.finalize(empty)
