"""Bytes to readers: at once where that is possible, by a task where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from app.stream.writers import WriterClosed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anyio.abc import TaskGroup

    from app.stream.frame import Frame
    from app.stream.hub import Hub
    from app.stream.subscription import Subscription
    from app.stream.view import View


class Delivery:
    """Writes frames, and keeps one task for each reader that lags or is being closed.

    A live reader that takes a frame costs one call. One that does not becomes lagging: it holds a
    position, and its task asks the view what has changed since, until nothing has.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._tasks: TaskGroup | None = None
        self._next_flush: anyio.Event | None = None

    def open(self, tasks: TaskGroup) -> None:
        """Begin to serve lagging readers, those that came before included."""
        self._tasks = tasks
        for view in self._hub.views.values():
            for reader in view.lagging:
                tasks.start_soon(self._catch_up, reader)

    def shut(self) -> None:
        """The task group is ending, and with it the heartbeats: no reader stays without them."""
        self._tasks = None
        for reader in self._hub.subscriptions():
            self._drop(reader, reader.ending or "ended")

    def start(self, reader: Subscription, owed: tuple[Frame, ...]) -> None:
        """Give a new reader what it is owed; it is live once it has taken all of it."""
        taken = self._push(reader, owed)
        if taken is None:
            return
        if taken == len(owed):
            reader.view.live[reader] = None
        else:
            reader.rest = owed[taken:]
            self._lag(reader)

    def broadcast(self, view: View, frames: tuple[Frame, ...], after: int) -> None:
        """Write `frames` to every live reader of `view`, who stood at `after`."""
        if len(frames) == 1:
            self._broadcast_one(view, frames[0], after)
            return
        for reader in tuple(view.live):
            taken = self._push(reader, frames)
            if taken is None or taken == len(frames):
                continue
            ids = [frame.seq for frame in frames[:taken] if frame.seq is not None]
            reader.position = ids[-1] if ids else after
            self._lag(reader)

    def flushed(self) -> None:
        """What was gathered has been given to the live readers."""
        if self._next_flush is not None:
            self._next_flush.set()
            self._next_flush = None

    def give_up(self, view: View) -> None:
        """Drop the readers of a view that cannot be encoded."""
        for reader in (*view.live, *view.lagging):
            self._drop(reader, "fault")

    def beat(self, reader: Subscription, frame: Frame) -> None:
        """Give a heartbeat to a reader; a lagging one gets one when it has caught up."""
        view = reader.view
        if reader in view.live:
            if self._push(reader, (frame,)) != 0:
                return
            reader.position = view.flushed
            self._lag(reader)
        reader.beat_due = True

    def end(self, reader: Subscription, reason: str, *, after: float = 0.0) -> None:
        """Say goodbye now (after hello, which comes first for everybody), close in a while."""
        if reader.over:
            return
        owed: tuple[Frame, ...] = (self._hub.greeting.goodbye(reason),)
        said: int | None = 0
        if reader in reader.view.live:
            said = self._push(reader, owed)
        elif reader.rest and reader.rest[0].event == "hello":
            owed = (reader.rest[0], *owed)
        if said is not None:
            self._leave(reader, reason, owed[said:], after)

    def sweep(self) -> None:
        """Drop lagging readers that have taken not one byte for too long."""
        now = self._hub.clock.monotonic()
        for view in tuple(self._hub.views.values()):
            for reader in tuple(view.lagging):
                progress = reader.writer.progress()
                if progress != reader.progress:
                    reader.progress, reader.progress_at = progress, now
                elif now - reader.progress_at >= self._hub.limits.stall_seconds:
                    self._hub.statistics.stalled += 1
                    self._drop(reader, "stalled")

    def _broadcast_one(self, view: View, frame: Frame, after: int) -> None:
        """The usual flush, without a list or a call more than it needs."""
        statistics = self._hub.statistics
        frames = size = 0
        behind: list[Subscription] = []
        for reader in tuple(view.live):
            if reader.events_left is not None:
                if self._push(reader, (frame,)) == 0:
                    behind.append(reader)
                continue
            try:
                written = reader.writer.try_write(frame)
            except WriterClosed:
                self._hub.detach(reader, "left")
                continue
            if written:
                frames += 1
                size += written
            else:
                behind.append(reader)
        statistics.frames_written += frames
        statistics.bytes_written += size
        for reader in behind:
            reader.position = after
            self._lag(reader)

    def _push(self, reader: Subscription, frames: Iterable[Frame]) -> int | None:
        """Write without waiting; gives how many were taken, None when the reader is over."""
        taken = 0
        try:
            for frame in frames:
                size = reader.writer.try_write(frame)
                if not size:
                    break
                taken += 1
                self._took(reader, size)
                if reader.over:
                    return None
        except WriterClosed:
            self._hub.detach(reader, "left")
            return None
        return taken

    def _took(self, reader: Subscription, size: int) -> None:
        """Count a frame; the last that the reader wanted ends its stream."""
        statistics = self._hub.statistics
        statistics.bytes_written += size
        statistics.frames_written += 1
        if reader.events_left is None or reader.over:
            return
        reader.events_left -= 1
        if reader.events_left == 0:
            self._leave(reader, "enough", (), 0.0)

    def _lag(self, reader: Subscription) -> None:
        self._set_aside(reader)
        self._hub.statistics.lags += reader.writer.stepped
        if self._tasks is not None:
            self._tasks.start_soon(self._catch_up, reader)

    def _set_aside(self, reader: Subscription) -> None:
        """Take a reader out of the broadcast; from now on something of its own serves it."""
        view = reader.view
        view.live.pop(reader, None)
        if reader not in view.lagging:
            view.lagging[reader] = None
            self._hub.statistics.lagging += 1
        reader.progress = reader.writer.progress()
        reader.progress_at = self._hub.clock.monotonic()

    def _leave(
        self, reader: Subscription, reason: str, owed: tuple[Frame, ...], after: float
    ) -> None:
        reader.ending = reason
        reader.rest = ()
        self._set_aside(reader)
        if reader.scope is not None:
            reader.scope.cancel()
        if self._tasks is None:
            self._drop(reader, reason)
        else:
            self._tasks.start_soon(self._close, reader, reason, owed, after)

    async def _catch_up(self, reader: Subscription) -> None:
        """Write until nothing is missing, then let the reader be live again."""
        hub, view = self._hub, reader.view
        with anyio.CancelScope() as reader.scope:
            try:
                while not reader.over:
                    if reader.rest:
                        await self._write(reader, reader.rest[:1])
                        reader.rest = reader.rest[1:]
                    elif reader.position < view.flushed:
                        delta = view.since(reader.position, hub.seq)
                        await self._write(reader, delta.frames)
                        reader.position = delta.upto
                    elif reader.beat_due:
                        reader.beat_due = False
                        await self._write(reader, (hub.heartbeat(view),))
                    elif reader.position > view.flushed:
                        await self._wait_for_flush()
                    else:
                        del view.lagging[reader]
                        hub.statistics.lagging -= 1
                        view.live[reader] = None
                        break
            except WriterClosed:
                hub.detach(reader, "left")
        reader.scope = None

    async def _wait_for_flush(self) -> None:
        """Wait until the others have what is gathered: one that lags does not hurry them."""
        if self._next_flush is None:
            self._next_flush = anyio.Event()
        await self._next_flush.wait()

    async def _write(self, reader: Subscription, frames: Iterable[Frame]) -> None:
        """Write, waiting, until it is over.

        It may be over although the write went well: whoever ends a reader cancels its task, but a
        task that is about to wake is not told before its next wait.
        """
        for frame in frames:
            self._took(reader, await reader.writer.write(frame))
            if reader.over:
                return

    async def _close(
        self, reader: Subscription, reason: str, owed: tuple[Frame, ...], after: float
    ) -> None:
        """Write the goodbye if it is still owed, wait, close; drop what does not close."""
        patience = self._hub.limits.farewell_seconds
        try:
            with anyio.fail_after(patience):
                for frame in owed:
                    await self._write(reader, (frame,))
            await anyio.sleep(after)
            with anyio.fail_after(patience):
                await reader.writer.close(reason)
        except TimeoutError:
            reader.writer.abort()
        except WriterClosed:
            pass
        self._hub.detach(reader, reason)

    def _drop(self, reader: Subscription, reason: str) -> None:
        reader.writer.abort()
        self._hub.detach(reader, reason)
