"""Watchglass as it is served, with a ticker inside its event loop.

Every callback that holds the loop up, whoever's it is, delays the ticker by as much: what it finds
is what a reader, a heartbeat or a health check would have had to wait.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.clock import SystemClock
from app.logs import configure_logging
from app.main import configuration_of, create_app
from app.settings import Settings
from app.web.server import listen
from benchmarks.doors import fronted

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

EVERY_SECONDS = 0.001
PATH = "/benchmark/stall"


class Ticker:
    """The longest that the loop was late since somebody asked."""

    def __init__(self) -> None:
        self._worst = 0.0
        self._due = 0.0

    def start(self) -> None:
        """Tick from now on, in the running loop."""
        self._due = time.monotonic() + EVERY_SECONDS
        asyncio.get_running_loop().call_later(EVERY_SECONDS, self._tick)

    def _tick(self) -> None:
        self._worst = max(self._worst, time.monotonic() - self._due)
        self.start()

    async def told(self, request: Request) -> Response:
        """Milliseconds, and a new beginning."""
        # A tick that is due may stand in line behind this very request.
        worst, self._worst = max(self._worst, time.monotonic() - self._due), 0.0
        return JSONResponse({"worstMs": worst * 1000})


def main(port: str, kubeconfig: str, namespace: str) -> None:
    """Serves until TERM."""
    configure_logging("warning")
    settings = Settings(kubeconfig=Path(kubeconfig), namespaces=(namespace,))
    application = create_app(settings, configuration_of(settings, SystemClock()))
    ticker = Ticker()
    behind = Starlette(routes=[Route(PATH, ticker.told)])
    server = fronted(application, PATH, behind, ready=ticker.start)
    server.run(sockets=[listen("127.0.0.1", int(port))])


if __name__ == "__main__":
    main(*sys.argv[1:])
