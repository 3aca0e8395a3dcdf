"""The server as a process: started, signalled, killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from tests.web.house import NAMESPACE, NOWHERE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


class Process:
    """One server; what it logs is kept."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self.log = b""
        self._process = process
        assert process.stderr is not None
        assert process.stdout is not None
        self._errors, self._told = process.stderr, process.stdout

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    async def tasks(self) -> int:
        """How many tasks its loop has."""
        self.signal(signal.SIGUSR1)
        with anyio.fail_after(PATIENCE):
            return int(await self._told.readline())

    async def end(self) -> int:
        """Wait for its end; gives the exit code."""
        with anyio.fail_after(PATIENCE):
            self.log += await self._errors.read()
            return await self._process.wait()

    async def kill(self) -> None:
        """End it without a chance to say anything."""
        self._process.kill()
        await self.end()


@asynccontextmanager
async def process(
    *, port: int = 0, server: str = NOWHERE, **settings: Any
) -> AsyncIterator[Process]:
    """A server on `port` for the API server at `server`, killed at the end of the block."""
    told = {
        "port": port,
        "server": server,
        "settings": {"namespaces": [NAMESPACE], **settings},
    }
    made = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.web.standalone",
        json.dumps(told),
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert made.stdout is not None
    try:
        with anyio.fail_after(PATIENCE):
            line = await made.stdout.readline()
        running = Process(made, int(line) if line else 0)
        if not line:
            await running.end()
            raise AssertionError(f"the server does not start: {running.log.decode()}")
        yield running
    finally:
        if made.returncode is None:
            made.kill()
            await running.end()
