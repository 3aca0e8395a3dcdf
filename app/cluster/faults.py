"""Faults that only a reflector tells apart."""

from __future__ import annotations

from app.errors import Unreachable, Unusable


class Silent(Unreachable):
    """An open watch gave not one byte for too long: a peer that is gone says nothing either."""


class Distrusted(Unreachable):
    """The API server's certificate is not trusted, or it does not trust ours."""


class Truncated(Unusable):
    """A stream ended in the middle of a line."""


class ShortWatch(Unreachable):
    """A watch ended at once and without an event, as a broken proxy ends it."""


class Refused(Unusable):
    """The API server understood the call and does not accept it (400, 405, 415, 422, ...)."""
