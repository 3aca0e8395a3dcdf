"""A board in an event loop of its own: it is filled, follows changes, and everything happens to it.

Prints what it found as JSON. What the benchmark itself does in the loop, such as making the bytes
that are read, is taken out of the stalls but not out of the CPU time.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import anyio
import structlog
import uvloop

from app.cluster.calls import Calls
from app.cluster.limits import WatchLimits
from app.cluster.listing import list_all
from app.errors import AccessDenied
from app.main import COLLECT
from benchmarks.children import memory_kb, waited_seconds
from benchmarks.derive.house import House, Shifted
from benchmarks.derive.objects import Amount, Objects
from benchmarks.derive.reader import attach
from benchmarks.derive.workload import Followed, Moment, Workload
from benchmarks.reflect.pods import NAMESPACE
from benchmarks.ticker import Ticker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from typing import Any

    from app.cluster.answers import Call
    from benchmarks.derive.objects import Told

DENIED = AccessDenied("forbidden", verb="list", group="", resource="pods", namespace=NAMESPACE)
HOUR = 3600.0
LATER = 61.0
"""Seconds after which everything that was waiting is due at once."""


class Pages:
    """A transport that gives one page after another."""

    def __init__(self, bodies: Iterator[bytes], ticker: Ticker) -> None:
        self._bodies = bodies
        self._ticker = ticker

    async def fetch(self, call: Call) -> bytes:
        """The next one."""
        body = next(self._bodies)
        self._ticker.forgive()
        await asyncio.sleep(0)
        return body

    def watch(self, call: Call, silence: float) -> Any:
        """Nobody watches here."""
        raise AssertionError("the pages are read by lists alone")


async def run(room: Callable[[], Awaitable[None]]) -> None:
    """What runs while the board does."""
    await room()


class Board:
    """One board, and a ticker beside it."""

    def __init__(self, workload: Workload, *, derived: bool) -> None:
        self.workload = workload
        self.clock = Shifted()
        self.house = House(self.clock, derived=derived)
        self.objects = Objects(Amount(workload.pods, workload.cronjobs), self.clock.now())
        self.ticker = Ticker()
        self.moments: dict[str, Moment] = {}

    async def play(self) -> Followed:
        """Everything that happens to it."""
        workload, house = self.workload, self.house
        changes = list(self.objects.changes(int(workload.rate * workload.seconds)))
        async with anyio.create_task_group() as tasks:
            for room in house.rooms:
                tasks.start_soon(run, room)
            takers = attach(house.hub)
            self.ticker.start()
            gc.collect()
            before = memory_kb(os.getpid())
            waiting, opened = waited_seconds(os.getpid()), time.monotonic()
            self.ticker.forgive()
            await self.read(version=1)
            house.settle()
            await self.settled("listing")
            gc.collect()
            memory = memory_kb(os.getpid()) - before
            self.ticker.forgive()
            # What waited for its on-delay counts, so that changes meet a board that has lived.
            self.clock.passed += LATER
            await self.settled("alarms")

            start, worked = time.monotonic(), time.process_time()
            await self.follow(changes)
            worked, took = time.process_time() - worked, time.monotonic() - start
            self.note("following")
            house.fail(DENIED)
            await self.settled("lost")
            house.prove()
            await self.settled("back")
            for self.clock.set_by in (HOUR, 0.0):
                await self.settled("clock")
            await self.read(version=2, every=100)
            await self.settled("relist")
            await self.read(version=3)
            await self.settled("replaced")
            found = Followed(
                objects=self.objects.amount.objects,
                share=worked / took,
                cpu_us=worked / len(changes) * 1e6,
                memory_kb=memory,
                incidents=len(house.board.incidents),
                alarms=len(house.timer),
                frames=sum(taker.frames for taker in takers),
                waited=(waited_seconds(os.getpid()) - waiting) / (time.monotonic() - opened),
                moments=self.moments,
            )
            tasks.cancel_scope.cancel()
        return found

    async def read(self, *, version: int, every: int = 1) -> None:
        """Lists everything as a reflector does; of another version is every so manyth pod."""
        paged = groupby(self.objects.pages(version, every), key=lambda one: one[0])
        for projection, pages in paged:
            collection = self.house.collections[projection.topic]
            listing = await list_all(
                Pages((body for _, body in pages), self.ticker),
                Calls(projection, NAMESPACE),
                projection,
                collection.objects,
                WatchLimits(),
                collection.show_early,
            )
            assert not listing.unreadable, listing.unreadable
            collection.swap(listing.objects, listing.version)
            await asyncio.sleep(0)

    async def follow(self, changes: list[Told]) -> None:
        """Reads and takes the changes at their rate."""
        began = time.monotonic()
        for step, told in enumerate(changes):
            await asyncio.sleep(max(0.0, began + step / self.workload.rate - time.monotonic()))
            self.house.take(told.projection, told.item())

    async def settled(self, moment: str) -> None:
        """Waits until what just happened has had its consequences."""
        await asyncio.sleep(self.workload.settling)
        self.note(moment)

    def note(self, moment: str) -> None:
        """Keeps the longest stall since the last note."""
        stall, known = self.ticker.taken(), self.moments.get(moment)
        self.moments[moment] = Moment(
            max(stall.wall, 0.0 if known is None else known.wall),
            max(stall.cpu, 0.0 if known is None else known.cpu),
        )


def main(workload: str, derived: str) -> None:
    """Prints one line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    gc.set_threshold(*COLLECT)
    board = Board(Workload(**json.loads(workload)), derived=derived == "derived")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(board.play()))))


if __name__ == "__main__":
    main(*sys.argv[1:])
