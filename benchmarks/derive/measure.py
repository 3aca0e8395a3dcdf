"""One round: the board with its derivations, the one without, and what changes cost on both."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.children import SERVER_CPU, ChildFailed, running, tail
from benchmarks.derive.workload import Costs, Followed, Moment, Workload
from benchmarks.figures import median_ratio
from benchmarks.machine import PRESSURE_LIMIT, STEAL_LIMIT, Disturbance

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 180.0
DERIVED = "derived"
PLAIN = "plain"

REPLACED = "replaced"
"""The moment at which a list replaces everything; in one step, whatever that costs."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a round found; `error` says why it found nothing."""

    round: int
    derived: Followed | None = None
    plain: Followed | None = None
    costs: Costs | None = None
    steal: float = 0.0
    disturbed: bool = False
    error: str | None = None

    @property
    def kb_per_object(self) -> float | None:
        """Memory that the derivations add."""
        if self.derived is None or self.plain is None:
            return None
        return (self.derived.memory_kb - self.plain.memory_kb) / self.derived.objects

    @property
    def among_many(self) -> float | None:
        """What a change costs among many objects, of what it costs among few."""
        return None if self.costs is None else median_ratio(self.costs.many, self.costs.few)

    @property
    def of_plain(self) -> float | None:
        """What a change costs with derivations, of what it costs without."""
        return None if self.costs is None else median_ratio(self.costs.many, self.costs.plain_many)

    @property
    def stall(self) -> float | None:
        """The longest of the round, whatever happened but the one that is so by design."""
        return max((moment.wall for moment in self._moments()), default=None)

    @property
    def stall_cpu(self) -> float | None:
        """The longest that was work of ours."""
        return max((moment.cpu for moment in self._moments()), default=None)

    def _moments(self) -> list[Moment]:
        found = {} if self.derived is None else self.derived.moments
        return [moment for name, moment in found.items() if name != REPLACED]


def measure(workload: Workload, number: int, work: Path) -> Sample:
    """One sample; a round that fails gives one that says how."""
    watched = Disturbance()
    try:
        given = json.dumps(asdict(workload))
        derived = _followed(_play("follow", [given, DERIVED], work))
        plain = _followed(_play("follow", [given, PLAIN], work))
        costs = Costs(**_play("cost", [given], work))
    except (ChildFailed, OSError, subprocess.TimeoutExpired) as error:
        return Sample(number, error=f"{type(error).__name__} {error}")
    steal = watched.taken().steal
    return Sample(
        number,
        derived=derived,
        plain=plain,
        costs=costs,
        steal=steal,
        disturbed=steal > STEAL_LIMIT or derived.waited > PRESSURE_LIMIT,
    )


def _followed(found: dict[str, Any]) -> Followed:
    moments = {name: Moment(**moment) for name, moment in found["moments"].items()}
    return Followed(**{**found, "moments": moments})


def _play(what: str, arguments: list[str], work: Path) -> dict[str, Any]:
    """What a child printed."""
    log = work / f"{what}.log"
    command = [sys.executable, "-m", f"benchmarks.derive.{what}", *arguments]
    with running(command, cpu=SERVER_CPU, log=log, stdout=subprocess.PIPE) as child:
        said, _ = child.communicate(timeout=PATIENCE)
        if child.returncode:
            raise ChildFailed(f"{what} ended with {child.returncode}: {tail(log, 300)}")
        found: dict[str, Any] = json.loads(said)
        return found
