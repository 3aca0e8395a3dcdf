"""Verbs that change nothing: get, list, watch, and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.calls import Answer
from app.demo.api.lists import page
from app.demo.api.logs import answer_log
from app.demo.api.negotiation import form_of
from app.demo.api.options import list_options, version_number
from app.demo.api.statuses import not_found, version_too_large
from app.demo.api.watch import Watch

if TYPE_CHECKING:
    from app.clock import Clock
    from app.demo.api.calls import Call
    from app.demo.api.kinds import Kind
    from app.demo.api.ports import LogSource
    from app.demo.api.render import Renderer
    from app.demo.api.store import Store, Stored


class Reading:
    """Answers out of the store."""

    def __init__(
        self, store: Store, renderer: Renderer, clock: Clock, bookmark_seconds: float
    ) -> None:
        self._store = store
        self._renderer = renderer
        self._clock = clock
        self._bookmark_seconds = bookmark_seconds

    def get(self, call: Call, kind: Kind, namespace: str, name: str) -> Answer:
        """One object."""
        form = form_of(call)
        version = version_number(call.first("resourceVersion") or "", watch=True)
        if version is not None and version > self._store.revision:
            raise version_too_large(version, self._store.revision)
        stored = found(self._store, kind, namespace, name)
        if form.whole and not form.yaml:
            return Answer(200, stored.whole)
        return self._renderer.answer_object(kind, stored.value(), form)

    def list(self, call: Call, kind: Kind, namespace: str | None) -> Answer:
        """A collection, or a page of it."""
        form = form_of(call)
        options = list_options(kind, call, watch=False)
        return self._renderer.answer_page(page(self._store, kind, namespace, options), form)

    def watch(self, call: Call, kind: Kind, namespace: str | None) -> Answer:
        """A collection as it changes."""
        form = form_of(call)
        options = list_options(kind, call, watch=True)
        made = Watch(
            self._store, kind, namespace, options, form, self._renderer, self._bookmark_seconds
        )
        return Answer(200, made.lines())

    def log(self, call: Call, source: LogSource | None, namespace: str, name: str) -> Answer:
        """What a container has written."""
        pod = found(self._store, kinds.PODS, namespace, name).value()
        node = pod["spec"].get("nodeName")
        if node and self._store.get(kinds.NODES, "", node) is None:
            # In the real server's words, which calls the node a pod.
            raise not_found(kinds.PODS, node)
        return answer_log(source, pod, call, self._clock.now())


def found(store: Store, kind: Kind, namespace: str, name: str) -> Stored:
    """The object of that name.

    Raises:
        Refused: 404.
    """
    stored = store.get(kind, namespace, name)
    if stored is None:
        raise not_found(kind, name)
    return stored
