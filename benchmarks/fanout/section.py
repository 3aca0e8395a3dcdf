"""The fan-out section of docs/benchmarks.md: goals, one table per workload, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.fanout import nchan
from benchmarks.fanout.contenders import (
    ALL,
    EAGER,
    NCHAN,
    OURS,
    SSE_STARLETTE,
    Contender,
)
from benchmarks.figures import median, median_ratio
from benchmarks.report import Goal, goals_table, number, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.fanout.cells import Cell
    from benchmarks.fanout.measure import Sample

PACKAGES = ("uvicorn", "uvloop", "httptools", "starlette", "sse-starlette")
PLACES = "The server has one core, readers and publisher the other; the reader is {reader}."
METRICS = (
    "cpu_us",
    "per_second",
    "p50_ms",
    "p99_ms",
    "p999_ms",
    "delivered",
    "idle_kb",
    "kernel_kb",
    "bytes_per_event",
)


class Samples:
    """Samples by workload and contender, one series per metric in the order of the rounds."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.all = samples

    def series(self, cell: str, contender: Contender, metric: str) -> list[float | None]:
        """One value per round; None where the round gave none."""
        if metric not in METRICS:
            raise ValueError(f"no metric is called {metric}")
        return [
            getattr(sample, metric)
            for sample in sorted(self.all, key=lambda each: each.round)
            if sample.cell == cell and sample.contender == contender.name
        ]

    def median(self, cell: str, contender: Contender, metric: str) -> float | None:
        """The middle of a series."""
        return median(self.series(cell, contender, metric))


def goals(samples: Samples) -> list[Goal]:
    """What the project promises itself, with what was measured."""
    cost = samples.series("capacity", EAGER, "cpu_us")
    storm = samples.median("storm", OURS, "delivered")
    return [
        Goal(
            "CPU per delivery, of sse-starlette's",
            median_ratio(cost, samples.series("capacity", SSE_STARLETTE, "cpu_us")),
            0.35,
            "x",
            noted="aim: 0.25 x",
        ),
        Goal(
            "CPU per delivery, of nchan's",
            median_ratio(cost, samples.series("capacity", NCHAN, "cpu_us")),
            1.25,
            "x",
        ),
        Goal("memory per idle connection", samples.median("calm", OURS, "idle_kb"), 16, "KB"),
        Goal(
            "delivered at 400 events/s",
            None if storm is None else storm * 100,
            99.9,
            "%",
            least=True,
        ),
        Goal("p99 at 400 events/s", samples.median("storm", OURS, "p99_ms"), 100, "ms"),
        Goal(
            "p99 of the others with 5 % stalled, of p99 without",
            median_ratio(
                samples.series("stalled", OURS, "p99_ms"), samples.series("storm", OURS, "p99_ms")
            ),
            1.2,
            "x",
        ),
    ]


def cell_table(samples: Samples, cell: Cell) -> str:
    """One workload: a row per contender, ratios to the first of them."""
    head = [
        "server",
        "CPU us/delivery",
        "of it, ours",
        "deliveries/s",
        "delivered %",
        "bytes/event",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
    ]
    first = cell.contenders[0]
    rows = []
    for contender in cell.contenders:
        if not samples.series(cell.name, contender, "cpu_us"):
            continue

        def middle(metric: str, contender: Contender = contender) -> float | None:
            return samples.median(cell.name, contender, metric)

        share = median_ratio(
            samples.series(cell.name, first, "cpu_us"),
            samples.series(cell.name, contender, "cpu_us"),
        )
        delivered = middle("delivered")
        rows.append(
            [
                contender.title,
                number(middle("cpu_us")),
                f"{number(share)} x",
                number(middle("per_second")),
                number(None if delivered is None else delivered * 100),
                number(middle("bytes_per_event")),
                number(middle("p50_ms")),
                number(middle("p99_ms")),
                number(middle("p999_ms")),
            ]
        )
    return table(head, rows)


def memory_table(samples: Samples, cells: Sequence[Cell]) -> str:
    """Kilobytes per idle connection, over all samples whose readers all read."""
    rows = []
    healthy = {cell.name for cell in cells if cell.stalled == 0}
    for contender in ALL:
        values = [
            sample.idle_kb
            for sample in samples.all
            if sample.contender == contender.name and sample.cell in healthy
        ]
        if median(values) is not None:
            rows.append([contender.title, number(median(values))])
    return table(["server", "KB per idle connection"], rows)


def section(
    taken: Sequence[Sample],
    cells: Sequence[Cell],
    absent: Mapping[str, str],
    runs: int,
    *,
    compiled: bool,
) -> str:
    """The whole section."""
    samples = Samples(taken)
    disturbed = sum(sample.disturbed for sample in taken)
    failed = [sample for sample in taken if sample.error]
    readers = cells[0].readers
    reader = "a C program" if compiled else "the Python twin, itself a bottleneck"
    notes = [
        f"- Measured {machine.described()}.",
        f"- {machine.versions(*PACKAGES)}, {nchan.version()}.",
        (
            f"- {readers:,} readers, 300-byte payloads, {runs} interleaved rounds, medians; "
            f"ratios are medians of each round's ratio. {PLACES.format(reader=reader)}"
        ),
        machine.calm(disturbed, len(taken)),
        *(f"- Skipped: {name}: {why}." for name, why in sorted(absent.items())),
        *(
            f"- Round {sample.round}, {sample.cell}, {sample.contender}: "
            f"{' '.join((sample.error or '').split())[:200]}."
            for sample in failed
        ),
    ]
    parts = ["## Fan-out", "\n".join(notes), goals_table(goals(samples))]
    for cell in cells:
        parts += [f"### {cell.title}", cell_table(samples, cell)]
    held = samples.median("stalled", OURS, "kernel_kb")
    parts += [
        f"With the stalled readers all TCP buffers of the machine grew by {number(held)} KB.",
        "### Memory",
        "Growth of the server's proportional set size, divided by its connections.",
        memory_table(samples, cells),
    ]
    return "\n\n".join(parts)
