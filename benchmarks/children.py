"""Child processes: started pinned to a core, measured, and stopped by their own id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SERVER_CPU = 0
READER_CPU = 1
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class ChildFailed(RuntimeError):
    """A child did not do its part; the message holds the end of what it said."""


def can_pin() -> bool:
    """Whether this process may use the two cores that server and reader are pinned to."""
    return {SERVER_CPU, READER_CPU} <= os.sched_getaffinity(0)


@contextmanager
def running(
    command: Sequence[str],
    *,
    cpu: int,
    log: Path,
    stdin: int | None = None,
    stdout: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A child pinned to a core, its noise in `log`; stopped when the block ends."""
    pinned = can_pin()

    def pin() -> None:
        if pinned:
            os.sched_setaffinity(0, {cpu})

    with log.open("ab") as noise:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=noise if stdout is None else stdout,
            stderr=noise,
            text=True,
            preexec_fn=pin,
        )
    try:
        yield child
    finally:
        stop(child)


def stop(child: subprocess.Popen[str]) -> None:
    """TERM, and KILL for it and what it started when that does not help within three seconds."""
    family = tree(child.pid)
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(3)
        except subprocess.TimeoutExpired:
            for pid in family:
                _kill(pid)
            child.wait(5)
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int, child: subprocess.Popen[str], log: Path, seconds: float = 20) -> None:
    """Returns once somebody listens; ChildFailed when the child ends first or time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise ChildFailed(f"ended with {child.returncode}: {tail(log)}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise ChildFailed(f"nobody listens on port {port} after {seconds:.0f} s: {tail(log)}")


def tail(log: Path, characters: int = 2000) -> str:
    """The end of what a child said."""
    return log.read_text(errors="replace")[-characters:].strip() if log.exists() else ""


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found.extend(int(child) for child in task.read_text().split())
            except OSError:
                continue
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its descendants so far."""
    total = 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def waited_seconds(pid: int) -> float:
    """How long threads of a process could have run and had no core, so far."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(task.read_text().split()[1])
        except OSError:
            continue
    return total / 1e9


def memory_kb(pid: int) -> float:
    """Proportional set size of a process and its descendants: shared pages are counted once."""
    total = 0
    for each in tree(pid):
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return float(total)


def kernel_tcp_kb() -> float:
    """What all TCP sockets of the machine hold in kernel buffers: no process's memory shows it."""
    for line in Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            fields = line.split()
            return int(fields[fields.index("mem") + 1]) * PAGE / 1024
    return 0.0
