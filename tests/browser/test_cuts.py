"""The network between browser and server, taken away and given back."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from tests.browser.reading import GONE, cell, fresh, hatched, hop, later, linked, opened, row
from tests.browser.relay import Relay
from tests.web.house import fill, house
from tests.web.reader import Reader, become
from tests.web.served import Served, serving
from tests.web.test_event_stream import put

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from playwright.async_api import Page

    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]


WHEN_STALE = """
() => new Promise((resolve) => {
  const began = performance.now();
  const section = document.querySelector('section[data-topic="pods"]');
  new MutationObserver((_, watching) => {
    const lines = [...section.querySelectorAll('tbody tr')];
    if (!lines.every((line) => line.dataset.freshness === 'stale')) return;
    watching.disconnect();
    resolve(performance.now() - began);
  }).observe(section, { subtree: true, attributes: true });
})
"""


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as running:
        running.call(lambda: fill(running.application))
        yield running


async def test_values_look_stale_within_31_seconds_of_a_real_clock(
    visit: Visit, served: Served
) -> None:
    tab = visit.page
    async with Relay(served.port).running() as relay:
        await opened(tab, relay.url)
        await tab.evaluate("globalThis.same = true")
        # The worst kind: nothing is refused, nothing ends, nothing comes.
        stale = asyncio.ensure_future(tab.evaluate(WHEN_STALE))
        relay.block()
        took = await stale
        assert 28_000 < took <= 31_000
        await fresh(tab, "pods", "stale")
        assert await hatched(row(tab, "pods", "agents/agent-0"))
        put(served, "meanwhile", 1)
        relay.mend()
        began = time.monotonic()
        await expect(cell(tab, "pods", "agents/meanwhile", "restarts")).to_have_text("1")
        await fresh(tab, "pods", "live")
        assert time.monotonic() - began < 9
        assert await tab.evaluate("globalThis.same"), "it was not loaded again"
    assert visit.other_than(*GONE) == []


@pytest.mark.parametrize("way", ["pull", "block"])
async def test_ages_go_on_without_a_network(
    visit: Visit, served: Served, way: Literal["pull", "block"]
) -> None:
    tab = visit.page
    await tab.clock.install()
    async with Relay(served.port).running() as relay:
        await opened(tab, relay.url)
        getattr(relay, way)()
        await later(tab, 16)
        await fresh(tab, "pods", "late")
        await later(tab, 15)
        await fresh(tab, "pods", "stale")
        await expect(tab.locator("#bar")).to_be_visible()
        await later(tab, 90)
        await fresh(tab, "pods", "disconnected")
        await linked(tab, "disconnected")
        relay.mend()
        await later(tab, 10)
        await linked(tab, "live")
        await fresh(tab, "pods", "live")
        await expect(tab.locator("#bar")).to_be_hidden()
        await become(lambda: served.rooms.readers == 1)
    assert visit.other_than(*GONE) == []


@asynccontextmanager
async def crowded(tab: Page) -> AsyncIterator[tuple[Served, Reader]]:
    """A page that was cut off, and whose place has been taken by another reader since."""
    with serving(house(clock=SystemClock(), streams_max=1)) as served:
        served.call(lambda: fill(served.application))
        async with Relay(served.port).running() as relay:
            await opened(tab, relay.url)
            await fresh(tab, "pods", "live")
            relay.pull()
            await become(lambda: served.rooms.readers == 0)
            async with Reader(served.port) as other:
                await other.follow()
                await other.snapshot()
                relay.mend()
                await expect(hop(tab, "page")).to_contain_text("no room for more readers; next try")
                yield served, other


def attempts(visit: Visit) -> int:
    """How often the page has asked for the stream."""
    return sum("/api/stream" in url for url in visit.requests)


async def test_a_page_that_finds_no_room_grows_old(visit: Visit) -> None:
    """To be greeted and sent away again and again is no news."""
    tab = visit.page
    await tab.clock.install()
    async with crowded(tab):
        for _ in range(2):
            before = attempts(visit)
            await later(tab, 16)
            await become(lambda before=before: attempts(visit) > before)  # type: ignore[misc]  # of each round its own
        await fresh(tab, "pods", "stale")
        await expect(hop(tab, "page")).to_contain_text("no room for more readers")
    assert visit.other_than(*GONE) == []


async def test_a_wait_that_is_long_may_be_cut_short_before_anything_is_old(visit: Visit) -> None:
    tab = visit.page
    await tab.clock.install()
    bar = tab.locator("#bar")
    async with crowded(tab) as (served, other):
        await expect(bar).to_contain_text("next try in")
        # Time stands still, so nothing but the button can have done it.
        await tab.clock.pause_at(await tab.evaluate("Date.now() + 10_000"))
        other.outgoing.transport.abort()
        await become(lambda: served.rooms.readers == 0)
        await bar.get_by_role("button", name="Retry now").click()
        await become(lambda: served.rooms.readers == 1)
        await tab.clock.resume()
        await linked(tab, "live")
        await expect(bar).to_be_hidden()
    assert visit.other_than(*GONE) == []


async def test_a_machine_that_slept_is_fresh_again_at_once(visit: Visit, served: Served) -> None:
    """Ten minutes in which nothing ran, then the network is there again."""
    tab = visit.page
    await tab.clock.install()
    async with Relay(served.port).running() as relay:
        await opened(tab, relay.url)
        relay.pull()
        await linked(tab, "connecting")
        await later(tab, 600)
        await fresh(tab, "pods", "disconnected")
        put(served, "asleep", 1)
        relay.mend()
        began = time.monotonic()
        await tab.evaluate("dispatchEvent(new Event('online'))")
        await expect(row(tab, "pods", "agents/asleep")).to_have_count(1)
        await linked(tab, "live")
        assert time.monotonic() - began < 3
    assert visit.other_than(*GONE) == []
