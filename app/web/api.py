"""The board's values as pages of JSON, and one by one, for those who do not want a stream."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import Response

from app.errors import NotFound, Unavailable
from app.model import Data, Page, encode
from app.web.headers import REVALIDATE
from app.web.listings import CRONJOBS, EVENTS, INCIDENTS, JOBS, PODS
from app.web.parameters import chosen, names, one_of, order, page_of, search, shown
from app.web.streams import chosen_anywhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from app.model import Wire
    from app.web.listings import Listing
    from app.web.rooms import Rooms


async def listed(listing: Listing, request: Request) -> Response:
    """`GET /api/<topic>`: one page of a topic's values, filtered and in an order.

    Raises:
        Forbidden: The summary audience reads nothing of it.
        InvalidRequest: A parameter is wrong; the message says what is right.
    """
    rooms: Rooms = request.app.rooms
    query = request.query_params
    if listing.summary is None:
        request.state.principal.require("stream:detail")
    number, size = page_of(query)
    text = search(query)
    namespaces = namespaces_of(request)
    wanted = [
        (each.of, set(words))
        for each in listing.filters
        if (words := _asked(request, each.name, each.words) or each.default)
    ]
    by, downwards = order(
        query, {each.name: each.by for each in listing.orders}, downwards=listing.first_downwards
    )
    topic = listing.topic(rooms.board)
    found = [
        (key, value)
        for key, value in chain(topic.items(), listing.past(rooms))
        if (namespaces is None or topic.visible(key, namespaces))
        and (not text or text in listing.text(value).lower())
        and all(words.intersection(of(value)) for of, words in wanted)
    ]
    first = (number - 1) * size
    shown_values = [value for _, value in _sorted(found, by, downwards=downwards)]
    tell = _telling(request, listing)
    answer = Page[Any](
        data=tuple(map(tell, shown_values[first : first + size])),
        total=len(found),
        page=number,
        page_size=size,
        doubtful=doubtful_of(rooms, listing.made_of, namespaces),
    )
    return revalidated(request, answer)


async def one(listing: Listing, request: Request) -> Response:
    """`GET /api/<topic>/{namespace}/{name}`: one value.

    Raises:
        NotFound: There is none of that name.
        Unavailable: It may be there: not everything has been listed yet.
    """
    rooms: Rooms = request.app.rooms
    namespace, name = request.path_params["namespace"], request.path_params["name"]
    topic = listing.topic(rooms.board)
    value = topic.get(f"{namespace}/{name}")
    if value is None:
        what = f"{listing.one} {shown(name)} in the namespace {shown(namespace)}"
        if rooms.namespaces is not None and namespace not in rooms.namespaces:
            raise NotFound(f"The namespace {shown(namespace)} is not watched.")
        if not topic.synced:
            raise Unavailable(
                f"Not everything is known yet, the {what} neither.", reason="starting"
            )
        raise NotFound(f"There is no {what}.")
    doubtful = doubtful_of(rooms, listing.made_of, frozenset({namespace}))
    told = _telling(request, listing)(value)
    return revalidated(request, Data[Any](data=told, doubtful=doubtful))


pods = partial(listed, PODS)
cronjobs = partial(listed, CRONJOBS)
jobs = partial(listed, JOBS)
incidents = partial(listed, INCIDENTS)
events = partial(listed, EVENTS)
pod = partial(one, PODS)
cronjob = partial(one, CRONJOBS)
job = partial(one, JOBS)


def namespaces_of(request: Request) -> frozenset[str] | None:
    """The namespaces that a request chooses, None for all that are watched.

    Raises:
        InvalidRequest: One is not watched.
    """
    rooms: Rooms = request.app.rooms
    if rooms.namespaces is None:
        found = chosen_anywhere(request.query_params)
    else:
        found = chosen(request.query_params, "namespace", rooms.namespaces, what="namespace")
    return None if found is None else frozenset(found)


def _asked(request: Request, parameter: str, good: tuple[str, ...]) -> tuple[str, ...]:
    if good:
        return tuple(one_of(request.query_params, parameter, good))
    return tuple(names(request.query_params, parameter))


def _sorted(
    found: list[tuple[str, Any]], by: Callable[[Any], Any], *, downwards: bool
) -> list[tuple[str, Any]]:
    """By the order and then by key; what has no place in the order comes last."""
    found.sort(key=lambda item: item[0])
    placed = [item for item in found if by(item[1]) is not None]
    rest = [item for item in found if by(item[1]) is None]
    # The sort is stable, also when it is turned round: equal ones stay in the order of keys.
    placed.sort(key=lambda item: by(item[1]), reverse=downwards)
    return placed + rest


def _telling(request: Request, listing: Listing) -> Callable[[Any], Wire]:
    """A value as the one who asks may read it."""
    if request.state.principal.audience == "detail" or listing.summarize is None:
        return whole
    return listing.summarize


def whole(value: Wire) -> Wire:
    """All of it."""
    return value


def doubtful_of(
    rooms: Rooms, kinds: tuple[str, ...], namespaces: frozenset[str] | None
) -> tuple[str, ...] | None:
    """The sources of these kinds that are not live, None when all are; no kinds: of any kind."""
    watched = tuple(kind.projection.topic for kind in rooms.board.watched)
    told = rooms.freshness.vitals(kinds or watched, namespaces)
    vitals = cast("dict[str, dict[str, object]]", told)
    return tuple(key for key, vital in vitals.items() if vital["state"] != "live") or None


def revalidated(request: Request, answer: Wire) -> Response:
    """A value as JSON that a browser may keep but must ask about."""
    return kept(request, encode(answer))


def kept(request: Request, body: bytes) -> Response:
    """JSON, or 304 when whoever asks has this one."""
    # Weak, because the same answer may be sent compressed.
    etag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": REVALIDATE.decode()}
    if _matches(",".join(request.headers.getlist("if-none-match")), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _matches(header: str, etag: str) -> bool:
    known = (item.strip().removeprefix("W/") for item in header.split(","))
    return any(item in (etag.removeprefix("W/"), "*") for item in known)
