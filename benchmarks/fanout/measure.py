"""One sample: one contender under one workload, in a server process of its own."""

from __future__ import annotations

import json
import select
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.children import (
    READER_CPU,
    SERVER_CPU,
    ChildFailed,
    await_port,
    cpu_seconds,
    free_port,
    kernel_tcp_kb,
    memory_kb,
    running,
    tail,
)
from benchmarks.fanout.cells import KEYS, PAYLOAD
from benchmarks.fanout.programs import reader_command
from benchmarks.figures import percentile
from benchmarks.machine import Disturbance

if TYPE_CHECKING:
    from benchmarks.fanout.cells import Cell
    from benchmarks.fanout.contenders import Contender

MILLISECOND = 1e6


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured; `error` says why nothing was. Milliseconds, microseconds, kilobytes."""

    cell: str
    contender: str
    round: int
    cpu_us: float | None = None
    per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    p999_ms: float | None = None
    worst_ms: float | None = None
    delivered: float | None = None
    idle_kb: float | None = None
    kernel_kb: float | None = None
    bytes_per_event: float | None = None
    steal: float = 0.0
    pressure: float = 0.0
    disturbed: bool = False
    error: str | None = None


class ReaderChild:
    """The reader's process, spoken to in lines."""

    def __init__(self, child: subprocess.Popen[str], log: Path) -> None:
        self._child, self._log = child, log

    def line(self, seconds: float) -> str:
        """Its next line; ChildFailed when there is none in time."""
        stdout = self._child.stdout
        if stdout is None:
            raise ChildFailed("the reader has no output")
        ready, _, _ = select.select([stdout], [], [], seconds)
        text = stdout.readline() if ready else ""
        if not text:
            raise ChildFailed(f"the reader said nothing for {seconds:.0f} s: {tail(self._log)}")
        return text

    def do(self, command: str, seconds: float) -> Result:
        """Runs a command and returns what it found."""
        stdin = self._child.stdin
        if stdin is None:
            raise ChildFailed("the reader has no input")
        stdin.write(command + "\n")
        stdin.flush()
        found = json.loads(self.line(seconds))
        return Result(
            deliveries=found["deliveries"],
            expected=found["expected"],
            seconds=found["seconds"],
            bytes=found["bytes"],
            worst=found["worst"],
            refused=found["refused"],
            closed=found["closed"],
            histogram=[(int(bound), int(count)) for bound, count in found["histogram"]],
        )


@dataclass(frozen=True, slots=True)
class Result:
    """The reader's answer: counts, seconds, nanoseconds."""

    deliveries: int
    expected: int
    seconds: float
    bytes: int
    worst: int
    refused: int
    closed: int
    histogram: list[tuple[int, int]]


def measure(contender: Contender, cell: Cell, number: int, build: Path, settle: float) -> Sample:
    """One sample; a contender that fails gives one that says how."""
    with tempfile.TemporaryDirectory(dir=build) as work:
        try:
            return _measure(contender, cell, number, Path(work), settle)
        except (ChildFailed, OSError, subprocess.SubprocessError) as error:
            return Sample(cell.name, contender.name, number, error=str(error))


def _measure(contender: Contender, cell: Cell, number: int, work: Path, settle: float) -> Sample:
    log, port = work / "log", free_port()
    with running(contender.command(port, work), cpu=SERVER_CPU, log=log) as server:
        await_port(port, server, log)
        time.sleep(settle)
        alone, kernel_before = memory_kb(server.pid), kernel_tcp_kb()
        arguments = [port, contender.subscribe, contender.publish, cell.readers, cell.stalled]
        command = [*reader_command(work.parent), *map(str, [*arguments, PAYLOAD, KEYS])]
        with running(
            command, cpu=READER_CPU, log=log, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            reader = ReaderChild(child, log)
            reader.line(40)
            time.sleep(settle)
            idle_kb = (memory_kb(server.pid) - alone) / cell.readers
            patience = cell.seconds + cell.drain + 20
            # Closed, whatever the cell is: a server that is too slow must not begin with a debt.
            reader.do(f"closed {cell.warm}", patience)
            watched, before = Disturbance(), cpu_seconds(server.pid)
            result = reader.do(cell.command(cell.seconds), patience)
            spent, quiet = cpu_seconds(server.pid) - before, watched.taken()
            kernel_kb = kernel_tcp_kb() - kernel_before
        if result.deliveries == 0:
            raise ChildFailed(f"nothing was delivered: {tail(log)}")
        return Sample(
            cell.name,
            contender.name,
            number,
            cpu_us=spent * 1e6 / result.deliveries,
            per_second=result.deliveries / result.seconds,
            p50_ms=percentile(result.histogram, 0.5) / MILLISECOND,
            p99_ms=percentile(result.histogram, 0.99) / MILLISECOND,
            p999_ms=percentile(result.histogram, 0.999) / MILLISECOND,
            worst_ms=result.worst / MILLISECOND,
            delivered=result.deliveries / max(result.expected, 1),
            idle_kb=idle_kb,
            kernel_kb=kernel_kb,
            bytes_per_event=result.bytes / result.deliveries,
            steal=quiet.steal,
            pressure=quiet.pressure,
            disturbed=quiet.disturbed,
            error=_complaint(result),
        )


def _complaint(result: Result) -> str | None:
    if result.refused:
        return f"{result.refused} publishes were refused"
    if result.closed:
        return f"{result.closed} readers were dropped"
    return None
