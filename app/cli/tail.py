"""`watchglass tail`: the stream in the terminal, across whatever happens to the connection."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING

from app.cli.addresses import local_root, root_of, shown
from app.cli.flags import add_settings, read_settings
from app.cli.following import HELLO_SECONDS, End, Following
from app.cli.pace import Pace
from app.cli.reader import Reader
from app.cli.summaries import line_of
from app.cli.terminal import notice, safe, unread, write_line
from app.cli.usage import Parser, whole
from app.clock import SystemClock
from app.settings.fields import Listening

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.cli.reader import Change, Hello
    from app.cli.sse import Message
    from app.clock import Clock

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
    """One reader, and what of it is shown."""

    wish: Wish
    reader: Reader
    clock: Clock
    pace: Pace
    _events: int = 0

    async def follow(self) -> int:
        """Follow until it is enough; gives the exit code."""
        wish = self.wish
        following = Following(
            wish.root, wish.params, self.reader, self.pace, self, wish.hello_seconds
        )
        return await following.follow()

    def take(self, message: Message, changes: Sequence[Change], hello: Hello) -> None:
        """Write one event, and end when that was enough or nobody reads."""
        if message.event == "hello":
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

    def lose(self, reason: str) -> None:
        """Nothing to show: the notice of the connection says it."""


def _raw(message: Message) -> str:
    """The message as the WebSocket would send it, in ASCII."""
    told: dict[str, object] = {"event": message.event}
    if message.id is not None:
        told["id"] = message.id
    told["data"] = json.loads(message.data)
    return json.dumps(told, separators=(",", ":"))
