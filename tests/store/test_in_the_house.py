"""A whole Watchglass with a data directory: what one process saw, the next one tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from app.clock import SystemClock
from app.model import STEP_SECONDS
from app.store.health import HealthFile
from tests.web.house import fill, house
from tests.web.reader import become
from tests.web.served import serving

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_history_of_health_outlives_the_process(tmp_path: Path) -> None:
    earlier = int(SystemClock().now().timestamp()) // STEP_SECONDS - 5
    with serving(house(clock=SystemClock(), data_dir=tmp_path)) as served:
        assert served.rooms.history is not None
        assert served.rooms.history.value().points == ()
        served.call(lambda: fill(served.application))
        points = served.rooms.history.value().points
        assert {point.status for point in points} == {"healthy"}
        with anyio.fail_after(30):
            while not await HealthFile(tmp_path).load():  # noqa: ASYNC110
                await anyio.sleep(0.01)
    async with anyio.create_task_group() as tasks:
        other = HealthFile(tmp_path)
        other.keep(earlier, "unhealthy")
        tasks.start_soon(other.run)
        with anyio.fail_after(30):
            while earlier not in await HealthFile(tmp_path).load():  # noqa: ASYNC110
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()

    with serving(house(clock=SystemClock(), data_dir=tmp_path)) as served:
        history = served.rooms.history
        assert history is not None
        await become(lambda: len(served.call(history.value).points) >= 2)
        first, second, *_ = served.call(history.value).points
        assert [first.status, second.status] == ["unhealthy", "healthy"]
        assert first.at.timestamp() == earlier * STEP_SECONDS
