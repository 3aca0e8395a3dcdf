"""The headers of answers that say something to whoever asks; those for browsers are left out."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from app.web.headers import NO_STORE, REVALIDATE, STREAM

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

HEADERS: Mapping[str, Json] = MappingProxyType(
    {
        "Cache-Control": {
            "description": "Whether it may be kept; what may be must be asked about every time.",
            "required": True,
            "schema": {
                "type": "string",
                "enum": [value.decode() for value in (NO_STORE, REVALIDATE, STREAM)],
            },
        },
        "X-Request-Id": {
            "description": "What the log calls this request; `requestId` of an error is the same.",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        },
        "Watchglass-Replay": {
            "description": "Where a tape is replayed: when it was recorded. Absent elsewhere.",
            "schema": {"type": "string", "format": "date-time"},
        },
        "ETag": {
            "description": "For `If-None-Match`; weak, as the same may come compressed.",
            "required": True,
            "schema": {"type": "string", "pattern": '^W/"[0-9a-f]{24}"$'},
        },
        "X-Accel-Buffering": {
            "description": "Asks a proxy to pass every event on at once.",
            "required": True,
            "schema": {"const": "no"},
        },
    }
)
