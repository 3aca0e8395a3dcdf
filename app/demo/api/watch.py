"""Watches: what happened since, then what happens, one JSON object per line.

A watch has no queue: it holds the number of the next event that it has not sent, and reads on in
the history that all watches share. Whoever falls behind the history is told that it is gone.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.calls import encoded
from app.demo.api.negotiation import TABLE
from app.demo.api.status_objects import expired
from app.demo.api.statuses import version_too_large
from app.demo.api.store import ADDED, DELETED, MODIFIED, line_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from typing import Any

    from app.demo.api.kinds import Json, Kind
    from app.demo.api.negotiation import Form
    from app.demo.api.options import ListOptions
    from app.demo.api.render import Renderer
    from app.demo.api.store import Event, Store, Stored

CHUNK_BYTES = 65_536
BEFORE_THE_END_SECONDS = 2.0
TICK_SECONDS = 0.001
DEFAULT_SECONDS = 1_800
INITIAL_END = "k8s.io/initial-events-end"

NO_POD: Json = {"containers": None}
NO_TEMPLATE: Json = {"metadata": {}, "spec": NO_POD}
# What Go writes of a kind's empty object beside its metadata.
EMPTY: Mapping[Kind, Json] = {
    kinds.PODS: {"spec": NO_POD, "status": {}},
    kinds.EVENTS: {
        "involvedObject": {},
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    },
    kinds.NODES: {"spec": {}, "status": {}},
    kinds.NAMESPACES: {"spec": {}, "status": {}},
    kinds.SERVICES: {"spec": {}, "status": {"loadBalancer": {}}},
    kinds.DEPLOYMENTS: {
        "spec": {"replicas": 0, "selector": None, "template": NO_TEMPLATE, "strategy": {}},
        "status": {},
    },
    kinds.REPLICA_SETS: {
        "spec": {"replicas": 0, "selector": None, "template": NO_TEMPLATE},
        "status": {"replicas": 0},
    },
    kinds.JOBS: {"spec": {"template": NO_TEMPLATE}, "status": {}},
    kinds.CRONJOBS: {
        "spec": {
            "schedule": "",
            "jobTemplate": {"metadata": {}, "spec": {"template": NO_TEMPLATE}},
        },
        "status": {},
    },
    kinds.LEASES: {"spec": {}},
}


class Watch:
    """One watch: where it stands is decided when it is made, before anything is awaited."""

    def __init__(
        self,
        store: Store,
        kind: Kind,
        namespace: str | None,
        options: ListOptions,
        form: Form,
        renderer: Renderer,
        bookmark_seconds: float,
    ) -> None:
        self._store = store
        self._shelf = store.shelf(kind)
        self._kind = kind
        self._namespace = namespace
        self._options = options
        self._form = form
        self._renderer = renderer
        self._bookmark_seconds = bookmark_seconds
        self._headers = True
        self._initial: list[Stored] = []
        self._refusal: Json | None = None
        # Events up to this revision are known to the caller.
        self._since = options.version or store.revision
        self._attach()
        self._next = self._shelf.after(self._since)

    def _attach(self) -> None:
        options, current = self._options, self._store.revision
        version = options.version or 0
        if options.initial and version > current:
            self._refusal = version_too_large(version, current).status
        elif options.initial or (options.initial is None and not version):
            self._initial = [one for one in self._shelf.within(self._namespace) if self._is_in(one)]
            self._since = current
        elif version and version < self._shelf.floor:
            self._refusal = expired(version, self._shelf.floor)

    async def lines(self) -> AsyncIterator[bytes]:
        """Pieces of the body, each of whole lines; it ends when the time asked for is over."""
        if self._refusal is not None:
            yield error_line(self._refusal)
            return
        loop = asyncio.get_running_loop()
        seconds = self._options.seconds or DEFAULT_SECONDS
        begun = loop.time()
        end, mark = begun + seconds, begun
        awake = asyncio.Event()
        self._shelf.wakers.add(awake.set)
        try:
            for piece in pieces(self._first_lines()):
                yield piece
                await asyncio.sleep(0)
            mark = self._mark_after(begun, end)
            while True:
                awake.clear()
                if self._next < self._shelf.first:
                    yield error_line(expired(self._since, self._shelf.floor))
                    return
                sent = False
                for piece in pieces(self._due()):
                    yield piece
                    sent = True
                # Timers may be early by a clock's tick.
                now = loop.time() + TICK_SECONDS
                if now >= end:
                    return
                if sent:
                    continue
                if self._options.bookmarks and now >= mark:
                    mark = self._mark_after(mark, end)
                    yield self._bookmark()
                    continue
                until = min(end, mark) if self._options.bookmarks else end
                timer = loop.call_at(until, awake.set)
                try:
                    await awake.wait()
                finally:
                    timer.cancel()
        finally:
            self._shelf.wakers.discard(awake.set)

    def _mark_after(self, now: float, end: float) -> float:
        """When the next bookmark is due: regularly, and shortly before the end."""
        last = end - BEFORE_THE_END_SECONDS
        regular = now + self._bookmark_seconds
        return min(regular, last) if now < last else regular

    # ---- lines

    def _first_lines(self) -> Iterator[bytes]:
        for one in self._initial:
            yield self._line(ADDED, one)
        self._initial = []
        if self._options.initial and self._options.bookmarks:
            yield self._bookmark(self._since, {INITIAL_END: "true"})

    def _due(self) -> Iterator[bytes]:
        """What happened since the last line; the position moves with each."""
        shelf = self._shelf
        while shelf.first <= self._next < shelf.end:
            event = shelf.events[self._next - shelf.first]
            self._next += 1
            if event.now.revision <= self._since:
                continue
            self._since = event.now.revision
            if self._namespace in (None, event.now.key[0]):
                yield from self._told(event)

    def _told(self, event: Event) -> Iterator[bytes]:
        if not self._options.selector:
            if self._form.whole:
                yield event.line
            else:
                yield self._line(event.type, event.now)
            return
        is_in = event.type != DELETED and self._is_in(event.now)
        was_in = event.before is not None and self._is_in(event.before)
        if is_in:
            yield self._line(MODIFIED if was_in else ADDED, event.now)
        elif was_in and event.type == DELETED:
            yield self._line(DELETED, event.now)
        elif was_in and event.before is not None:
            # It has left the selection: its last state in there, at the revision of its leaving.
            value = event.before.value()
            value["metadata"]["resourceVersion"] = str(event.now.revision)
            yield line_of(DELETED, self._formed(value))

    def _is_in(self, stored: Stored) -> bool:
        return not self._options.selector or self._options.selector.chooses(stored)

    def _line(self, word: str, stored: Stored) -> bytes:
        if self._form.whole:
            return line_of(word, stored.whole)
        return line_of(word, self._formed(stored.value()))

    def _formed(self, value: Json) -> bytes:
        """An object in the caller's form; a table has its head in the first line only."""
        headers, self._headers = self._headers, False
        return encoded(self._renderer.one_in_form(self._kind, value, self._form, headers=headers))

    def _bookmark(
        self, revision: int | None = None, annotations: Mapping[str, str] | None = None
    ) -> bytes:
        metadata: dict[str, Any] = {
            "resourceVersion": str(self._store.revision if revision is None else revision)
        }
        if annotations:
            metadata["annotations"] = annotations
        value = {
            "kind": self._kind.kind,
            "apiVersion": self._kind.api_version,
            "metadata": metadata,
            **EMPTY.get(self._kind, {}),
        }
        if self._form.shape == TABLE:
            value = json.loads(encoded(value))
            return line_of("BOOKMARK", self._formed(value))
        body = encoded(value) if self._form.whole else self._formed(value)
        return line_of("BOOKMARK", body)


def error_line(status: Json) -> bytes:
    """The last line of a watch that cannot go on."""
    return line_of("ERROR", encoded(status))


def pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines joined to pieces worth a write; whatever is there goes out at once."""
    piece: list[bytes] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            yield b"".join(piece)
            piece, size = [], 0
    if piece:
        yield b"".join(piece)
