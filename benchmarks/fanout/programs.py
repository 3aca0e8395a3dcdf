"""The two small C programs, compiled when a compiler is there; the reader has a Python twin."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def compiled(name: str, into: Path) -> Path | None:
    """The program made from `name`.c, or None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    into.mkdir(parents=True, exist_ok=True)
    program = into / name
    source = HERE / f"{name}.c"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        flags = ["-O2", "-Wall", "-Wextra", "-std=gnu11"]
        subprocess.run([compiler, *flags, "-o", str(program), str(source)], check=True)
    return program


def reader_command(into: Path) -> list[str]:
    """How to start the reader: the C one, or its slower twin in Python."""
    program = compiled("reader", into)
    if program is not None:
        return [str(program)]
    return [sys.executable, "-m", "benchmarks.fanout.reader"]
