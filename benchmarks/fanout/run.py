"""The rounds: in each every contender meets every workload once, in an order that turns."""

from __future__ import annotations

import json
import resource
import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

from benchmarks.children import can_pin
from benchmarks.fanout import cells
from benchmarks.fanout.contenders import ALL, Contender
from benchmarks.fanout.measure import Sample, measure
from benchmarks.fanout.section import section

if TYPE_CHECKING:
    from pathlib import Path

SOCKETS = 8192


def run(*, runs: int, quick: bool, build: Path) -> str:
    """Measures, leaves the samples in `build`, and returns the section for the page."""
    raise_socket_limit()
    build.mkdir(parents=True, exist_ok=True)
    workloads = [cells.quick(cell) if quick else cell for cell in cells.CELLS]
    absent = {contender.name: why for contender in ALL if (why := contender.missing())}
    for name, why in absent.items():
        print(f"skipped: {name}: {why}")
    if not can_pin():
        print("note: fewer than two cores; server and reader share one, figures are not comparable")
    samples: list[Sample] = []
    for number in range(1, runs + 1):
        for cell in workloads:
            here = [contender for contender in cell.contenders if contender.name not in absent]
            for contender in turned(here, number):
                sample = measure(contender, cell, number, build, settle=0.3 if quick else 0.7)
                samples.append(sample)
                print(line(sample), flush=True)
    raw = {"samples": [asdict(sample) for sample in samples], "absent": absent}
    (build / "fanout.json").write_text(json.dumps(raw, indent=1) + "\n")
    return section(samples, workloads, absent, runs, compiled=shutil.which("cc") is not None)


def turned(contenders: list[Contender], number: int) -> list[Contender]:
    """The same contenders, another one first in each round."""
    first = number % len(contenders) if contenders else 0
    return contenders[first:] + contenders[:first]


def raise_socket_limit() -> None:
    """Children inherit it: a thousand readers are two thousand sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SOCKETS if hard == resource.RLIM_INFINITY else min(SOCKETS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def line(sample: Sample) -> str:
    """A sample as progress."""
    head = f"{sample.round}  {sample.cell:<9} {sample.contender:<14}"
    if sample.cpu_us is None:
        return f"{head} failed: {sample.error}"
    tail = " DISTURBED" if sample.disturbed else ""
    if sample.error:
        tail += f" ({sample.error})"
    return (
        f"{head} {sample.cpu_us:6.2f} us/delivery  {sample.per_second:9,.0f}/s  "
        f"p50 {sample.p50_ms:7.1f}  p99 {sample.p99_ms:7.1f} ms  "
        f"{(sample.delivered or 0) * 100:5.1f} % delivered  {sample.idle_kb:5.1f} KB idle{tail}"
    )
