"""Carry complete values to any number of readers: in order, bounded, resumable; domain-blind.

The law of this room: a reader that keeps up has no queue, one that lags holds only a position, and
"what changed since a position?" is the one question that flush, catch-up and resume ask.
"""

from __future__ import annotations

from app.stream.cursor import Cursor
from app.stream.frame import CHUNK, FRAME_LIMIT, Dialect, Frame
from app.stream.greeting import SCHEMA
from app.stream.hub import Hub
from app.stream.limits import Limits
from app.stream.statistics import Statistics
from app.stream.subscription import Subscription
from app.stream.topic import Topic
from app.stream.writers import SteppedWriter, TaskWriter, WebSocketWriter, Writer, WriterClosed

__all__ = [
    "CHUNK",
    "FRAME_LIMIT",
    "SCHEMA",
    "Cursor",
    "Dialect",
    "Frame",
    "Hub",
    "Limits",
    "Statistics",
    "SteppedWriter",
    "Subscription",
    "TaskWriter",
    "Topic",
    "WebSocketWriter",
    "Writer",
    "WriterClosed",
]
