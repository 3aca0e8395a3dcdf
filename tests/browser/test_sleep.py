"""A machine that sleeps for less than the deadline of a connection: what lay there is not new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from tests.browser.reading import later, linked, opened, row
from tests.web.house import fill, house
from tests.web.reader import become
from tests.web.served import serving
from tests.web.test_event_stream import put

if TYPE_CHECKING:
    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]


async def test_who_has_slept_asks_again_without_being_told(visit: Visit) -> None:
    tab = visit.page
    await tab.clock.install()
    with serving(house(clock=SystemClock())) as served:
        served.call(lambda: fill(served.application))
        statistics = served.rooms.hub.statistics
        await opened(tab, served.url)
        before = statistics.attached
        # Heartbeats come every 10 s, and 25 s may pass without one.
        await later(tab, 12)
        await become(lambda: statistics.attached > before)
        put(served, "asleep", 1)
        await expect(row(tab, "pods", "agents/asleep")).to_have_count(1)
        await linked(tab, "live")
        assert served.rooms.readers == 1
    assert visit.complaints == []
