"""The sources of a recording: in the state that was told of them, and growing old since.

Between two heartbeats, and after the last one, time passes: a source that was live is late and then
stale by the same numbers as any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.derive.freshness import LATE_SECONDS, STALE_SECONDS, Freshness, SourceMonitor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.clock import Clock
    from app.model import Source, SourceState
    from app.stream import Topic


class RetoldMonitor(SourceMonitor):
    """One source: its recorded value, and its state at the last heartbeat."""

    def __init__(self, topic: Topic[Source], clock: Clock, source: Source) -> None:
        self._source = source
        self._told: SourceState = source.state
        super().__init__(topic, clock, source.kind, source.namespace)
        self.tell(source)

    @property
    def state(self) -> SourceState:
        """The one that was told last, or what has become of it."""
        return self._aged(self._told)

    def tell(self, source: Source) -> None:
        """Its recorded value is this one."""
        if source.state == "live":
            # A proof has just made it so, or one of the last 75 s: the next heartbeat will tell.
            if self._told != "live":
                self._proved = self._clock.monotonic()
        elif source.proved_at is not None:
            # With a later proof it would be live.
            since = self._clock.now() - source.proved_at
            self._proved = self._clock.monotonic() - since.total_seconds()
        self._source = source
        self._told = source.state
        self.assess()

    def beat(self, state: SourceState, age_seconds: float) -> None:
        """A heartbeat told of it."""
        self._told = state
        self._proved = self._clock.monotonic() - age_seconds
        self.assess()

    def assess(self) -> None:
        """Write the recorded value, with what has become of its state."""
        state = self._aged(self._source.state)
        aged = self._source
        if state != aged.state:
            aged = aged.model_copy(update={"state": state})
        self._topic.upsert(self.key, aged)

    def _aged(self, state: SourceState) -> SourceState:
        age = self.age_seconds
        if state in ("live", "late") and age > STALE_SECONDS:
            return "stale"
        return "late" if state == "live" and age > LATE_SECONDS else state


class Retold(Freshness):
    """The monitors of all recorded sources; what a tape needs to tell of them."""

    def replace(self, told: Mapping[str, Source]) -> None:
        """These are all the sources there are, by their keys."""
        for key in self.monitors.keys() - told.keys():
            self.tell(key, None)
        for key, source in told.items():
            self.tell(key, source)

    def tell(self, key: str, source: Source | None) -> None:
        """What became of one source; None: it is gone."""
        monitor = self.monitors.get(key)
        if source is None:
            self.monitors.pop(key, None)
            self._topic.remove(key)
        elif isinstance(monitor, RetoldMonitor):
            monitor.tell(source)
        else:
            self.monitors[key] = RetoldMonitor(self._topic, self._clock, source)

    def beat(self, key: str, state: SourceState, age_seconds: float) -> None:
        """How a source was at a heartbeat; of one that has no value nothing is known."""
        monitor = self.monitors.get(key)
        if isinstance(monitor, RetoldMonitor):
            monitor.beat(state, age_seconds)
