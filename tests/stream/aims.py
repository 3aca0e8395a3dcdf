"""Machines that aim: each has, besides the common rules, one that tempts one guarantee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stream.machine import (
    READERS,
    StreamMachine,
    changes,
    cursors,
    indices,
    keys,
    topics,
    views,
    wires,
)

if TYPE_CHECKING:
    from app.stream import Dialect


def somebody(machine: StreamMachine) -> bool:
    """Whether a page is connected."""
    return any(reader.writer for reader in machine.world.readers)


class OrderMachine(StreamMachine):
    """1. For each key a reader sees, in order, a subsequence of the values the board held."""

    @rule(
        topic=topics,
        key=keys,
        ops=st.lists(st.sampled_from(("upsert", "upsert", "remove")), min_size=2, max_size=5),
        apart=st.sampled_from((0.0, 0.02, 0.06)),
    )
    def overwrite(self, topic: str, key: str, ops: list[str], apart: float) -> None:
        for op in ops:
            self.change(op, topic, key)
            self.wait(apart)

    @precondition(somebody)
    @precondition(lambda self: len(self.world.readers) < READERS)
    @rule(index=indices, sent=changes, gathered=changes, wire=wires)
    def join(
        self,
        index: int,
        sent: list[tuple[str, str, str, int]],
        gathered: list[tuple[str, str, str, int]],
        wire: tuple[Dialect, bool],
    ) -> None:
        known = self._connected(index)
        page = known.page
        self.wait(0.06)
        self.batch(sent)
        self.batch(gathered)
        reader = self.world.open(page.topics, page.namespaces, known.audience)
        self.world.connect(reader, None, dialect=wire[0], stepped=wire[1])


class AgreementMachine(StreamMachine):
    """2. When changes stop, every connected reader equals the board."""

    @rule(topic=topics, kept=st.sets(keys, max_size=2))
    def clear_and_agree(self, topic: str, kept: set[str]) -> None:
        self.replace(topic, kept, None)
        self.agree()

    @rule(topic=topics, grown=st.sets(keys, min_size=2, max_size=3))
    def outgrow_a_write(self, topic: str, grown: set[str]) -> None:
        # Two of these do not fit one write: a snapshot has parts, a batch is cut.
        self.batch([("upsert", topic, key, 40_000) for key in sorted(grown)])


class ForwardMachine(StreamMachine):
    """3. Across reconnects a reader never moves backwards within an epoch."""

    @precondition(somebody)
    @rule(
        index=indices,
        arrived=st.sampled_from((None, 0, 1, 2)),
        missed=changes,
        cursor=cursors,
        wire=wires,
        pick=st.integers(0, 100),
    )
    def come_back(
        self,
        index: int,
        arrived: int | None,
        missed: list[tuple[str, str, str, int]],
        cursor: str,
        wire: tuple[Dialect, bool],
        pick: int,
    ) -> None:
        self.drop(index, arrived, told=bool(pick % 2))
        # The first finds the stream idle, the second is still gathered when the reader is back.
        self.batch(missed[:1])
        self.batch(missed)
        self.reconnect(index, cursor, wire, None, pick)


class BoundMachine(StreamMachine):
    """4. What a reader is behind by never exceeds the number of known keys."""

    @precondition(somebody)
    @rule(index=indices, missed=st.lists(changes, min_size=3, max_size=8))
    def stall(self, index: int, missed: list[list[tuple[str, str, str, int]]]) -> None:
        self.narrow_or_widen(index, 0)
        for batch in missed:
            self.batch(batch)
            self.wait(0.06)


class TerminalMachine(StreamMachine):
    """5. Terminal states are never lost: they are in the value."""

    @precondition(somebody)
    @rule(index=indices, topic=topics, room=st.sampled_from((0, 1)), after=changes)
    def finish_unseen(
        self, index: int, topic: str, room: int, after: list[tuple[str, str, str, int]]
    ) -> None:
        self.narrow_or_widen(index, room)
        self.finish(topic)
        self.batch(after)

    @precondition(lambda self: len(self.world.readers) < READERS)
    @rule(view=views, wire=wires, room=st.sampled_from((0, 1, 2)))
    def dismiss_at_the_door(
        self,
        view: tuple[tuple[str, ...], frozenset[str] | None, str],
        wire: tuple[Dialect, bool],
        room: int,
    ) -> None:
        reader = self.world.open(*view)
        self.world.connect(reader, None, dialect=wire[0], stepped=wire[1], room=room)
        self.world.dismiss(reader, "revoked")


class BeatMachine(StreamMachine):
    """A heartbeat comes while something is gathered, and its reader can take little."""

    @precondition(somebody)
    @rule(
        index=indices,
        room=st.sampled_from((0, 1, 1)),
        sent=changes,
        gathered=changes,
        next_slot=st.booleans(),
    )
    def meet_a_beat(
        self,
        index: int,
        room: int,
        sent: list[tuple[str, str, str, int]],
        gathered: list[tuple[str, str, str, int]],
        next_slot: bool,
    ) -> None:
        reader = self._connected(index)
        self.wait(0.06)
        if next_slot:
            self.world.advance_to_next_timer(-0.01)
        self.world.advance_to_next_timer(0.01)
        self.world.widen(reader, room)
        self.batch(sent)
        self.batch(gathered)
        self.wait(0.02)
