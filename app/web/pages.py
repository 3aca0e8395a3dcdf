"""Pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.web.rooms import Rooms


async def home(request: Request) -> Response:
    """`GET /`: what the stream says, in tables."""
    rooms: Rooms = request.app.rooms
    html = request.app.templates.get_template("page.html").render(
        base=rooms.base_path,
        cluster=rooms.cluster_name,
        namespaces=rooms.namespaces,
    )
    return Response(html, media_type="text/html")
