"""Positions in the stream: `<epoch>-<seq>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
EPOCH_LENGTH = 10

# Fifteen digits stay below 2**53, so that a page can compare them as numbers.
_CURSOR = re.compile(r"([0-9a-z]{10})-(0|[1-9][0-9]{0,14})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A reader's position: one life of the process, and a number in it.

    The text form stays under 100 bytes of characters that need no CORS preflight, so a cross-origin
    reconnect with `Last-Event-ID` is a simple request.
    """

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str | None) -> Cursor | None:
        """The cursor that `text` writes, None when it writes none."""
        match = _CURSOR.fullmatch(text) if text else None
        return cls(match[1], int(match[2])) if match else None


def new_epoch(random: Random) -> str:
    """Ten characters that name one life of the process."""
    return "".join(random.choices(ALPHABET, k=EPOCH_LENGTH))
