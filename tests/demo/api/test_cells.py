"""Ages and durations in kubectl's words, at every edge; the rest is held against a real server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.demo.api import kinds
from app.demo.api.columns.cells import human, selector, since
from app.demo.api.tables import PRINTERS, table

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-2.5, "<invalid>"),
        (-1.9, "0s"),
        (-0.5, "0s"),
        (0.9, "0s"),
        (119.9, "119s"),
        (120, "2m"),
        (121, "2m1s"),
        (599, "9m59s"),
        (600, "10m"),
        (10_799, "179m"),
        (10_800, "3h"),
        (14_460, "4h1m"),
        (28_799, "7h59m"),
        (28_800, "8h"),
        (172_799, "47h"),
        (172_800, "2d"),
        (176_400, "2d1h"),
        (691_199, "7d23h"),
        (691_200, "8d"),
        (63_071_999, "729d"),
        (63_072_000, "2y"),
        (63_158_400, "2y1d"),
        (252_288_000, "8y"),
        (400_000_000, "12y"),
    ],
)
def test_a_duration_is_cut_as_kubectl_cuts_it(seconds: float, words: str) -> None:
    assert human(timedelta(seconds=seconds)) == words


def test_an_age_that_nobody_knows() -> None:
    assert since(None, NOW) == "<unknown>"
    assert since("2026-02-01T11:59:00.000000Z", NOW) == "60s"


def test_selectors_in_words() -> None:
    assert selector(None) == ""
    assert selector({}) == ""
    expressions = [
        {"key": "b", "operator": "NotIn", "values": ["2", "1"]},
        {"key": "a", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist"},
    ]
    found = selector({"matchLabels": {"c": "1"}, "matchExpressions": expressions})
    assert found == "a,b notin (1,2),c=1,!d"


def test_every_kind_that_is_kept_has_its_columns() -> None:
    assert set(PRINTERS) == set(kinds.STORED)


@pytest.mark.parametrize("kind", PRINTERS, ids=[kind.plural for kind in PRINTERS])
def test_an_object_with_nothing_in_it_is_printed(kind: kinds.Kind) -> None:
    """As the bookmarks of a watch are, and whatever a test may put into the store."""
    nothing = {"metadata": {"resourceVersion": "7"}, "spec": None, "status": None}
    found = table(kind, [nothing], NOW, include="None")
    [row] = found["rows"]
    assert len(row["cells"]) == len(found["columnDefinitions"])
    assert row["object"] is None


def test_the_end_of_a_streamed_list_is_marked_whatever_is_left_out() -> None:
    mark = {"metadata": {"annotations": {"k8s.io/initial-events-end": "true"}}}
    [row] = table(kinds.PODS, [mark], NOW, include="None", headers=False)["rows"]
    assert row["object"]["metadata"] == mark["metadata"]
    assert table(kinds.PODS, [], NOW, headers=False)["columnDefinitions"] is None
