"""The word for the whole, with the pods it was judged by, and that of the last day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import (
    Data,
    HealthHistory,
    HealthStatus,
    PodHealth,
    health_status,
    summarize_pod,
)
from app.web.api import doubtful_of, namespaces_of, revalidated

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from app.web.rooms import Rooms


async def health(request: Request) -> Response:
    """`GET /api/health`: of the namespaces asked for, of this moment.

    Raises:
        InvalidRequest: A namespace is not watched.
    """
    rooms: Rooms = request.app.rooms
    namespaces = namespaces_of(request)
    status = _judged(rooms, namespaces)
    if request.state.principal.audience != "detail":
        pods = tuple(map(_without_details, status.pods))
        status = HealthStatus(status=status.status, pods=pods, timestamp=status.timestamp)
    doubtful = doubtful_of(rooms, "health", namespaces)
    return revalidated(request, Data[HealthStatus](data=status, doubtful=doubtful))


async def history(request: Request) -> Response:
    """`GET /api/health/history`: of all that is watched."""
    rooms: Rooms = request.app.rooms
    # A replay has none: what is on a tape is told with the tape's own times.
    known = HealthHistory(points=()) if rooms.history is None else rooms.history.value()
    return revalidated(request, Data[HealthHistory](data=known))


def _judged(rooms: Rooms, namespaces: frozenset[str] | None) -> HealthStatus:
    if rooms.health is not None:
        return rooms.health.status(namespaces)
    told = rooms.board.health.get("current")
    pods = (
        pod for key, pod in rooms.board.pods.items() if rooms.board.pods.visible(key, namespaces)
    )
    word = "degraded" if told is None else told.status
    return health_status(word, pods, rooms.clock.now())


def _without_details(pod: PodHealth) -> PodHealth:
    """A pod with the fields alone that the summary audience reads."""
    return PodHealth(**summarize_pod(pod).model_dump())
