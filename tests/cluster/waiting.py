"""Waiting for what other tasks and processes do; the caller bounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


async def until(reached: Callable[[], bool]) -> None:
    """Wait until it is so."""
    while True:
        if reached():
            return
        await anyio.sleep(0.01)


async def appears(path: Path) -> None:
    """Wait until there is such a file."""
    await until(path.exists)


async def gone(pid: int) -> None:
    """Wait until there is no such process, or only what is left of one that nobody waited for."""
    while True:
        try:
            state = await anyio.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return
        if state.rpartition(")")[2].split()[0] == "Z":
            return
        await anyio.sleep(0.02)
