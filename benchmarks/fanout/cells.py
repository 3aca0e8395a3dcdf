"""The workloads: what is published how fast, for how long, and who takes part."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.fanout.contenders import (
    EAGER,
    LIMIT,
    NCHAN,
    OURS,
    RAW,
    SSE_STARLETTE,
    STREAMING,
    Contender,
)

PAYLOAD = 300
KEYS = 1024
"""Bytes of a payload, and how many objects take turns: far more than change within 50 ms, so that
gathering joins events into one write but drops none, and every delivery can be counted."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A workload; `rate` None publishes as soon as every reader has the previous event."""

    name: str
    title: str
    rate: float | None
    seconds: float
    contenders: tuple[Contender, ...]
    readers: int = 1000
    stalled: int = 0
    warm: float = 0.5
    drain: float = 2.0

    def command(self, seconds: float) -> str:
        """The line that makes the reader do this for so long."""
        if self.rate is None:
            return f"closed {seconds}"
        return f"open {self.rate} {seconds} {self.drain}"


CAPACITY = Cell(
    "capacity",
    "Capacity: the next event when every reader has the last",
    None,
    2.0,
    (EAGER, SSE_STARLETTE, STREAMING, NCHAN, RAW, LIMIT),
)
CALM = Cell("calm", "A calm hour: 20 events/s", 20, 3.0, (OURS, SSE_STARLETTE, STREAMING, NCHAN))
STORM = Cell("storm", "A storm: 400 events/s", 400, 4.0, (OURS, SSE_STARLETTE, STREAMING, NCHAN))
STALLED = Cell(
    "stalled",
    "The storm with 5 % of the readers stalled",
    400,
    4.0,
    (OURS,),
    stalled=50,
)

CELLS = (CAPACITY, CALM, STORM, STALLED)


def quick(cell: Cell) -> Cell:
    """The same workload as a smoke test: fewer readers, a fraction of the time."""
    return replace(
        cell, readers=200, stalled=cell.stalled // 5, seconds=cell.seconds / 4, warm=0.2, drain=1.0
    )
