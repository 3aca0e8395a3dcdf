"""The history of health in a SQLite file: a row for each step, the last 24 hours.

Written by a task of its own, in a thread, so that a slow disk delays nobody. SQLite's journal makes
a write whole or nothing when the process is killed in the middle of it.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, get_args

import anyio
import anyio.to_thread
import structlog

from app.model import HISTORY_STEPS, Health, worse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

logger = structlog.get_logger("watchglass.store")

FILE = "health.sqlite"
SCHEMA = 1
RETRY_SECONDS = 60.0
BUSY_SECONDS = 5.0

TABLE = "CREATE TABLE steps (step INTEGER PRIMARY KEY, status TEXT NOT NULL)"
TRIM = """
DELETE FROM steps WHERE
    step NOT IN (SELECT step FROM steps WHERE step <= :now ORDER BY step DESC LIMIT :most)
    AND step NOT IN (SELECT step FROM steps WHERE step > :now ORDER BY step LIMIT :most)
"""
"""A day up to now; apart from it what a clock left behind that was ahead, as long as a day too."""

WORDS = frozenset(get_args(Health))


class Damaged(Exception):
    """The file is not one that we could have written."""


class HealthFile:
    """`load` once, then `run` beside `keep`; steps that wait to be written are bounded."""

    def __init__(self, directory: Path, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self.path = directory / FILE
        self._retry_seconds = retry_seconds
        self._waiting: dict[int, Health] = {}
        self._news = anyio.Event()
        self._failed = False

    async def load(self) -> dict[int, Health]:
        """What is kept; nothing where nothing can be read, which the log then says."""
        try:
            return await anyio.to_thread.run_sync(self._read)
        except Damaged as error:
            aside = self.path.with_name(f"{FILE}.damaged")
            logger.error(
                "health_history_damaged", path=str(self.path), aside=str(aside), error=str(error)
            )
            try:
                await anyio.to_thread.run_sync(self._put_aside, aside)
            except OSError as failure:
                self._tell(failure)
        except (OSError, sqlite3.Error) as error:
            self._tell(error)
        return {}

    def keep(self, step: int, word: Health) -> None:
        """Write this soon. It never waits and never fails."""
        self._waiting[step] = word
        while len(self._waiting) > HISTORY_STEPS:
            del self._waiting[min(self._waiting)]
        self._news.set()

    async def run(self) -> None:
        """Write what there is to keep, until cancelled."""
        while True:
            await self._news.wait()
            self._news = anyio.Event()
            steps, self._waiting = self._waiting, {}
            try:
                await anyio.to_thread.run_sync(self._write, steps)
            except (OSError, sqlite3.Error) as error:
                self._tell(error)
                # What came meanwhile is newer, and as bad at least.
                self._waiting = steps | self._waiting
                self._news.set()
                await anyio.sleep(self._retry_seconds)
            else:
                if self._failed:
                    logger.info("health_history_kept_again", path=str(self.path))
                self._failed = False

    def _tell(self, error: Exception) -> None:
        """Once for each time that it begins to fail."""
        if not self._failed:
            logger.error("health_history_not_kept", path=str(self.path), error=str(error))
        self._failed = True

    # In a thread

    def _read(self) -> dict[int, Health]:
        if not self.path.exists():
            return {}
        try:
            with closing(self._open()) as file:
                [fault] = file.execute("PRAGMA quick_check(1)").fetchone()
                if fault != "ok":
                    raise Damaged(fault)
                [version] = file.execute("PRAGMA user_version").fetchone()
                if version == 0 and not file.execute("SELECT 1 FROM sqlite_schema").fetchone():
                    return {}
                if version != SCHEMA:
                    raise Damaged(f"it is of version {version}, not {SCHEMA}")
                rows = file.execute(
                    "SELECT step, status FROM steps ORDER BY step DESC LIMIT ?", [2 * HISTORY_STEPS]
                ).fetchall()
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                raise Damaged(str(error)) from error
            raise
        except sqlite3.DatabaseError as error:
            raise Damaged(str(error)) from error
        return {step: status for step, status in rows if type(step) is int and status in WORDS}

    def _write(self, steps: Mapping[int, Health]) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(self._open()) as file, file:
            file.execute("BEGIN IMMEDIATE")
            [version] = file.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA:
                file.execute(TABLE)
                file.execute(f"PRAGMA user_version = {SCHEMA}")
            # Another process may have written of the same steps, or this one in an earlier life.
            known = dict(file.execute("SELECT step, status FROM steps"))
            file.executemany(
                "INSERT OR REPLACE INTO steps (step, status) VALUES (?, ?)",
                [
                    (step, worse(word, known[step]) if known.get(step) in WORDS else word)
                    for step, word in steps.items()
                ],
            )
            file.execute(TRIM, {"now": max(steps), "most": HISTORY_STEPS})

    def _open(self) -> sqlite3.Connection:
        file = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        file.execute("PRAGMA synchronous = FULL")
        return file

    def _put_aside(self, aside: Path) -> None:
        """One damaged file is kept; its journal would be played into the next one."""
        os.replace(self.path, aside)
        for journal in ("-journal", "-wal", "-shm"):
            self.path.with_name(FILE + journal).unlink(missing_ok=True)
