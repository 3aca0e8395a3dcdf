"""Record the stream to a file, and replay the file in place of a cluster.

Law: a tape is input from a stranger. Nothing of it reaches the board before it was checked, and
however long it is, reading or writing it takes no more memory than the values of one moment.
"""

from __future__ import annotations

from app.tape.anonymise import Anonymiser
from app.tape.forms import SCHEMA, Header, TapeError
from app.tape.mark import Mark
from app.tape.player import Player
from app.tape.reading import Tape, open_tape
from app.tape.tape_time import FASTEST, SLOWEST, TapeTime
from app.tape.writing import Writer

__all__ = [
    "FASTEST",
    "SCHEMA",
    "SLOWEST",
    "Anonymiser",
    "Header",
    "Mark",
    "Player",
    "Tape",
    "TapeError",
    "TapeTime",
    "Writer",
    "open_tape",
]
