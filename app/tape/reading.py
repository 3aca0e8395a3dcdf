"""A tape: checked from its first line to its last, then read again as often as it is played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model import EVERYWHERE, Source
from app.tape.checking import Checker, read_header
from app.tape.forms import TapeError
from app.tape.lines import Lines
from app.tape.moments import Changes, Whole, Word

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from app.model import Wire
    from app.tape.forms import Header
    from app.tape.moments import Moment


MOST_NAMESPACES = 10_000


@dataclass(frozen=True, slots=True)
class Tape:
    """What is known of a tape that was read to its end."""

    path: Path
    header: Header
    messages: int
    gaps: int
    """Times that the recorder lost its server."""
    length_ms: int
    namespaces: tuple[str, ...] | None
    """Those that its sources name, None when all namespaces were watched."""
    opening: int
    """The line with which everything is known for the first time."""
    note: str | None
    """How it ends, unless it ends well."""

    def moments(self) -> Generator[Moment]:
        """Everything on it, in its order.

        Raises while iterating:
            TapeError: The file is another one than before.
            OSError: It cannot be read.
        """
        return _moments(Lines(self.path))


def open_tape(path: Path) -> Tape:
    """Read a tape to its end.

    Raises:
        TapeError: What is wrong with it, and in which line.
        OSError: The file cannot be read.
    """
    lines = Lines(path)
    header = _header(lines)
    survey = _Survey()
    for moment in _moments(lines):
        survey.take(moment)
    if not survey.messages:
        raise TapeError(lines.count + 1, "it ends before anything was recorded")
    return Tape(
        path=path,
        header=header,
        messages=survey.messages,
        gaps=survey.gaps,
        length_ms=survey.last_ms,
        namespaces=survey.namespaces,
        opening=max(survey.first.values(), default=0),
        note=lines.note,
    )


def _header(lines: Lines) -> Header:
    for number, line in lines:
        return read_header(number, line)
    raise TapeError(1, "it ends before its first line does")


def _moments(lines: Lines) -> Generator[Moment]:
    checker = Checker()
    numbered = iter(lines)
    next(numbered, None)
    for number, line in numbered:
        yield checker.read(number, line)


class _Survey:
    """What a first reading learns."""

    def __init__(self) -> None:
        self.messages = 0
        self.gaps = 0
        self.last_ms = 0
        self.first: dict[str, int] = {}
        """The line that completes each topic: its first synced snapshot, else its first one."""
        self._synced: set[str] = set()
        self._named: set[str] = set()

    def take(self, moment: Moment) -> None:
        """One more.

        Raises:
            TapeError: It is about more namespaces than anybody watches.
        """
        self.messages += 1
        self.last_ms = moment.at_ms
        match moment.what:
            case Whole(topic, synced, values):
                if topic not in self.first or (synced and topic not in self._synced):
                    self.first[topic] = moment.line
                if synced:
                    self._synced.add(topic)
                self._see(values.values())
            case Changes(changes):
                self._see(change.value for change in changes)
            case Word("gap"):
                self.gaps += 1
        if len(self._named) > MOST_NAMESPACES:
            raise TapeError(moment.line, f"it names more than {MOST_NAMESPACES:,} namespaces")

    @property
    def namespaces(self) -> tuple[str, ...] | None:
        """Those of the sources, None for all of them."""
        if not self._named or EVERYWHERE in self._named:
            return None
        return tuple(sorted(self._named))

    def _see(self, values: Iterable[Wire | None]) -> None:
        self._named.update(value.namespace for value in values if isinstance(value, Source))
