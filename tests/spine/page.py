"""A page that follows docs/stream.md with real values, and complains about everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tests.stream.wire import Event, Json

Address = tuple[str, str]
"""Topic and key."""


@dataclass(slots=True)
class Assembly:
    """A snapshot that is not complete."""

    topic: str
    parts: int
    items: dict[str, Json] = field(default_factory=dict)
    received: int = 0


class Page:
    """One client. It survives its connections, as a browser's page does.

    `journeys` holds for each source the states that were seen, in order, each once in a row.
    """

    def __init__(self) -> None:
        self.values: dict[Address, Json] = {}
        self.stale: set[Address] = set()
        self.synced: dict[str, bool] = {}
        self.journeys: dict[str, list[str]] = {}
        self.topics: list[str] = []
        self.last_id: str | None = None
        self.epoch: str | None = None
        self.reasons: list[str] = []
        self.goodbyes: list[str] = []
        self.heartbeats: list[dict[str, Json]] = []
        self.changes = 0
        """Events of that name."""
        self.changed = 0
        """Keys in them."""
        self.snapshots: list[tuple[str, bool]] = []
        """Topic of each complete snapshot, and whether it was synced."""
        self.removed: list[Address] = []
        """Keys of the cluster's objects whose value was taken away, in order."""
        self._seen: dict[str, int] = {}
        """The last seq of each epoch."""
        self._assembly: Assembly | None = None
        self._greeted = False
        self._owed = False

    # What it shows

    def held(self, topics: Collection[str]) -> dict[Address, Json]:
        """The values of some topics."""
        return {address: value for address, value in self.values.items() if address[0] in topics}

    def value(self, topic: str, key: str) -> dict[str, Json]:
        """One value, empty where there is none."""
        return cast("dict[str, Json]", self.values.get((topic, key), {}))

    def states(self) -> dict[str, str]:
        """The state of each source."""
        return {
            key: str(cast("dict[str, Json]", value)["state"])
            for (topic, key), value in self.values.items()
            if topic == "sources"
        }

    def all_live(self) -> bool:
        """Whether every source is, every topic is synced, and nothing is marked stale."""
        states = self.states().values()
        synced = self.synced.keys() == set(self.topics) and all(self.synced.values())
        return bool(states) and set(states) == {"live"} and synced and not self.stale

    def set_out(self) -> None:
        """Begin anew to tell what happens; the journeys start where the sources are."""
        self.journeys = {key: [state] for key, state in self.states().items()}
        self.removed = []
        self.snapshots = []

    # What it is told

    def connect(self) -> None:
        """A new connection: nothing half-received survives."""
        self._assembly = None
        self._greeted = False
        self._owed = False

    def receive(self, event: Event) -> None:
        """Take one event."""
        assert self._greeted or event.event == "hello", "hello comes first"
        assert not self._owed or event.event in {"change", "snapshot"}, "the position is owed"
        match event.event:
            case "hello":
                self._hello(event.data)
            case "snapshot":
                self._snapshot(event.data)
            case "change":
                self._change(event.data)
                # Without an id it belongs to snapshots that follow, and their last part has one.
                self._owed = event.id is None
            case "heartbeat":
                self._heartbeat(event)
            case "goodbye":
                assert event.id is None
                self.goodbyes.append(str(event.data["reason"]))
            case _:
                raise AssertionError(f"an event {event.event!r}")
        if event.id is not None:
            self._move(event.id)

    def _hello(self, data: dict[str, Json]) -> None:
        assert not self._greeted, "one hello a connection"
        assert data["schema"] == "watchglass.stream/1"
        self._greeted = True
        self.topics = cast("list[str]", data["topics"])
        reason, epoch = str(data["reason"]), str(data["epoch"])
        assert (reason == "fresh") == (self.last_id is None), "our cursor is a good one"
        assert data["resumed"] is (reason in {"resumed", "gap"})
        self.reasons.append(reason)
        if epoch != self.epoch:
            assert epoch not in self._seen, "an epoch never comes back"
            self.epoch = epoch
            self.stale = set(self.values)

    def _snapshot(self, data: dict[str, Json]) -> None:
        topic, part, parts = str(data["topic"]), data["part"], cast("int", data["parts"])
        assert topic in self.topics
        if part == 0:
            self._assembly = Assembly(topic, parts)
        assembly = self._assembly
        assert assembly is not None, "a snapshot without a beginning"
        assert (assembly.topic, assembly.received, assembly.parts) == (topic, part, parts)
        assembly.received += 1
        for item in cast("list[dict[str, Json]]", data["items"]):
            assembly.items[str(item["key"])] = item["value"]
        if assembly.received < parts:
            return
        self._assembly = None
        synced = self.synced[topic] = data["synced"] is True
        self.snapshots.append((topic, synced))
        for key, value in assembly.items.items():
            self._hold((topic, key), value)
        for address in self.held([topic]):
            if address[1] not in assembly.items:
                if synced:
                    self._drop(address)
                else:
                    self.stale.add(address)

    def _change(self, data: dict[str, Json]) -> None:
        changes = cast("list[dict[str, Json]]", data["changes"])
        addresses = [(str(change["topic"]), str(change["key"])) for change in changes]
        assert addresses, "an empty change"
        assert len(set(addresses)) == len(addresses), "a key twice in one event"
        for address, change in zip(addresses, changes, strict=True):
            assert address[0] in self.topics
            if change["op"] == "upsert":
                self._hold(address, change["value"])
            else:
                assert change["op"] == "remove"
                assert "value" not in change
                self._drop(address)
        self.changes += 1
        self.changed += len(changes)

    def _heartbeat(self, event: Event) -> None:
        assert event.id is None
        assert self.last_id is not None, "a heartbeat before the first position"
        assert self._assembly is None, "a heartbeat for a reader that is behind"
        lost = cast("int", event.data["seq"]) > self._seen[str(self.epoch)]
        assert not lost, "something was lost on the way"
        self.heartbeats.append(event.data)

    def _hold(self, address: Address, value: Json) -> None:
        self.values[address] = value
        self.stale.discard(address)
        if address[0] == "sources":
            state = str(cast("dict[str, Json]", value)["state"])
            journey = self.journeys.setdefault(address[1], [])
            if journey[-1:] != [state]:
                journey.append(state)

    def _drop(self, address: Address) -> None:
        if self.values.pop(address, None) is not None:
            if address[0] != "incidents":
                self.removed.append(address)
        self.stale.discard(address)

    def _move(self, id: str) -> None:
        epoch, _, seq = id.partition("-")
        assert epoch == self.epoch
        assert self._assembly is None, "an id inside a snapshot"
        assert int(seq) > self._seen.get(epoch, -1), "no id goes back, and none comes twice"
        self._seen[epoch] = int(seq)
        self._owed = False
        self.last_id = id


def shows(topic: str, key: str, **fields: Json) -> Callable[[Page], bool]:
    """Whether a page holds a value with these fields, None for one that is absent."""

    def holds(page: Page) -> bool:
        value = page.values.get((topic, key))
        return isinstance(value, dict) and all(
            value.get(name) == wanted for name, wanted in fields.items()
        )

    return holds
