"""robfig/cron v3 itself, built from `go.mod` into a cache outside the checkout."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import zoneinfo
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
SOURCES = ("go.mod", "go.sum", "main.go")
GO_NEEDED = (1, 20)


class Missing(Exception):
    """One line: what is missing."""


# In this notation, because one of the names is a keyword. The zone is the asker's local one.
Question = TypedDict("Question", {"spec": str, "from": str, "zone": str, "count": int})


class Answer(TypedDict):
    """What robfig/cron makes of it: one of them."""

    next: NotRequired[list[str]]
    error: NotRequired[str]
    panic: NotRequired[str]


def built() -> Path:
    """The binary, built where these sources have not been.

    Raises:
        Missing: There is no Go, or one that is too old.
    """
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in SOURCES)).hexdigest()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    binary = base / "watchglass" / "robfig" / digest[:16] / "robfig"
    if os.access(binary, os.X_OK):
        return binary
    go = shutil.which("go")
    if go is None:
        raise Missing("robfig/cron is built with Go >= 1.20, and there is no `go` here")
    told = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True)
    found = re.match(r"go(\d+)\.(\d+)", told.stdout)
    if found is None or (int(found[1]), int(found[2])) < GO_NEEDED:
        raise Missing(f"robfig/cron is built with Go >= 1.20; this is {told.stdout.strip()}")
    binary.parent.mkdir(parents=True, exist_ok=True)
    # Built beside its place and moved there whole: an interrupted build is no binary.
    partial = binary.with_name(f".robfig.{os.getpid()}")
    environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"}
    try:
        command = [go, "build", "-trimpath", "-o", str(partial), "."]
        subprocess.run(command, cwd=HERE, env=environment, check=True)
        partial.replace(binary)
    finally:
        partial.unlink(missing_ok=True)
    return binary


def zone_directory() -> Path:
    """Where Python reads its zones, so that Go reads the same."""
    for directory in map(Path, zoneinfo.TZPATH):
        if (directory / "Europe" / "Berlin").is_file():
            return directory
    return Path(str(files("tzdata") / "zoneinfo"))


def ask(binary: Path, questions: Iterable[Question]) -> list[Answer]:
    """An answer to each question, in their order."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    told = subprocess.run(
        [binary],
        input=lines,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        env={"TZ": "UTC", "ZONEINFO": str(zone_directory())},
        timeout=100,
    )
    return [json.loads(line) for line in told.stdout.splitlines()]
