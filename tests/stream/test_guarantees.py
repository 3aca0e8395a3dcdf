"""The guarantees of docs/stream.md, held against anything that can happen.

Every machine checks all of them, and with them ids, sizes of writes, batches, audiences and
heartbeats; each has besides the common rules one that aims at the guarantee it is named after.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stream.machine import StreamMachine, changes, cursors, indices, keys, topics, wires

if TYPE_CHECKING:
    from app.stream import Dialect

pytestmark = pytest.mark.timeout(400)

GUARANTEES = 5
RUNS = 2_000 if os.environ.get("CI") == "true" else 200
"""Of all machines together."""

SETTINGS = settings(
    max_examples=RUNS // GUARANTEES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


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


class AgreementMachine(StreamMachine):
    """2. When changes stop, every connected reader equals the board."""

    @rule(topic=topics, kept=st.sets(keys, max_size=2))
    def clear_and_agree(self, topic: str, kept: set[str]) -> None:
        self.replace(topic, kept, None)
        self.agree()


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


Order = OrderMachine.TestCase
Agreement = AgreementMachine.TestCase
Forward = ForwardMachine.TestCase
Bound = BoundMachine.TestCase
Terminal = TerminalMachine.TestCase

Order.settings = SETTINGS
Agreement.settings = SETTINGS
Forward.settings = SETTINGS
Bound.settings = SETTINGS
Terminal.settings = SETTINGS
