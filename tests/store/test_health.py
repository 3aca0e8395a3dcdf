"""The history of health in a file: what survives, and what happens when nothing can be written."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from structlog.testing import capture_logs

from app.model import HISTORY_STEPS
from app.store.health import HealthFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from app.model import Health

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def writing(file: HealthFile) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(file.run)
        yield
        tasks.cancel_scope.cancel()


async def until(path: Path, expected: dict[int, Health]) -> None:
    """Wait until the file holds this."""
    with anyio.fail_after(30):
        while await HealthFile(path).load() != expected:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_is_kept_is_there_again(tmp_path: Path) -> None:
    place = tmp_path / "new" / "directory"
    file = HealthFile(place)
    assert await file.load() == {}
    async with writing(file):
        file.keep(7, "healthy")
        file.keep(8, "degraded")
        await until(place, {7: "healthy", 8: "degraded"})
        file.keep(8, "unhealthy")
        await until(place, {7: "healthy", 8: "unhealthy"})
    assert place.stat().st_mode & 0o777 == 0o700


async def test_a_day_is_kept_and_no_more(tmp_path: Path) -> None:
    file = HealthFile(tmp_path)
    for step in range(HISTORY_STEPS + 30):
        file.keep(step, "healthy")
    expected: dict[int, Health] = dict.fromkeys(range(30, HISTORY_STEPS + 30), "healthy")
    async with writing(file):
        await until(tmp_path, expected)
        file.keep(HISTORY_STEPS + 30, "degraded")
        del expected[30]
        await until(tmp_path, expected | {HISTORY_STEPS + 30: "degraded"})


async def test_a_clock_that_was_ahead_costs_no_later_day(tmp_path: Path) -> None:
    file = HealthFile(tmp_path)
    ahead = range(10_000, 10_000 + HISTORY_STEPS)
    for step in ahead:
        file.keep(step, "healthy")
    expected: dict[int, Health] = dict.fromkeys(ahead, "healthy")
    async with writing(file):
        await until(tmp_path, expected)
        file.keep(7, "degraded")
        await until(tmp_path, expected | {7: "degraded"})


async def test_the_worse_of_two_that_write_counts(tmp_path: Path) -> None:
    """Two processes, or a step that was begun by one and ended by the next."""
    one, other = HealthFile(tmp_path), HealthFile(tmp_path)
    async with writing(one):
        one.keep(7, "unhealthy")
        one.keep(8, "healthy")
        await until(tmp_path, {7: "unhealthy", 8: "healthy"})
    async with writing(other):
        other.keep(7, "healthy")
        other.keep(8, "degraded")
        await until(tmp_path, {7: "unhealthy", 8: "degraded"})


KILLED = """
import anyio, sys
from pathlib import Path
from app.store.health import HealthFile

async def main():
    file = HealthFile(Path(sys.argv[1]))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(file.run)
        for step in range(10**9):
            file.keep(step, "healthy")
            await anyio.sleep(0.001)
            print(step, flush=True)

anyio.run(main)
"""


async def test_it_survives_being_killed_while_it_writes(tmp_path: Path) -> None:
    for _ in range(3):
        child = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-c", KILLED, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        with child.stdout:
            while int(child.stdout.readline()) < 40:
                pass
            child.send_signal(signal.SIGKILL)
            child.wait(30)
        with capture_logs() as logs:
            found = await HealthFile(tmp_path).load()
        assert logs == []
        assert found
        assert set(found.values()) == {"healthy"}


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE steps (a TEXT)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA user_version = 9")


def without_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA user_version = 1")
        file.execute("CREATE TABLE other (a TEXT)")


def torn(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE steps (step INTEGER PRIMARY KEY, status TEXT NOT NULL)")
        file.execute("PRAGMA user_version = 1")
        file.executemany("INSERT INTO steps VALUES (?, 'healthy')", [(n,) for n in range(700)])
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[: size // 2])


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"not a database, whatever it is called" * 100),
        torn,
        foreign,
        newer,
        without_table,
    ],
    ids=["noise", "torn", "foreign", "newer", "another table"],
)
async def test_a_damaged_file_is_put_aside_and_said(tmp_path: Path, damage: object) -> None:
    path = HealthFile(tmp_path).path
    damage(path)  # type: ignore[operator]
    (tmp_path / "health.sqlite-journal").write_bytes(b"of the other one")
    before = path.read_bytes()
    file = HealthFile(tmp_path)
    with capture_logs() as logs:
        assert await file.load() == {}
    [line] = logs
    assert (line["event"], line["log_level"]) == ("health_history_damaged", "error")
    assert line["path"] == str(path)
    aside = Path(line["aside"])
    assert aside.read_bytes() == before
    async with writing(file):
        file.keep(1, "healthy")
        await until(tmp_path, {1: "healthy"})


async def test_an_empty_file_is_a_beginning(tmp_path: Path) -> None:
    file = HealthFile(tmp_path)
    file.path.touch()
    with capture_logs() as logs:
        assert await file.load() == {}
    assert logs == []
    async with writing(file):
        file.keep(1, "healthy")
        await until(tmp_path, {1: "healthy"})


async def test_rows_that_nobody_wrote_are_left_out(tmp_path: Path) -> None:
    file = HealthFile(tmp_path)
    async with writing(file):
        file.keep(1, "healthy")
        await until(tmp_path, {1: "healthy"})
    with closing(sqlite3.connect(file.path)) as other, other:
        other.execute("INSERT INTO steps VALUES (2, 'splendid')")
    assert await file.load() == {1: "healthy"}


class Attempts(HealthFile):
    """Counts how often it was tried."""

    tries = 0

    def _write(self, steps: Mapping[int, Health]) -> None:
        self.tries += 1
        super()._write(steps)


async def test_a_place_that_cannot_be_written_is_said_once_and_tried_again(tmp_path: Path) -> None:
    """The same as a full disk: an error of the operating system at each write."""
    place = tmp_path / "place"
    place.write_text("in the way")
    file = Attempts(place, retry_seconds=0.01)
    with capture_logs() as logs, anyio.fail_after(30):
        async with writing(file):
            file.keep(1, "healthy")
            while file.tries < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            file.keep(1, "degraded")
            file.keep(2, "healthy")
            assert [line["event"] for line in logs] == ["health_history_not_kept"]
            os.unlink(place)
            while len(logs) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert [line["event"] for line in logs][1:] == ["health_history_kept_again"]
    assert await HealthFile(place).load() == {1: "degraded", 2: "healthy"}


async def test_a_file_that_cannot_be_opened_is_no_damage(tmp_path: Path) -> None:
    file = HealthFile(tmp_path)
    file.path.mkdir()
    with capture_logs() as logs:
        assert await file.load() == {}
    assert [line["event"] for line in logs] == ["health_history_not_kept"]
    assert file.path.is_dir()


FULL = """
import resource, signal, sys
from pathlib import Path

import anyio
from structlog.testing import capture_logs

from app.store.health import HealthFile

# No file may grow beyond this: the operating system then says what it says of a full disk.
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

async def main():
    file = HealthFile(Path(sys.argv[1]))
    with capture_logs() as logs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(file.run)
            file.keep(2, "degraded")
            with anyio.fail_after(30):
                while not logs:
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
    print(logs[0]["event"])

anyio.run(main)
"""


async def test_a_full_disk_stops_nobody(tmp_path: Path) -> None:
    file = HealthFile(tmp_path)
    async with writing(file):
        file.keep(1, "healthy")
        await until(tmp_path, {1: "healthy"})
    done = await anyio.run_process(
        [sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"health_history_not_kept\n"), done.stderr
    assert await HealthFile(tmp_path).load() == {1: "healthy"}
