"""docs/benchmarks.md: one generated section per benchmark; running one keeps the others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ORDER = ("fanout", "reflect", "derive")

INTRODUCTION = """\
# Benchmarks

`make bench` writes this page: each benchmark measures and replaces its own section, the weak
figures with the strong ones. Ratios compare what took turns on the same machine within one run;
absolute figures belong to the machine named beside them. What is done is told by the docstrings
under `benchmarks/`; the raw samples are left as JSON in `build/benchmarks/`.
"""

ABSENT = "Not measured yet: `python -m benchmarks {name}`."


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure, the most it may be (or the least), and whether it is."""

    what: str
    measured: float | None
    bound: float
    unit: str
    least: bool = False
    noted: str = ""

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or `not measured`."""
        if self.measured is None or self.measured != self.measured:
            return "not measured"
        held = self.measured >= self.bound if self.least else self.measured <= self.bound
        return "met" if held else "**missed**"

    def row(self) -> list[str]:
        """What, measured, wanted, verdict."""
        sign = ">=" if self.least else "<="
        noted = f" ({self.noted})" if self.noted else ""
        wanted = f"{sign} {number(self.bound)} {self.unit}".rstrip()
        return [
            self.what,
            f"{number(self.measured)} {self.unit}".rstrip(),
            wanted,
            self.verdict + noted,
        ]


def number(value: float | None) -> str:
    """Three significant digits, thousands by comma; a dash for what is unknown."""
    if value is None or value != value:
        return "-"
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up; all but the first are right-aligned."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(head), line(rule), *(line(row) for row in rows)])


def goals_table(goals: Sequence[Goal]) -> str:
    """The goals with what was measured beside them."""
    return table(["goal", "measured", "wanted", "verdict"], [goal.row() for goal in goals])


def begin(name: str) -> str:
    """The line that opens a section."""
    return f"<!-- {name}: written by `python -m benchmarks {name}` -->"


def end(name: str) -> str:
    """The line that closes a section."""
    return f"<!-- end of {name} -->"


def sections(page: str) -> dict[str, str]:
    """The bodies of the generated sections that a page already has."""
    found: dict[str, str] = {}
    for name in ORDER:
        match = re.search(
            f"{re.escape(begin(name))}\n(.*?)\n{re.escape(end(name))}", page, re.DOTALL
        )
        if match:
            found[name] = match[1]
    return found


def replace(page: str, name: str, body: str) -> str:
    """The page with one section replaced, in a layout that depends on nothing but its sections."""
    if name not in ORDER:
        raise ValueError(f"no section is called {name}")
    known = (
        {other: ABSENT.format(name=other) for other in ORDER}
        | sections(page)
        | {name: body.strip()}
    )
    parts = [f"{begin(other)}\n{known[other]}\n{end(other)}" for other in ORDER]
    return "\n".join([INTRODUCTION, *("\n\n".join(parts).split("\n"))]) + "\n"


def publish(path: Path, name: str, body: str) -> None:
    """Writes the section into the page at `path`, which may not exist yet."""
    before = path.read_text() if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(replace(before, name, body))
