"""What those who run Watchglass ask: does it live, is it ready, what is it, how does it do."""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response

from app import __version__
from app.stream import SCHEMA

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.web.rooms import Rooms


async def livez(request: Request) -> Response:
    """200 as long as the event loop turns."""
    return Response("ok\n", media_type="text/plain")


async def readyz(request: Request) -> Response:
    """503 until every source has listed or has a state of its own, 200 until drain.

    Never 503 because the API server is down: then the pages have something to show, namely that.
    `?verbose` has a line for each source.
    """
    rooms: Rooms = request.app.rooms
    ready = rooms.ready()
    lines = []
    if "verbose" in request.query_params:
        for key, monitor in sorted(rooms.freshness.monitors.items()):
            mark = "-" if monitor.state == "connecting" else "+"
            lines.append(f"[{mark}]{key} {monitor.state} {monitor.age_seconds:.0f}s")
    draining = rooms.hub.draining
    lines.append("ok" if ready else "draining" if draining else "waiting for the first lists")
    return Response("\n".join(lines) + "\n", 200 if ready else 503, media_type="text/plain")


async def version(request: Request) -> Response:
    """What is running."""
    rooms: Rooms = request.app.rooms
    told = {
        "name": "watchglass",
        "version": __version__,
        "stream": SCHEMA,
        "epoch": rooms.hub.epoch,
        "cluster": rooms.cluster_name,
        "python": platform.python_version(),
    }
    return Response(json.dumps({"data": told, "success": True}), media_type="application/json")


async def metrics(request: Request) -> Response:
    """Numbers for Prometheus."""
    body = generate_latest(request.app.metrics)
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)
