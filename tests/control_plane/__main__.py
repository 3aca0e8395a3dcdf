"""`python -m tests.control_plane`: build the binaries, or run a cluster by hand.

`up` prints its kubeconfig and runs until Ctrl-C or SIGTERM. SIGHUP kills its API server and starts
it again.
"""

from __future__ import annotations

import argparse
import signal
import sys
from functools import partial
from typing import NoReturn

from tests.control_plane import build


def main() -> int:
    """Run the command line; the exit code is 2 when something is missing or misspelt."""
    parser = argparse.ArgumentParser(prog="python -m tests.control_plane", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="build the binaries, print their directory")
    building.add_argument("--print-dir", action="store_true", help="only print the directory")
    up = commands.add_parser("up", help="start a cluster, print its kubeconfig, run until Ctrl-C")
    up.add_argument("--flag", action="append", default=[], help="pass a flag to kube-apiserver")
    arguments = parser.parse_args()
    if arguments.command == "up":
        return run(tuple(arguments.flag))
    if arguments.print_dir:
        print(build.cache_directory())
        return 0
    return build.main()


def run(flags: tuple[str, ...]) -> int:
    """A cluster in the foreground, until SIGINT or SIGTERM."""
    # Imported here: the build must work where no third-party package is installed.
    from tests.control_plane.cluster import ControlPlane

    try:
        binaries = build.locate()
    except build.Missing as problem:
        print(problem, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, interrupt)
    try:
        with ControlPlane(binaries, apiserver_flags=flags) as plane:
            again = partial(plane.restart_apiserver, signal.SIGKILL)
            signal.signal(signal.SIGHUP, lambda *_: again())
            print(plane.kubeconfig(), flush=True)
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 0


def interrupt(*_: object) -> NoReturn:
    """SIGTERM ends the cluster as Ctrl-C does."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
