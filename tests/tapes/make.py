"""Record the tapes of this folder again, each from a demo: `python -m tests.tapes.make [NAME...]`.

The demo plays at its own pace, so that rules that wait for seconds find them.
"""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.cli import main as watchglass
from tests.cli.commands import ROOT, Demo
from tests.demo.process.living import await_truth

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent

SPANS: Mapping[str, str] = MappingProxyType({"calm": "60s", "busy": "90s", "outage": "300s"})
"""How much of each scenario: of `outage` its whole round."""


def main() -> int:
    """Record those that are named, all without a name; several at the same time."""
    names = sys.argv[1:] or list(SPANS)
    if len(names) == 1:
        return record(names[0])
    command = [sys.executable, "-m", "tests.tapes.make"]
    recorders = [subprocess.Popen([*command, name], cwd=ROOT) for name in names]
    return max(recorder.wait() for recorder in recorders)


def record(name: str) -> int:
    """Record one; gives the exit code."""
    with (
        TemporaryDirectory() as folder,
        Demo(Path(folder), f"--scenario={name}", "--seed=1", "--no-key") as demo,
    ):
        await_truth(partial(ready, demo.url), "everything has been listed")
        out = str(FOLDER / f"{name}.jsonl.gz")
        flags = ["--url", demo.url, "--for", SPANS[name], "--force"]
        return watchglass(["record", "--out", out, *flags])


def ready(url: str) -> bool:
    """Whether every source has listed."""
    try:
        with urllib.request.urlopen(f"{url}readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main())
