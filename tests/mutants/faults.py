"""Faults to plant in a copy of the stream room: each is an exchange in one file's text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`old` in `file` becomes `new`; `name` says what is wrong then."""

    name: str
    file: str
    old: str
    new: str


FAULTS = (
    Fault(
        "a reader is registered after its snapshot, not with it",
        "delivery.py",
        "            reader.view.live[reader] = None\n        else:",
        "            view = reader.view\n"
        "            self._hub._ledger._later(0.01, lambda: view.live.setdefault(reader))\n"
        "        else:",
    ),
    Fault(
        "attach does not flush what is gathered: it comes twice",
        "hub.py",
        "        self.flush()\n        view = self._view(topics, namespaces, audience)",
        "        view = self._view(topics, namespaces, audience)",
    ),
    Fault(
        "the floor is off by one",
        "view.py",
        "        current = [topic for topic in self._topics if topic.floor <= position]\n"
        "        forgotten = [topic for topic in self._topics if topic.floor > position]",
        "        current = [topic for topic in self._topics if topic.floor <= position + 1]\n"
        "        forgotten = [topic for topic in self._topics if topic.floor > position + 1]",
    ),
    Fault(
        "tombstones are dropped and the floor does not rise",
        "entry.py",
        "            highest = seq",
        "            highest = 0",
    ),
    Fault(
        "a removed key is not remembered",
        "topic.py",
        "            self._tombstones.add(key, self._journal.advance(), self._journal.monotonic())",
        "            self._journal.advance()",
    ),
    Fault(
        "a key that came back is still remembered as removed",
        "topic.py",
        "self._tombstones.discard(key) if entry is None else entry.seq",
        "0 if entry is None else entry.seq",
    ),
    Fault(
        "the id is on the last part of the first topic",
        "view.py",
        "topic is topics[-1] and part == len(chunks) - 1",
        "topic is topics[0] and part == len(chunks) - 1",
    ),
    Fault(
        "the id is on the first part of the last topic",
        "view.py",
        "topic is topics[-1] and part == len(chunks) - 1",
        "topic is topics[-1] and part == 0",
    ),
    Fault(
        "changes before a snapshot move the reader past it",
        "view.py",
        "self._change_frames(changes, named=not forgotten)",
        "self._change_frames(changes, named=True)",
    ),
    Fault(
        "a batch is torn: every change publishes",
        "ledger.py",
        "if self._depth or not self.gathering or self._timer is not None:",
        "if not self.gathering or self._timer is not None:",
    ),
    Fault(
        "an event of a batch that was cut has the id of its first change",
        "view.py",
        "            last = seq\n",
        "            last = last or seq\n",
    ),
    Fault(
        "the epoch of a cursor is ignored",
        "view.py",
        "        if cursor.epoch != self._epoch:",
        "        if cursor is None:",
    ),
    Fault(
        "an unsynced snapshot says that it is complete",
        "view.py",
        'b"true" if topic.synced else b"false"',
        'b"true"',
    ),
    Fault(
        "a topic that becomes synced is not sent again",
        "topic.py",
        "            self.floor = self._journal.advance()",
        "            self._journal.advance()",
    ),
    Fault(
        "a heartbeat tells the hub's seq instead of the view's",
        "pulse.py",
        '            "seq": view.given,',
        '            "seq": self._hub.seq,',
    ),
    Fault(
        "a heartbeat never notices a loss",
        "view.py",
        "        self.given = max(self.given, delta.last)",
        "        self.given = max(self.given, 0)",
    ),
    Fault(
        "a reader that cannot take a change stands behind it",
        "delivery.py",
        "            reader.position = after\n            self._lag(reader)",
        "            reader.position = view.flushed\n            self._lag(reader)",
    ),
    Fault(
        "a reader that took some of several frames stands behind all",
        "delivery.py",
        "reader.position = ids[-1] if ids else after",
        "reader.position = view.flushed",
    ),
    Fault(
        "a reader that cannot take a heartbeat stands behind what is gathered",
        "delivery.py",
        "            reader.position = view.flushed\n",
        "            reader.position = self._hub.seq\n",
    ),
    Fault(
        "a reader is live before the others have what it has",
        "delivery.py",
        "                    elif reader.position > view.flushed:\n",
        "                    elif False:\n",
    ),
    Fault(
        "the rest of an attach begins one frame too late",
        "delivery.py",
        "            reader.rest = owed[taken:]",
        "            reader.rest = owed[taken + 1 :]",
    ),
    Fault(
        "a snapshot that is broken off is gone on with half-way",
        "delivery.py",
        "            self._lag(reader)\n\n    def flushed",
        "            reader.rest, reader.position = frames[taken:], after\n"
        "            self._lag(reader)\n\n    def flushed",
    ),
    Fault(
        "a snapshot is kept although the board has changed",
        "view.py",
        "        if self._snapshot is None or self._snapshot[0] != upto:",
        "        if self._snapshot is None:",
    ),
    Fault(
        "what one reader missed is given to another who missed more",
        "view.py",
        "if delta is not None and delta.after == position and delta.upto == upto:",
        "if delta is not None and delta.upto == upto:",
    ),
    Fault(
        "changes of several topics are not put in order",
        "view.py",
        "        changes.sort(key=lambda change: change[0])\n        frames",
        "        frames",
    ),
    Fault(
        "a choice of namespaces does not hold for removals",
        "topic.py",
        "            if self.visible(key, namespaces):\n"
        "                changes.append((seq, key, None))",
        "            changes.append((seq, key, None))",
    ),
    Fault(
        "audiences share one encoding",
        "entry.py",
        "        known = self._encoded.get(audience)",
        "        known = next(iter(self._encoded.values()), None)",
    ),
    Fault(
        "a snapshot's part is larger than a write may be",
        "view.py",
        "            if items and size + len(item) + 1 > ROOM:",
        "            if items and size + len(item) + 1 > 2 * ROOM:",
    ),
    Fault(
        "a reader is told goodbye before hello",
        "delivery.py",
        "            owed = (reader.rest[0], *owed)",
        "            pass",
    ),
)
