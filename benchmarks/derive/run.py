"""The rounds, one after another; the raw samples are left as JSON."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.children import can_pin
from benchmarks.derive.measure import Sample, measure
from benchmarks.derive.section import section
from benchmarks.derive.workload import Workload

QUICK = Workload(pods=200, cronjobs=20, rate=50, seconds=0.5, block=50, blocks=2, settling=0.1)


def run(*, runs: int, quick: bool, build: Path) -> str:
    """Measures, leaves the samples in `build`, and returns the section for the page."""
    build.mkdir(parents=True, exist_ok=True)
    workload = QUICK if quick else Workload()
    if not can_pin():
        print("note: fewer than two cores; all share one, figures are not comparable")
    samples = []
    with tempfile.TemporaryDirectory(dir=build) as work:
        for number in range(1, runs + 1):
            samples.append(measure(workload, number, Path(work)))
            print(line(samples[-1]), flush=True)
    raw = {"workload": asdict(workload), "samples": [asdict(sample) for sample in samples]}
    (build / "derive.json").write_text(json.dumps(raw, indent=1) + "\n")
    return section(samples, workload)


def line(sample: Sample) -> str:
    """A sample as progress."""
    if sample.derived is None or sample.plain is None:
        return f"{sample.round}  failed: {sample.error}"
    tail = " DISTURBED" if sample.disturbed else ""
    return (
        f"{sample.round}  {sample.derived.share:.1%} of a core (without: {sample.plain.share:.1%})"
        f"  longest stall {sample.stall:.1f} ms, {sample.stall_cpu:.1f} of CPU  among many "
        f"{sample.among_many:.2f} x  of the plain board's {sample.of_plain:.2f} x  "
        f"{sample.kb_per_object:.2f} KB/object{tail}"
    )
