"""How a setting is written on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Spelled:
    """Flags of a field that are not its name with dashes: kubectl's, which fingers know."""

    short: str
    long: str


def spellings(name: str, field: FieldInfo) -> tuple[str, ...]:
    """Every flag of a field, the long one last."""
    for item in field.metadata:
        if isinstance(item, Spelled):
            return item.short, item.long
    return ("--" + name.replace("_", "-"),)


def flag(name: str, field: FieldInfo) -> str:
    """The flag that messages name: `base_path` is `--base-path`."""
    return spellings(name, field)[-1]
