"""`watchglass serve`."""

from __future__ import annotations

import atexit
import gc
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TypeVar

from app.cli.addresses import root, shown
from app.cli.entry import WRONG
from app.cli.flags import add_settings, read_settings
from app.cli.terminal import safe, write_line
from app.cli.usage import Parser
from app.clock import SystemClock
from app.logs import configure_logging, logger
from app.settings import Settings
from app.settings.description import written

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Sequence

    from pydantic_settings import BaseSettings

    from app.board import Watched
    from app.settings import Loaded

S = TypeVar("S", bound="BaseSettings")

NOTES = (
    "An API server that cannot be reached is a state the page shows, not a crash. "
    "Ctrl-C or SIGTERM says goodbye to every reader and ends with exit code 0."
)


def run(arguments: Sequence[str], *, watched: Iterable[Watched] | None = None) -> int:
    """Serve until a signal: 0, or 1 when a fault of ours ended it. `watched` are the kinds.

    Raises:
        Usage: The command line or the settings are not right.
        ConfigurationError: There is no cluster to watch, or no address to listen on.
    """
    parser = Parser("serve", "Serve the pages and the stream of a cluster.", notes=NOTES)
    parser.own.add_argument(
        "--print-config",
        action="store_true",
        help="Print every setting with its value and origin, secrets masked, and leave.",
    )
    add_settings(parser, *Settings.SECTIONS)
    found = parser.read(arguments)
    loaded = read_settings(found)
    if found.print_config:
        sys.stdout.write(printed(loaded))
        return 0
    leave_on_signals()
    return serve_settings(loaded.settings, watched=watched)


def serve_settings(
    settings: Settings,
    *,
    watched: Iterable[Watched] | None = None,
    made: socket.socket | None = None,
    more: Sequence[str] = (),
) -> int:
    """As `run`, for settings that are known; `made` listens already, `more` are lines to print."""
    # Here and not above: --help, --print-config and mistakes need none of it.
    from app.board import WATCHED
    from app.main import configuration_of, create_app
    from app.web.descriptors import room_for
    from app.web.server import listen, serve

    configure_logging(settings.log_level, settings.log_format)
    # The end of the process gives everything back. To look through it for rubbish before that
    # would take longer than all the rest of leaving.
    atexit.register(gc.freeze)
    clock = SystemClock()
    configuration = configuration_of(settings, clock)
    made = made or listen(settings.host, settings.port)
    room = room_for(settings.streams_max)
    if room < settings.streams_max:
        # More open files (`ulimit -n`) would make room.
        logger(__name__).warning("streams_limited", streams_max=room, wanted=settings.streams_max)
        settings = settings.model_copy(update={"streams_max": room})
    application = create_app(settings, configuration, watched=watched or WATCHED, clock=clock)
    namespaces = application.rooms.namespaces
    logger(__name__).info(
        "cluster_configuration",
        origin=configuration.origin,
        context=configuration.context,
        server=shown(configuration.server),
        namespaces="all" if namespaces is None else namespaces,
    )
    url = root(settings.host, made.getsockname()[1], settings.base_path)

    def announce() -> None:
        # Nobody may be reading, which is no reason not to serve.
        with suppress(OSError):
            write_line(f"Watchglass shows {safe(application.rooms.cluster_name)} at {url}/")
            for line in more:
                write_line(safe(line))

    return 0 if serve(application, made, ready=announce) else WRONG


def printed(loaded: Loaded[S]) -> str:
    """Every setting as a line of TOML with its origin behind it; what is not set is a comment."""
    kind = type(loaded.settings)
    lines: list[tuple[str, str]] = []
    for name in kind.model_fields:
        value = written(getattr(loaded.settings, name))
        line = f"{name} = {value}" if value else f"# {name} is not set"
        origin = loaded.origins.get(name)
        lines.append((line, origin.place if origin else "default"))
    width = min(max(len(line) for line, _ in lines), 40)
    return "".join(f"{line:<{width}}  # {safe(origin)}\n" for line, origin in lines)


def leave_on_signals() -> None:
    """Until the server takes signals itself: a process that is told to leave leaves, with 0."""

    def leave(*_: object) -> NoReturn:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # What nohup has switched off stays off.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, leave)
