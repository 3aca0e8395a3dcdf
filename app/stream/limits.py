"""The intervals and bounds of the stream, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are seconds unless the name says otherwise."""

    tick_seconds: float = 0.05
    """Changes closer together than this are gathered: invisible to a person, and the only way to
    deliver more events than the kernel takes sends."""
    heartbeat_seconds: float = 10.0
    """Below every common proxy's idle limit (the shortest default is 60 s)."""
    heartbeat_slots: int = 10
    """A beat goes to one slot of the readers at a time, so that no beat touches all sockets."""
    stale_seconds: float = 30.0
    """Told to pages: without an event for so long what they show is old."""
    retry_min_ms: int = 1_000
    retry_max_ms: int = 5_000
    """Readers that lost the server together come back apart."""
    tombstone_seconds: float = 600.0
    tombstones: int = 10_000
    """Per topic: how long a removal is remembered for readers that come back."""
    stall_seconds: float = 30.0
    """A reader that takes not one byte for so long is dropped."""
    farewell_seconds: float = 1.0
    """How long a goodbye may wait for a reader that is behind."""
    drain_step_seconds: float = 0.010
    drain_seconds: float = 5.0
    """Closes of a drain are spread over the smaller of the two: a step for each stream, or all."""
