"""Percentiles, medians and ratios."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import median, median_ratio, percentile, percentile_of, ratio

values = st.lists(st.integers(0, 10**12), min_size=1, max_size=200)


def histogram(numbers: list[int]) -> list[tuple[int, int]]:
    return [(number, numbers.count(number)) for number in set(numbers)]


@given(values, st.floats(0, 1))
def test_a_percentile_is_a_value_that_enough_others_do_not_exceed(
    numbers: list[int], share: float
) -> None:
    found = percentile(histogram(numbers), share)
    assert found in numbers
    assert sum(number <= found for number in numbers) >= share * len(numbers)
    assert sum(number < found for number in numbers) < max(1, share * len(numbers))


@given(values, st.floats(0, 1))
def test_a_histogram_and_its_values_have_the_same_percentiles(
    numbers: list[int], share: float
) -> None:
    assert percentile(histogram(numbers), share) == percentile_of(numbers, share)


def test_the_ends_of_a_histogram() -> None:
    assert percentile([(10, 99), (500, 1)], 0.99) == 10
    assert percentile([(10, 99), (500, 1)], 0.991) == 500
    assert percentile([(10, 99), (500, 1)], 0) == 10
    assert percentile([(10, 99), (500, 1)], 1) == 500


def test_nothing_has_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))
    assert math.isnan(percentile_of([], 0.5))


def test_a_share_is_no_percentage() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([(1, 1)], 99)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_median_ignores_what_was_not_measured(numbers: list[float]) -> None:
    assert median([*numbers, None, float("nan")]) == statistics.median(numbers)


def test_the_median_of_nothing_is_unknown() -> None:
    assert median([None, float("nan")]) is None


def test_a_ratio_needs_both() -> None:
    assert ratio(3, 2) == 1.5
    assert ratio(None, 2) is None
    assert ratio(3, None) is None
    assert ratio(3, 0) is None


def test_ratios_are_taken_round_by_round() -> None:
    # A slow second round doubles both and changes no ratio.
    assert median_ratio([1, 2, 1], [4, 8, 4]) == 0.25
    assert median_ratio([1, None, 3], [4, 8, 4]) == 0.5
    assert median_ratio([], []) is None
