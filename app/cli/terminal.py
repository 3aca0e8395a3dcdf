"""What may be written to a terminal, and whether anybody still reads it."""

from __future__ import annotations

import select
import sys

# They join and part letters of many scripts and emoji, and do nothing else.
HARMLESS = frozenset("\u200c\u200d")


def safe(text: str) -> str:
    """`text` on one line, everything that could steer a terminal or hide in it written as escape.

    Text from the cluster is clean before it is on the board; a URL may lead anywhere.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in HARMLESS else _escaped(c) for c in text)


def write_line(text: str) -> None:
    """A line to standard output, seen at once."""
    print(text, flush=True)


def notice(text: str) -> None:
    """A line about what is going on, to standard error: standard output is for the values."""
    print(text, file=sys.stderr, flush=True)


def unread() -> bool:
    """Whether the reader of our standard output has gone; a pipe says so without a write."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (OSError, ValueError):
        return False


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
