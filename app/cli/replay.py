"""`watchglass replay`: the ordinary pages and stream, of a tape in place of a cluster."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.addresses import root
from app.cli.entry import WRONG
from app.cli.flags import add_settings, read_settings
from app.cli.lasting import lasting
from app.cli.serve import leave_on_signals
from app.cli.terminal import notice, safe, write_line
from app.cli.usage import Parser, Usage
from app.logs import configure_logging
from app.settings.fields import Listening, Logging, Streaming
from app.tape import FASTEST, SLOWEST, TapeError, open_tape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.settings import Settings
    from app.tape import Tape

NOTES = (
    "Nothing is asked of a cluster, and nothing can be changed. The page says that it is a replay. "
    "Times in values are those of the recording. At the end of the tape the page stays, and what "
    "it shows grows old."
)


def run(arguments: Sequence[str]) -> int:
    """Serve a tape until a signal: 0, or 1 when a fault of ours ended it.

    Raises:
        Usage: The command line, the settings or the tape are not right.
        ConfigurationError: There is no address to listen on.
    """
    parser = Parser("replay", "Serve the pages of a tape.", operand="TAPE", notes=NOTES)
    parser.own.add_argument(
        "tape",
        metavar="TAPE",
        type=lambda text: Path(text).expanduser(),
        help="A file that watchglass record has written.",
    )
    parser.own.add_argument(
        "--speed",
        metavar="NUMBER",
        type=_speed,
        default=1.0,
        help=f"How much faster than it was, from {SLOWEST:g} to {FASTEST:g}. Default: 1.",
    )
    parser.own.add_argument(
        "--loop", action="store_true", help="Begin anew at the end of the tape."
    )
    add_settings(parser, Listening, Streaming, Logging)
    found = parser.read(arguments)
    settings = read_settings(found).settings
    leave_on_signals()
    try:
        tape = open_tape(found.tape)
    except TapeError as error:
        raise Usage(f"{found.tape}: {error}") from error
    except OSError as error:
        raise Usage(f"{found.tape}: {error.strerror or error}") from error
    return _serve(settings, tape, found.speed, loop=found.loop)


def _serve(settings: Settings, tape: Tape, speed: float, *, loop: bool) -> int:
    # Here and not above: --help and mistakes need none of it.
    from app.replaying import create_replay
    from app.web.descriptors import room_for
    from app.web.server import listen, serve

    configure_logging(settings.log_level, settings.log_format)
    if tape.note is not None:
        notice(f"watchglass: {safe(str(tape.path))}: {tape.note}; what is before that is replayed")
    made = listen(settings.host, settings.port)
    room = room_for(settings.streams_max)
    settings = settings.model_copy(update={"streams_max": min(room, settings.streams_max)})

    def ended() -> None:
        with suppress(OSError):
            write_line("The tape has ended: the page stays as it was, and grows old. Ctrl-C ends.")

    application = create_replay(settings, tape, speed=speed, loop=loop, ended=ended)
    url = root(settings.host, made.getsockname()[1], settings.base_path)

    def announce() -> None:
        # Nobody may be reading, which is no reason not to serve.
        with suppress(OSError):
            write_line(f"Watchglass replays {safe(application.rooms.cluster_name)} at {url}/")
            gaps = {0: "", 1: ", 1 gap"}.get(tape.gaps, f", {tape.gaps} gaps")
            recorded = f"{tape.header.recorded_at:%Y-%m-%d %H:%M} UTC"
            length = lasting(tape.length_ms / 1000)
            write_line(f"Recorded {recorded}: {length}, {tape.messages:,} messages{gaps}.")

    return 0 if serve(application, made, ready=announce) else WRONG


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not SLOWEST <= speed <= FASTEST:
        raise argparse.ArgumentTypeError(
            f"must be a number from {SLOWEST:g} to {FASTEST:g}, not {text[:80]!r}"
        )
    return speed
