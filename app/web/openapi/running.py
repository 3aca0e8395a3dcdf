"""What a process says of itself at `/version`, as a schema."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

REPLAY: Json = {
    "type": "object",
    "description": "Where a tape is replayed: when it was recorded, and how it is played.",
    "required": ["recordedAt", "speed", "anonymised"],
    "properties": {
        "recordedAt": {
            "type": "string",
            "format": "date-time",
            "description": "When its first message came.",
        },
        "speed": {"type": "number", "description": "How much faster than it was."},
        "anonymised": {"type": "boolean", "description": "Whether names were changed."},
    },
    "additionalProperties": False,
}
RUNNING: dict[str, str] = {
    "name": "The product.",
    "version": "The release.",
    "stream": "The protocol of the stream.",
    "epoch": "The name of this life of the process, as in the stream's ids.",
    "cluster": "What the pages call the cluster.",
    "python": "The interpreter's version.",
}
RUNS: Json = {
    "type": "object",
    "description": "What it says of itself.",
    "required": [*RUNNING],
    "properties": {name: {"type": "string", "description": text} for name, text in RUNNING.items()}
    | {"replay": REPLAY},
    "additionalProperties": False,
}
