"""How fresh each source is: a state that is right without anybody doing anything.

| state | when |
|---|---|
| `connecting` | before the first answer |
| `live` | the last proof (event, bookmark or list) is at most 75 s old |
| `late` | over 75 s, or after an attempt that failed |
| `stale` | over 100 s |
| `forbidden`, `absent`, `error` | at once: an answer that says so |

75 s is the reflector's 70 s of silence (bookmarks come every 60 s) and a probe; 100 s is a probe
that got no answer, and the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from app.cluster.faults import Truncated
from app.cluster.rule import missing_rule
from app.errors import Absent, AccessDenied, ClusterError, Unusable
from app.model import EVERYWHERE, Source

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock
    from app.model import Proof, SourceState
    from app.stream import Topic

LATE_SECONDS = 75.0
STALE_SECONDS = 100.0
TICK_SECONDS = 1.0


class SourceMonitor:
    """What one reflector reports, and the state that follows from it; see `Monitor`."""

    def __init__(
        self, topic: Topic[Source], clock: Clock, kind: str, namespace: str | None
    ) -> None:
        self.kind = kind
        self.namespace = namespace or EVERYWHERE
        self._scope = namespace
        self._topic = topic
        self._clock = clock
        self._proof: Proof | None = None
        self._proved_at: datetime | None = None
        self._proved = clock.monotonic()
        self._objects = 0
        self._error: ClusterError | None = None
        self.assess()

    @property
    def key(self) -> str:
        """Its key in the topic `sources`."""
        return f"{self.kind}/{self.namespace}"

    @property
    def age_seconds(self) -> float:
        """Since the last proof; before the first one, since the beginning."""
        return max(0.0, self._clock.monotonic() - self._proved)

    @property
    def state(self) -> SourceState:
        """The state at this moment."""
        match self._error:
            case AccessDenied():
                return "forbidden"
            case Absent():
                return "absent"
            case Unusable() if not isinstance(self._error, Truncated):
                return "error"
        age = self.age_seconds
        if age > STALE_SECONDS:
            return "stale"
        if age > LATE_SECONDS or self._error is not None:
            return "late"
        return "live" if self._proof is not None else "connecting"

    def connecting(self) -> None:
        """The first attempt begins."""
        self.assess()

    def proved(self, proof: Proof, objects: int) -> None:
        """What we hold was right at this moment."""
        self._proof = proof
        self._proved = self._clock.monotonic()
        self._proved_at = self._clock.now()
        self._objects = objects
        self._error = None
        self.assess()

    def failed(self, error: ClusterError) -> None:
        """An attempt failed."""
        self._error = error
        self.assess()

    def assess(self) -> None:
        """Write the source's value if its state, cause or rule is another than before."""
        error = self._error
        rule = None
        if isinstance(error, AccessDenied):
            rule = missing_rule(error.group, error.resource, self._scope)
        state, message = self.state, None if error is None else str(error)
        known = self._topic.get(self.key)
        if known is not None and (known.state, known.message, known.missing_rule) == (
            state,
            message,
            rule,
        ):
            return
        self._topic.upsert(
            self.key,
            Source(
                kind=self.kind,
                namespace=self.namespace,
                state=state,
                proved_at=self._proved_at,
                proof=self._proof,
                objects=self._objects,
                message=message,
                missing_rule=rule,
            ),
        )


class Freshness:
    """The monitors of all sources, and what heartbeats say of them."""

    def __init__(self, topic: Topic[Source], clock: Clock) -> None:
        self._topic = topic
        self._clock = clock
        self.monitors: dict[str, SourceMonitor] = {}

    def monitor(self, kind: str, namespace: str | None) -> SourceMonitor:
        """The monitor of one more source; namespace None stands for all of them."""
        monitor = SourceMonitor(self._topic, self._clock, kind, namespace)
        self.monitors[monitor.key] = monitor
        return monitor

    def age_seconds(self, key: str) -> float:
        """Since the last proof of the source of this key in the topic."""
        return self.monitors[key].age_seconds

    def vitals(
        self, topics: tuple[str, ...], namespaces: frozenset[str] | None
    ) -> dict[str, object]:
        """State and age in milliseconds of each source behind `topics` and `namespaces`."""
        return {
            key: {"state": monitor.state, "ageMs": round(monitor.age_seconds * 1000)}
            for key, monitor in self.monitors.items()
            if monitor.kind in topics
            and (
                namespaces is None
                or monitor.namespace == EVERYWHERE
                or monitor.namespace in namespaces
            )
        }

    async def run(self) -> None:
        """Let time do its part: a source that nobody hears of grows late, then stale."""
        while True:
            await anyio.sleep(TICK_SECONDS)
            for monitor in self.monitors.values():
                monitor.assess()
