"""The command line: `python -m benchmarks [fanout|reflect|derive] [--runs 5] [--quick]`."""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import report
from benchmarks.derive import run as derive
from benchmarks.fanout import run as fanout
from benchmarks.reflect import run as reflect

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Runs the named benchmark, or all, and publishes what they found below `root`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="?", choices=report.ORDER, help="one of them; default: all")
    parser.add_argument("--runs", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a smoke run: one short round, published to build/ and not to docs/",
    )
    parser.add_argument(
        "--stand-in",
        action="store_true",
        help="reflect: the stand-in for the API server, also where the real one is built",
    )
    chosen = parser.parse_args(arguments)
    if chosen.runs < 1:
        parser.error("--runs is at least 1")
    build = root / "build" / "benchmarks"
    page = build / "quick.md" if chosen.quick else root / "docs" / "benchmarks.md"
    runs = 1 if chosen.quick else chosen.runs
    benchmarks: dict[str, Callable[..., str]] = {
        "fanout": fanout.run,
        "reflect": partial(reflect.run, stand_in=chosen.stand_in),
        "derive": derive.run,
    }
    for name, benchmark in benchmarks.items():
        if chosen.which not in (None, name):
            continue
        began = time.monotonic()
        body = benchmark(runs=runs, quick=chosen.quick, build=build)
        report.publish(page, name, body)
        print(f"\n{body}\n\n{name}: {time.monotonic() - began:.0f} s, written to {page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
