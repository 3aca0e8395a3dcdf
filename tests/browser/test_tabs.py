"""Many tabs of one browser: one connection, whatever becomes of the tab that holds it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import pytest
import pytest_asyncio
from playwright.async_api import expect

from app.clock import SystemClock
from tests.browser.conftest import TELL_VIOLATIONS, Visit
from tests.browser.reading import GONE, PATIENCE, cell, linked, opened, row
from tests.web.house import fill, house
from tests.web.reader import become
from tests.web.served import Served
from tests.web.test_event_stream import put, remove

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, BrowserContext

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]


def living(port: int = 0, epoch: str = "aaaaaaaaaa") -> Served:
    running = Served(house(clock=SystemClock(), heartbeat_seconds=1, epoch=epoch), port)
    running.start()
    running.call(lambda: fill(running.application))
    return running


class Tabs:
    """Eight tabs of one browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.open: list[Visit] = []

    async def add(self, url: str, count: int) -> None:
        """Open so many more, one after another, as people do."""
        for _ in range(count):
            visit = Visit(await self.context.new_page())
            self.open.append(visit)
            await opened(visit.page, url)

    async def leaders(self) -> list[Visit]:
        roles = [await visit.page.locator("html").get_attribute("data-role") for visit in self.open]
        return [visit for visit, role in zip(self.open, roles, strict=True) if role == "leader"]

    async def leader(self) -> Visit:
        """The one that leads, once there is exactly one."""
        with anyio.fail_after(PATIENCE / 1_000):
            while True:
                found = await self.leaders()
                if len(found) == 1:
                    return found[0]
                await asyncio.sleep(0.1)

    async def all_show(self, name: str, restarts: int) -> None:
        """Wait until every tab shows a value."""
        for visit in self.open:
            shown = cell(visit.page, "pods", f"agents/{name}", "restarts")
            await expect(shown).to_have_text(str(restarts), timeout=PATIENCE)

    async def all_live(self) -> None:
        for visit in self.open:
            await linked(visit.page, "live")

    def complaints(self) -> list[str]:
        return [told for visit in self.open for told in visit.other_than(*GONE)]


@asynccontextmanager
async def tabs_of(browser: Browser, init: str = "") -> AsyncIterator[Tabs]:
    context = await browser.new_context()
    await context.add_init_script(TELL_VIOLATIONS + init)
    yield Tabs(context)
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def tabs(browser: Browser) -> AsyncIterator[Tabs]:
    async with tabs_of(browser) as made:
        yield made


async def test_eight_tabs_stay_live_on_one_connection(tabs: Tabs) -> None:
    served = living()
    try:
        await tabs.add(served.url, 8)
        assert served.rooms.readers == 1
        await tabs.leader()
        put(served, "new", 1)
        await tabs.all_show("new", 1)
        await tabs.all_live()
        # Six connections is all a browser has for one server: five are free.
        answers = await asyncio.gather(
            *(
                visit.page.evaluate("fetch('/api/pods').then((answer) => answer.status)")
                for visit in tabs.open
            )
        )
        assert answers == [200] * 8
        assert served.rooms.readers == 1
        attached = served.rooms.hub.statistics.attached
        remove(served, "new")
        for visit in tabs.open:
            await expect(row(visit.page, "pods", "agents/new")).to_have_count(0)
        assert served.rooms.hub.statistics.attached == attached == 1
    finally:
        served.stop()
    assert tabs.complaints() == []


async def test_a_leader_that_is_closed_has_a_successor(tabs: Tabs) -> None:
    served = living()
    try:
        await tabs.add(served.url, 3)
        leader = await tabs.leader()
        tabs.open.remove(leader)
        await leader.page.close()
        put(served, "new", 1)
        await tabs.all_show("new", 1)
        await tabs.all_live()
        await become(lambda: served.rooms.readers == 1)
        await tabs.leader()
    finally:
        served.stop()
    assert tabs.complaints() == []


async def test_a_leader_that_is_frozen_is_replaced_within_20_seconds(tabs: Tabs) -> None:
    served = living()
    try:
        await tabs.add(served.url, 3)
        leader = await tabs.leader()
        tabs.open.remove(leader)
        session = await tabs.context.new_cdp_session(leader.page)
        # Its scripts stand still, and its connection stays open.
        await session.send("Debugger.enable")
        await session.send("Debugger.pause")
        began = time.monotonic()
        put(served, "new", 1)
        await tabs.all_show("new", 1)
        assert time.monotonic() - began < 20
        await tabs.all_live()
        await tabs.leader()
        # Thawed, it follows like the others.
        await session.send("Debugger.disable")
        tabs.open.append(leader)
        put(served, "new", 2)
        await tabs.all_show("new", 2)
        await tabs.all_live()
        await become(lambda: served.rooms.readers == 1)
        await tabs.leader()
    finally:
        served.stop()
    assert tabs.complaints() == []


async def test_a_leader_that_will_be_frozen_hands_over_at_once(tabs: Tabs) -> None:
    """Browsers say so before: they freeze hidden tabs alone, and these here are all visible."""
    served = living()
    try:
        await tabs.add(served.url, 2)
        leader = await tabs.leader()
        tabs.open.remove(leader)
        began = time.monotonic()
        await leader.page.evaluate("document.dispatchEvent(new Event('freeze'))")
        await tabs.leader()
        assert time.monotonic() - began < 10
        put(served, "new", 1)
        await tabs.all_show("new", 1)
        await leader.page.evaluate("document.dispatchEvent(new Event('resume'))")
        tabs.open.append(leader)
        put(served, "new", 2)
        await tabs.all_show("new", 2)
        await tabs.all_live()
        await tabs.leader()
        await become(lambda: served.rooms.readers == 1)
    finally:
        served.stop()
    assert tabs.complaints() == []


async def test_a_new_life_of_the_server_reaches_every_tab(tabs: Tabs) -> None:
    served = living()
    await tabs.add(served.url, 3)
    port = served.port
    served.stop()
    again = living(port, epoch="bbbbbbbbbb")
    try:
        put(again, "new", 1)
        await tabs.all_show("new", 1)
        await tabs.all_live()
        for visit in tabs.open:
            await expect(row(visit.page, "pods", "agents/agent-0")).to_have_attribute(
                "data-freshness", "live"
            )
        assert again.rooms.readers == 1
    finally:
        again.stop()
    assert tabs.complaints() == []


@pytest.mark.parametrize(
    ("missing", "readers"),
    [
        ("delete globalThis.BroadcastChannel;", 2),
        ("Object.defineProperty(navigator, 'locks', { value: undefined });", 2),
        ("delete globalThis.EventSource;", 1),
    ],
    ids=["BroadcastChannel", "Web Locks", "EventSource"],
)
async def test_a_browser_that_lacks_something_is_live_all_the_same(
    browser: Browser, missing: str, readers: int
) -> None:
    served = living()
    try:
        async with tabs_of(browser, missing) as tabs:
            await tabs.add(served.url, 2)
            put(served, "new", 1)
            await tabs.all_show("new", 1)
            assert served.rooms.readers == readers
            assert tabs.complaints() == []
    finally:
        served.stop()
