"""What a change costs among few objects and among many, with derivations and without, in turn.

Nobody reads and nothing is decoded: what is left is the board and what is derived, in one process,
block by block. The clocks go on as if the changes came at their rate. Prints JSON.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import structlog

from app.main import COLLECT
from benchmarks.derive.house import House, Shifted
from benchmarks.derive.objects import Amount, Objects
from benchmarks.derive.workload import FEW, Costs, Workload

if TYPE_CHECKING:
    from typing import Any

    from app.cluster.projection import Item, Projection

ON_DELAY = 61.0


class Board:
    """A board that is full, and the changes that are to come."""

    def __init__(self, amount: Amount, workload: Workload, *, derived: bool) -> None:
        self.clock = Shifted()
        self.house = House(self.clock, derived=derived)
        self.costs: list[float] = []
        self._workload = workload
        objects = Objects(amount, self.clock.now())
        for projection, body in objects.pages():
            for item in projection.page(body).items:
                self.house.show(projection, item)
        self.house.settle()
        self.clock.passed += ON_DELAY
        self.house.timer.advance()
        self.house.prove()
        self.house.timer.advance()
        changes = objects.changes(workload.block * workload.blocks)
        self._changes = [(told.projection, told.item()) for told in changes]

    def block(self, number: int) -> None:
        """Takes one block of changes, and the alarms that come due meanwhile."""
        start, rate = number * self._workload.block, self._workload.rate
        began = time.thread_time()
        for turn, change in enumerate(self._changes[start : start + self._workload.block]):
            self.clock.passed += 1 / rate
            self._take(*change)
            if turn % rate == 0:
                self.house.timer.advance()
        self.costs.append((time.thread_time() - began) / self._workload.block * 1e6)

    def _take(self, projection: Projection[Any], item: Item[Any]) -> None:
        self.house.take(projection, item)


def compare(workload: Workload) -> Costs:
    """The four boards in turn; the first block of each warms it up."""
    many = Amount(workload.pods, workload.cronjobs)
    few = Amount(round(many.pods * FEW), max(1, round(many.cronjobs * FEW)))
    boards = [
        Board(amount, workload, derived=derived)
        for derived in (True, False)
        for amount in (few, many)
    ]
    gc.collect()
    for number in range(workload.blocks):
        for board in boards:
            board.block(number)
    return Costs(*(board.costs[1:] for board in boards))


def main(workload: str) -> None:
    """Prints one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    gc.set_threshold(*COLLECT)
    print(json.dumps(asdict(compare(Workload(**json.loads(workload))))))


if __name__ == "__main__":
    main(*sys.argv[1:])
