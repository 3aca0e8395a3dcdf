"""One reader: a writer, a view, and a position only while it lags."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import anyio

    from app.stream.frame import Frame
    from app.stream.view import View
    from app.stream.writers import Writer


class Keeper(Protocol):
    """What a subscription needs of its hub."""

    def detach(self, subscription: Subscription, reason: str) -> None:
        """Forget a reader."""
        ...

    def end(self, subscription: Subscription, reason: str) -> None:
        """Say goodbye to a reader and close its stream."""
        ...


class Subscription:
    """A reader of the hub, made by `Hub.attach`.

    While it is live the view's position is its own. While it lags, `position` is where it stands
    and `rest` holds shared frames it is still owed: those of its attach, by reference.
    """

    __slots__ = (
        "_closed",
        "_keeper",
        "beat_due",
        "ending",
        "events_left",
        "position",
        "progress",
        "progress_at",
        "reason",
        "rest",
        "scope",
        "slot",
        "view",
        "writer",
    )

    def __init__(
        self, keeper: Keeper, view: View, writer: Writer, *, slot: int, events_left: int | None
    ) -> None:
        self.view = view
        self.writer = writer
        self.slot = slot
        self.events_left = events_left
        self.position = 0
        self.rest: tuple[Frame, ...] = ()
        self.beat_due = False
        self.ending: str | None = None
        self.reason: str | None = None
        self.scope: anyio.CancelScope | None = None
        self.progress = 0
        self.progress_at = 0.0
        self._keeper = keeper
        self._closed: asyncio.Event | None = None

    @property
    def closed(self) -> bool:
        """Whether the hub has forgotten it."""
        return self.reason is not None

    @property
    def over(self) -> bool:
        """Whether it wants no more changes: it is closed, or has been told goodbye."""
        return self.reason is not None or self.ending is not None

    def detach(self) -> None:
        """The reader has left by itself."""
        self._keeper.detach(self, "left")

    def end(self, reason: str) -> None:
        """Say goodbye (`drain`, `auth_expired`, `revoked` or `limit`) and close the stream."""
        self._keeper.end(self, reason)

    async def wait_closed(self) -> str:
        """Wait for its end; gives the reason.

        That is the word of a goodbye, or `left` (the reader went by itself), `enough` (it has got
        all the events it wanted), `stalled` (it took nothing for too long), `fault` (its values
        could not be encoded) or `ended` (the hub stopped running).
        """
        while self.reason is None:
            if self._closed is None:
                self._closed = asyncio.Event()
            await self._closed.wait()
        return self.reason

    def finish(self, reason: str) -> None:
        """Mark it over; for the hub."""
        self.reason = reason
        self.rest = ()
        if self.scope is not None:
            self.scope.cancel()
        if self._closed is not None:
            self._closed.set()
