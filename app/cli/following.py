"""Follow the stream across whatever happens to the connection; what comes is given to a taker."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import anyio

from app.cli.addresses import shown
from app.cli.connection import Refused, Unavailable, open_stream, session
from app.cli.entry import MISUSED, WRONG
from app.cli.reader import SilentLoss, Strange
from app.cli.sse import TooLong
from app.cli.terminal import notice, safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import ClientSession

    from app.cli.connection import Connection
    from app.cli.pace import Pace
    from app.cli.reader import Change, Hello, Reader
    from app.cli.sse import Message

HELLO_SECONDS = 10.0
"""For the connection and the first event together."""

FINAL = frozenset({204, 400, 401, 403})
"""Answers that another attempt will not change; 204 is how an event stream says "never"."""


class End(Exception):
    """The end of following: its exit code, and why, if there is anything to say."""

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(why)
        self.code = code


class Taker(Protocol):
    """Who is given the messages, each after the reader has taken it."""

    def take(self, message: Message, changes: Sequence[Change], hello: Hello) -> None:
        """One message, and what changed by it; may raise `End`."""
        ...

    def lose(self, reason: str) -> None:
        """A connection has ended: the server's word for it, or `lost`."""
        ...


@dataclass(slots=True)
class Following:
    """One reader, and the connections it goes through."""

    root: str
    params: Mapping[str, str]
    reader: Reader
    pace: Pace
    taker: Taker
    hello_seconds: float = HELLO_SECONDS
    _greeted: bool = False

    async def follow(self) -> int:
        """Connect, and again whenever the connection ends; gives the exit code."""
        url = safe(shown(self.root)) + "/"
        try:
            async with session() as made:
                while True:
                    started = anyio.current_time()
                    why = await self._once(made)
                    if not self._greeted:
                        raise End(WRONG, why)
                    lasted = anyio.current_time() - started
                    goodbye = self.reader.goodbye
                    if self.reader.hello is not None:
                        self.taker.lose(goodbye.reason if goodbye else "lost")
                    delay = goodbye.retry_seconds if goodbye else self.pace.next(lasted)
                    notice(f"-- {url} {safe(why)}; again in {delay:.1f} s")
                    await anyio.sleep(delay)
        except End as end:
            if str(end):
                notice(f"watchglass: {url} {safe(str(end))}")
            return end.code

    async def _once(self, made: ClientSession) -> str:
        """One connection from its beginning to its end; gives why it ended.

        Raises:
            End: Another one is of no use.
        """
        self.reader.connect()
        try:
            with anyio.fail_after(self.hello_seconds) as deadline:
                async with open_stream(
                    made, self.root, self.params, self.reader.cursor
                ) as connection:
                    await self._read(connection, deadline)
        except Refused as refused:
            if refused.status in FINAL:
                raise End(MISUSED if refused.status == 400 else WRONG, str(refused)) from None
            return str(refused)
        except SilentLoss:
            return "something was lost on the way, so it begins anew"
        except (Strange, TooLong) as strange:
            return f"is no stream of Watchglass: {str(strange) or 'an event without end'}"
        except Unavailable as unavailable:
            return str(unavailable)
        except TimeoutError:
            return "is silent" if self.reader.hello else "does not answer"
        goodbye = self.reader.goodbye
        if goodbye is None:
            return "ended the stream"
        if goodbye.final:
            raise End(WRONG, f"ended the stream: {goodbye.reason}")
        return f"says goodbye: {goodbye.reason}"

    async def _read(self, connection: Connection, deadline: anyio.CancelScope) -> None:
        """Give on what comes. The deadline counts events, not bytes."""
        async with aclosing(connection.messages()) as messages:
            async for message in messages:
                changes = self.reader.receive(message)
                hello = self.reader.hello
                assert hello is not None  # noqa: S101 - the reader takes nothing before it
                deadline.deadline = anyio.current_time() + hello.deadline_seconds
                if connection.retry_ms is not None:
                    self.pace.first = connection.retry_ms / 1000
                self._greeted = True
                self.taker.take(message, changes, hello)
                if self.reader.goodbye is not None:
                    return
