"""What both transports of the stream share: the choice of a reader, and room for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.web.parameters import MOST_EVENTS, chosen, number

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

    from app.stream import Subscription, Writer
    from app.web.principal import Principal
    from app.web.rooms import Rooms

LIMIT_RETRY_MS = 15_000
"""When a reader that found no room should come back."""

LONGEST_CURSOR = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader asked for, checked."""

    topics: tuple[str, ...]
    namespaces: tuple[str, ...] | None
    audience: str
    cursor: str | None
    max_events: int | None


def read_choice(
    rooms: Rooms, principal: Principal, query: QueryParams, last_event_id: str | None
) -> Choice:
    """Check `topics`, `namespace`, `since` and `maxEvents`.

    A cursor is never an error: one that cannot be honoured means a snapshot. The header wins over
    the parameter, because a browser sends it by itself when it reconnects to the same URL.

    Raises:
        InvalidRequest: An unknown topic, a namespace that is not watched, a bad number.
    """
    audience = principal.audience
    readable = rooms.hub.readable(audience)
    topics = chosen(query, "topics", readable, what="topic") or readable
    namespaces = rooms.namespaces
    if namespaces is None:
        wanted = chosen_anywhere(query)
    else:
        wanted = chosen(query, "namespace", namespaces, what="namespace")
    cursor = last_event_id or query.get("since")
    limited = query.get("maxEvents")
    return Choice(
        topics=tuple(topics),
        namespaces=None if wanted is None else tuple(wanted),
        audience=audience,
        cursor=cursor[:LONGEST_CURSOR] if cursor else None,
        max_events=number(query, "maxEvents", 0, 1, MOST_EVENTS) if limited else None,
    )


def chosen_anywhere(query: QueryParams) -> list[str] | None:
    """The namespaces asked for where all are watched: any name will do."""
    return chosen(query, "namespace", Anything(), what="namespace")


class Anything(tuple[str, ...]):
    """A list that every name is on."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        return True


def full(rooms: Rooms) -> bool:
    """Whether there is no room for one more reader."""
    return rooms.hub.draining or rooms.readers >= rooms.streams_max


def farewell(rooms: Rooms, choice: Choice) -> tuple[str, list[bytes], list[bytes]]:
    """Why a reader is refused, and the frames that say so: as SSE and as WebSocket texts."""
    # Who comes into a drain finds the next server soon; who finds no room would find none again.
    reason, retry_ms = ("drain", None) if rooms.hub.draining else ("limit", LIMIT_RETRY_MS)
    greeting = rooms.hub.greeting
    frames = [
        greeting.hello(choice.topics, "fresh", retry_ms=retry_ms),
        greeting.goodbye(reason, retry_ms=retry_ms),
    ]
    return reason, [frame.sse for frame in frames], [frame.websocket for frame in frames]


def attach(rooms: Rooms, choice: Choice, writer: Writer) -> Subscription:
    """Make the reader one of the hub's."""
    return rooms.hub.attach(
        topics=choice.topics,
        namespaces=choice.namespaces,
        audience=choice.audience,
        writer=writer,
        cursor=choice.cursor,
        max_events=choice.max_events,
    )
