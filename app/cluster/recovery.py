"""What an error of a reflector means: the least that is right, and how long to wait before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.cluster.backoff import FIRST_SECONDS, Backoff
from app.cluster.faults import Silent
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


TOO_LARGE = "ResourceVersionTooLarge"
"""The cause in the answer of a server that has not come as far as our version."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows.

    `relist` is the cause of the full list that is needed, None when watching on is enough; `wait`
    is in seconds; `tell` says whether it is worth showing, `probe` whether the server is asked
    first if our position is still its past.
    """

    relist: str | None
    wait: float
    tell: bool = True
    probe: bool = False


class Recovery:
    """Judges errors; remembers those that are forgiven once.

    | error | relist | wait |
    |---|---|---|
    | Gone | yes | none, unless there was one in the last 30 s: then back-off |
    | AccessDenied, Absent | yes | 30-60 s: only a person mends it; back-off while it starts |
    | Throttled | no | back-off, at least what the server asks |
    | Silent | a probe, the second time a list | none |
    | Unreachable, a watch that ends at once | a probe, the second time a list | back-off |
    | Unusable | a probe, the second in a row a list | back-off |
    | ServerFault | after a minute, or if our version is its future | the same as Throttled |
    | Unauthorized, anything else | yes | back-off |

    A probe is believed once: when the next watch fails as well and nothing came in between, the
    server answers but its watches do not, and only lists tell what happens.

    A server that starts refuses whoever is no master until it has read its roles, and does not know
    of kinds that are not its own: a refusal soon after it was away is told when it has lasted.
    """

    def __init__(self, clock: Clock, random: Random, limits: WatchLimits) -> None:
        self._clock = clock
        self._random = random
        self._limits = limits
        self._backoff = Backoff(clock, random)
        self._expired_at = float("-inf")
        self._unreadable = 0
        self._probed = False
        self._internal_since: float | None = None
        self._away_at = float("-inf")
        self._refused_since: float | None = None

    def healthy(self) -> None:
        """A list, or a watch that gave something new: what was forgiven may happen again."""
        self._unreadable = 0
        self._probed = False
        self._internal_since = None
        self._refused_since = None

    def probed(self) -> None:
        """The server answered the question for its version."""
        self._probed = True

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
            return self._refused(error)
        if isinstance(error, Silent):
            # No failure yet: some kinds are never heard of while nothing happens to them.
            return Verdict("silence" if self._probed else None, 0.0, False, not self._probed)
        if isinstance(error, Unreachable | ServerFault):
            self._away_at = self._clock.monotonic()
        asked = error.retry_after if isinstance(error, Throttled | ServerFault) else None
        wait = max(self._backoff.delay(), asked or 0.0)
        if isinstance(error, Throttled):
            return Verdict(None, wait)
        if isinstance(error, Unreachable):
            return self._watch_on(wait)
        if isinstance(error, Unusable):
            self._unreadable += 1
            return Verdict("unusable", wait) if self._unreadable > 1 else self._watch_on(wait)
        if isinstance(error, ServerFault):
            return Verdict("server_fault" if self._lasting(error) else None, wait)
        return Verdict(error.reason, wait)

    def _refused(self, error: ClusterError) -> Verdict:
        now, limits = self._clock.monotonic(), self._limits
        if self._refused_since is None:
            self._refused_since = now
        if now - self._away_at >= limits.starting:
            wait = self._random.uniform(limits.refused_min, limits.refused_max)
            return Verdict(error.reason, wait)
        if now - self._refused_since >= limits.patience:
            return Verdict(error.reason, self._backoff.delay())
        # Ask for the same once more: what we hold is as right as it was. A namespace that is gone
        # is another matter.
        relist = error.reason if isinstance(error, Absent) else None
        return Verdict(relist, FIRST_SECONDS * (1 + self._random.random()), tell=False)

    def _watch_on(self, wait: float) -> Verdict:
        return Verdict("watch_failed" if self._probed else None, wait, probe=not self._probed)

    def _lasting(self, error: ServerFault) -> bool:
        """Whether to watch on from the same version has been tried long enough, or is vain."""
        now = self._clock.monotonic()
        if self._internal_since is None:
            self._internal_since = now
        return TOO_LARGE in error.causes or now - self._internal_since >= self._limits.internal
