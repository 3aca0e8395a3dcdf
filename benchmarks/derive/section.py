"""The derive section of docs/benchmarks.md: goals, what changes cost, what holds the loop up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.derive.measure import REPLACED
from benchmarks.derive.objects import IN_TROUBLE, JOBS_EACH
from benchmarks.derive.reader import AUDIENCES, EACH
from benchmarks.derive.workload import FEW
from benchmarks.figures import median
from benchmarks.report import Goal, goals_table, number, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.derive.measure import Sample
    from benchmarks.derive.workload import Costs, Followed, Workload

PACKAGES = ("pydantic", "pydantic-core", "uvloop")

MOMENTS = {
    "listing": "everything is listed",
    "alarms": "everything that waited is due at once",
    "following": "changes are followed",
    "lost": "all sources are lost at once",
    "back": "all sources are back",
    "clock": "the clock is set by an hour, and back",
    "relist": "everything is listed again, 1 % of the pods another",
    REPLACED: "as before, and each pod another",
}


def goals(samples: Sequence[Sample], workload: Workload) -> list[Goal]:
    """What the project promises itself, with what was measured."""
    share = _derived(samples, lambda board: board.share * 100)
    stall = median(sample.stall for sample in samples)
    worked = median(sample.stall_cpu for sample in samples)
    among = median(sample.among_many for sample in samples)
    few = f"{round(workload.pods * FEW):,}"
    return [
        Goal(f"share of one core at {number(workload.rate)} changes/s", share, 20, "%"),
        Goal(
            "longest stall of the event loop", stall, 50, "ms", noted=f"{number(worked)} ms of CPU"
        ),
        Goal(f"CPU per change among {workload.pods:,} pods, of that among {few}", among, 1.3, "x"),
    ]


def boards_table(samples: Sequence[Sample]) -> str:
    """What the loop did with derivations, and without."""
    rows: list[tuple[str, Callable[[Followed], float]]] = [
        ("share of one core, %", lambda board: board.share * 100),
        ("CPU per change, reading and telling it included, us", lambda board: board.cpu_us),
        ("memory that a full board takes, MB", lambda board: board.memory_kb / 1024),
        ("memory per object, KB", lambda board: board.memory_kb / board.objects),
        ("incidents on the board after the changes", lambda board: board.incidents),
        ("alarms that are set then", lambda board: board.alarms),
        ("frames that the readers took", lambda board: board.frames),
    ]
    cells = []
    for what, figure in rows:
        cells.append([what, number(_derived(samples, figure)), number(_plain(samples, figure))])
    return table(["figure", "with derivations", "without"], cells)


def costs_table(samples: Sequence[Sample], workload: Workload) -> str:
    """A change's cost by how many objects there are."""
    boards: list[tuple[str, Callable[[Costs], list[float]], Callable[[Costs], list[float]]]] = [
        ("with derivations", lambda costs: costs.few, lambda costs: costs.many),
        ("without", lambda costs: costs.plain_few, lambda costs: costs.plain_many),
    ]
    rows = []
    for what, few, many in boards:
        costs = [sample.costs for sample in samples if sample.costs is not None]
        small = median(median(few(one)) for one in costs)
        large = median(median(many(one)) for one in costs)
        pairs = [zip(many(one), few(one), strict=True) for one in costs]
        of_it = median(median(big / little for big, little in pair) for pair in pairs)
        rows.append([what, number(small), number(large), f"{number(of_it)} x"])
    head = [f"among {round(workload.pods * FEW):,} pods", f"among {workload.pods:,} pods"]
    return table(["CPU us/change", *head, "ratio"], rows)


def moments_table(samples: Sequence[Sample]) -> str:
    """The longest stall of each moment: the median of the rounds, by the clock and of CPU."""
    rows = []
    for name, what in MOMENTS.items():
        cells = [
            _derived(samples, lambda board, name=name: board.moments[name].wall),  # type: ignore[misc]
            _derived(samples, lambda board, name=name: board.moments[name].cpu),  # type: ignore[misc]
            _plain(samples, lambda board, name=name: board.moments[name].cpu),  # type: ignore[misc]
        ]
        rows.append([what, *map(number, cells)])
    return table(["longest stall while, ms", "by the clock", "of CPU", "of CPU without"], rows)


def section(samples: Sequence[Sample], workload: Workload) -> str:
    """The whole section."""
    disturbed = sum(sample.disturbed for sample in samples)
    added = median(sample.kb_per_object for sample in samples)
    times = median(sample.of_plain for sample in samples)
    notes = [
        f"- Measured {machine.described()}.",
        f"- {machine.versions(*PACKAGES)}.",
        (
            f"- {workload.pods:,} pods, {len(IN_TROUBLE)} % of them in trouble (crash looping, "
            f"pending, on lost nodes), {workload.cronjobs:,} CronJobs with {JOBS_EACH} Jobs each; "
            f"{number(workload.rate)} changes/s for {number(workload.seconds)} s: of ten, eight "
            "make a pod unready, crash or recover, one begins or ends a Job, one changes a "
            f"CronJob. {len(AUDIENCES) * EACH} readers of everything are attached to the hub, "
            "without sockets. The peer is the same board without derivations, in turn."
        ),
        (
            f"- {len(samples)} rounds, each with processes started anew and bound to one core; "
            "medians. Costs by number of objects are of a board nobody reads, in one process, "
            f"{workload.block:,} changes at a time in turn."
        ),
        (
            f"- The derivations make a change cost {number(times)} x, and an object "
            f"{number(added)} KB more memory."
        ),
        (
            "- A list takes the place of what is held in one step, so that nobody sees half of it: "
            "where each pod is another (the last row of the last table), that is longer than a "
            "stall may be, with derivations and without. The goal is about all other rows."
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
            "## Derive",
            "\n".join(notes),
            goals_table(goals(samples, workload)),
            "### One board with derivations, one without",
            boards_table(samples),
            "### A change, by how many objects there are",
            costs_table(samples, workload),
            "### What holds the loop up",
            moments_table(samples),
        ]
    )


def _derived(samples: Sequence[Sample], figure: Callable[[Followed], float]) -> float | None:
    return median(figure(sample.derived) for sample in samples if sample.derived is not None)


def _plain(samples: Sequence[Sample], figure: Callable[[Followed], float]) -> float | None:
    return median(figure(sample.plain) for sample in samples if sample.plain is not None)
