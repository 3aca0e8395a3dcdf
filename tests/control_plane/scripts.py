"""Short words for what tests say to the stand-in and wait for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.control_plane.kubelet.script import PREFIX

if TYPE_CHECKING:
    from tests.control_plane.objects import Json

Predicate = Callable[["Json | None"], bool]


def script(**keys: object) -> dict[str, str]:
    """Annotations for the stand-in: `script(exit_code=3)` says `exit-code: "3"` under our prefix.

    Two underscores name a container: `exit_code__git`. True is written "true".
    """
    found = {}
    for key, value in keys.items():
        word, _, container = key.partition("__")
        name = PREFIX + word.replace("_", "-") + (f".{container}" if container else "")
        found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def in_phase(phase: str) -> Predicate:
    """For `Api.until` on pods."""
    return lambda found: found is not None and found["status"].get("phase") == phase


def has_condition(kind: str, value: str = "True") -> Predicate:
    """For `Api.until` on anything with conditions, such as a Job that is `Complete`."""

    def holds(found: Json | None) -> bool:
        conditions = (found or {}).get("status", {}).get("conditions") or []
        return any(c["type"] == kind and c["status"] == value for c in conditions)

    return holds


def is_absent(found: Json | None) -> bool:
    """For `Api.until`: deleted."""
    return found is None
