"""A hub whose time the test moves: by hand without an event loop, or with looptime in one."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import anyio

from app.stream import Hub, Limits, WriterClosed
from app.stream.ledger import loop_later
from tests.fakes.clock import LoopClock, ManualClock
from tests.stream.wire import FakeWriter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from app.stream import Dialect, Subscription, Topic
    from tests.stream.wire import Event, Json

    Vitals = Callable[[tuple[str, ...], frozenset[str] | None], Mapping[str, object]]

EPOCH = "0123456789"


@dataclass(slots=True)
class Timer:
    """A call that is to come."""

    at: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass(slots=True)
class Timers:
    """What `later` is in a running loop."""

    clock: ManualClock
    pending: list[Timer] = field(default_factory=list)

    def later(self, delay: float, call: Callable[[], None]) -> Timer:
        timer = Timer(self.clock.monotonic() + delay, call)
        self.pending.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass, and call what is due at its time."""
        end = self.clock.monotonic() + seconds
        while due := [timer for timer in self.pending if timer.at <= end]:
            timer = min(due, key=lambda timer: timer.at)
            self.pending.remove(timer)
            self.clock.advance(max(0.0, timer.at - self.clock.monotonic()))
            if not timer.cancelled:
                timer.call()
        self.clock.advance(end - self.clock.monotonic())

    @property
    def armed(self) -> list[float]:
        """When something is due."""
        return [timer.at for timer in self.pending if not timer.cancelled]


def place(key: str) -> str | None:
    """The namespace of `a/1` is `a`; other keys have none."""
    return key.partition("/")[0] if "/" in key else None


def plain(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def brief(value: Json) -> bytes:
    return b'"brief"'


READS = {"detail": plain, "summary": brief}


class Stage:
    """Two topics, `pods` (in namespaces) and `jobs` (for the detail audience alone)."""

    def __init__(
        self, limits: Limits | None = None, vitals: Vitals | None = None, *, loop: bool = False
    ) -> None:
        self.timers = Timers(ManualClock())
        self.hub = Hub(
            LoopClock() if loop else self.timers.clock,
            limits=limits,
            vitals=vitals,
            epoch=EPOCH,
            random=Random(1),
            build="b1",
            later=loop_later if loop else self.timers.later,
        )
        self.pods: Topic[Json] = self.hub.topic("pods", reads=READS, namespace_of=place)
        self.jobs: Topic[Json] = self.hub.topic("jobs", reads={"detail": plain})

    def writer(
        self,
        dialect: Dialect = "sse",
        *,
        stepped: bool = True,
        room: int | None = None,
        pace: float = 0.0,
    ) -> FakeWriter:
        return FakeWriter(dialect, stepped=stepped, room=room, pace=pace, closed=WriterClosed)

    def attach(
        self,
        writer: FakeWriter | None = None,
        *,
        topics: Iterable[str] = ("pods",),
        namespaces: Iterable[str] | None = None,
        audience: str = "detail",
        since: int | str | None = None,
        max_events: int | None = None,
    ) -> tuple[Subscription, FakeWriter]:
        """Attach a reader; `since` is a seq of this epoch, or a whole cursor."""
        writer = writer or self.writer()
        cursor = f"{EPOCH}-{since}" if isinstance(since, int) else since
        subscription = self.hub.attach(
            topics=topics,
            namespaces=namespaces,
            audience=audience,
            writer=writer,
            cursor=cursor,
            max_events=max_events,
        )
        return subscription, writer


@asynccontextmanager
async def running(
    limits: Limits | None = None, vitals: Vitals | None = None
) -> AsyncIterator[Stage]:
    """A stage whose hub runs, in the running loop's time."""
    stage = Stage(limits, vitals, loop=True)
    async with anyio.create_task_group() as tasks:
        await tasks.start(stage.hub.run)
        yield stage
        tasks.cancel_scope.cancel()


async def settle() -> None:
    """Let what is ready happen: fake time moves when nothing is."""
    await anyio.sleep(0.001)


def names(events: Iterable[Event]) -> list[str]:
    """The events' names."""
    return [event.event for event in events]


def changed(events: Iterable[Event]) -> list[tuple[str, Json]]:
    """Key and value of each change, None for a removal."""
    return [
        (str(change["key"]), change.get("value"))
        for event in events
        if event.event == "change"
        for change in changes_of(event)
    ]


def changes_of(event: Event) -> list[dict[str, Json]]:
    changes = event.data["changes"]
    assert isinstance(changes, list)
    return [change for change in changes if isinstance(change, dict)]


def items_of(event: Event) -> dict[str, Json]:
    """What one part of a snapshot holds."""
    items = event.data["items"]
    assert isinstance(items, list)
    return {str(item["key"]): item["value"] for item in items if isinstance(item, dict)}
