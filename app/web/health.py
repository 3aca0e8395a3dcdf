"""The word for the whole, with the pods it was judged by, and that of the last day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.lowlevel

from app.model import Data, Health, HealthHistory, HealthStatus, encode
from app.web.api import doubtful_of, kept, namespaces_of, revalidated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from app.model import PodHealth
    from app.stream.entry import Entry
    from app.web.rooms import Rooms

PIECE = 500
"""Pods that are written in one step: one or two milliseconds."""


async def health(request: Request) -> Response:
    """`GET /api/health`: of the namespaces asked for, of this moment.

    Raises:
        InvalidRequest: A namespace is not watched.
    """
    rooms: Rooms = request.app.rooms
    namespaces = namespaces_of(request)
    # One moment: the word, and the entries, which keep their values whatever comes in between.
    told = HealthStatus(status=_word(rooms, namespaces), pods=(), timestamp=rooms.clock.now())
    doubtful = doubtful_of(rooms, (), namespaces)
    entries = [entry for _, entry in rooms.board.pods.entries(namespaces)]
    entries.sort(key=lambda entry: (entry.value.namespace or "", entry.value.name))
    before, nothing, after = encode(Data[HealthStatus](data=told, doubtful=doubtful)).partition(
        b'"pods":[]'
    )
    assert nothing, "a status without pods says so"  # noqa: S101
    written = await _written(rooms, entries, request.state.principal.audience)
    return kept(request, b'%b"pods":[%b]%b' % (before, written, after))


async def history(request: Request) -> Response:
    """`GET /api/health/history`: of all that is watched."""
    rooms: Rooms = request.app.rooms
    # A replay has none: what is on a tape is told with the tape's own times.
    known = HealthHistory(points=()) if rooms.history is None else rooms.history.value()
    return revalidated(request, Data[HealthHistory](data=known))


def _word(rooms: Rooms, namespaces: frozenset[str] | None) -> Health:
    if rooms.health is not None:
        return rooms.health.judge(namespaces).status
    told = rooms.board.health.get("current")
    return "degraded" if told is None else told.status


async def _written(rooms: Rooms, entries: Sequence[Entry[PodHealth]], audience: str) -> bytes:
    """The pods as the stream writes them for this audience; others get their turn in between."""
    pieces = []
    for first in range(0, len(entries), PIECE):
        piece = entries[first : first + PIECE]
        pieces.append(b",".join(rooms.board.pods.encode(entry, audience) for entry in piece))
        await anyio.lowlevel.checkpoint()
    return b",".join(pieces)
