"""Pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from app.web.painting import paint

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.web.rooms import Rooms

SCRIPTS = (
    "page.js",
    "board.js",
    "follower.js",
    "leader.js",
    "link.js",
    "lock.js",
    "machine.js",
    "messages.js",
    "notes.js",
    "pace.js",
    "share.js",
    "sse.js",
    "store.js",
    "stream.js",
    "teller.js",
    "topic.js",
    "transports.js",
    "views.js",
    "vigil.js",
    "ways.js",
    "elements/cells.js",
    "elements/copying.js",
    "elements/link.js",
    "elements/node.js",
    "elements/sources.js",
    "elements/table.js",
    "elements/words.js",
)
"""What `page.js` imports, all the way down: named in the page, so that all of it comes at once."""


async def home(request: Request) -> Response:
    """`GET /`: what the board holds, in tables; then the stream's."""
    rooms: Rooms = request.app.rooms
    html = request.app.templates.get_template("page.html").render(
        base=rooms.base_path,
        cluster=rooms.cluster_name,
        namespaces=rooms.namespaces,
        replay=rooms.replay,
        picture=paint(rooms, request.state.principal.audience),
        scripts=SCRIPTS,
    )
    return Response(html, media_type="text/html")
