"""Anything that can happen to a stream, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.stream.world import KEYS, OURS, TOPICS, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.stream import Dialect
    from tests.stream.world import Reader, Room

topics = st.sampled_from(TOPICS)
keys = st.sampled_from(KEYS)
# The larger sizes make snapshots of several parts, batches that must be cut, and a value that must.
sizes = st.sampled_from((0, 0, 0, 0, 20_000, 60_000))
changes = st.lists(
    st.tuples(st.sampled_from(("upsert", "upsert", "remove")), topics, keys, sizes),
    min_size=1,
    max_size=6,
)
indices = st.integers(0, 5)
views = st.sampled_from(
    (
        (TOPICS, None, "detail"),
        (TOPICS, frozenset({"a"}), "detail"),
        (("pods",), None, "detail"),
        (("jobs", "news"), frozenset({"b"}), "summary"),
        (("pods", "jobs"), frozenset({"a", "b"}), "summary"),
    )
)
cursors = st.sampled_from(("own", "own", "own", "older", "none", "garbled", "foreign", "ahead"))
wires = st.sampled_from((("sse", True), ("sse", True), ("sse", False), ("websocket", False)))
rooms = st.sampled_from((None, None, 0, 1, 2, 3, 5))

READERS = 4


class StreamMachine(RuleBasedStateMachine):
    """Writers, readers, time and restarts; the page and the world hold the properties."""

    room: Room = OURS

    @initialize()
    def begin(self) -> None:
        self.world = World(self.room)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            if self.world.alive:
                self.world.settle()
        finally:
            self.world.close()

    # Values

    @rule(changes=changes)
    def batch(self, changes: list[tuple[str, str, str, int]]) -> None:
        self.world.write([self._change(*change) for change in changes])

    @rule(op=st.sampled_from(("upsert", "remove")), topic=topics, key=keys)
    def change(self, op: str, topic: str, key: str) -> None:
        self.world.write([self._change(op, topic, key, 0)])

    @rule(topic=topics, kept=st.sets(keys), within=st.sampled_from((None, "a/", "b/")))
    def replace(self, topic: str, kept: set[str], within: str | None) -> None:
        board = self.world.topics[topic]
        new = {key: self.world.value() for key in sorted(kept)}
        for index, key in enumerate(new):
            if (old := board.get(key)) is not None and index % 2:
                new[key] = old
        if within is None:
            final = board.get("a/final")
            values = new if final is None else {**new, "a/final": final}
            self.world.write([lambda: board.replace(values)])
            return
        prefix = within
        values = {key: value for key, value in new.items() if key.startswith(prefix)}
        if (final := board.get("a/final")) is not None and prefix == "a/":
            values["a/final"] = final
        self.world.write([lambda: board.replace(values, within=lambda key: key.startswith(prefix))])

    @rule(topic=topics)
    def mark_synced(self, topic: str) -> None:
        self.world.write([self.world.topics[topic].mark_synced])

    @rule(topic=topics)
    def finish(self, topic: str) -> None:
        self.world.finish(topic)

    # Readers

    @precondition(lambda self: len(self.world.readers) < READERS)
    @rule(view=views, wire=wires, room=rooms, slow=st.booleans())
    def open(
        self,
        view: tuple[tuple[str, ...], frozenset[str] | None, str],
        wire: tuple[Dialect, bool],
        room: int | None,
        slow: bool,
    ) -> None:
        reader = self.world.open(*view)
        reader.slow = slow
        self.world.connect(reader, None, dialect=wire[0], stepped=wire[1], room=room)

    @precondition(lambda self: any(reader.writer is None for reader in self.world.readers))
    @rule(index=indices, cursor=cursors, wire=wires, room=rooms, pick=st.integers(0, 100))
    def reconnect(
        self, index: int, cursor: str, wire: tuple[Dialect, bool], room: int | None, pick: int
    ) -> None:
        away = [reader for reader in self.world.readers if reader.writer is None]
        reader = away[index % len(away)]
        last_id = self._cursor(reader, cursor, pick)
        self.world.connect(reader, last_id, dialect=wire[0], stepped=wire[1], room=room)

    @precondition(lambda self: any(reader.writer for reader in self.world.readers))
    @rule(index=indices, room=rooms)
    def narrow_or_widen(self, index: int, room: int | None) -> None:
        self.world.widen(self._connected(index), room)

    @precondition(lambda self: any(reader.writer for reader in self.world.readers))
    @rule(index=indices, slow=st.booleans())
    def look_or_look_away(self, index: int, slow: bool) -> None:
        reader = self._connected(index)
        reader.slow = slow
        self.world.look(reader)

    @precondition(lambda self: any(reader.writer for reader in self.world.readers))
    @rule(index=indices, arrived=st.sampled_from((None, 0, 1, 2, 3)), told=st.booleans())
    def drop(self, index: int, arrived: int | None, told: bool) -> None:
        reader = self._connected(index)
        subscription = reader.subscription
        self.world.leave(reader, arrived=arrived)
        if told and subscription is not None:
            self.world.do(subscription.detach)

    @precondition(lambda self: any(reader.writer for reader in self.world.readers))
    @rule(index=indices, reason=st.sampled_from(("revoked", "auth_expired", "limit")))
    def dismiss(self, index: int, reason: str) -> None:
        self.world.dismiss(self._connected(index), reason)

    # Time and the process

    @rule(seconds=st.sampled_from((0.02, 0.05, 0.06, 5.0, 11.0, 31.0, 70.0)))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule()
    def agree(self) -> None:
        self.world.settle()

    @rule(sure=st.integers(0, 3))
    def restart(self, sure: int) -> None:
        if not sure:
            self.world.restart()

    def _change(self, op: str, topic: str, key: str, size: int) -> Callable[[], object]:
        board = self.world.topics[topic]
        if op == "remove":
            return lambda: board.remove(key)
        value = self.world.value(size)
        return lambda: board.upsert(key, value)

    def _connected(self, index: int) -> Reader:
        connected = [reader for reader in self.world.readers if reader.writer is not None]
        return connected[index % len(connected)]

    def _cursor(self, reader: Reader, kind: str, pick: int) -> str | None:
        page, hub = reader.page, self.world.hub
        match kind:
            case "own":
                return page.last_id
            case "older":
                return page.ids[pick % len(page.ids)] if page.ids else None
            case "garbled":
                return (f"{hub.epoch}-0{hub.seq}", f"{hub.epoch}", "-1", "é-1")[pick % 4]
            case "foreign":
                return f"zzzzzzzzzz-{pick}"
            case "ahead":
                return f"{hub.epoch}-{hub.seq + 1 + pick}"
            case _:
                return None
