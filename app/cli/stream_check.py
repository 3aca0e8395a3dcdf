"""Is the stream through a URL neither buffered nor cut?

Whatever stands between us and the server may hold bytes back until it has enough of them, or end
an answer that takes too long. The first event and every heartbeat carry the server's time, so what
is held back shows as a difference between delays, whatever the two clocks say.
"""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import anyio

from app.cli.addresses import shown
from app.cli.connection import Refused, Unavailable, fetch, open_stream, session
from app.cli.reader import Reader, SilentLoss, Strange
from app.cli.sse import TooLong

if TYPE_CHECKING:
    import aiohttp

    from app.cli.connection import Connection
    from app.cli.sse import Message

HELD = "something on the way holds the stream back (response buffering must be off)"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds."""

    whole: float = 60.0
    """For everything together."""
    answer: float = 5.0
    """For an ordinary answer."""
    tolerance: float = 5.0
    """For the network and a busy server, beyond a heartbeat's interval; also for hello."""
    held: float = 3.0
    """More than a network delays one event over another, less than buffers do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict, in one sentence."""

    good: bool
    sentence: str


@dataclass(slots=True)
class Timing:
    """When events were made and when they came."""

    delays: list[float] = field(default_factory=list)
    heartbeats: int = 0

    def note(self, message: Message, at: float) -> None:
        """Take an event that came `at`, in seconds of any clock that is not set meanwhile."""
        if message.event not in ("hello", "heartbeat"):
            return
        self.heartbeats += message.event == "heartbeat"
        made = datetime.fromisoformat(json.loads(message.data)["serverTime"])
        self.delays.append(at - made.timestamp())

    @property
    def held(self) -> float:
        """Seconds by which the most delayed event was later than the least delayed one."""
        return max(self.delays) - min(self.delays) if self.delays else 0.0


async def check_stream(
    root: str,
    seconds: float,
    patience: Patience = Patience(),
) -> Finding:
    """Watch the stream of the server at `root` for so long; takes at most a minute."""
    url = f"{shown(root)}/"
    latest = anyio.current_time() + patience.whole
    async with session() as made:
        try:
            # Without an ordinary answer nothing can be said of a stream.
            with anyio.fail_after(patience.answer):
                told = json.loads(await fetch(made, f"{root}/version"))
            if told["data"]["name"] != "watchglass":
                return Finding(False, f"{url} is another program")
            return await Watch(made, root, latest, patience).run(seconds)
        except TimeoutError:
            return Finding(False, f"{url} does not answer within {patience.answer:.0f} s")
        except SilentLoss:
            return Finding(False, "events were lost on the way")
        except (Unavailable, Refused) as trouble:
            return Finding(False, f"{url} {trouble}")
        except (Strange, TooLong, ValueError, KeyError, TypeError) as strange:
            return Finding(False, f"{url} is no Watchglass: {strange}")


class Watch:
    """One look at a stream. Only the topic `sources` is asked for: few bytes fill no buffer."""

    def __init__(
        self, made: aiohttp.ClientSession, root: str, latest: float, patience: Patience
    ) -> None:
        self._made = made
        self._root = root
        self._latest = latest
        self._patience = patience
        self._began = anyio.current_time()
        self._due = self._began + patience.tolerance
        self._reader = Reader()
        self._timing = Timing()

    async def run(self, seconds: float) -> Finding:
        """Look for so long, and until a heartbeat has come."""
        cut = "the stream was cut"
        with anyio.CancelScope(deadline=self._due) as scope:
            try:
                async with open_stream(self._made, self._root, {"topics": "sources"}, None) as open:
                    if await self._seen(open, scope, self._began + seconds):
                        return self._verdict()
            except Unavailable as trouble:
                if self._reader.hello is None:
                    raise
                cut += f" ({trouble})"
            if self._reader.goodbye is not None:
                return Finding(False, f"the server ended the stream: {self._reader.goodbye.reason}")
            return Finding(False, f"{cut} after {self._elapsed:.1f} s")
        return self._silent()

    async def _seen(self, open: Connection, scope: anyio.CancelScope, end: float) -> bool:
        """Take events until `end`; False when the stream ends before."""
        async with aclosing(open.messages()) as messages:
            async for message in messages:
                now = anyio.current_time()
                self._reader.receive(message)
                self._timing.note(message, now)
                hello = self._reader.hello
                if self._reader.goodbye is not None or hello is None:
                    return False
                if message.event in ("hello", "heartbeat"):
                    self._due = now + hello.heartbeat_seconds + self._patience.tolerance
                    scope.deadline = min(self._due, self._latest)
                if now >= end and self._timing.heartbeats:
                    return True
        return False

    def _silent(self) -> Finding:
        """What it means that nothing came for too long."""
        hello = self._reader.hello
        if hello is None:
            first = f"other answers come, the stream says nothing within {self._elapsed:.0f} s"
            return Finding(False, f"{first}: {HELD}")
        if self._due > self._latest:
            return self._verdict()
        late = hello.heartbeat_seconds + self._patience.tolerance
        return Finding(False, f"no heartbeat within {late:.0f} s: {HELD}")

    def _verdict(self) -> Finding:
        held = self._timing.held
        if held > self._patience.held:
            return Finding(False, f"events came in clumps, some {held:.1f} s late: {HELD}")
        count = self._timing.heartbeats
        if not count:
            return Finding(True, f"not cut in {self._elapsed:.0f} s; no heartbeat was due by then")
        beats = f"{count} heartbeat{'' if count == 1 else 's'} in {self._elapsed:.0f} s"
        return Finding(True, f"neither buffered nor cut: {beats}, none held back")

    @property
    def _elapsed(self) -> float:
        return anyio.current_time() - self._began
