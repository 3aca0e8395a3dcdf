"""The rules of what a container asks for and may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.problems import Problem, required, wrong
from app.demo.api.quantities import amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.demo.api.kinds import Json

STANDARD = frozenset({"cpu", "memory", "ephemeral-storage"})
PAGES = "hugepages-"
NOT_NEGATIVE = "must be greater than or equal to 0"


def resources_problems(resources: Json, field: str) -> Iterator[Problem]:
    """What is wrong with a container's `resources`."""
    limits, requests = resources.get("limits", {}), resources.get("requests", {})
    for name, text in limits.items():
        yield from _one(name, text, f"{field}.limits[{name}]")
    for name, text in requests.items():
        yield from _one(name, text, f"{field}.requests[{name}]")
        if name in limits:
            yield from _within(name, text, limits[name], f"{field}.requests")
        elif not _may_be_exceeded(name):
            yield required(f"{field}.limits", "Limit must be set for non overcommitable resources")


def _one(name: str, text: str, field: str) -> Iterator[Problem]:
    if "/" not in name and name not in STANDARD and not name.startswith(PAGES):
        yield wrong(field, name, "must be a standard resource type or fully qualified")
        yield wrong(field, name, "must be a standard resource for containers")
    if amount(text) < 0:
        yield wrong(field, text, NOT_NEGATIVE)


def _within(name: str, text: str, limit: str, field: str) -> Iterator[Problem]:
    asked, most = amount(text), amount(limit)
    if asked != most and not _may_be_exceeded(name):
        yield wrong(field, text, f"must be equal to {name} limit of {limit}")
    elif asked > most:
        yield wrong(field, text, f"must be less than or equal to {name} limit of {limit}")


def _may_be_exceeded(name: str) -> bool:
    """Whether a container may use more than it asks for."""
    return "/" not in name and not name.startswith(PAGES)
