"""What a simulated cluster is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SCENARIOS = ("calm", "busy", "outage", "late-cron", "large")
DEFAULT_SCENARIO = "busy"
NAMESPACE = "agents"
"""Where the agents of every scenario live."""

MOST_PODS = 10_000
FASTEST = 1_000.0
LONGEST_NAME = 63


class OptionsError(ValueError):
    """Something that no simulated cluster can be; the text is one sentence for the person."""


@dataclass(frozen=True, slots=True)
class Options:
    """Checked when made."""

    scenario: str = DEFAULT_SCENARIO
    pods: int | None = None
    """How many pods `large` keeps; None: 500. The other scenarios have a fixed cast."""
    speed: float = 1.0
    """Divides every scripted delay; timestamps and the slots of CronJobs stay wall time."""
    seed: int = 1
    """Same seed, same film."""
    start: datetime | None = None
    """The wall time (aware) at which the film begins; None: now."""
    cluster_name: str = "prod-eu"

    def __post_init__(self) -> None:
        if self.scenario not in SCENARIOS:
            raise OptionsError(f"there is no scenario {self.scenario!r}: {', '.join(SCENARIOS)}")
        if self.pods is not None:
            if self.scenario != "large":
                raise OptionsError("only the scenario large takes a number of pods")
            if not 1 <= self.pods <= MOST_PODS:
                raise OptionsError(f"the number of pods is from 1 to {MOST_PODS}, not {self.pods}")
        if not 0.01 <= self.speed <= FASTEST:
            raise OptionsError(f"the speed is from 0.01 to {FASTEST:g}, not {self.speed:g}")
        if self.start is not None and self.start.tzinfo is None:
            raise OptionsError("the start is a time with its offset, such as 2026-01-31T09:05:00Z")
        name = self.cluster_name
        if not (1 <= len(name) <= LONGEST_NAME and name.isprintable() and " " not in name):
            raise OptionsError("the cluster's name is one printable word of at most 63 characters")
