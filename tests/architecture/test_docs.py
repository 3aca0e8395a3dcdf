"""Documentation that rots fails the build."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import app

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
NAMED_TEST = re.compile(r"`?(tests/[\w/]+\.py)(?:::(\w+))?(?:::(\w+))?`?")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_changelog_names_the_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == app.__version__
    assert f'version = "{app.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_named_test_exists(page: Path) -> None:
    for file, outer, inner in NAMED_TEST.findall(page.read_text()):
        path = ROOT / file
        assert path.exists(), file
        tree = ast.parse(path.read_text())
        defined = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        # A hypothesis state machine becomes a test by assignment.
        defined |= {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for name in filter(None, (outer, inner)):
            assert name in defined, f"{file} has no {name}"


def test_each_guarantee_of_the_stream_names_its_test() -> None:
    text = (ROOT / "docs" / "stream.md").read_text()
    section = text.split("## Guarantees", 1)[1].split("\n## ", 1)[0]
    guarantees = re.split(r"^(?=\d\. )", section, flags=re.MULTILINE)[1:]
    assert len(guarantees) >= 6
    assert all(NAMED_TEST.search(guarantee) for guarantee in guarantees)


def test_public_words_name_no_place_but_the_projects_own() -> None:
    private = re.compile(r"(?<![\w/.])/(work|root|farm)/")
    for page in PAGES:
        assert not private.search(page.read_text()), relative(page)
