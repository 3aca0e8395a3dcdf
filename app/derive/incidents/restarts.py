"""Who restarts too often: what no single record of a pod can tell."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.cluster.projections.pods import PodRecord
    from app.derive.timer import Timer

RESTARTS = 3
WINDOW_SECONDS = 600.0


class Restarts:
    """The moments of the last restarts that we saw, by pod; `over(key)` is called when they age."""

    def __init__(self, clock: Clock, timer: Timer, over: Callable[[str], None]) -> None:
        self._clock = clock
        self._timer = timer
        self._over = over
        self._seen: dict[str, deque[float]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def too_many(self, key: str) -> bool:
        """Whether there were 3 within the last 10 minutes."""
        seen = self._seen.get(key)
        return seen is not None and len(seen) == RESTARTS

    def observe(self, key: str, old: PodRecord | None, new: PodRecord | None) -> None:
        """A pod changed; one that was not known before may have restarted at any time."""
        if new is None or (old is not None and old.uid != new.uid):
            if self._seen.pop(key, None) is not None:
                self._timer.cancel(("restarts", key))
            return
        if old is None or count(new) <= count(old):
            return
        # More than one at a time are several containers at once, or what happened while nobody
        # looked, at whatever moments.
        seen = self._seen.setdefault(key, deque(maxlen=RESTARTS))
        seen.append(self._clock.monotonic())
        self._await(key, seen)

    def _await(self, key: str, seen: deque[float]) -> None:
        left = max(0.0, seen[0] + WINDOW_SECONDS - self._clock.monotonic())
        self._timer.after(left, ("restarts", key), lambda: self._age(key))

    def _age(self, key: str) -> None:
        """The oldest of them is too old to count."""
        seen, oldest = self._seen[key], self._seen[key][0]
        was_too_many = len(seen) == RESTARTS
        while seen and seen[0] <= oldest:
            seen.popleft()
        if seen:
            self._await(key, seen)
        else:
            del self._seen[key]
        if was_too_many:
            self._over(key)


def count(pod: PodRecord) -> int:
    """Restarts of what runs in the pod for as long as it lives, sidecars included."""
    sidecars = (status for status in pod.init_statuses if status.name in pod.sidecars)
    return sum(status.restarts for status in (*sidecars, *pod.statuses))
