"""One round: the application is started, lists everything, and follows what changes."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.children import (
    SERVER_CPU,
    ChildFailed,
    await_port,
    cpu_seconds,
    free_port,
    memory_kb,
    running,
    tail,
    waited_seconds,
)
from benchmarks.figures import percentile_of
from benchmarks.machine import PRESSURE_LIMIT, STEAL_LIMIT, Disturbance
from benchmarks.reflect.load import Refused
from benchmarks.reflect.pods import NAMESPACE
from benchmarks.reflect.reader import reading
from benchmarks.reflect.served import PATH

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.reflect.api_servers import ApiServer
    from benchmarks.reflect.load import Load

PATIENCE = 60.0
STREAM = "/api/stream?topics=pods"


@dataclass(frozen=True, slots=True)
class Workload:
    """So many pods, and so many of them changed a second for so long."""

    pods: int = 10_000
    rate: float = 100.0
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured; `error` says why nothing was. Milliseconds, microseconds, megabytes."""

    round: int
    list_s: float | None = None
    list_stall_ms: float | None = None
    follow_stall_ms: float | None = None
    join_stall_ms: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    worst_ms: float | None = None
    whole_p99_ms: float | None = None
    told: float | None = None
    cpu_us: float | None = None
    memory_mb: float | None = None
    steal: float = 0.0
    waited: float = 0.0
    disturbed: bool = False
    error: str | None = None


async def measure(
    server: ApiServer, load: Load, workload: Workload, number: int, work: Path
) -> Sample:
    """One sample; a round that fails gives one that says how."""
    log = work / "served.log"
    try:
        return await _measure(server, load, workload, number, log)
    except (ChildFailed, Refused, OSError, TimeoutError, aiohttp.ClientError) as error:
        return Sample(number, error=f"{type(error).__name__} {error} {tail(log, 300)}")
    except ExceptionGroup as group:
        return Sample(number, error=f"{group.exceptions[0]!r} {tail(log, 300)}")


async def _measure(
    server: ApiServer, load: Load, workload: Workload, number: int, log: Path
) -> Sample:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.reflect.served", str(port)]
    command += [str(server.kubeconfig), NAMESPACE]
    url = f"http://127.0.0.1:{port}"
    with running(command, cpu=SERVER_CPU, log=log) as child:
        await asyncio.to_thread(await_port, port, child, log)
        began = time.monotonic()
        async with aiohttp.ClientSession() as session, reading(session, url + STREAM) as reader:
            listed = await reader.synced(PATIENCE)
            list_stall = await _stall(session, url)

            watched, spent = Disturbance(), cpu_seconds(child.pid)
            waited, started = waited_seconds(child.pid), time.monotonic()
            made = await load.change(workload.pods, workload.rate, workload.seconds, number)
            told = await reader.holds(made, number, PATIENCE)
            elapsed = time.monotonic() - started
            spent = cpu_seconds(child.pid) - spent
            waited = (waited_seconds(child.pid) - waited) / elapsed
            steal = watched.taken().steal
            follow_stall = await _stall(session, url)

            async with reading(session, url + STREAM) as late:
                await late.synced(PATIENCE)
            join_stall = await _stall(session, url)
            arrived = {
                key: moment
                for key, (restarts, moment) in reader.restarts.items()
                if key in made and restarts == number
            }
            took = [(moment - made[key].known) * 1000 for key, moment in arrived.items()]
            whole = [(moment - made[key].sent) * 1000 for key, moment in arrived.items()]
            return Sample(
                number,
                list_s=listed - began,
                list_stall_ms=list_stall,
                follow_stall_ms=follow_stall,
                join_stall_ms=join_stall,
                p50_ms=percentile_of(took, 0.5),
                p99_ms=percentile_of(took, 0.99),
                worst_ms=max(took, default=None),
                whole_p99_ms=percentile_of(whole, 0.99),
                told=len(took) / len(made),
                cpu_us=spent * 1e6 / len(made),
                memory_mb=memory_kb(child.pid) / 1024,
                steal=steal,
                waited=waited,
                disturbed=steal > STEAL_LIMIT or waited > PRESSURE_LIMIT,
                error=None if told else f"only {len(took)} of {len(made)} changes were told",
            )


async def _stall(session: aiohttp.ClientSession, url: str) -> float:
    """The longest stall of the application's loop since it was last asked, in milliseconds."""
    async with session.get(url + PATH) as answer:
        worst: float = (await answer.json())["worstMs"]
        return worst
