"""A network that holds server-sent events back: the page takes the WebSocket, by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from tests.browser.reading import cell, later, linked, row
from tests.web.house import fill, house
from tests.web.reader import become
from tests.web.served import serving
from tests.web.test_event_stream import put

if TYPE_CHECKING:
    from playwright.async_api import Route

    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]


def _are(held: list[Route], count: int) -> bool:
    return len(held) == count


async def test_where_the_stream_is_held_back_the_page_takes_the_web_socket(visit: Visit) -> None:
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    tab = visit.page
    await tab.clock.install()
    await tab.route("**/api/stream?*", hold)
    application = house(clock=SystemClock(), heartbeat_seconds=1)
    with serving(application) as served:
        served.call(lambda: fill(application))
        readers = served.rooms.hub.statistics.readers
        await tab.goto(f"{served.url}/")
        for attempts in (1, 2):
            await become(partial(_are, held, attempts))
            assert readers["websocket"] == 0
            # Given up after four seconds, and tried again within five of its beginning.
            await later(tab, 4)
            await later(tab, 2)
        await become(lambda: readers["websocket"] == 1)
        await linked(tab, "live")
        await expect(row(tab, "pods", "agents/agent-0")).to_have_count(1)
        put(served, "agent-0", 7)
        await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("7")
        # It stays with what works, and comes back by it.
        asked = len(held)
        for reader in served.call(served.rooms.hub.subscriptions):
            served.call(partial(reader.end, "drain"))
        await become(lambda: readers["websocket"] == 0)
        put(served, "agent-0", 8)
        await later(tab, 6)
        await linked(tab, "live")
        await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("8")
        assert len(held) == asked
    assert visit.other_than("WebSocket connection to", "ERR_FAILED") == []
