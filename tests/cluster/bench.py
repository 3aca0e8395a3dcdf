"""A reflector on a bench: its script, and what came of it. For tests in fake time."""

from __future__ import annotations

from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING

import anyio

from app.cluster.reflector import Reflector
from tests.cluster.objects import THINGS, RecordingMonitor, RecordingSink, Thing, item, page
from tests.fakes.clock import LoopClock
from tests.fakes.transport import ALIVE, Answer, ScriptedTransport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.cluster.limits import WatchLimits

QUIET = Answer([1e9])
"""A watch on which nothing happens."""


class Bench:
    """A reflector, its script, and what came of it."""

    def __init__(
        self,
        lists: Sequence[Answer | None],
        watches: Sequence[Answer | None] = (QUIET,),
        limits: WatchLimits | None = None,
        probes: Sequence[Answer | None] = (ALIVE,),
    ) -> None:
        self.transport = ScriptedTransport(lists, watches, probes)
        self.sink = RecordingSink()
        self.monitor = RecordingMonitor()
        self.clock = LoopClock()
        self.reflector: Reflector[Thing] = Reflector(
            THINGS,
            "a",
            self.transport,
            self.sink,
            self.monitor,
            clock=self.clock,
            random=Random(1),
            limits=limits,
        )

    @asynccontextmanager
    async def running(self, seconds: float) -> AsyncIterator[None]:
        """Let it run for so long, then look."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.reflector.run)
            await anyio.sleep(seconds)
            yield
            tasks.cancel_scope.cancel()

    async def run(self, seconds: float) -> Bench:
        async with self.running(seconds):
            pass
        return self


def listed(version: int, *names: str, text: str = "") -> Answer:
    return Answer([page(version, *(item(name, version, text) for name in names))])


def watching(*chunks: bytes | float, quiet: bool = True) -> Answer:
    return Answer([*chunks, 1e9] if quiet else chunks)
