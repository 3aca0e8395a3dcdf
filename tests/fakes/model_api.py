"""An API server in memory, behind the Transport port: one kind, one namespace, and every fault.

To good requests it answers as the real one: one revision for all writes, lists in pages of one
revision, watches that replay history and go on, bookmarks, expiry. What goes wrong is switched by
the test. What it says goes the way of `PlayedTransport`, as a script does.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

import anyio

from app.cluster.faults import Silent
from app.errors import Unreachable
from tests.fakes.transport import Answer, PlayedTransport, Playing, is_probe

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from app.cluster.answers import Call

Json = dict[str, Any]

BEAT_SECONDS = 60.0

LATENCY_SECONDS = 0.05
"""For each page of a list: things happen between two of them."""

FAILURES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    410: "Gone",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def failure(code: int, **details: Any) -> bytes:
    told = {"kind": "Status", "code": code, "reason": FAILURES[code], "message": "no"}
    return json.dumps(told | {"details": details}).encode()


def line(kind: str, told: Json | bytes) -> bytes:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), body)


class Feed:
    """One open watch: what was written to it and not yet read. None ends it."""

    status = 200
    headers = ()
    body = b""

    def __init__(self, api: ModelApi, seconds: float, waiting: list[bytes]) -> None:
        self.broken = False
        self._api = api
        self._seconds = seconds
        self._waiting: deque[bytes | None] = deque(waiting)
        self._fresh = anyio.Event()

    def write(self, chunk: bytes | None) -> None:
        self._waiting.append(chunk)
        self.wake()

    def wake(self) -> None:
        self._fresh.set()

    async def play(self, silence: float) -> AsyncGenerator[bytes, None]:
        ends = anyio.current_time() + self._seconds
        beat = heard = anyio.current_time()
        beat += BEAT_SECONDS
        try:
            while True:
                if self.broken:
                    raise Unreachable("The connection to the API server broke.")
                if self._waiting and not self._api.mute:
                    chunk = self._waiting.popleft()
                    if chunk is None:
                        return
                    heard = anyio.current_time()
                    yield chunk
                    continue
                now = anyio.current_time()
                if now >= heard + silence:
                    raise Silent("The API server is silent.")
                if not self._api.mute:
                    if now >= ends:
                        return
                    if self._api.bookmarks and now >= beat:
                        beat, heard = now + BEAT_SECONDS, now
                        yield self._api.bookmark()
                        continue
                until = heard + silence
                if not self._api.mute:
                    until = min(until, ends, beat if self._api.bookmarks else ends)
                self._fresh = anyio.Event()
                with anyio.move_on_at(until):
                    await self._fresh.wait()
        finally:
            self._api.feeds.discard(self)


class ModelApi(PlayedTransport):
    """Holds objects by name; each write is one revision, and its text says which."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []
        """When each call came."""
        self.states: list[tuple[float, dict[str, str]]] = []
        """What the objects' texts were from when on."""
        self.feeds: set[Feed] = set()
        # What is wrong, as switches.
        self.away = False
        self.forbidden = False
        self.mute = False
        """Nothing comes out of watches, though they stay open."""
        self.hasty = False
        """Watches end as soon as they have said what there is to say."""
        self.repeating = False
        """Watches begin with old events."""
        self.prelude: bytes | None = None
        """What every watch says first."""
        self.bookmarks = True
        self.streams_lists = True
        self.gone_by_status = False
        """Expiry is an HTTP status, not an event."""
        self.refusals: deque[int] = deque()
        """Statuses that the next calls get."""
        self.always: int | None = None
        """The status that all calls get."""
        self.missing = False
        """The namespace does not exist."""
        self._revision = 100
        self._uids = 0
        self._objects: dict[str, Json] = {}
        self._history: list[tuple[int, bytes]] = []
        self._floor = self._revision
        self._pages: dict[str, tuple[int, list[Json]]] = {}
        self._saved: tuple[int, dict[str, Json]] = (self._revision, {})
        self._note()

    # Writes

    def write(self, name: str, *, anew: bool = False) -> None:
        """Create or update; `anew` replaces an object by another of the same name."""
        if self.missing:
            return
        if anew:
            self.delete(name)
        known = self._objects.get(name)
        self._revision += 1
        if known is None:
            self._uids += 1
        uid = known["metadata"]["uid"] if known else f"uid-{self._uids}"
        metadata = {"name": name, "namespace": "a", "uid": uid}
        self._objects[name] = {
            "kind": "ConfigMap",
            "metadata": metadata | {"resourceVersion": str(self._revision)},
            "data": {"text": str(self._revision)},
        }
        self._happened("MODIFIED" if known else "ADDED", self._objects[name])

    def delete(self, name: str) -> None:
        """The last state goes out with a revision of its own."""
        known = self._objects.pop(name, None)
        if known is None:
            return
        self._revision += 1
        metadata = known["metadata"] | {"resourceVersion": str(self._revision)}
        self._happened("DELETED", known | {"metadata": metadata})

    def elsewhere(self) -> None:
        """Something of another kind is written."""
        self._revision += 1

    # Faults that happen

    def restart(self) -> None:
        """Watches break, and the watch cache begins anew."""
        self.compact()
        self.cut()

    def compact(self) -> None:
        """History is gone, and with it every position and page."""
        self._floor = self._revision
        self._history.clear()
        self._pages.clear()

    def cut(self) -> None:
        """Every open watch breaks."""
        for feed in self.feeds:
            feed.broken = True
            feed.wake()

    def inject(self, *chunks: bytes | None) -> None:
        """Say this on every open watch."""
        for feed in self.feeds:
            for chunk in chunks:
                feed.write(chunk)

    def repeat(self, count: int) -> None:
        """Say once more what happened last."""
        self.inject(*(told for _, told in self._history[-count:]))

    def save(self) -> None:
        """A backup."""
        self._saved = (self._revision, dict(self._objects))

    def restore(self) -> None:
        """The backup is the truth again; revisions are given out a second time."""
        self._revision, objects = self._saved
        self._objects = dict(objects)
        self._note()
        self.restart()

    def set_missing(self, missing: bool) -> None:
        """The namespace and everything in it goes, or an empty one comes."""
        for name in list(self._objects) if missing else []:
            self.delete(name)
        self.missing = missing

    def heal(self) -> None:
        """Nothing is wrong any more, though what was broken stays so."""
        self.away = self.forbidden = self.mute = self.hasty = self.repeating = False
        self.bookmarks = True
        self.refusals.clear()
        self.set_missing(False)
        for feed in self.feeds:
            feed.wake()

    # What is known

    def texts(self) -> dict[str, str]:
        return {name: told["data"]["text"] for name, told in self._objects.items()}

    def bookmark(self, *, initial: bool = False) -> bytes:
        metadata: Json = {"resourceVersion": str(self._revision)}
        if initial:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        return line("BOOKMARK", {"kind": "ConfigMap", "metadata": metadata})

    def _happened(self, kind: str, told: Json) -> None:
        self._history.append((self._revision, line(kind, told)))
        for feed in self.feeds:
            feed.write(self._history[-1][1])
        self._note()

    def _note(self) -> None:
        self.states.append((anyio.current_time(), self.texts()))

    # Answers

    def answer(self, call: Call) -> Playing | None:
        if call.verb != "get":
            self.times.append(anyio.current_time())
        if self.away:
            return None
        if self.refusals:
            code = self.refusals.popleft()
            return Answer([failure(code, retryAfterSeconds=5)], status=code)
        if self.always is not None:
            return Answer([failure(self.always)], status=self.always)
        if self.forbidden:
            return Answer([failure(403)], status=403)
        if call.verb == "get":
            return Answer([failure(404)], status=404) if self.missing else Answer([b"{}"])
        return self._watch(call.params) if call.verb == "watch" else self._list(call)

    def _list(self, call: Call) -> Answer:
        token = call.params.get("continue")
        if token is not None:
            if token not in self._pages:
                return Answer([failure(410)], status=410)
            revision, left = self._pages.pop(token)
        else:
            revision, left = self._revision, [self._objects[name] for name in sorted(self._objects)]
        size = int(call.params.get("limit", len(left) or 1))
        metadata: Json = {"resourceVersion": str(revision)}
        if len(left) > size:
            metadata["continue"] = f"{revision}-{len(left)}-{len(self.calls)}"
            if not is_probe(call):
                self._pages[metadata["continue"]] = (revision, left[size:])
        told = json.dumps({"metadata": metadata, "items": left[:size]}).encode()
        return Answer([LATENCY_SECONDS, told])

    def _watch(self, params: Mapping[str, str]) -> Playing:
        if "sendInitialEvents" in params:
            if not self.streams_lists:
                return Answer([failure(422)], status=422)
            waiting = [line("ADDED", told) for told in self._objects.values()]
            waiting.append(self.bookmark(initial=True))
        else:
            after = int(params["resourceVersion"])
            if after < self._floor:
                if self.gone_by_status:
                    return Answer([failure(410)], status=410)
                return Answer([line("ERROR", failure(410))])
            waiting = [told for revision, told in self._history if revision > after]
            if self.repeating:
                past = [told for revision, told in self._history if revision <= after]
                waiting = past[-3:] + waiting
        if self.prelude is not None:
            waiting.insert(0, self.prelude)
        feed = Feed(self, float(params["timeoutSeconds"]), waiting)
        self.feeds.add(feed)
        if self.hasty:
            feed.write(None)
        return feed
