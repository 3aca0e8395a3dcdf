"""The first and the last thing a reader hears."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.model.wire import format_time
from app.stream.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from app.clock import Clock
    from app.stream.limits import Limits

SCHEMA = "watchglass.stream/1"

CARRIED_ON = frozenset({"resumed", "gap"})
"""Reasons with which a reader keeps what it holds, in part at least."""


class Greeting:
    """Makes `hello` and `goodbye`, which differ for each reader by their retry time."""

    def __init__(
        self, *, epoch: str, limits: Limits, clock: Clock, random: Random, build: str
    ) -> None:
        self._epoch = epoch
        self._limits = limits
        self._clock = clock
        self._random = random
        self._build = build

    def hello(self, topics: Iterable[str], reason: str, *, retry_ms: int | None = None) -> Frame:
        """What follows is a stream of `topics`, and why it starts where it does."""
        retry = self._retry_ms() if retry_ms is None else retry_ms
        fields = {
            "schema": SCHEMA,
            "epoch": self._epoch,
            "resumed": reason in CARRIED_ON,
            "reason": reason,
            "serverTime": format_time(self._clock.now()),
            "heartbeatMs": round(self._limits.heartbeat_seconds * 1000),
            "staleAfterMs": round(self._limits.stale_seconds * 1000),
            "retryMs": retry,
            "topics": list(topics),
            "build": self._build,
        }
        return Frame("hello", _json(fields), retry=retry)

    def goodbye(self, reason: str, *, retry_ms: int | None = None) -> Frame:
        """The server ends the stream: why, and when to come back."""
        retry = self._retry_ms() if retry_ms is None else retry_ms
        return Frame("goodbye", _json({"reason": reason, "retryMs": retry}))

    def _retry_ms(self) -> int:
        return self._random.randint(self._limits.retry_min_ms, self._limits.retry_max_ms)


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()
