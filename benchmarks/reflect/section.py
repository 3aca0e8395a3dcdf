"""The reflect section of docs/benchmarks.md: goals, the rounds, what an event costs to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.figures import median
from benchmarks.report import Goal, goals_table, number, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.reflect.decode import Decoding
    from benchmarks.reflect.measure import Sample, Workload

PACKAGES = ("aiohttp", "pydantic", "pydantic-core", "kubernetes-asyncio", "uvloop")


def middle(samples: Sequence[Sample], metric: str) -> float | None:
    """The median of one figure over the rounds."""
    return median(getattr(sample, metric) for sample in samples)


def stall(sample: Sample) -> float | None:
    """The longest of a round, whatever the application was doing."""
    stalls = (sample.list_stall_ms, sample.follow_stall_ms, sample.join_stall_ms)
    known = [each for each in stalls if each is not None]
    return max(known, default=None)


def goals(samples: Sequence[Sample], decoding: Decoding) -> list[Goal]:
    """What the project promises itself, with what was measured."""
    told = middle(samples, "told")
    return [
        Goal("longest stall of the event loop", median(map(stall, samples)), 50, "ms"),
        Goal("times cheaper to decode an event", decoding.times_cheaper, 20, "x", least=True),
        Goal("API server to reader, p99", middle(samples, "p99_ms"), 150, "ms"),
        Goal(
            "changes that reached the reader",
            None if told is None else told * 100,
            100,
            "%",
            least=True,
        ),
    ]


def rounds_table(samples: Sequence[Sample]) -> str:
    """What the application did, with the median and the worst round."""
    rows = [
        ("list everything, until a reader has it, s", "list_s"),
        ("longest stall while listing, ms", "list_stall_ms"),
        ("longest stall while following, ms", "follow_stall_ms"),
        ("longest stall while a second reader joins, ms", "join_stall_ms"),
        ("API server to reader p50, ms", "p50_ms"),
        ("API server to reader p99, ms", "p99_ms"),
        ("API server to reader, slowest, ms", "worst_ms"),
        ("the write to the API server and all, p99, ms", "whole_p99_ms"),
        ("CPU per change, us", "cpu_us"),
        ("memory with everything on the board, MB", "memory_mb"),
    ]
    return table(
        ["figure", "median", "worst round"],
        [
            [what, number(middle(samples, metric)), number(worst(samples, metric))]
            for what, metric in rows
        ],
    )


def worst(samples: Sequence[Sample], metric: str) -> float | None:
    """The largest of one figure."""
    known = [value for sample in samples if (value := getattr(sample, metric)) is not None]
    return max(known, default=None)


def decode_table(decoding: Decoding) -> str:
    """An event's cost, both ways."""
    ours, theirs = median(decoding.ours_us), median(decoding.theirs_us)
    ratio = None if decoding.times_cheaper is None else 1 / decoding.times_cheaper
    return table(
        ["decoder", "CPU us/event", "of it, ours"],
        [
            ["Watchglass, projection to a record", number(ours), number(1.0) + " x"],
            ["kubernetes_asyncio.watch, model object", number(theirs), f"{number(ratio)} x"],
        ],
    )


def section(
    samples: Sequence[Sample], decoding: Decoding, workload: Workload, api_server: str
) -> str:
    """The whole section."""
    disturbed = sum(sample.disturbed for sample in samples)
    notes = [
        f"- Measured {machine.described()}.",
        f"- {machine.versions(*PACKAGES)}.",
        f"- The API server is {api_server}.",
        (
            f"- {workload.pods:,} pods of {decoding.line_bytes:,} bytes; then "
            f"{number(workload.rate)} changes/s for {number(workload.seconds)} s; {len(samples)} "
            "rounds, each with the application started anew; medians. The application is bound to "
            "one core; API server, writer and reader run where the kernel puts them. API server to "
            "reader is counted from the moment at which the write is answered or a plain watch "
            "beside ours tells of it, whichever is first."
        ),
        machine.calm(disturbed, len(samples)),
        *(
            f"- Round {sample.round}: {' '.join(sample.error.split())[:300]}."
            for sample in samples
            if sample.error
        ),
    ]
    return "\n\n".join(
        [
            "## Reflect",
            "\n".join(notes),
            goals_table(goals(samples, decoding)),
            "### From the API server to a reader",
            rounds_table(samples),
            "### Reading one event of a watch",
            decode_table(decoding),
        ]
    )
