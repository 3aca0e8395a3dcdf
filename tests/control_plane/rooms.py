"""A directory for one cluster, removed at the end, or by the next run if this one is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "watchglass-control-plane-"


class Room:
    """A directory and the lock (an open file descriptor) that says somebody lives in it."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock: int | None = lock

    def release(self) -> None:
        """Remove everything; a second time does nothing."""
        lock, self._lock = self._lock, None
        if lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(lock)


def claim_directory() -> Room:
    """Make a directory of our own, after removing those whose owner was killed."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if (lock := take(old)) is not None:
            Room(old, lock).release()
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        # Another run may have taken it for an abandoned one in between; then it is gone.
        if (lock := take(path)) is not None:
            return Room(path, lock)


def take(path: Path) -> int | None:
    """Lock a directory of this user without waiting; None when it is somebody's or gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held = os.fstat(descriptor)
        if held.st_nlink and held.st_uid == os.getuid():
            return descriptor
    except BlockingIOError:
        # Its owner lives.
        pass
    os.close(descriptor)
    return None
