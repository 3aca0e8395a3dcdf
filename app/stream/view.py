"""What one kind of reader sees, encoded once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any, NamedTuple

from app.stream.cursor import Cursor
from app.stream.frame import ENVELOPE, FRAME_LIMIT, Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.stream.entry import Entry
    from app.stream.statistics import Statistics
    from app.stream.subscription import Subscription
    from app.stream.topic import Topic

ROOM = FRAME_LIMIT - ENVELOPE


@dataclass(frozen=True, slots=True)
class Choice:
    """What tells one view from another."""

    topics: tuple[str, ...]
    namespaces: frozenset[str] | None
    audience: str


class Delta(NamedTuple):
    """Everything a reader at `after` needs to stand at `upto`."""

    after: int
    upto: int
    last: int
    """The seq of the newest change in it, 0 when there is none."""
    frames: tuple[Frame, ...]


class Beat(NamedTuple):
    """The last heartbeat that was made: when, with which seq."""

    at: float
    seq: int
    frame: Frame


class View:
    """Topics, namespaces and an audience; its frames are shared by its readers.

    `flushed` is the position of every live reader, so that none needs a number of its own.
    `given` is the seq of the last change that a reader of this view can have been given: a reader
    whose own position is below it has lost something.
    """

    __slots__ = (
        "_delta",
        "_epoch",
        "_quoted",
        "_snapshot",
        "_statistics",
        "_topics",
        "beat",
        "choice",
        "flushed",
        "given",
        "lagging",
        "live",
    )

    def __init__(
        self,
        choice: Choice,
        topics: Sequence[Topic[Any]],
        *,
        epoch: str,
        flushed: int,
        statistics: Statistics,
    ) -> None:
        self.choice = choice
        self.flushed = flushed
        self.given = max((topic.last_change(choice.namespaces) for topic in topics), default=0)
        # Dictionaries as ordered sets: joining and leaving are O(1), and the first comes first.
        self.live: dict[Subscription, None] = {}
        self.lagging: dict[Subscription, None] = {}
        self.beat: Beat | None = None
        self._topics = tuple(topics)
        self._epoch = epoch
        self._statistics = statistics
        self._quoted = {topic.name: quote(topic.name).encode() for topic in topics}
        self._snapshot: tuple[int, tuple[Frame, ...]] | None = None
        self._delta: Delta | None = None

    @property
    def readers(self) -> int:
        """How many readers it has, live and lagging."""
        return len(self.live) + len(self.lagging)

    def position(self, text: str | None, seq: int) -> tuple[int | None, str]:
        """Where a reader that brings the id `text` stands while the hub is at `seq`.

        None stands for nowhere: it needs a snapshot of everything. The second is the reason that
        `hello` gives: `fresh`, `epoch`, `ahead`, `gap` or `resumed`.
        """
        cursor = Cursor.parse(text)
        if cursor is None:
            return None, "fresh"
        if cursor.epoch != self._epoch:
            return None, "epoch"
        if cursor.seq > seq:
            return None, "ahead"
        forgotten = any(topic.floor > cursor.seq for topic in self._topics)
        return cursor.seq, "gap" if forgotten else "resumed"

    def snapshot(self, upto: int) -> tuple[Frame, ...]:
        """Every topic in full; the id `upto` comes with the last part of the last topic."""
        if self._snapshot is None or self._snapshot[0] != upto:
            self._snapshot = (upto, tuple(self._snapshots(self._topics, upto)))
        return self._snapshot[1]

    def since(self, position: int, upto: int) -> Delta:
        """What brings a reader from `position` to `upto`, the hub's present seq.

        A topic that has forgotten changes after `position` comes as a snapshot. Changes of the
        others then go first and carry no id, and the snapshots' last part carries `upto`: whoever
        is cut off anywhere between comes back with the position it had, and is given all again.
        """
        delta = self._delta
        if delta is not None and delta.after == position and delta.upto == upto:
            return delta
        current = [topic for topic in self._topics if topic.floor <= position]
        forgotten = [topic for topic in self._topics if topic.floor > position]
        changes = [
            (seq, topic, key, entry)
            for topic in current
            for seq, key, entry in topic.since(position, self.choice.namespaces)
        ]
        changes.sort(key=lambda change: change[0])
        frames = list(self._change_frames(changes, named=not forgotten))
        frames += self._snapshots(forgotten, upto)
        newest = [topic.last_change(self.choice.namespaces) for topic in forgotten]
        newest += [change[0] for change in changes[-1:]]
        self._delta = delta = Delta(position, upto, max(newest, default=0), tuple(frames))
        return delta

    def flush(self, upto: int) -> tuple[Frame, ...]:
        """The frames for live readers, who stand at `upto` afterwards."""
        delta = self.since(self.flushed, upto)
        self.given = max(self.given, delta.last)
        self.flushed = upto
        return delta.frames

    def _change_frames(
        self, changes: Sequence[tuple[int, Topic[Any], str, Entry[Any] | None]], *, named: bool
    ) -> Iterator[Frame]:
        pieces: list[bytes] = []
        size = last = 0
        for seq, topic, key, entry in changes:
            piece = self._change(topic, key, entry)
            if pieces and size + len(piece) + 1 > ROOM:
                yield self._change_frame(pieces, last if named else None)
                pieces, size = [], 0
            pieces.append(piece)
            size += len(piece) + 1
            last = seq
        if pieces:
            yield self._change_frame(pieces, last if named else None)

    def _change(self, topic: Topic[Any], key: str, entry: Entry[Any] | None) -> bytes:
        name, quoted = self._quoted[topic.name], quote(key).encode()
        if entry is None:
            return b'{"topic":%b,"key":%b,"op":"remove"}' % (name, quoted)
        value = topic.encode(entry, self.choice.audience)
        return b'{"topic":%b,"key":%b,"op":"upsert","value":%b}' % (name, quoted, value)

    def _change_frame(self, pieces: list[bytes], seq: int | None) -> Frame:
        self._statistics.encodes += 1
        self._statistics.changes_encoded += len(pieces)
        id = None if seq is None else str(Cursor(self._epoch, seq))
        return Frame("change", b'{"changes":[%b]}' % b",".join(pieces), id=id, seq=seq)

    def _snapshots(self, topics: Sequence[Topic[Any]], upto: int) -> Iterator[Frame]:
        for topic in topics:
            chunks = list(self._chunks(topic))
            for part, chunk in enumerate(chunks):
                ends = topic is topics[-1] and part == len(chunks) - 1
                self._statistics.encodes += 1
                yield Frame(
                    "snapshot",
                    b'{"topic":%b,"part":%d,"parts":%d,"synced":%b,"items":[%b]}'
                    % (
                        self._quoted[topic.name],
                        part,
                        len(chunks),
                        b"true" if topic.synced else b"false",
                        b",".join(chunk),
                    ),
                    id=str(Cursor(self._epoch, upto)) if ends else None,
                    seq=upto if ends else None,
                )

    def _chunks(self, topic: Topic[Any]) -> Iterable[list[bytes]]:
        """The topic's items, each list of them small enough for one write; at least one list."""
        items: list[bytes] = []
        size = 0
        for key, entry in topic.entries(self.choice.namespaces):
            value = topic.encode(entry, self.choice.audience)
            item = b'{"key":%b,"value":%b}' % (quote(key).encode(), value)
            if items and size + len(item) + 1 > ROOM:
                yield items
                items, size = [], 0
            items.append(item)
            size += len(item) + 1
        yield items
