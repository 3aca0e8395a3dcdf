"""What an HTTP answer says."""

from __future__ import annotations

import json


def sentence_in(body: bytes) -> str | None:
    """The sentence of our error envelope, None where the body is something else."""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
