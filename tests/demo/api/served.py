"""A simulated API server with its switches on real sockets, and a client that sees every byte."""

from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.clock import SystemClock
from app.demo.api.admin import Admin
from app.demo.api.asgi import Application
from app.demo.api.calls import Call
from app.demo.api.discovery import documents
from app.demo.api.faults import Faults, ShiftedClock
from app.demo.api.faulty import Faulty
from app.demo.api.reviews import review
from app.demo.api.roles import DEMO, NOBODY, VIEWER, bindings, people
from app.demo.api.rules import Rules, controller
from app.demo.api.server import ApiServer
from app.demo.api.tables import table
from app.demo.certificate import Authority, server_context
from app.demo.film.identities import Identities
from app.demo.serving import Server, open_door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from app.demo.api.door import Door
    from app.demo.api.rules import User

Json = dict[str, Any]

CERTIFICATE = Authority(datetime.now(UTC)).certificate(datetime.now(UTC))
TRUST = ssl.create_default_context(cadata=CERTIFICATE.authority)
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
ADMIN_TOKEN = "switches"
CONTROLLER = "controller"


class Wire:
    """One connection with one request on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._chunked = b""
        self._whole = False
        self.headers: dict[str, str] = {}
        self.code = 0

    async def head(self) -> int:
        """The status; its headers are kept."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        self.code = int(first.split()[1])
        pairs = (line.partition(": ") for line in lines)
        self.headers = {name.lower(): value for name, _, value in pairs}
        return self.code

    async def body(self) -> bytes:
        """All of it."""
        if "content-length" in self.headers:
            return await self._reader.readexactly(int(self.headers["content-length"]))
        pieces = []
        while piece := await self._chunk():
            pieces.append(piece)
        return b"".join(pieces)

    async def json(self) -> Json:
        found: Json = json.loads(await self.body())
        return found

    async def line(self) -> bytes:
        """The next line of a stream, without its end; empty at the clean end of the body.

        Raises:
            asyncio.IncompleteReadError: The body was cut.
            ConnectionResetError: The connection was reset.
        """
        while b"\n" not in self._chunked:
            piece = await self._chunk()
            if not piece:
                rest, self._chunked = self._chunked, b""
                return rest
            self._chunked += piece
        line, _, self._chunked = self._chunked.partition(b"\n")
        return line

    async def event(self) -> tuple[str, Json]:
        """The next event of a watch."""
        found = json.loads(await self.line())
        return found["type"], found["object"]

    async def end(self) -> bytes:
        """What is left until the connection is over."""
        return await self._reader.read()

    async def _chunk(self) -> bytes:
        if self._whole:
            return b""
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        self._whole = not size
        return (await self._reader.readexactly(size + 2))[:-2]

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (OSError, ssl.SSLError):
            pass


@dataclass
class Served:
    """Both ports of one simulated API server."""

    api: ApiServer
    rules: Rules
    faults: Faults
    door: Door
    admin_door: Door
    server: Server
    _stack: AsyncExitStack

    async def request(
        self,
        path: str,
        *,
        method: str = "GET",
        token: str | None = DEMO,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Wire:
        """Ask, and read nothing yet."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.door.port, ssl=TRUST)
        wire = Wire(reader, writer)
        self._stack.push_async_callback(wire.close)
        content = b"" if body is None else json.dumps(body).encode()
        told = {"Host": "here", "Content-Length": str(len(content)), **(headers or {})}
        if token is not None:
            told["Authorization"] = f"Bearer {token}"
        if body is not None:
            told["Content-Type"] = "application/json"
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content)
        await writer.drain()
        return wire

    async def ask(self, path: str, **more: Any) -> Wire:
        """Ask and read the head of the answer."""
        wire = await self.request(path, **more)
        await wire.head()
        return wire

    async def watch(self, path: str = CONFIG_MAPS, query: str = "") -> Wire:
        """An open watch from now on."""
        version = self.api.store.revision
        wire = await self.ask(f"{path}?watch=1&resourceVersion={version}{query}")
        assert wire.code == 200
        return wire

    def make(self, name: str, user: User | None = None, path: str = CONFIG_MAPS) -> Json:
        """A ConfigMap, made in the process itself."""
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        call = Call(
            "POST",
            path,
            headers={"content-type": "application/json"},
            body=json.dumps(body).encode(),
            user=user or people()[DEMO],
        )
        answer = self.api.answer(call)
        assert answer.code == 201, answer.body
        assert isinstance(answer.body, bytes)
        made: Json = json.loads(answer.body)
        return made


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    """Both ports, until the end."""
    clock = SystemClock()
    faults = Faults(clock)
    shifted = ShiftedClock(clock, faults)
    names = people()
    tokens = {name: names[name] for name in (DEMO, VIEWER, NOBODY)}
    rules = Rules(tokens | {CONTROLLER: controller("job")}, bindings("default"))
    api = ApiServer(
        clock,
        lambda user: Identities(),
        rules,
        tables=table,
        documents=documents,
        reviews=review,
        bookmark_seconds=0.05,
    )
    async with AsyncExitStack() as stack:
        door, admin_door = (stack.enter_context(open_door(0)) for _ in range(2))
        faulty = Faulty(Application(api, rules), faults, door, rules, api, shifted)
        servers = (
            Server(faulty, door, server_context(CERTIFICATE)),
            Server(Admin(faults, ADMIN_TOKEN), admin_door),
        )
        running = [asyncio.create_task(server.run_until_told()) for server in servers]
        for server in servers:
            await server.up.wait()
        async with AsyncExitStack() as connections:
            found = Served(api, rules, faults, door, admin_door, servers[0], connections)
            call = Call("POST", "/api/v1/namespaces", body=NAMESPACE, user=names[DEMO])
            assert api.answer(call).code == 201
            yield found
            faults.turn_all_off()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)


NAMESPACE = json.dumps(
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}
).encode()
