"""A directory for one cluster, removed at the end, or by the next run if this one is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

PREFIX = "watchglass-control-plane-"


@dataclass(frozen=True)
class Room:
    """A directory and the lock (an open file descriptor) that says somebody lives in it."""

    path: Path
    lock: int

    def release(self) -> None:
        """Remove everything; a second time does nothing."""
        if self.path.exists():
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self.lock)


def claim_directory() -> Room:
    """Make a directory of our own, after removing those whose owner was killed."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if old.owner() == Path.home().owner() and (lock := take(old)) is not None:
            shutil.rmtree(old, ignore_errors=True)
            os.close(lock)
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = take(path)
    if lock is None:
        raise RuntimeError(f"{path} is new and locked by somebody else")
    return Room(path, lock)


def take(path: Path) -> int | None:
    """Lock a directory without waiting; None when it is somebody's or gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
