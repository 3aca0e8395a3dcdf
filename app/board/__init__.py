"""What hangs on the wall: the topics of this product, what they hold, and who may read what of it.

Each watched kind has two topics. Its records are internal: rules read them, nobody outside does.
Its values are on the wire and follow the records inside the same batch: a value is a pure function
of records, so nobody has to remember to bring one up to date. Where time has a say, `derive` writes
the values instead.

Adding a kind takes its projection and one line in `WATCHED`.
"""

from __future__ import annotations

from app.board.board import WATCHED, Board
from app.board.watched import Watched

__all__ = ["WATCHED", "Board", "Watched"]
