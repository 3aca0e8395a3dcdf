"""What cells of several kinds have in common: ages, containers and selectors in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from app.demo.api.kinds import Json

NONE = "<none>"
UNKNOWN = "<unknown>"

MINUTE, HOUR, DAY, YEAR = 60, 3_600, 86_400, 365 * 86_400


@dataclass(frozen=True, slots=True)
class Column:
    """A column; those with a priority above 0 are for `-o wide`."""

    name: str
    description: str
    type: str = "string"
    format: str = ""
    priority: int = 0

    def definition(self) -> Json:
        """As a Table carries it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        }


@dataclass(frozen=True, slots=True)
class Printer:
    """How one kind is printed: its columns, and the cells of an object at a time.

    `ending` gives the conditions of a row whose object has come to its end.
    """

    columns: tuple[Column, ...]
    cells: Callable[[Json, datetime], list[Any]]
    ending: Callable[[Json], list[Json]] | None = None


NAME = Column("Name", "What the object is called.", format="name")
AGE = Column("Age", "The time since the object was created.")
CONTAINERS = Column("Containers", "The names of the containers of the template.", priority=1)
IMAGES = Column("Images", "The images of the containers of the template.", priority=1)


def selector_column(description: str) -> Column:
    """A selector, for `-o wide`."""
    return Column("Selector", description, priority=1)


def name_of(value: Json) -> str:
    """The object's name."""
    return str(metadata(value).get("name") or "")


def metadata(value: Json) -> Json:
    """The object's metadata."""
    return part(value, "metadata")


def part(value: Json, *path: str) -> Json:
    """The object at this path, an empty one where there is none or null."""
    for name in path:
        value = value.get(name) or {}
    return value


def age_of(value: Json, now: datetime) -> str:
    """The cell of Age."""
    return since(metadata(value).get("creationTimestamp"), now)


def since(timestamp: str | None, now: datetime) -> str:
    """How long ago that was."""
    moment = parsed(timestamp)
    return UNKNOWN if moment is None else human(now - moment)


def parsed(timestamp: str | None) -> datetime | None:
    """A timestamp as on the wire."""
    return datetime.fromisoformat(timestamp) if timestamp else None


def human(duration: timedelta) -> str:
    """A duration as kubectl cuts it: `59s`, `2m3s`, `12m`, `5h7m`, `3d4h`, `2y10d`."""
    seconds = int(duration.total_seconds())
    if seconds < -1:
        # Two seconds of disagreement between clocks are none.
        return "<invalid>"
    if seconds < 2 * MINUTE:
        return f"{max(seconds, 0)}s"
    if seconds < 10 * MINUTE:
        return _two(seconds, MINUTE, "m", 1, "s")
    if seconds < 3 * HOUR:
        return f"{seconds // MINUTE}m"
    if seconds < 8 * HOUR:
        return _two(seconds, HOUR, "h", MINUTE, "m")
    if seconds < 2 * DAY:
        return f"{seconds // HOUR}h"
    if seconds < 8 * DAY:
        return _two(seconds, DAY, "d", HOUR, "h")
    if seconds < 2 * YEAR:
        return f"{seconds // DAY}d"
    if seconds < 8 * YEAR:
        return _two(seconds, YEAR, "y", DAY, "d")
    return f"{seconds // YEAR}y"


def _two(seconds: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    whole, rest = divmod(seconds, large)
    found = rest // small
    return f"{whole}{large_unit}" + (f"{found}{small_unit}" if found else "")


def containers(template: Json) -> list[str]:
    """The cells of Containers and Images."""
    found = part(template, "spec").get("containers") or []
    return [
        ",".join(one.get("name") or "" for one in found),
        ",".join(one.get("image") or "" for one in found),
    ]


def selector(wanted: Json | None) -> str:
    """A label selector in words, empty when it selects everything or nothing."""
    if not wanted:
        return ""
    found = [(key, f"{key}={value}") for key, value in (wanted.get("matchLabels") or {}).items()]
    for one in wanted.get("matchExpressions") or []:
        key, values = one["key"], ",".join(sorted(one.get("values") or []))
        text = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }[one["operator"]]
        found.append((key, text))
    return ",".join(text for _, text in sorted(found, key=lambda pair: pair[0]))


def labels(found: Mapping[str, str] | None) -> str:
    """Labels as `a=1,b=2`."""
    return ",".join(f"{key}={value}" for key, value in sorted((found or {}).items())) or NONE


def is_true(conditions: Iterable[Json], kind: str) -> bool:
    """Whether the first condition of this type is True."""
    return next((one.get("status") == "True" for one in conditions if one["type"] == kind), False)
