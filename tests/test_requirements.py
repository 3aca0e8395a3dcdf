"""A missing part is a skip with a reason here, and a failure in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.requirements import PARTS, nothing_may_be_missing

CHECKOUT = Path(__file__).parents[1]
LACKING = """
import pytest
from tests.requirements import require

def test_needs_it():
    require("control plane")

def test_skips_by_itself():
    pytest.skip("no reason")

@pytest.mark.xfail(strict=True)
def test_is_known_to_fail():
    assert False
"""
SKIPPED_WHOLE = """
import pytest
pytest.importorskip("no_such_module")
"""
CONFTEST = "from tests.conftest import pytest_make_collect_report, pytest_runtest_makereport\n"


def run_tests(directory: Path, text: str, **environ: str) -> str:
    """Run a file of tests where no control plane is built; returns what pytest printed last."""
    (directory / "conftest.py").write_text(CONFTEST)
    (directory / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", "-p"]
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "WATCHGLASS_REQUIRE_ALL")}
    return subprocess.run(
        [*command, "no:randomly", "-c", "/dev/null", "--rootdir", str(directory), str(directory)],
        env=clean | {"PYTHONPATH": str(CHECKOUT), "KUBEBUILDER_ASSETS": str(directory), **environ},
        capture_output=True,
        text=True,
    ).stdout


def test_a_missing_part_is_skipped_with_one_line(tmp_path: Path) -> None:
    told = run_tests(tmp_path, LACKING)
    assert "2 skipped, 1 xfailed" in told
    assert "needs the control plane: KUBEBUILDER_ASSETS=" in told
    assert "make control-plane" in told


@pytest.mark.parametrize("environ", [{"CI": "true"}, {"WATCHGLASS_REQUIRE_ALL": "1"}])
def test_where_nothing_may_be_missing_a_skip_fails(tmp_path: Path, environ: dict[str, str]) -> None:
    told = run_tests(tmp_path, LACKING, **environ)
    assert "2 failed, 1 xfailed" in told
    assert "skipped where nothing may be skipped: Skipped: no reason" in told


def test_a_module_may_not_skip_itself_in_ci(tmp_path: Path) -> None:
    assert "1 skipped" in run_tests(tmp_path, SKIPPED_WHOLE)
    told = run_tests(tmp_path, SKIPPED_WHOLE, CI="true")
    assert "1 error" in told
    assert "no_such_module" in told


def test_other_values_of_ci_are_no_ci() -> None:
    assert not nothing_may_be_missing({})
    assert not nothing_may_be_missing({"CI": "false"})
    assert nothing_may_be_missing({"CI": "true"})


@pytest.mark.parametrize("part", PARTS)
def test_every_part_answers(part: str) -> None:
    problem = PARTS[part]()
    assert problem is None or "\n" not in problem
