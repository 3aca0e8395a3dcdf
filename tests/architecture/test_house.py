"""What the contracts cannot say: sizes of files, state in modules, names of modules."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "app").rglob("*.py"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))

# One idea a file: past this many lines it is usually two.
LINES = 280

VAGUE = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "core", "service"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES + SCRIPTS, ids=relative)
def test_a_file_holds_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_says_what_it_is_for_and_holds_no_state(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert path.stem not in VAGUE
    assert ast.get_docstring(tree), "a module docstring says the room's job"
    mutable = [
        node.lineno
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.List | ast.Set | ast.ListComp)
        and not names(node) <= {"__all__"}
    ]
    assert mutable == [], f"mutable module state at lines {mutable}"
    rebound = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global)]
    assert rebound == [], f"module state is rebound at lines {rebound}"


def names(node: ast.Assign | ast.AnnAssign) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}
