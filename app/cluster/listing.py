"""A full list: page by page, or as the first events of a watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import anyio.lowlevel

from app.cluster.answers import error_in_stream
from app.cluster.calls import INITIAL_EVENTS_END
from app.cluster.held import Held, same_or_new
from app.errors import Gone, Unusable

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.cluster.answers import Call
    from app.cluster.calls import Calls
    from app.cluster.limits import WatchLimits
    from app.cluster.projection import Projection, WatchEvent
    from app.cluster.transport import Transport

R = TypeVar("R")

SHOWN_AT_ONCE = 50
"""Objects of a page that are shown in one step: with all that is derived of them, 10 ms."""


class Listing(NamedTuple, Generic[R]):
    """The whole collection at one version."""

    objects: dict[str, Held[R]]
    version: str
    bytes: int
    unreadable: tuple[str, ...]


async def list_all(
    transport: Transport,
    calls: Calls,
    projection: Projection[R],
    known: dict[str, Held[R]],
    limits: WatchLimits,
    seen: Callable[[str, R], None],
) -> Listing[R]:
    """List everything; objects equal to those in `known` come back as the identical ones.

    `seen` is told of each object when its page arrives. All pages have the version of the first
    one; when the server has compacted that away, everything is asked for at once.

    Raises:
        ClusterError: From the transport or the projection.
    """
    objects: dict[str, Held[R]] = {}
    unreadable: list[str] = []
    size: int | None = limits.page_size
    token: str | None = None
    received = 0
    for _ in range(limits.pages):
        try:
            body = await transport.fetch(calls.page(size, token))
        except Gone:
            if token is None or size is None:
                raise
            objects, unreadable, size, token = {}, [], None, None
            continue
        received += len(body)
        page = projection.page(body)
        # To read a page takes 15 ms, to show it twice as long: others have their turn in between.
        for shown, item in enumerate(page.items):
            if shown % SHOWN_AT_ONCE == 0:
                await anyio.lowlevel.checkpoint()
            held = objects[item.key] = same_or_new(known, item)
            seen(item.key, held.record)
        unreadable += page.unreadable
        token = page.continue_token
        if token is None:
            return Listing(objects, page.resource_version, received, tuple(unreadable))
        await anyio.lowlevel.checkpoint()
    raise Unusable(f"The list of {projection.resource.plural} does not end.")


def collect(
    known: dict[str, Held[R]], objects: dict[str, Held[R]], call: Call, event: WatchEvent[R]
) -> bool:
    """Take one event of a streaming list into `objects`; True when it marks the list's end.

    Raises:
        ClusterError: The event is an error.
    """
    if event.status is not None:
        raise error_in_stream(call, event.status)
    if event.item is not None:
        if event.type == "DELETED":
            objects.pop(event.item.key, None)
        else:
            objects[event.item.key] = same_or_new(known, event.item)
    return event.type == "BOOKMARK" and event.annotations.get(INITIAL_EVENTS_END) == "true"
