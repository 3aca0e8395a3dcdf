"""Arithmetic on measurements: percentiles of a histogram, medians, ratios. Pure."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Histogram = list[tuple[int, int]]
"""Pairs of an upper bound and how many values lie at it or below, above the bound before."""


def percentile(histogram: Sequence[tuple[int, int]], share: float) -> float:
    """The bound that `share` (0 to 1) of the values do not exceed; nan when there are none."""
    if not 0 <= share <= 1:
        raise ValueError("a share lies between 0 and 1")
    total = sum(count for _, count in histogram)
    if total == 0:
        return float("nan")
    wanted = max(1, -(-share * total // 1))
    seen = 0
    for bound, count in sorted(histogram):
        seen += count
        if seen >= wanted:
            return float(bound)
    raise AssertionError("the counts of a histogram add up to its total")


def percentile_of(values: Iterable[float], share: float) -> float:
    """As `percentile`, of plain values."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    position = max(1, int(-(-share * len(ordered) // 1)))
    return ordered[position - 1]


def median(values: Iterable[float | None]) -> float | None:
    """The median of what was measured; None when nothing was."""
    known = [value for value in values if value is not None and value == value]
    return statistics.median(known) if known else None


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """Ours over theirs; None when either is unknown or theirs is zero."""
    if ours is None or theirs is None or theirs == 0:
        return None
    return ours / theirs


def median_ratio(ours: Sequence[float | None], theirs: Sequence[float | None]) -> float | None:
    """The median of the ratios of each round: neighbours in time share the machine's mood."""
    return median(ratio(one, other) for one, other in zip(ours, theirs, strict=False))
