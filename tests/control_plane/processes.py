"""Child processes that cannot outlive the test run, and ports nobody can take from them.

The law: however the parent ends, SIGKILL included, the kernel ends the children.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# How much of a log is shown when a start fails.
TAIL_BYTES = 4000
# Between two looks at something that is about to be ready.
LOOK_SECONDS = 0.02

# PR_SET_PDEATHSIG (1) survives exec; the parent's pid is compared because it may have died before.
# A program of its own instead of preexec_fn, which is not safe in a process that has threads.
BIND_TO_PARENT = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


class StartFailed(Exception):
    """A process ended or was not ready in time; the message carries the end of its log."""


class Nursery:
    """Starts every child from one thread that lives as long as the nursery.

    The kernel sends the parent-death signal when the *thread* that forked ends. Were a child
    started from a worker thread of an event loop, it would die with that thread.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nursery")

    def spawn(
        self, command: Sequence[str], log: Path, environ: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a program (absolute path first); both its outputs are appended to `log`."""
        return self._thread.submit(self._spawn, command, log, environ).result()

    def _spawn(
        self, command: Sequence[str], log: Path, environ: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", BIND_TO_PARENT, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=dict(environ),
                # Ctrl-C goes to the parent, which stops the children in their order.
                start_new_session=True,
            )

    def close(self) -> None:
        """End the thread, and with it every child that is still there."""
        self._thread.shutdown()


class Program:
    """One program with fixed arguments that can be started, paused, stopped and started again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        nursery: Nursery,
        environ: Mapping[str, str],
    ) -> None:
        self.name = name
        self.command = tuple(command)
        self.log = log
        self._nursery = nursery
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id. Raises StartFailed when it is not running."""
        if self._process is None or self._process.poll() is not None:
            raise StartFailed(f"{self.name} is not running\n{self.tail()}")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process exists; a paused one does."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it unless it runs; readiness is another question."""
        if not self.running:
            self._process = self._nursery.spawn(self.command, self.log, self._environ)

    def pause(self) -> None:
        """Freeze it, and wait until the last of its threads stands still."""
        os.kill(self.pid, signal.SIGSTOP)
        # kill() only asks: a thread on another core runs on for a moment. The kernel tells the
        # parent when all have stopped; WNOWAIT leaves that, and an end, for others to see.
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Go on after `pause`; nothing otherwise."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, patience: float = 3.0) -> None:
        """Stop it and wait; after `patience` seconds SIGKILL. A paused process is woken first."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Look until `ready()` holds. Raises StartFailed when the process ends or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise StartFailed(f"{self.name} ended before it was ready\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} not ready after {seconds:.0f} s\n{self.tail()}")
            time.sleep(LOOK_SECONDS)

    def tail(self) -> str:
        """The end of the log."""
        if not self.log.exists():
            return "(no log)"
        with self.log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - TAIL_BYTES))
            return log.read().decode(errors="replace")


class ReservedPort:
    """A loopback port that stays ours: bound, never listening, shared with our own child only.

    The child must set SO_REUSEPORT too. The reservation outlives restarts of the child.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    def answers(self) -> bool:
        """Whether our child accepts connections on it."""
        try:
            socket.create_connection(("127.0.0.1", self.number), timeout=1.0).close()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
