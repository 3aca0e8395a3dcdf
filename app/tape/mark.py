"""What a replay says of itself, so that nobody takes the past for the present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model import format_time

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """When the tape was recorded, and how it is played."""

    recorded_at: datetime
    speed: float
    anonymised: bool

    @property
    def words(self) -> str:
        """For people: `Replay, recorded 2026-11-25 09:14 UTC, 10x`."""
        other = ", names changed" if self.anonymised else ""
        return f"Replay, recorded {self.recorded_at:%Y-%m-%d %H:%M} UTC, {self.speed:g}x{other}"

    @property
    def when(self) -> str:
        """For a header: when it was recorded."""
        return format_time(self.recorded_at)

    def to_object(self) -> dict[str, object]:
        """For programs."""
        return {
            "recordedAt": self.when,
            "speed": self.speed,
            "anonymised": self.anonymised,
        }
