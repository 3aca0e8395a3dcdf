"""A full list, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import anyio.lowlevel

from app.cluster.held import Held, same_or_new
from app.errors import Gone

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.cluster.calls import Calls
    from app.cluster.projection import Projection
    from app.cluster.transport import Transport

R = TypeVar("R")


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
    page_size: int,
    seen: Callable[[str, R], None],
) -> Listing[R]:
    """List everything; objects equal to those in `known` come back as the identical ones.

    `seen` is told of each object when its page arrives. The loop runs between pages. All pages have
    the version of the first one; when the server has compacted that away, everything is asked for
    at once.

    Raises:
        ClusterError: From the transport or the projection.
    """
    objects: dict[str, Held[R]] = {}
    unreadable: list[str] = []
    size: int | None = page_size
    token: str | None = None
    received = 0
    while True:
        try:
            body = await transport.fetch(calls.page(size, token))
        except Gone:
            if token is None:
                raise
            objects, unreadable, size, token = {}, [], None, None
            continue
        received += len(body)
        page = projection.page(body)
        for item in page.items:
            held = objects[item.key] = same_or_new(known, item)
            seen(item.key, held.record)
        unreadable += page.unreadable
        token = page.continue_token
        if token is None:
            return Listing(objects, page.resource_version, received, tuple(unreadable))
        await anyio.lowlevel.checkpoint()
