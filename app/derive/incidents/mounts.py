"""Which pods wait for a volume that is not there: the kubelet says it in events alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.cluster.projections.events import WarningRecord
    from app.derive.timer import Timer

FAILED = "FailedMount"
MISSING = re.compile(r"\b(secret|configmap)s? \"[^\"]*\" not found")
"""What is said of a Secret or ConfigMap that does not exist; drivers and programs are not found in
other words, on every node that has just joined."""

RECENT_SECONDS = 300.0
"""The kubelet tries again every two minutes at most, and says so each time."""

MOST = 5_000
"""Pods that are remembered; the oldest make room."""


class Mounts:
    """What was last said about each such pod, by its key; `over(key)` is called at each change."""

    def __init__(self, clock: Clock, timer: Timer, over: Callable[[str], None]) -> None:
        self._clock = clock
        self._timer = timer
        self._over = over
        self._said: dict[str, tuple[str, str]] = {}

    def __len__(self) -> int:
        return len(self._said)

    def trouble(self, key: str, uid: str) -> str:
        """What the kubelet lately said of this very pod, empty when there is nothing."""
        about, message = self._said.get(key, ("", ""))
        return message if about == uid else ""

    def observe(self, told: WarningRecord) -> None:
        """A warning came."""
        if told.reason != FAILED or told.object_kind != "Pod" or not MISSING.search(told.message):
            return
        passed = (self._clock.now() - told.last_seen).total_seconds()
        if passed >= RECENT_SECONDS:
            return
        key = f"{told.object_namespace}/{told.object_name}"
        if key not in self._said and len(self._said) >= MOST:
            self._forget(next(iter(self._said)))
        self._said[key] = (told.object_uid, told.message)
        name = ("mount", key)
        left = min(RECENT_SECONDS, RECENT_SECONDS - passed)
        self._timer.after(left, name, lambda: self._forget(key))
        self._over(key)

    def _forget(self, key: str) -> None:
        self._timer.cancel(("mount", key))
        del self._said[key]
        self._over(key)
