"""What is left of an object when its times, uids and generated names are taken away."""

from __future__ import annotations

import re
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def shape(value: Any) -> Any:
    """Whatever is a time becomes "TIME", a uid "UID"; the rest stays."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    if isinstance(value, str):
        if TIME.fullmatch(value):
            return "TIME"
        if UID.fullmatch(value):
            return "UID"
    return value


def fields(value: Any, at: str = "") -> set[str]:
    """The paths of every leaf: `status.conditions[].type`."""
    if isinstance(value, dict) and value:
        return {
            path
            for key, one in value.items()
            for path in fields(one, f"{at}.{key}" if at else str(key))
        }
    if isinstance(value, list) and value:
        return {path for one in value for path in fields(one, f"{at}[]")}
    return {at}
