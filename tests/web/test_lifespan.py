"""How a house opens and closes."""

from __future__ import annotations

import gc

import anyio
import pytest

from app.main import COLLECT, lifespan
from tests.web.house import house


class Broken(Exception):
    """What goes wrong while the house is open."""


@pytest.mark.parametrize("breaks", [True, False])
async def test_what_is_open_is_closed_whatever_happens(breaks: bool) -> None:
    closed: list[str] = []

    async def close() -> None:
        closed.append("transport")

    async def room() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            closed.append("room")

    before = gc.get_threshold()
    opened = lifespan((("room", room),), close)
    try:
        async with opened(house()):
            await anyio.lowlevel.checkpoint()
            assert gc.get_threshold() == COLLECT
            assert closed == []
            if breaks:
                raise Broken
    except* Broken:
        assert breaks
    assert closed == ["room", "transport"]
    assert gc.get_threshold() == before


async def test_a_fault_in_a_room_is_told_by_its_name() -> None:
    crashed: list[str] = []

    async def room() -> None:
        raise Broken

    application = house()
    application.on_crash = crashed.append
    async with lifespan((("kitchen", room),))(application):
        await anyio.lowlevel.checkpoint()
    assert crashed == ["kitchen"]
