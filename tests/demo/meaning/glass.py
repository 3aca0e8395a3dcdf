"""The ordinary application in front of a simulated cluster, in one loop and without sockets.

With looptime whole minutes of a film pass in seconds, and everything but HTTP is as it is served:
reflectors, back-off, fault switches, judgements, and the API that is asked.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import anyio

from app.cluster.answers import error_of
from app.cluster.configuration import ClusterConfiguration, Tls
from app.cluster.credentials import Fixed
from app.cluster.faults import Silent
from app.cluster.lines import LineSplitter
from app.demo.api.roles import VIEWER
from app.demo.options import NAMESPACE, Options
from app.demo.papers import make_papers
from app.demo.simulation import Simulation
from app.errors import Unreachable
from app.main import create_app
from app.settings import Settings
from tests.demo.film.worlds import START
from tests.fakes.clock import LoopClock

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from starlette.types import ASGIApp, Message, Scope

    from app.cluster.answers import Call
    from app.model import HealthSummary, Incident
    from app.web.front import Application

HOST = b"127.0.0.1"
ANSWER_SECONDS = 60.0


class Exchange:
    """One request to an ASGI application: its answer, as far as it has come."""

    def __init__(self, client: int) -> None:
        self.client = ("127.0.0.1", client)
        self.status = 0
        self.headers: dict[str, str] = {}
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._left = asyncio.Event()
        self._broken = False
        self._asked = False

    async def run(
        self,
        application: ASGIApp,
        method: str,
        path: str,
        query: str,
        *headers: tuple[bytes, bytes],
    ) -> None:
        """Let the application answer."""
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", HOST), *headers],
            "client": self.client,
            "server": ("127.0.0.1", 80),
        }
        await application(scope, self._receive, self._send)
        self._pieces.put_nowait(None)

    def cut(self) -> None:
        """The connection is no more."""
        self._broken = True
        self._left.set()
        self._pieces.put_nowait(None)

    def leave(self) -> None:
        """Whoever asked does not want more."""
        self._left.set()

    async def pieces(self, silence: float) -> AsyncGenerator[bytes]:
        """The body as it comes.

        Raises:
            Silent: Nothing has come for so many seconds.
            Unreachable: The connection was cut.
        """
        while True:
            try:
                async with asyncio.timeout(silence):
                    piece = await self._pieces.get()
            except TimeoutError as error:
                raise Silent("The API server is silent.") from error
            if self._broken:
                raise Unreachable("The connection to the API server broke.")
            if piece is None:
                return
            yield piece

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            pairs = ((name.decode(), value.decode()) for name, value in message["headers"])
            self.headers = {name.title(): value for name, value in pairs}
            self._pieces.put_nowait(b"")
        elif message["body"]:
            self._pieces.put_nowait(message["body"])
            # As a socket does: a reader gets its turn between two writes.
            await asyncio.sleep(0)


class Corridor:
    """Between the application and the simulated API server: a `Transport`, and the door of it."""

    def __init__(self, token: str) -> None:
        self.server: ASGIApp | None = None
        self._token = token.encode()
        self._open: dict[int, Exchange] = {}
        self._shut = False
        self._number = 0

    # What the fault switches do to connections

    def shut(self) -> None:
        self._shut = True
        for exchange in tuple(self._open.values()):
            exchange.cut()

    def open(self) -> None:
        self._shut = False

    def reset(self, client: tuple[str, int]) -> None:
        self.cut(client)

    def cut(self, client: tuple[str, int]) -> None:
        if (exchange := self._open.get(client[1])) is not None:
            exchange.cut()

    # What reflectors ask

    async def fetch(self, call: Call) -> bytes:
        try:
            async with self._asked(call, ANSWER_SECONDS) as body:
                return b"".join([piece async for piece in body])
        except Silent as error:
            raise Unreachable("The API server does not answer.") from error

    @asynccontextmanager
    async def watch(self, call: Call, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        async with self._asked(call, silence) as body, aclosing(_lines(body)) as lines:
            yield lines

    @asynccontextmanager
    async def _asked(self, call: Call, silence: float) -> AsyncIterator[AsyncGenerator[bytes]]:
        if self._shut or self.server is None:
            raise Unreachable("The API server cannot be reached.")
        assert call.body is None, "nobody asks what may be done"
        self._number += 1
        exchange = self._open[self._number] = Exchange(self._number)
        answering = asyncio.ensure_future(
            exchange.run(
                self.server,
                "GET",
                call.path,
                urlencode(call.params),
                (b"authorization", b"Bearer " + self._token),
            )
        )
        try:
            async with aclosing(exchange.pieces(silence)) as pieces:
                await anext(pieces)
                if not 200 <= exchange.status < 300:
                    body = b"".join([piece async for piece in pieces])
                    raise error_of(call, exchange.status, exchange.headers, body)
                yield pieces
        finally:
            del self._open[exchange.client[1]]
            exchange.leave()
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)


async def _lines(body: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    splitter = LineSplitter()
    async for piece in body:
        for line in splitter.feed(piece):
            yield line
    splitter.end()


class Glass:
    """A Watchglass that runs, with questions to it."""

    def __init__(self, application: Application, clock: LoopClock) -> None:
        self.application = application
        self.clock = clock
        self.told: list[tuple[float, Incident]] = []
        """Each time that the topic told an incident, and how many seconds after the start."""
        self.words: list[tuple[float, HealthSummary]] = []
        """As `told`, of health."""
        self.heads: list[tuple[float, frozenset[str]]] = [(0.0, frozenset())]
        """Which incidents were active without a cause that was, each time that became another."""
        board = application.rooms.board
        board.incidents.listen(self._hear)
        board.health.listen(
            lambda key, old, new: self.words.append((clock.monotonic(), new)) if new else None
        )

    def _hear(self, key: str, old: Incident | None, new: Incident | None) -> None:
        if new is not None:
            self.told.append((self.clock.monotonic(), new))
        known = dict(self.application.rooms.board.incidents.items())
        active = {each: one for each, one in known.items() if one.state == "active"}
        heads = frozenset(each for each, one in active.items() if one.caused_by not in active)
        if heads != self.heads[-1][1]:
            self.heads.append((self.clock.monotonic(), heads))

    async def play(self, seconds: float) -> None:
        """Let time pass up to so many seconds after the start."""
        await asyncio.sleep(max(0.0, seconds - self.clock.monotonic()))

    def first(self, key: str, state: str) -> float:
        """How many seconds after the start an incident was first told in a state."""
        return next(at for at, one in self.told if (one.key, one.state) == (key, state))

    async def until(self, holds: Callable[[], bool], seconds: float) -> float:
        """Let time pass until something is so, and say when it was."""
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what a reader polls for has no event
                await asyncio.sleep(0.5)
        return self.clock.monotonic()

    async def get(self, path: str, **query: str) -> Any:
        """What the API answers."""
        exchange = Exchange(0)
        asking = asyncio.ensure_future(
            exchange.run(self.application, "GET", path, urlencode(query))
        )
        body = b"".join([piece async for piece in exchange.pieces(ANSWER_SECONDS)])
        exchange.leave()
        await asking
        assert exchange.status == 200, (exchange.status, body)
        return json.loads(body)

    async def incidents(self, **query: str) -> dict[str, dict[str, Any]]:
        """What `/api/incidents` lists, by key."""
        page = await self.get("/api/incidents", pageSize="100", **query)
        assert page["total"] == len(page["data"])
        return {one["key"]: one for one in page["data"]}

    async def active(self) -> dict[str, str | None]:
        """Which are active, each with the key of its cause."""
        found = await self.incidents(state="active")
        return {key: one.get("causedBy") for key, one in found.items()}

    async def health(self) -> Any:
        """What `/api/health` says."""
        return (await self.get("/api/health"))["data"]


@asynccontextmanager
async def glass(scenario: str, **options: Any) -> AsyncIterator[Glass]:
    """The application, from the moment at which everything has been listed."""
    clock = LoopClock(START)
    clock.monotonic()
    papers = make_papers(START)
    corridor = Corridor(papers.tokens[VIEWER])
    simulation = Simulation(
        Options(scenario=scenario, start=START, **options), papers, corridor, clock
    )
    corridor.server = simulation.api
    application = create_app(
        Settings(namespaces=(NAMESPACE,), cluster_name="prod-eu"),
        ClusterConfiguration(
            origin="test",
            server="https://127.0.0.1",
            context=VIEWER,
            namespace=NAMESPACE,
            tls=Tls(),
            credential=Fixed("not used"),
        ),
        transport=corridor,
        clock=clock,
        random=Random(7),
    )
    running = Glass(application, clock)
    crashes: list[str] = []
    application.on_crash = crashes.append
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(simulation.run)
        async with application.router.lifespan_context(application):
            await running.until(lambda: application.rooms.board.incidents.synced, 10.0)
            yield running
        tasks.cancel_scope.cancel()
    assert not crashes
