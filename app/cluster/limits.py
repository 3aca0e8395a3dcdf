"""The numbers of a reflector; those of client-go (tools/cache/reflector.go) where it has one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """Times are seconds."""

    page_size: int = 200
    """client-go's 500 pods of 12 kB take 60 ms to read, in which the loop does nothing else."""
    pages: int = 10_000
    """A list of more pages than this does not end."""
    watch_min: int = 300
    watch_max: int = 600
    """A watch asks for a random time between the two, so that watches do not end together."""
    overtime: float = 30.0
    """A watch that goes on so long past its time is ended by us."""
    silence: float = 70.0
    """Longer silence asks for a proof of life. Servers send a bookmark about every 60 s, but none
    of kinds that they do not cache, as events; and at 75 s without a proof a source is late."""
    fresh: float = 10.0
    """A proof of this age lasts until the first bookmark of the next watch."""
    relist: float = 1800.0
    """A full list in any case: against a watch that is silent because the server went back."""
    short: float = 1.0
    """A watch that ends sooner without an event has failed."""
    hasty: int = 3
    """Watches in a row that may end so soon although they gave something."""
    refused_min: float = 30.0
    refused_max: float = 60.0
    """After 403 and 404, which only a person mends."""
    starting: float = 30.0
    """So soon after it was away an API server may refuse what it will allow in a moment."""
    patience: float = 5.0
    """For so long such a refusal is not told."""
    expiry: float = 30.0
    """An expired position is listed again at once, but not twice in this time."""
    internal: float = 60.0
    """500 in a stream is retried so long before a relist."""
    watch_list: bool = False
    """Ask for the first state as a stream; falls back for good where that is refused."""
    mark: float = 60.0
    """A streaming list whose end is not marked by then is none."""


@dataclass(slots=True)
class ReflectorStatistics:
    """Plain counters of one reflector since its start."""

    lists: int = 0
    watches: int = 0
    events: int = 0
    bookmarks: int = 0
    ignored: int = 0
    """Repeated or unknown events."""
    unreadable: int = 0
    """Objects of lists that could not be read."""
    bytes: int = 0
    reconnects: int = 0
    backoff_seconds: float = 0.0
    objects: int = 0
    last_proof: float | None = None
    """Monotonic seconds."""
