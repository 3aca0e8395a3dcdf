"""How much is measured, and what is found: what parent and children of a round share."""

from __future__ import annotations

from dataclasses import dataclass

FEW = 0.1
"""The part of all objects that a small board has."""


@dataclass(frozen=True, slots=True)
class Workload:
    """So many objects; so many changes a second for so long, and so many in each block of costs."""

    pods: int = 10_000
    cronjobs: int = 500
    rate: float = 100.0
    seconds: float = 5.0
    block: int = 500
    blocks: int = 6
    settling: float = 1.5
    """After each of the moments: the timer looks once a second, and has done all of it by then."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The longest stall while something went on, by the clock and in CPU time; milliseconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Followed:
    """What one board did in its event loop."""

    objects: int
    share: float
    """Of one core, while it followed the changes (0 to 1)."""
    cpu_us: float
    """CPU time per change then, reading and telling it included."""
    memory_kb: float
    """What the process grew by while the board was filled."""
    incidents: int
    """On the board after the changes."""
    alarms: int
    frames: int
    """Taken by readers."""
    waited: float
    """The share of the time in which it could have run and had no core (0 to 1)."""
    moments: dict[str, Moment]


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU time per change in microseconds, a value per block: of boards with few and many objects.

    The plain ones have no derivations.
    """

    few: list[float]
    many: list[float]
    plain_few: list[float]
    plain_many: list[float]
