"""What forms are put together from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


TIME, MICRO, BASE64, EITHER, QUANTITY = "time", "micro", "base64", "int-or-string", "quantity"
INT32, INT64 = "int32", "int64"
FREE = "free"
"""Whatever it is."""


class Texts:
    """A map from text to text, or to what `of` says."""

    def __init__(self, of: Any = str) -> None:
        self.of = of


class Struct:
    """An object with fields; `name` is what Go calls it, `nulls` are written even when empty."""

    def __init__(self, name: str, fields: Mapping[str, Any], nulls: tuple[str, ...] = ()) -> None:
        self.name = name
        self.fields = fields
        self.nulls = nulls
