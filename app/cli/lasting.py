"""How long something took, and how long something is to take."""

from __future__ import annotations

import argparse
import re
from types import MappingProxyType

_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|h)")
_UNITS = MappingProxyType({"s": 1.0, "m": 60.0, "h": 3600.0})


def lasting(seconds: float) -> str:
    """Words for a time: `8 s`, `4 min 10 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def span(text: str) -> float:
    """Reads a time such as `90s`, `10m` or `1.5h` as seconds."""
    match = _SPAN.fullmatch(text)
    if match is None or float(match[1]) == 0:
        raise argparse.ArgumentTypeError(f"must be such as 90s, 10m or 1.5h, not {text[:80]!r}")
    return float(match[1]) * _UNITS[match[2]]
