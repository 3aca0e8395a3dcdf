"""Whether a version comes after another: numbers where they are numbers, else not the same."""

from __future__ import annotations

import pytest

from app.cluster.held import Held, is_news, same_or_new, take
from tests.cluster.objects import THINGS, RecordingSink, Thing, item, page


@pytest.mark.parametrize(
    ("version", "position", "expected"),
    [
        ("8", "7", True),
        ("7", "7", False),
        ("6", "7", False),
        ("10", "9", True),
        ("00010", "9", True),
        ("18446744073709551616", "18446744073709551615", True),
        pytest.param("9" * 5_000, "7", True, id="more digits than Python reads"),
        pytest.param("7", "9" * 5_000, False, id="less than those"),
        ("0", "00", False),
        ("b", "a", True),
        ("a", "b", True),
        ("a", "a", False),
        ("7", "a", True),
        ("-1", "7", True),
        ("\u0668", "7", True),
    ],
)
def test_what_is_news(version: str, position: str, expected: bool) -> None:
    assert is_news(version, position) is expected


def test_an_equal_record_is_the_identical_one() -> None:
    (first,) = THINGS.page(page(1, item("x", 1, "same"))).items
    (second,) = THINGS.page(page(2, item("x", 2, "same"))).items
    (other,) = THINGS.page(page(3, item("x", 3, "same", uid="other"))).items
    known = {first.key: Held(first.uid, first.record)}
    assert same_or_new(known, second) is known[first.key]
    assert same_or_new(known, other) is not known[first.key]


def test_the_end_of_what_nobody_knew_says_nothing() -> None:
    known: dict[str, Held[Thing]] = {}
    (gone,) = THINGS.page(page(1, item("x", 1))).items
    sink = RecordingSink()
    take(known, "DELETED", gone, sink)
    assert sink.verbs == []
