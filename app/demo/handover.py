"""A process that has been started is given its papers, and says in one line whether it is ready."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

    from app.demo.papers import Papers

SHOWN = 80  # bytes of a line that is not understood


class NotReady(Exception):
    """The process does not serve; one sentence."""


def hand_over(process: subprocess.Popen[bytes], papers: Papers, seconds: float) -> None:
    """Give it the papers and wait for its first line.

    Raises:
        NotReady: The line says so, or there is none that can be understood.
    """
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    try:
        process.stdin.write(papers.written())
        line = _first_line(process.stdout, seconds)
    except BrokenPipeError:
        line = b""
    except TimeoutError:
        raise NotReady(f"The simulated cluster was not ready within {seconds:.0f} s.") from None
    if not line:
        code = process.wait()
        raise NotReady(f"The simulated cluster ended before it was ready ({ending(code)}).")
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        shown = line.strip()[:SHOWN].decode(errors="replace")
        raise NotReady(f"The simulated cluster was to say that it is ready and said {shown!r}.")
    if "error" in told:
        raise NotReady(str(told["error"]))


def _first_line(stream: IO[bytes], seconds: float) -> bytes:
    """The first line, empty when the stream ends before."""
    deadline = time.monotonic() + seconds
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    line = b""
    while not line.endswith(b"\n"):
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError
        piece = os.read(stream.fileno(), 65_536)
        if not piece:
            return b""
        line += piece
    return line


def ending(code: int) -> str:
    """How a process has ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
