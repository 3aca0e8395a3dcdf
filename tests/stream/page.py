"""A client that follows docs/stream.md to the letter, and complains about everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tests.stream.wire import Event, Json

State = int | None
"""What a key holds in these tests: the number of its value, None for nothing."""

Address = tuple[str, str]
"""Topic and key."""


class Chronicle:
    """What the board of one epoch held, key by key, and which changes belonged together."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.states: dict[Address, list[State]] = {}
        self.batches: list[dict[Address, int]] = []
        """For each batch the seq of each key it changed."""
        self.seqs: dict[Address, int] = {}
        """The seq of each key's last change."""
        self.synced: set[str] = set()
        """Topics that have been complete."""
        self.largest = 0
        """Bytes of the largest value."""

    def held(self, address: Address, state: State) -> None:
        """The board holds `state` from now on."""
        self.states.setdefault(address, [None]).append(state)

    def find(self, address: Address, state: State, start: int) -> int | None:
        """Where, from `start` on, the board held `state`."""
        states = self.states.get(address, [None])
        return next((at for at in range(start, len(states)) if states[at] == state), None)


@dataclass(slots=True)
class Assembly:
    """A snapshot that is not complete."""

    topic: str
    parts: int
    items: dict[str, State] = field(default_factory=dict)
    received: int = 0


class Page:
    """One client. It survives its connections, as a browser's page does.

    Args:
        chronicles: By epoch; what it sees is held against them.
        topics: What it subscribes to.
        namespaces: None for all.
        fields: What a value of its audience has.
    """

    def __init__(
        self,
        chronicles: dict[str, Chronicle],
        topics: tuple[str, ...],
        namespaces: frozenset[str] | None,
        fields: frozenset[str],
    ) -> None:
        self.topics = topics
        self.namespaces = namespaces
        self.fields = fields
        self.values: dict[Address, State] = {}
        self.stale: set[Address] = set()
        self.synced: dict[str, bool] = {}
        self.last_id: str | None = None
        self.ids: list[str] = []
        self.epoch: str | None = None
        self.reason: str | None = None
        self.goodbye: str | None = None
        self.heartbeats = 0
        self.proved = -1
        """The seq of the last heartbeat."""
        self._chronicles = chronicles
        self._at: dict[Address, int] = {}
        self._assembly: Assembly | None = None
        self._awaited: set[str] = set()
        """Topics that have to come in full before it has a position."""
        self._greeted = False
        self._connection_seq = -1
        self._changed: set[tuple[Address, State]] = set()

    def connect(self, last_id: str | None) -> None:
        """A new connection that brings `last_id`: nothing half-received survives."""
        self.last_id = last_id
        self.goodbye = None
        self._assembly = None
        self._greeted = False
        self._connection_seq = -1
        self._changed = set()
        self.proved = -1

    def visible(self, key: str) -> bool:
        """Whether this page's choice of namespaces has `key`."""
        namespace = key.partition("/")[0] if "/" in key else None
        return self.namespaces is None or namespace is None or namespace in self.namespaces

    def receive(self, event: Event) -> None:
        """Take one event."""
        assert self.goodbye is None, "something after a goodbye"
        assert self._greeted or event.event == "hello", "hello comes first"
        match event.event:
            case "hello":
                self._hello(event.data)
            case "snapshot":
                self._snapshot(event.data)
            case "change":
                self._change(event)
            case "heartbeat":
                self._heartbeat(event)
            case "goodbye":
                assert event.id is None, "a goodbye with an id"
                self.goodbye = str(event.data["reason"])
            case _:
                raise AssertionError(f"an event {event.event!r}")
        if event.id is not None:
            self._move(event.id)

    def _hello(self, data: dict[str, Json]) -> None:
        assert not self._greeted, "one hello a connection"
        assert data["schema"] == "watchglass.stream/1"
        assert data["topics"] == list(self.topics), "other topics than asked for"
        self._greeted = True
        self.reason = str(data["reason"])
        assert data["resumed"] is (self.reason in {"resumed", "gap"})
        self._awaited = set() if data["resumed"] else set(self.topics)
        epoch = str(data["epoch"])
        if epoch != self.epoch:
            # Another life of the process: what it said before has no place in the new order.
            self.epoch = epoch
            self._at = {}
            self.stale = set(self.values)

    def _snapshot(self, data: dict[str, Json]) -> None:
        topic, part, parts = str(data["topic"]), data["part"], cast("int", data["parts"])
        assert topic in self.topics, "a topic that was not asked for"
        if part == 0:
            # Also the way to begin anew: what was cut off before its last part has no effect.
            self._assembly = Assembly(topic, parts)
        assembly = self._assembly
        assert assembly is not None, "a snapshot without a beginning"
        expected = (assembly.topic, assembly.received, assembly.parts)
        assert (topic, part, parts) == expected, "a part out of turn"
        assembly.received += 1
        for item in cast("list[dict[str, Json]]", data["items"]):
            assembly.items[str(item["key"])] = self._number(item["value"])
        if assembly.received < parts:
            return
        self._assembly = None
        self._awaited.discard(topic)
        synced = self.synced[topic] = data["synced"] is True
        assert not synced or topic in self._chronicles[str(self.epoch)].synced, "not complete yet"
        for key, state in assembly.items.items():
            self._see((topic, key), state)
        missing = [
            address
            for address in self.values
            if address[0] == topic and address[1] not in assembly.items
        ]
        for address in missing:
            if synced:
                self._see(address, None)
            else:
                self.stale.add(address)

    def _change(self, event: Event) -> None:
        changes = cast("list[dict[str, Json]]", event.data["changes"])
        assert changes, "an empty change"
        for change in changes:
            address = (str(change["topic"]), str(change["key"]))
            assert address[0] in self.topics, "a topic that was not asked for"
            assert change["op"] in {"upsert", "remove"}
            state = self._number(change["value"]) if change["op"] == "upsert" else None
            self._see(address, state)
            if event.id is not None and state is not None:
                assert (address, state) not in self._changed, "a change comes twice"
                self._changed.add((address, state))
        if event.id is not None:
            self._whole(event)

    def _whole(self, event: Event) -> None:
        """An event ends inside a batch only where the next change would not have fitted."""
        assert event.id is not None
        seq = seq_of(event.id)
        chronicle = self._chronicles[str(self.epoch)]
        for batch in reversed(chronicle.batches):
            seqs = [
                at
                for (topic, key), at in batch.items()
                if topic in self.topics and self.visible(key)
            ]
            if seqs and min(seqs) <= seq < max(seqs):
                assert event.size + chronicle.largest + 2_000 > 65_024, "a batch is torn"

    def _heartbeat(self, event: Event) -> None:
        assert event.id is None, "a heartbeat with an id"
        self.heartbeats += 1
        assert self.last_id is not None, "a heartbeat before the first position"
        assert self._assembly is None, "a heartbeat for a reader that is behind"
        self.proved = cast("int", event.data["seq"])
        assert self.proved <= seq_of(self.last_id), "a false alarm of loss"

    def _number(self, value: Json) -> int:
        """The number that tells a value from every other."""
        fields = cast("dict[str, Json]", value)
        assert fields.keys() == self.fields, "another audience's reading"
        return cast("int", fields["n"])

    def _see(self, address: Address, state: State) -> None:
        """Hold `state` for a key; it must lie on the board's own way, and not behind."""
        assert self.visible(address[1]), f"{address} is not of this page's choice"
        chronicle = self._chronicles[str(self.epoch)]
        at = chronicle.find(address, state, self._at.get(address, 0))
        assert at is not None, f"{address} moves backwards to {state}"
        self._at[address] = at
        self.stale.discard(address)
        if state is None:
            self.values.pop(address, None)
        else:
            self.values[address] = state

    def _move(self, id: str) -> None:
        epoch, _, seq = id.partition("-")
        assert epoch == self.epoch, "an id of another epoch"
        assert self._assembly is None, "an id inside a snapshot"
        assert not self._awaited, "an id before all topics have come"
        assert int(seq) > self._connection_seq, "ids go up, and none comes twice"
        self._connection_seq = int(seq)
        self.last_id = id
        self.ids.append(id)


def seq_of(id: str) -> int:
    """The number in an id."""
    return int(id.partition("-")[2])
