"""What the hub counts about itself: plain numbers, read by whoever wants them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Statistics:
    """Counters since the start, and gauges of the present; bytes are those given to writers."""

    readers: dict[str, int] = field(default_factory=lambda: {"sse": 0, "websocket": 0})
    """Readers at present, by dialect."""
    lagging: int = 0
    """Readers at present that have not taken everything."""
    attached: int = 0
    attach_reasons: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("fresh", "resumed", "epoch", "gap", "ahead"), 0)
    )
    bytes_written: int = 0
    frames_written: int = 0
    encodes: int = 0
    """Frames of changes and snapshot parts that were made; the readers share them."""
    changes: int = 0
    """Changes on the hub: the seq that was taken."""
    changes_encoded: int = 0
    """Changes that were put into frames, per view."""
    flushes: int = 0
    coalesced: int = 0
    """Changes that a later one of the same key overtook before they were sent."""
    lags: int = 0
    """Times a reader fell behind."""
    stalled: int = 0
    """Readers dropped because they took not one byte for too long."""
    heartbeats: int = 0
    """Frames of heartbeats that were made; the readers of a view share them."""
