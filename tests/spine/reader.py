"""Readers over real sockets: server-sent events and WebSocket, each for one page."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, Protocol

import aiohttp

from tests.spine.oracle import as_listed
from tests.spine.page import Address, Page
from tests.stream.wire import parse_sse, parse_websocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from tests.spine.oracle import Truth
    from tests.stream.wire import Event, Json

Dialect = Literal["sse", "websocket"]

OURS = frozenset({"sources", "incidents", "health"})
"""Topics that say what we make of the others."""

IMPATIENCE_SECONDS = 0.05
"""Between two attempts to connect: that of a person who presses reload, not of a browser."""

LONGEST_BLOCK = 65_536
PATIENCE_SECONDS = 60.0
"""For anything that is bound to happen; only a failing test waits so long."""


class Served(Protocol):
    """Something that a page can connect to."""

    @property
    def url(self) -> str | None:
        """Its root without a slash at the end, None while nobody is there."""
        ...


class Reader:
    """One page and its connection, renewed for as long as it runs."""

    def __init__(self, house: Served, dialect: Dialect, query: Mapping[str, str]) -> None:
        self.page = Page()
        self.dialect = dialect
        self.connections = 0
        self.news = asyncio.Event()
        self._house = house
        self._query = dict(query)

    async def run(self) -> None:
        """Connect, read until the server or the network ends it, and again."""
        async with aiohttp.ClientSession() as session:
            while True:
                if (url := self._house.url) is not None:
                    try:
                        await self._read(session, url)
                    except (aiohttp.ClientError, OSError):
                        pass
                await asyncio.sleep(IMPATIENCE_SECONDS)

    async def _read(self, session: aiohttp.ClientSession, url: str) -> None:
        """One connection, with the cursor of the last."""
        self.page.connect()
        events = self._sse if self.dialect == "sse" else self._websocket
        async for event in events(session, url):
            self.page.receive(event)
            self.news.set()

    async def _sse(self, session: aiohttp.ClientSession, url: str) -> AsyncIterator[Event]:
        headers = {"Accept": "text/event-stream"}
        if self.page.last_id is not None:
            headers["Last-Event-ID"] = self.page.last_id
        timeout = aiohttp.ClientTimeout(total=None, connect=10)
        async with session.get(
            f"{url}/api/stream", params=self._query, headers=headers, timeout=timeout
        ) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.content_type == "text/event-stream"
            self.connections += 1
            rest = b""
            async for chunk in answer.content.iter_any():
                *blocks, rest = (rest + chunk).split(b"\n\n")
                for block in blocks:
                    assert len(block) < LONGEST_BLOCK
                    for event in parse_sse(block + b"\n\n"):
                        yield event

    async def _websocket(self, session: aiohttp.ClientSession, url: str) -> AsyncIterator[Event]:
        since = {} if self.page.last_id is None else {"since": self.page.last_id}
        async with session.ws_connect(f"{url}/api/ws", params=self._query | since) as socket:
            self.connections += 1
            async for message in socket:
                assert message.type is aiohttp.WSMsgType.TEXT, message
                text: str = message.data
                for event in parse_websocket(text.encode()):
                    yield event


class Readers:
    """Two readers of the same stream, one by each transport; what is asked is asked of both."""

    def __init__(self, readers: Iterable[Reader]) -> None:
        self.all = tuple(readers)

    @property
    def pages(self) -> tuple[Page, ...]:
        """What they hold."""
        return tuple(reader.page for reader in self.all)

    def set_out(self) -> None:
        """Begin the journeys of the sources anew."""
        for page in self.pages:
            page.set_out()

    async def until(
        self, holds: Callable[[Page], bool], *, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Wait until something holds of every page."""
        for reader in self.all:
            try:
                async with asyncio.timeout(seconds):
                    while not holds(reader.page):
                        reader.news.clear()
                        await reader.news.wait()
            except TimeoutError:
                raise AssertionError(f"not within {seconds:.0f} s: {told(reader)}") from None

    async def live(self) -> None:
        """Wait until everything is live, complete and trusted."""
        await self.until(Page.all_live)

    async def converge(self, truth: Truth) -> None:
        """Wait until every page holds the truth, and nothing else but what we say of ourselves.

        The truth is asked for again after each look: it may still move.
        """
        for reader in self.all:
            expected: dict[Address, Json] = {}
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while True:
                        reader.news.clear()
                        expected = await truth()
                        page = reader.page
                        if as_listed(page.held(set(page.topics) - OURS)) == expected:
                            break
                        await reader.news.wait()
            except TimeoutError:
                wrong = differences(reader.page, expected)
                raise AssertionError(f"{wrong} in {told(reader)}") from None


def differences(page: Page, expected: Mapping[Address, Json]) -> list[str]:
    """What a page holds otherwise."""
    held = as_listed(page.held(set(page.topics) - OURS))
    return [
        f"{address}: held {held.get(address)}, true {expected.get(address)}"
        for address in sorted(held.keys() | expected.keys())
        if held.get(address) != expected.get(address)
    ]


def told(reader: Reader) -> str:
    """A reader's state, for a failure."""
    page = reader.page
    return (
        f"{reader.dialect}: {reader.connections} connections, hello {page.reasons}, "
        f"synced {page.synced}, stale {sorted(page.stale)}, sources {page.journeys}, "
        f"{len(page.values)} values, last {page.last_id}"
    )


@asynccontextmanager
async def reading(house: Served, **query: str) -> AsyncIterator[Readers]:
    """Two readers with the same query, until the end of the block."""
    readers = [Reader(house, dialect, query) for dialect in ("sse", "websocket")]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(reader.run()) for reader in readers]
        yield Readers(readers)
        for task in tasks:
            task.cancel()
