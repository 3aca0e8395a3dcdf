"""The contract is whole: every line has its tests, every difference its row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "simulator.md"
NUMBERED = re.compile(r"test_line_(\d\d)_")


def functions_of(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = (node.name for node in tree.body if isinstance(node, functions))
    return [name for name in names if name.startswith("test_")]


def test_every_line_has_tests_that_bear_its_number() -> None:
    found = set()
    for path in HERE.glob("test_*.py"):
        if path != Path(__file__):
            for name in functions_of(path):
                number = NUMBERED.match(name)
                assert number, f"{path.name}: {name} bears no number"
                found.add(int(number[1]))
    assert found == set(range(1, 16))


def test_what_differs_is_what_is_listed() -> None:
    listed = re.findall(r"test_differences\.py::(\w+)", PAGE.read_text())
    assert sorted(listed) == sorted(functions_of(HERE / "test_differences.py"))
    # Nowhere else does a test look which of the two it is talking to.
    for path in HERE.glob("test_*.py"):
        if path.name not in ("test_differences.py", Path(__file__).name):
            assert "server.simulated" not in path.read_text(), path.name
