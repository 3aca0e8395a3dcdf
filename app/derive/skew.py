"""How far our clock is from the API server's, as far as the dates of its answers tell."""

from __future__ import annotations

from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SECOND = timedelta(seconds=1)
"""A `Date` is cut to whole seconds."""

LISTEN_SECONDS = 2.0
"""A measure that differs less than this from the one before says nothing new."""


class Skew:
    """Tells `heard` by how many seconds our clock is ahead, each time it is another."""

    def __init__(self, heard: Callable[[float], None]) -> None:
        self._heard = heard
        self._told = 0.0

    def dated(self, said: str, sent: datetime, received: datetime) -> None:
        """An answer was dated so; by our clock it was made between `sent` and `received`."""
        try:
            moment = parsedate_to_datetime(said)
            seconds = ahead(moment.replace(tzinfo=moment.tzinfo or UTC), sent, received)
        except (ValueError, TypeError, OverflowError):
            # A proxy's own idea of a date says nothing about the API server's clock.
            return
        if abs(seconds - self._told) >= LISTEN_SECONDS:
            self._told = seconds
            self._heard(seconds)


def ahead(said: datetime, sent: datetime, received: datetime) -> float:
    """The least by which our clock must be ahead (negative: behind) for both to be true.

    An answer that took long proves little: it may have been dated at any moment in between.
    """
    if said + SECOND < sent:
        return (sent - said - SECOND).total_seconds()
    if said > received:
        return (received - said).total_seconds()
    return 0.0
