"""What a pod says itself about its containers; see the stand-in of the tests for the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.demo.api.kinds import Json

PREFIX = "kubelet.watchglass.test/"


@dataclass(frozen=True, slots=True)
class Annotations:
    """The keys under the prefix; `own`: only those that name the container."""

    values: Mapping[str, str]
    container: str = ""
    own: bool = False

    @classmethod
    def of(cls, pod: Json, container: str = "", *, own: bool = False) -> Annotations:
        """A pod's."""
        found = pod["metadata"].get("annotations") or {}
        return cls(
            {key: one for key, one in found.items() if key.startswith(PREFIX)}, container, own
        )

    def __bool__(self) -> bool:
        return bool(self.values)

    def text(self, key: str) -> str | None:
        """A key's value, that for the container first."""
        found = self.values.get(f"{PREFIX}{key}.{self.container}")
        if found is None and not self.own:
            found = self.values.get(f"{PREFIX}{key}")
        return found

    def seconds(self, key: str) -> float | None:
        """A number of milliseconds as seconds; one that is misspelt counts as absent."""
        found = self.number(key)
        return None if found is None else found / 1_000

    def number(self, key: str) -> int | None:
        """A whole number; one that is misspelt counts as absent."""
        found = self.text(key)
        return int(found) if found is not None and found.lstrip("-").isdecimal() else None

    def says(self, key: str, word: str) -> bool:
        """Whether a key has this very value."""
        return self.text(key) == word
