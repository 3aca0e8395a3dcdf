"""Watchglass as it is served, with a ticker inside its event loop."""

from __future__ import annotations

import sys
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
from benchmarks.ticker import Ticker

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PATH = "/benchmark/stall"


def main(port: str, kubeconfig: str, namespace: str) -> None:
    """Serves until TERM."""
    configure_logging("warning")
    settings = Settings(kubeconfig=Path(kubeconfig), namespaces=(namespace,))
    application = create_app(settings, configuration_of(settings, SystemClock()))
    ticker = Ticker()

    async def told(request: Request) -> Response:
        """Milliseconds, and a new beginning."""
        return JSONResponse({"worstMs": ticker.taken().wall})

    behind = Starlette(routes=[Route(PATH, told)])
    server = fronted(application, PATH, behind, ready=ticker.start)
    server.run(sockets=[listen("127.0.0.1", int(port))])


if __name__ == "__main__":
    main(*sys.argv[1:])
