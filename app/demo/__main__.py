"""`python -m app.demo`: the process of a simulated cluster.

It serves the API on one port of loopback and the fault switches on another, plays the film, and
prints one line of JSON when it is ready: where, and which tokens. It leaves at once on SIGTERM,
SIGINT and SIGHUP, and when its standard input ends, as a pipe does when the process at its other
end is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.demo.options import DEFAULT_SCENARIO, NAMESPACE, Options, OptionsError
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.demo.papers import Papers

STANDARD_INPUT = 0
LEAVE_SECONDS = 1.0
"""After this long a loop that does not turn has no say in it any more."""
PR_SET_PDEATHSIG = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to leave: 0, or 1 when it cannot, and the line says why."""
    _leave_with_the_parent()
    given = read(arguments)
    # Here and not above: until now an interrupt has been no fault of ours.
    from app.clock import SystemClock
    from app.demo.papers import Papers, make_papers
    from app.logs import configure_logging

    configure_logging("warning")
    if given.handed:
        papers = Papers.read(sys.stdin.buffer.readline())
    else:
        now = SystemClock().now()
        papers = make_papers(now, port=given.port, admin_port=given.admin_port)
    return asyncio.run(_serve(given.options, papers, given.kubeconfig_out))


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The flags, and what they ask the cluster to be as `options`."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        options = Options(given.scenario, given.pods, given.speed, given.seed, given.start)
        name = given.cluster_name
        given.options = options if name is None else replace(options, cluster_name=name)
    except OptionsError as mistake:
        parser.error(str(mistake))
    return given


async def _serve(options: Options, papers: Papers, kubeconfig: Path | None) -> int:
    from app.clock import SystemClock
    from app.demo.api.door import LOOPBACK
    from app.demo.certificate import server_context
    from app.demo.kubeconfig import document, written
    from app.demo.serving import Server, open_door, run
    from app.demo.simulation import Simulation

    leave = asyncio.Event()
    _on_the_end(leave.set)
    with ExitStack() as stack:
        try:
            door, admin_door = (
                stack.enter_context(open_door(port)) for port in (papers.port, papers.admin_port)
            )
            server = f"https://{LOOPBACK}:{door.port}"
            admin = f"http://{LOOPBACK}:{admin_door.port}"
            if kubeconfig is not None:
                named = {"cluster": options.cluster_name, "namespace": NAMESPACE}
                content = document(papers, server, **named, admin=admin)
                stack.enter_context(written(kubeconfig, content))
        except ConfigurationError as error:
            _say({"error": str(error)})
            return 1

        def ready() -> None:
            _say(
                {
                    "server": server,
                    "authority": papers.certificate.authority,
                    "tokens": dict(papers.tokens),
                    "admin": admin,
                    "adminToken": papers.admin_token,
                }
            )

        # Whatever is made now stays. Looking through all of it for rubbish, again and again while
        # it grows, would take longer than making it: twice as long for 2,000 pods.
        gc.disable()
        simulation = Simulation(options, papers, door, SystemClock())
        gc.freeze()
        gc.enable()
        servers = (
            Server(simulation.api, door, server_context(papers.certificate)),
            Server(simulation.admin, admin_door),
        )
        await run(servers, simulation.run, ready=ready, leave=leave)
    return 0


def _on_the_end(leave: Callable[[], None]) -> None:
    """Call `leave` in this loop when a signal says so, or the end of standard input."""
    loop = asyncio.get_running_loop()

    def told() -> None:
        # Whoever is cut off from here on is no news.
        logging.disable(logging.CRITICAL)
        leave()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # What nohup has switched off stays off.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, told)

    def read() -> None:
        with suppress(OSError):
            while os.read(STANDARD_INPUT, 4_096):
                pass
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(told)
        time.sleep(LEAVE_SECONDS)
        os._exit(1)

    threading.Thread(target=read, name="standard input", daemon=True).start()


def _leave_with_the_parent() -> None:
    """Interrupts end us quietly from now on; on Linux so does the end of whoever started us."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        import ctypes

        # It is the end of the thread that started us that counts, not that of its process.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _say(told: dict[str, object]) -> None:
    """The one line; nobody may be reading."""
    with suppress(OSError):
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m app.demo", description="The process of a simulated cluster."
    )
    parser.add_argument("--scenario", default=DEFAULT_SCENARIO)
    parser.add_argument("--pods", type=int)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=datetime.fromisoformat, help="2026-01-31T09:05:00Z")
    parser.add_argument("--cluster-name")
    parser.add_argument("--port", type=int, default=0, help="of the API; 0 is a free one")
    parser.add_argument("--admin-port", type=int, default=0, help="of the fault switches")
    parser.add_argument("--kubeconfig-out", type=Path, metavar="FILE")
    parser.add_argument(
        "--handed", action="store_true", help="ports, tokens and certificate come as the first line"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
