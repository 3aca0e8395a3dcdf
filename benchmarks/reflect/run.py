"""The rounds: pods are made once, then the application meets them anew in each round."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.children import can_pin
from benchmarks.reflect.api_servers import ApiServer, started
from benchmarks.reflect.decode import OURS_PER_ROUND, Decoding, compare
from benchmarks.reflect.load import connected
from benchmarks.reflect.measure import Sample, Workload, measure
from benchmarks.reflect.section import section

QUICK = Workload(pods=200, rate=50, seconds=1)


def run(*, runs: int, quick: bool, build: Path, stand_in: bool = False) -> str:
    """Measures, leaves the samples in `build`, and returns the section for the page."""
    build.mkdir(parents=True, exist_ok=True)
    workload = QUICK if quick else Workload()
    if not can_pin():
        print("note: fewer than two cores; all share one, figures are not comparable")
    with (
        tempfile.TemporaryDirectory(dir=build) as work,
        started(Path(work).resolve(), stand_in=stand_in) as server,
    ):
        print(f"API server: {server.title}", flush=True)
        samples, decoding = asyncio.run(_rounds(server, workload, runs, Path(work)))
    raw = {
        "api_server": server.title,
        "samples": [asdict(sample) for sample in samples],
        "decoding": asdict(decoding),
    }
    (build / "reflect.json").write_text(json.dumps(raw, indent=1) + "\n")
    return section(samples, decoding, workload, server.title)


async def _rounds(
    server: ApiServer, workload: Workload, runs: int, work: Path
) -> tuple[list[Sample], Decoding]:
    async with connected(server) as load:
        began = time.monotonic()
        await load.create(workload.pods)
        print(f"{workload.pods:,} pods made in {time.monotonic() - began:.0f} s", flush=True)
        decoding = await compare(await load.lines(min(OURS_PER_ROUND, workload.pods)), runs)
        samples = []
        for number in range(1, runs + 1):
            samples.append(await measure(server, load, workload, number, work))
            print(line(samples[-1]), flush=True)
    return samples, decoding


def line(sample: Sample) -> str:
    """A sample as progress."""
    if sample.p99_ms is None:
        return f"{sample.round}  failed: {sample.error}"
    tail = " DISTURBED" if sample.disturbed else ""
    if sample.error:
        tail += f" ({sample.error})"
    return (
        f"{sample.round}  listed in {sample.list_s:.2f} s  longest stall "
        f"{sample.list_stall_ms:.1f} / {sample.follow_stall_ms:.1f} / {sample.join_stall_ms:.1f} ms"
        f"  to reader p50 {sample.p50_ms:.1f}  p99 {sample.p99_ms:.1f} ms "
        f"(with the write {sample.whole_p99_ms:.1f})  "
        f"{sample.cpu_us:.0f} us/change  {sample.memory_mb:.0f} MB{tail}"
    )
