"""What may stand between a reader and the server: a proxy that does something to streams."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal

from tests.cli.loopback import LoopbackServer

Treatment = Literal["pass", "hold", "hold after hello", "clump", "cut", "reset"]

CLUMP_SECONDS = 3.0
CUT_SECONDS = 1.5
STREAM = b"/api/stream"


class Proxy(LoopbackServer):
    """TCP on loopback; ordinary requests pass, the answer to a stream's request is treated.

    `hold` keeps what comes, as a buffer does that is larger than what ever comes; `clump` gives it
    on every few seconds; `cut` ends the connection after a while, `reset` breaks it.
    """

    def __init__(self, port: int, treatment: Treatment) -> None:
        super().__init__()
        self._port = port
        self._treatment = treatment

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.TaskGroup() as tasks:
                streams = asyncio.Event()
                requests = tasks.create_task(self._requests(reader, back, streams))
                answers = tasks.create_task(self._answers(there, writer, streams))
                await asyncio.wait((requests, answers), return_when=asyncio.FIRST_COMPLETED)
                requests.cancel()
                answers.cancel()
        finally:
            back.close()
            if self._treatment == "reset":
                writer.transport.abort()
            writer.close()

    async def _requests(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, streams: asyncio.Event
    ) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                if STREAM in chunk.partition(b"\r\n")[0]:
                    streams.set()
                back.write(chunk)
                await back.drain()

    async def _answers(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, streams: asyncio.Event
    ) -> None:
        kept = bytearray()
        loop = asyncio.get_running_loop()
        began = loop.time()
        greeted = False
        with suppress(ConnectionError):
            while True:
                try:
                    async with asyncio.timeout(0.1):
                        chunk = await there.read(65_536)
                except TimeoutError:
                    chunk = b""
                else:
                    if not chunk:
                        break
                kept += chunk
                lasted = loop.time() - began
                match self._treatment if streams.is_set() else "pass":
                    case "hold":
                        continue
                    case "hold after hello" if greeted:
                        continue
                    case "clump" if lasted < CLUMP_SECONDS:
                        continue
                    case "cut" | "reset" if lasted >= CUT_SECONDS:
                        return
                greeted = greeted or b"event: hello" in kept
                writer.write(bytes(kept))
                await writer.drain()
                kept.clear()
                began = began if self._treatment in ("cut", "reset") else loop.time()
