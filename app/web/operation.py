"""What those who run Watchglass ask: does it live, is it ready, what is it, how does it do."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response

from app import __version__
from app.errors import Unavailable
from app.model import Data
from app.stream import SCHEMA
from app.web.api import kept, revalidated

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.web.rooms import Rooms


async def livez(request: Request) -> Response:
    """200 as long as the event loop turns."""
    return Response("ok\n", media_type="text/plain")


async def readyz(request: Request) -> Response:
    """200 when every source has listed or has a state of its own, until drain.

    Never 503 because the API server is down: then the pages have something to show, namely that.
    With `?verbose` the answer is a report in plain text, one line for each source.

    Raises:
        Unavailable: `starting` or `draining`.
    """
    rooms: Rooms = request.app.rooms
    verdict = _verdict(rooms)
    if "verbose" in request.query_params:
        lines = [
            f"[{'-' if monitor.state == 'connecting' else '+'}]{key} {monitor.state} "
            f"{monitor.age_seconds:.0f}s"
            for key, monitor in sorted(rooms.freshness.monitors.items())
        ]
        lines.append(verdict or "ok")
        status = 503 if verdict else 200
        return Response("\n".join(lines) + "\n", status, media_type="text/plain")
    if verdict is not None:
        raise Unavailable(f"Not ready: {verdict}.", reason=verdict)
    return Response("ok\n", media_type="text/plain")


def _verdict(rooms: Rooms) -> str | None:
    """Why we are not ready."""
    if rooms.hub.draining:
        return "draining"
    return None if rooms.ready() else "starting"


async def version(request: Request) -> Response:
    """What is running."""
    rooms: Rooms = request.app.rooms
    told: dict[str, object] = {
        "name": "watchglass",
        "version": __version__,
        "stream": SCHEMA,
        "epoch": rooms.hub.epoch,
        "cluster": rooms.cluster_name,
        "python": platform.python_version(),
    }
    if rooms.replay is not None:
        told["replay"] = rooms.replay.to_object()
    return revalidated(request, Data(data=told))


async def openapi(request: Request) -> Response:
    """All of this, described."""
    return kept(request, request.app.description)


async def metrics(request: Request) -> Response:
    """Numbers for Prometheus."""
    body = generate_latest(request.app.metrics)
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)
