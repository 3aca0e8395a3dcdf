"""Which command, and how it ends: exit codes, and no traceback for what is nobody's fault."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from app.cli.terminal import safe
from app.cli.usage import Usage, nearest
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

WRONG = 1
"""Something that was asked about, or a part of ours, is not as it should be."""

MISUSED = 2
"""The command line or the settings are not right."""

INTERRUPTED = 130
"""Ctrl-C: 128 and the number of SIGINT, as shells say it."""

COMMANDS = (
    ("serve", "Serve the pages and the stream of a cluster."),
    ("demo", "Serve a simulated cluster: a look around without having one."),
    ("record", "Record the stream to a file: a tape."),
    ("replay", "Serve the pages and the stream of a tape."),
    ("tail", "Follow the stream in the terminal."),
    ("doctor", "Check configuration, reachability, rights, and the way of the stream."),
    ("openapi", "Print the description of the HTTP API."),
    ("healthcheck", "Ask a running server whether it lives; for HEALTHCHECK of containers."),
    ("version", "Say which version this is."),
)

OVERVIEW = f"""\
The live glass in front of a Kubernetes namespace.

usage: watchglass COMMAND [flags]

commands:
{chr(10).join(f"  {name:<13}{summary}" for name, summary in COMMANDS)}

`watchglass COMMAND --help` explains a command and its flags.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code of the process."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows no UTF-8 gets escapes, not a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            code = _dispatch(given)
        except SystemExit as done:
            # How argparse ends --help, and how serve leaves before its server takes signals.
            code = done.code if isinstance(done.code, int) else WRONG
        sys.stdout.flush()
    except Usage as mistake:
        _complain(*mistake.lines)
        return MISUSED
    except ConfigurationError as error:
        _complain(str(error))
        return MISUSED
    except BrokenPipeError:
        # Whoever read our output has seen enough. What is still buffered must not fail at exit.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _dispatch(given: list[str]) -> int:
    if not given:
        sys.stderr.write(OVERVIEW)
        return MISUSED
    command, *rest = given
    if command == "help" and rest:
        return _run(rest[0], ["--help"])
    if command in ("help", "-h", "--help"):
        sys.stdout.write(OVERVIEW)
        return 0
    return _run("version" if command in ("-V", "--version") else command, rest)


def _run(command: str, arguments: list[str]) -> int:
    """Load the one command and run it."""
    match command:
        case "serve":
            from app.cli import serve

            return serve.run(arguments)
        case "demo":
            from app.cli import demo

            return demo.run(arguments)
        case "record":
            from app.cli import record

            return record.run(arguments)
        case "replay":
            from app.cli import replay

            return replay.run(arguments)
        case "tail":
            from app.cli import tail

            return tail.run(arguments)
        case "doctor":
            from app.cli import doctor

            return doctor.run(arguments)
        case "openapi":
            from app.cli import openapi

            return openapi.run(arguments)
        case "healthcheck":
            from app.cli import healthcheck

            return healthcheck.run(arguments)
        case "version":
            from app.cli import version

            return version.run(arguments)
        case _:
            what = "flag" if command.startswith("-") else "command"
            hint = nearest(command, [name for name, _ in COMMANDS])
            raise Usage(f"unknown {what} {command}{hint}; watchglass --help lists the commands")


def _complain(*lines: str) -> None:
    for line in lines:
        print(f"watchglass: {safe(line)}", file=sys.stderr)
