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
        self._early: list[Subscription] = []

    def open(self, tasks: TaskGroup) -> None:
        """Begin to serve lagging readers, those that came before included."""
        self._tasks = tasks
        early, self._early = self._early, []
        for reader in early:
            tasks.start_soon(self._catch_up, reader)

    def shut(self) -> None:
        """The task group is ending: readers that lag from now on wait for the next one."""
        self._tasks = None

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
        """Say goodbye now, close after so many seconds."""
        if reader.closed or reader.ending is not None:
            return
        goodbye = self._hub.greeting.goodbye(reason)
        said: int | None = 0
        if reader in reader.view.live:
            said = self._push(reader, (goodbye,))
        if said is not None:
            self._leave(reader, reason, () if said else (goodbye,), after)

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
        written = 0
        behind: list[Subscription] = []
        payloads = {"sse": b"", "websocket": b""}
        for reader in tuple(view.live):
            if reader.events_left is not None:
                if self._push(reader, (frame,)) == 0:
                    behind.append(reader)
                continue
            writer = reader.writer
            payload = payloads[writer.dialect]
            if not payload:
                payload = payloads[writer.dialect] = frame.bytes(writer.dialect)
            try:
                if writer.try_write(payload):
                    written += 1
                    statistics.bytes_written += len(payload)
                else:
                    behind.append(reader)
            except WriterClosed:
                self._hub.detach(reader, "left")
        statistics.frames_written += written
        for reader in behind:
            reader.position = after
            self._lag(reader)

    def _push(self, reader: Subscription, frames: Iterable[Frame]) -> int | None:
        """Write without waiting; gives how many were taken, None when the reader is gone."""
        taken = 0
        try:
            for frame in frames:
                payload = frame.bytes(reader.writer.dialect)
                if not reader.writer.try_write(payload):
                    break
                taken += 1
                if self._took(reader, payload):
                    return None
        except WriterClosed:
            self._hub.detach(reader, "left")
            return None
        return taken

    def _took(self, reader: Subscription, payload: bytes) -> bool:
        """Count a frame; True when it was the last that the reader wanted."""
        statistics = self._hub.statistics
        statistics.bytes_written += len(payload)
        statistics.frames_written += 1
        if reader.events_left is None or reader.ending is not None:
            return False
        reader.events_left -= 1
        if reader.events_left > 0:
            return False
        self._leave(reader, "enough", (), 0.0)
        return True

    def _lag(self, reader: Subscription) -> None:
        self._set_aside(reader)
        self._hub.statistics.lags += reader.writer.stepped
        if self._tasks is None:
            self._early.append(reader)
        else:
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
        if reader not in view.lagging or reader.ending is not None:
            return
        with anyio.CancelScope() as reader.scope:
            try:
                while True:
                    if reader.rest:
                        frames, upto = reader.rest, reader.position
                        reader.rest = ()
                    else:
                        hub.flush()
                        _, upto, _, frames = view.since(reader.position, hub.seq)
                    if await self._write(reader, frames):
                        return
                    reader.position = upto
                    if upto != hub.seq:
                        continue
                    hub.flush()
                    if not reader.beat_due:
                        break
                    reader.beat_due = False
                    if await self._write(reader, (hub.heartbeat(view),)):
                        return
            except WriterClosed:
                hub.detach(reader, "left")
                return
            del view.lagging[reader]
            hub.statistics.lagging -= 1
            view.live[reader] = None
        reader.scope = None

    async def _write(self, reader: Subscription, frames: Iterable[Frame]) -> bool:
        """Write, waiting; True when the reader wants no more."""
        for frame in frames:
            payload = frame.bytes(reader.writer.dialect)
            await reader.writer.write(payload)
            if self._took(reader, payload):
                return True
        return False

    async def _close(
        self, reader: Subscription, reason: str, owed: tuple[Frame, ...], after: float
    ) -> None:
        """Write the goodbye if it is still owed, wait, close; drop what does not close."""
        patience = self._hub.limits.farewell_seconds
        try:
            with anyio.fail_after(patience):
                await self._write(reader, owed)
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
