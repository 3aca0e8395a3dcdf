"""What an error of a reflector means: the least that is right, and how long to wait before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.cluster.backoff import Backoff
from app.errors import (
    Absent,
    AccessDenied,
    ClusterError,
    Gone,
    ServerFault,
    Throttled,
    Unreachable,
    Unusable,
)

if TYPE_CHECKING:
    from random import Random

    from app.clock import Clock
    from app.cluster.limits import WatchLimits


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows.

    `relist` is the cause of the full list that is needed, None when watching on is enough; `wait`
    is in seconds; `tell` says whether it is worth showing.
    """

    relist: str | None
    wait: float
    tell: bool = True


class Recovery:
    """Judges errors; remembers those that are forgiven once.

    | error | relist | wait |
    |---|---|---|
    | Gone | yes | none, unless there was one in the last 30 s: then back-off |
    | AccessDenied, Absent | yes | 30-60 s: only a person mends it |
    | Throttled | no | back-off, at least what the server asks |
    | Unreachable, a watch that ends at once | no | back-off |
    | Unusable | the second in a row | back-off |
    | ServerFault | after a minute of them | back-off, at least what the server asks |
    | Unauthorized, anything else | yes | back-off |
    """

    def __init__(self, clock: Clock, random: Random, limits: WatchLimits) -> None:
        self._clock = clock
        self._random = random
        self._limits = limits
        self._backoff = Backoff(clock, random)
        self._expired_at = float("-inf")
        self._unreadable = 0
        self._internal_since: float | None = None

    def healthy(self) -> None:
        """A watch has given something new: what was forgiven may happen again."""
        self._unreadable = 0
        self._internal_since = None

    def judge(self, error: ClusterError) -> Verdict:
        """What follows from `error`."""
        if isinstance(error, Gone):
            now = self._clock.monotonic()
            last, self._expired_at = self._expired_at, now
            # By time and not by events: a server may give one event, then expire, for ever.
            if now - last >= self._limits.expiry:
                return Verdict("expired", 0.0, tell=False)
            return Verdict("expired", self._backoff.delay())
        if isinstance(error, AccessDenied | Absent):
            limits = self._limits
            return Verdict(
                error.reason, self._random.uniform(limits.refused_min, limits.refused_max)
            )
        asked = error.retry_after if isinstance(error, Throttled | ServerFault) else None
        wait = max(self._backoff.delay(), asked or 0.0)
        return Verdict(error.reason if self._doubtful(error) else None, wait)

    def _doubtful(self, error: ClusterError) -> bool:
        """Whether what we hold may be wrong, so that watching on from it is not enough."""
        if isinstance(error, Unreachable | Throttled):
            return False
        if isinstance(error, Unusable):
            self._unreadable += 1
            return self._unreadable > 1
        if isinstance(error, ServerFault):
            now = self._clock.monotonic()
            if self._internal_since is None:
                self._internal_since = now
            return now - self._internal_since >= self._limits.internal
        return True
