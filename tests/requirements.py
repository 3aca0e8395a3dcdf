"""Parts a machine may lack: a test that needs one says so here, and nowhere decides for itself.

Where a part is missing the test is skipped with one line: what is missing and how to get it. With
CI=true, or WATCHGLASS_REQUIRE_ALL=1, nothing may be missing, and the test fails instead.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.control_plane import build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"


def control_plane() -> str | None:
    """The binaries of the real control plane."""
    try:
        build.locate()
    except build.Missing as problem:
        return str(problem)
    return None


def chromium() -> str | None:
    """Debian's browser; the tests drive this one and never download another."""
    return None if os.access(CHROMIUM, os.X_OK) else f"no {CHROMIUM}: apt-get install chromium"


def node() -> str | None:
    """Node.js for the page's own tests."""
    return None if shutil.which("node") else "node is not installed: apt-get install nodejs"


def npm() -> str | None:
    """The tool that fetches the TypeScript compiler."""
    return None if shutil.which("npm") else "npm is not installed: apt-get install npm"


def packages_of_the_page() -> str | None:
    """What the page's own tests compare it with."""
    there = (ROOT / "node_modules" / "eventsource-parser").is_dir()
    return None if there else "node_modules is not filled: npm ci"


# Each answers with one line when its part is missing, None when it is there.
PARTS: Mapping[str, Callable[[], str | None]] = {
    "control plane": control_plane,
    "chromium": chromium,
    "node": node,
    "npm": npm,
    "packages of the page": packages_of_the_page,
}


def nothing_may_be_missing(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a run where a skip is a failure."""
    return environ.get("CI") == "true" or environ.get("WATCHGLASS_REQUIRE_ALL") == "1"


def require(part: str) -> None:
    """Skip the running test when a part of `PARTS` is missing; fail it where none may be."""
    problem = PARTS[part]()
    if problem is None:
        return
    if nothing_may_be_missing():
        pytest.fail(f"needs the {part}: {problem}", pytrace=False)
    pytest.skip(f"needs the {part}: {problem}")
