"""The machine under the figures: what it is, and whether something else disturbed it."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

STEAL_LIMIT = 0.02
PRESSURE_LIMIT = 0.05
"""Above these shares of the time a sample is marked disturbed: another guest took the core, or
runnable tasks waited for one (pinned server and pinned reader have a core each)."""


def processor() -> str:
    """The processor's name as the kernel tells it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib() -> float:
    """All of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def versions(*packages: str) -> str:
    """`name version` for each package that is installed."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def revision() -> str:
    """The checkout's commit, with a + when files differ from it; `unknown` outside a checkout."""
    root = Path(__file__).parents[1]
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def described(now: datetime | None = None) -> str:
    """One line: date, processor, cores, memory, kernel, Python, commit."""
    when = (now or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{when}; {processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB; "
        f"Linux {platform.release()}; Python {platform.python_version()}; commit {revision()}"
    )


@dataclass(frozen=True, slots=True)
class Quiet:
    """Shares of the time (0 to 1) that were lost to others while something was measured."""

    steal: float
    pressure: float

    @property
    def disturbed(self) -> bool:
        """True when the sample should not be trusted alone."""
        return self.steal > STEAL_LIMIT or self.pressure > PRESSURE_LIMIT


class Disturbance:
    """Measures what others took from the machine between its making and `taken()`."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._before = (_jiffies(), _pressure_us())

    def taken(self) -> Quiet:
        """The shares since the start."""
        elapsed = max(time.monotonic() - self._began, 1e-9)
        (total, stolen), pressure = _jiffies(), _pressure_us()
        (total_before, stolen_before), pressure_before = self._before
        passed = max(total - total_before, 1)
        return Quiet(
            (stolen - stolen_before) / passed, (pressure - pressure_before) / 1e6 / elapsed
        )


def _jiffies() -> tuple[int, int]:
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return sum(fields[:8]), fields[7]


def _pressure_us() -> int:
    """Microseconds in which some task waited for a core; 0 where the kernel does not count."""
    try:
        first = Path("/proc/pressure/cpu").read_text().split("\n", 1)[0]
    except OSError:
        return 0
    return int(first.rsplit("total=", 1)[1])


def calm(disturbed: int, samples: int) -> str:
    """How many samples were disturbed, and what that means."""
    return (
        f"- {disturbed} of {samples} samples were disturbed (steal over {STEAL_LIMIT:.0%} or "
        f"CPU pressure over {PRESSURE_LIMIT:.0%} of the time)."
    )
