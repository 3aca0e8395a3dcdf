"""docs/demo.md says what there is, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from app.demo.api.switches import SWITCHES
from app.demo.kubeconfig import CONTEXTS, EXTENSION
from app.demo.options import SCENARIOS

PAGE = (Path(__file__).parents[3] / "docs" / "demo.md").read_text()


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table whose first column is called so, by their first cell."""
    lines = PAGE.partition(f"| {heading} |")[2].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): rest for first, *rest in cells}


def test_every_scenario_is_told() -> None:
    assert tuple(rows("scenario")) == SCENARIOS


def test_every_switch_is_told_with_what_it_takes() -> None:
    told = rows("switch")
    assert list(told) == [switch.name for switch in SWITCHES]
    for switch in SWITCHES:
        effect, parameters = told[switch.name]
        assert effect == switch.about
        assert tuple(re.findall(r"`(\w+)`", parameters)) == switch.parameters()


def test_the_kubeconfig_is_as_told() -> None:
    assert f"`{EXTENSION}`" in PAGE
    assert all(f"`{context}`" in PAGE for context in CONTEXTS)
