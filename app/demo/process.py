"""The simulated cluster as a process of its own, seen from the one that starts it.

Law: it never outlives us. It ends when its standard input does, which the kernel closes however we
end, and where the kernel can (Linux) it is killed with the thread that started it. That thread is
there as long as the cluster is: it starts the process, waits for its end, and starts it again on
the same ports with the same papers; only a certificate that has nearly run out is another one, of
the same authority.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import structlog

import app
from app.demo.certificate import Authority
from app.demo.handover import NotReady, ending, hand_over
from app.demo.papers import make_papers, renewed

if TYPE_CHECKING:
    from app.clock import Clock
    from app.demo.options import Options

logger = structlog.get_logger("watchglass.demo.process")

START_SECONDS = 300.0
"""To make the past of 10,000 pods takes half a minute, and machines can be slow."""
LEAVE_SECONDS = 0.5
"""What the process may take to leave before it is killed: it has nothing to lose."""
AGAIN_SECONDS = 2.0
"""Between an end that nobody asked for and the next start; doubles while starts fail."""
AGAIN_LONGEST_SECONDS = 60.0

LOOPBACK = "127.0.0.1"
HANDED = "--handed"
"""Tells the process that its papers are the first line of its standard input."""


class StartFailed(Exception):
    """The simulated cluster is not there; one sentence."""


class Reserved:
    """A port of loopback that stays ours while nobody listens on it.

    Bound and never listening: the process that we start listens beside it, what connects while that
    is away is refused, and nobody else can be given the port.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Give it back."""
        self._socket.close()


class Simulator:
    """A context manager: the process is started when it is entered, and gone when it is left."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self._options = options
        self._ports = Reserved(), Reserved()
        port, admin_port = (reserved.number for reserved in self._ports)
        self._clock = clock
        now = clock.now()
        self._authority = Authority(now)
        self.papers = make_papers(now, self._authority, port=port, admin_port=admin_port)
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()
        """Held to start one more process, and to decide that there will be none."""
        self._leaving = threading.Event()
        self._settled = threading.Event()
        """Whether the first start has come to an end, with `_failure` or without."""
        self._failure: str | None = "The simulated cluster could not be started."
        self._thread = threading.Thread(target=self._keep, name="simulator", daemon=True)

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{LOOPBACK}:{self.papers.port}"

    @property
    def admin(self) -> str:
        """The URL of the port with the fault switches."""
        return f"http://{LOOPBACK}:{self.papers.admin_port}"

    @property
    def pid(self) -> int | None:
        """The id of the process, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._starting:
            self._leaving.set()
            process = self._process
        if process is not None:
            process.terminate()
            self._thread.join(LEAVE_SECONDS)
            process.kill()
        self._thread.join()
        for reserved in self._ports:
            reserved.close()

    def wait_ready(self) -> None:
        """Wait until the API server answers.

        Raises:
            StartFailed: It will not.
        """
        self._settled.wait()
        if self._failure is not None:
            raise StartFailed(self._failure)

    def _keep(self) -> None:
        """The work of the thread, to its end."""
        try:
            self._start_again_and_again()
        finally:
            self._settled.set()

    def _start_again_and_again(self) -> None:
        pause = AGAIN_SECONDS
        while True:
            try:
                code = self._live()
            except NotReady as failure:
                why, pause = str(failure), min(2 * pause, AGAIN_LONGEST_SECONDS)
                if not self._settled.is_set():
                    self._failure = why
                    return
            else:
                why, pause = f"the process has ended: {ending(code)}", AGAIN_SECONDS
            if self._leaving.is_set():
                return
            logger.warning("simulator_ended", why=why, again_seconds=pause)
            self._leaving.wait(pause)

    def _live(self) -> int:
        """One life of the process, from its start to its exit code.

        Raises:
            NotReady: It never served.
        """
        self.papers = renewed(self.papers, self._authority, self._clock.now())
        with self._spawn() as process:
            try:
                hand_over(process, self.papers, START_SECONDS)
            except NotReady:
                process.kill()
                raise
            if self._settled.is_set():
                logger.info("simulator_back")
            else:
                self._failure = None
                self._settled.set()
            return process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        """One more process.

        Raises:
            NotReady: There is none to be had, or we are leaving.
        """
        with self._starting:
            if self._leaving.is_set():
                raise NotReady("The simulated cluster is not wanted any more.")
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    command(self._options),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    bufsize=0,
                    env=_environment(),
                    # Ctrl-C is for us; we end it when our readers have been told goodbye.
                    start_new_session=True,
                )
            except OSError as error:
                raise NotReady(f"Cannot start a process: {error.strerror}.") from error
            return self._process


def command(options: Options) -> list[str]:
    """How the process is started; the folder that we happen to be in has no say in it."""
    program = [sys.executable, "-P", "-m", "app.demo", HANDED]
    given = {
        "--scenario": options.scenario,
        "--pods": options.pods,
        "--speed": options.speed,
        "--seed": options.seed,
        "--start": options.start.isoformat() if options.start is not None else None,
        "--cluster-name": options.cluster_name,
    }
    return [*program, *(f"{flag}={value}" for flag, value in given.items() if value is not None)]


def _environment() -> dict[str, str]:
    """Ours, and the place that this package was loaded from before all others."""
    places = [str(Path(app.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, places))}
