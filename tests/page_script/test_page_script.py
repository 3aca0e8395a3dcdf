"""The page's modules, tested in Node.js: `node --test tests/page_script/` runs the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.requirements import require

HERE = Path(__file__).parent
FILES = sorted(path.name for path in HERE.glob("*.test.js"))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_tests_passes(name: str) -> None:
    require("node")
    require("packages of the page")
    done = subprocess.run(
        ["node", "--test", str(HERE / name)], capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# skipped 0" in done.stdout
    assert "# pass 0" not in done.stdout


def test_every_module_of_the_protocol_has_its_file() -> None:
    tested = {name.removesuffix(".test.js") for name in FILES}
    assert {"sse", "stream", "store", "share", "link"} <= tested
