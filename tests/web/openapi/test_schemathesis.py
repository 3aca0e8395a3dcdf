"""Schemathesis asks the served API for everything that its description promises."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.web.routes import ROUTES, STREAMS

if TYPE_CHECKING:
    from tests.web.served import Served

SETTINGS = Path(__file__).with_name("schemathesis.toml")
PHASES = "examples,coverage,fuzzing,stateful"


async def test_the_api_keeps_its_word(served: Served, tmp_path: Path) -> None:
    """Statuses, types, bodies and headers; what is wrong is refused, what is right is taken."""
    asking = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(SETTINGS),
        "run",
        f"{served.url}/openapi.json",
        "--phases",
        PHASES,
        "--max-examples=10",
        "--generation-deterministic",
        "--no-color",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await asking.communicate()
    report = told.decode()
    print(report)
    assert asking.returncode == 0, report
    streams = [route for route in STREAMS if route.about is not None]
    # All but the path that it has read the description from.
    assert f"Tested: {len(ROUTES) + len(streams) - 1}" in report
    assert re.search(r"([0-9]+) generated, \1 passed", report), report
