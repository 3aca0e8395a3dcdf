"""docs/benchmarks.md is laid out by its sections and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.report import ORDER, Goal, goals_table, number, publish, replace, sections, table

if TYPE_CHECKING:
    from pathlib import Path


ABSENT_DERIVE = "Not measured yet: `python -m benchmarks derive`."


def test_running_one_benchmark_keeps_the_section_of_the_other() -> None:
    page = replace(replace("", "reflect", "old"), "fanout", "figures")
    page = replace(page, "reflect", "new")
    assert sections(page) == {"fanout": "figures", "reflect": "new", "derive": ABSENT_DERIVE}


def test_the_order_of_runs_leaves_no_trace() -> None:
    one = replace(replace("", "fanout", "a\n\nb"), "reflect", "c")
    other = replace(replace("", "reflect", "c"), "fanout", "a\n\nb")
    assert one == other
    assert replace(one, "fanout", "a\n\nb\n") == one


def test_what_was_not_measured_says_how() -> None:
    page = replace("", "fanout", "figures")
    assert sections(page)["reflect"] == "Not measured yet: `python -m benchmarks reflect`."
    assert page.startswith("# Benchmarks\n")
    assert page.endswith("-->\n")


def test_words_of_a_person_between_the_sections_are_not_kept() -> None:
    page = replace("", "fanout", "figures")
    assert replace(page.replace("figures", "figures\n<!-- stray -->"), "fanout", "x") == replace(
        "", "fanout", "x"
    )


def test_there_is_no_fourth_section() -> None:
    assert ORDER == ("fanout", "reflect", "derive")
    with pytest.raises(ValueError, match="no section"):
        replace("", "chaos", "figures")


def test_a_page_is_made_where_there_was_none(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "benchmarks.md"
    publish(page, "fanout", "one")
    publish(page, "reflect", "two")
    publish(page, "derive", "three")
    assert sections(page.read_text()) == {"fanout": "one", "reflect": "two", "derive": "three"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.349, "0.35"),
        (5.5501, "5.55"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
        (None, "-"),
        (float("nan"), "-"),
    ],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_columns_line_up() -> None:
    assert table(["server", "us"], [["a", "5.55"], ["longer", "12"]]) == (
        "| server |   us |\n| ------ | ---: |\n| a      | 5.55 |\n| longer |   12 |"
    )


def test_a_goal_is_met_at_its_bound() -> None:
    assert Goal("cost", 0.35, 0.35, "x").verdict == "met"
    assert Goal("cost", 0.351, 0.35, "x").verdict == "**missed**"
    assert Goal("share", 99.9, 99.9, "%", least=True).verdict == "met"
    assert Goal("share", 99.8, 99.9, "%", least=True).verdict == "**missed**"


def test_a_weak_figure_is_published_too() -> None:
    text = goals_table([Goal("cost", 0.5, 0.35, "x"), Goal("memory", None, 16, "KB")])
    assert "0.50 x" in text
    assert "**missed**" in text
    assert "not measured" in text
