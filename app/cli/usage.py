"""Reading the command line: argparse, in our words and with a suggestion for what is unknown."""

from __future__ import annotations

import argparse
import difflib
import shutil
import textwrap
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WIDEST = 100


class Usage(Exception):
    """What is wrong with the command line or the settings, one line each, safe to print."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        super().__init__("; ".join(lines))


class Parser(argparse.ArgumentParser):
    """The flags of one command; everything that is wrong with them is a `Usage`."""

    def __init__(self, command: str, summary: str, *, operand: str = "", notes: str = "") -> None:
        super().__init__(
            prog=f"watchglass {command}",
            usage=f"watchglass {command} [flags] {operand}".rstrip(),
            description=summary,
            epilog=notes or None,
            allow_abbrev=False,
            add_help=False,
            formatter_class=_Format,
        )
        self._switches: dict[str, str] = {}
        self.own = self.add_argument_group("flags")
        self.own.add_argument("-h", "--help", action="help", help="Show this and leave.")

    def note_switch(self, flags: Iterable[str], name: str) -> None:
        """Let `--flag=false` be written for a flag that takes no value."""
        self._switches |= dict.fromkeys(flags, name)

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The values by name, None where nothing was given."""
        decided: dict[str, str] = {}
        rest: list[str] = []
        for argument in arguments:
            flag, equals, value = argument.partition("=")
            if equals and flag in self._switches:
                decided[self._switches[flag]] = value
            else:
                rest.append(argument)
        found, unknown = self.parse_known_args(rest)
        if unknown:
            self._refuse(unknown)
        for name, value in decided.items():
            setattr(found, name, value)
        return found

    def error(self, message: str) -> NoReturn:
        """In place of a usage text and an exit."""
        raise Usage(message.removeprefix("argument "))

    def _refuse(self, unknown: Sequence[str]) -> NoReturn:
        known = list(self._option_string_actions)
        flags = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        if flags:
            raise Usage(*(f"unknown flag {flag}{nearest(flag, known)}" for flag in flags))
        raise Usage(*(f"unexpected argument {word!r}" for word in unknown))


def nearest(word: str, choices: Iterable[str]) -> str:
    """A suggestion, if one of the choices is near."""
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(text: str) -> int:
        if text.isascii() and text.isdecimal() and len(text) < 19 and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"must be a whole number from {least} to {most}, not {text[:80]!r}"
        )

    return read


class _Format(argparse.HelpFormatter):
    """Names the value of a flag once, however many spellings the flag has."""

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, WIDEST) - 2
        super().__init__(prog, max_help_position=32, width=width)

    def _split_lines(self, text: str, width: int) -> list[str]:
        # A name with hyphens stays one: broken in two it could not be copied.
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        return f"{', '.join(action.option_strings)} {action.metavar}"
