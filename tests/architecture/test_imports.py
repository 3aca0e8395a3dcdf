"""The plan of the house is executable: the import contracts hold, and each can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]


def lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT, cwd=checkout, capture_output=True, text=True, timeout=100)


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


PLANTED = [
    pytest.param("helpers.py", "", "imports run one way", id="a module without a place"),
    pytest.param(
        "model/stray.py", "import app.stream", "imports run one way", id="an upward import"
    ),
    pytest.param(
        "stream/stray.py", "import app.cluster", "imports run one way", id="a sibling import"
    ),
    pytest.param("web/stray.py", "import kubernetes_asyncio", "One door", id="a second door"),
    pytest.param("stream/stray.py", "import starlette", "HTTP stays", id="HTTP in the stream room"),
    pytest.param("board_stray.py", "import msal", "Not yet", id="sign-in before its time"),
    pytest.param(
        "cluster/stray.py", "import app.settings", "read settings", id="settings read below"
    ),
]


@pytest.mark.parametrize(("module", "source", "contract"), PLANTED)
def test_a_planted_fault_breaks_its_contract(
    tmp_path: Path, module: str, source: str, contract: str
) -> None:
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "app" / module).write_text(source + "\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    broken = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(contract in line for line in broken) or "exhaustive" in result.stdout, result.stdout
