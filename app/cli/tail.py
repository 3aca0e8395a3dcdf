"""`watchglass tail`: the stream in the terminal, across whatever happens to the connection."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING

import anyio

from app.cli.addresses import local_root, root_of, shown
from app.cli.connection import Refused, Unavailable, open_stream, session
from app.cli.entry import MISUSED, WRONG
from app.cli.flags import add_settings, read_settings
from app.cli.pace import Pace
from app.cli.reader import Reader, SilentLoss, Strange
from app.cli.sse import TooLong
from app.cli.summaries import line_of
from app.cli.terminal import notice, safe, unread, write_line
from app.cli.usage import Parser, whole
from app.clock import SystemClock
from app.settings.fields import Listening

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiohttp import ClientSession

    from app.cli.connection import Connection
    from app.cli.reader import Change
    from app.cli.sse import Message
    from app.clock import Clock

HELLO_SECONDS = 10.0
"""For the connection and the first event together."""

FINAL = frozenset({204, 400, 401, 403})
"""Answers that another attempt will not change; 204 is how an event stream says "never"."""

NOTES = (
    "Lines are: time, + (new) ~ (changed) - (gone), topic, key, and what the value says. "
    "Notices go to standard error. A stream that was open once is resumed however long it takes; "
    "one that cannot be opened at first is an error."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What to follow, and how to show it."""

    root: str
    params: Mapping[str, str]
    raw: bool = False
    """The messages as JSON instead of lines for people."""
    most: int | None = None
    hello_seconds: float = HELLO_SECONDS


class End(Exception):
    """The end of following: its exit code, and why, if there is anything to say."""

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(why)
        self.code = code


def run(arguments: Sequence[str]) -> int:
    """Follow until it is enough, Ctrl-C, or the server says that coming back is of no use."""
    parser = Parser("tail", "Follow the stream in the terminal.", operand="[URL]", notes=NOTES)
    parser.own.add_argument(
        "url",
        nargs="?",
        metavar="URL",
        help="Root of the server. Default: the one on this machine.",
    )
    parser.own.add_argument(
        "--json",
        action="store_true",
        help="One JSON object per line, as the WebSocket would send them: event, id, data.",
    )
    for name, long, text in (
        ("topics", "--topics", "Topics to follow; repeatable, or separated by commas."),
        ("namespace", "--namespace", "Namespaces to follow; repeatable, or separated by commas."),
    ):
        short = ["-n"] if name == "namespace" else []
        parser.own.add_argument(
            *short, long, dest=name, action="append", metavar="NAME", help=f"{text} Default: all."
        )
    parser.own.add_argument(
        "--since", metavar="ID", help="Begin after this id; without it, with a snapshot."
    )
    parser.own.add_argument(
        "--max-events",
        metavar="NUMBER",
        type=whole(1, 10**9),
        help="Leave after so many events; hello and heartbeats are events too.",
    )
    add_settings(parser, Listening, only=("host", "port", "base_path"))
    found = parser.read(arguments)
    chosen = {"topics": found.topics, "namespace": found.namespace}
    wish = Wish(
        root=root_of(found.url) if found.url else local_root(read_settings(found).settings),
        params={name: ",".join(items) for name, items in chosen.items() if items},
        raw=found.json,
        most=found.max_events,
    )
    return asyncio.run(
        Tail(wish, Reader(found.since), SystemClock(), Pace(SystemRandom())).follow()
    )


@dataclass(slots=True)
class Tail:
    """One reader, and the connections it goes through."""

    wish: Wish
    reader: Reader
    clock: Clock
    pace: Pace
    _events: int = 0
    _greeted: bool = False

    async def follow(self) -> int:
        """Connect, and again whenever the connection ends; gives the exit code."""
        url = safe(shown(self.wish.root)) + "/"
        try:
            async with session() as made:
                while True:
                    started = anyio.current_time()
                    why = await self._once(made)
                    if not self._greeted:
                        raise End(WRONG, why)
                    lasted = anyio.current_time() - started
                    goodbye = self.reader.goodbye
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
            with anyio.fail_after(self.wish.hello_seconds) as deadline:
                async with open_stream(
                    made, self.wish.root, self.wish.params, self.reader.cursor
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
        """Show what comes. The deadline counts events, not bytes."""
        async with aclosing(connection.messages()) as messages:
            async for message in messages:
                changes = self.reader.receive(message)
                hello = self.reader.hello
                assert hello is not None  # noqa: S101 - the reader takes nothing before it
                deadline.deadline = anyio.current_time() + hello.deadline_seconds
                if connection.retry_ms is not None:
                    self.pace.first = connection.retry_ms / 1000
                self._show(message, changes)
                if self.reader.goodbye is not None:
                    return

    def _show(self, message: Message, changes: Sequence[Change]) -> None:
        """Write one event, and end when that was enough or nobody reads."""
        hello = self.reader.hello
        if message.event == "hello" and hello is not None:
            self._greeted = True
            url = safe(shown(self.wish.root))
            notice(f"-- {url}/ {safe(hello.reason)} (watchglass {safe(hello.build)})")
        if self.wish.raw:
            write_line(_raw(message))
        else:
            now = self.clock.now()
            for change in changes:
                write_line(line_of(change, now))
        self._events += 1
        if self._events == self.wish.most:
            raise End(0)
        if unread():
            raise BrokenPipeError


def _raw(message: Message) -> str:
    """The message as the WebSocket would send it, in ASCII."""
    told: dict[str, object] = {"event": message.event}
    if message.id is not None:
        told["id"] = message.id
    told["data"] = json.loads(message.data)
    return json.dumps(told, separators=(",", ":"))
