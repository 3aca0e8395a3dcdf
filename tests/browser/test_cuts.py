"""The network between browser and server, taken away and given back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from tests.browser.reading import GONE, cell, fresh, hatched, later, linked, opened, row
from tests.browser.relay import Relay
from tests.web.house import fill, house
from tests.web.reader import become
from tests.web.served import Served, serving
from tests.web.test_event_stream import put

if TYPE_CHECKING:
    from collections.abc import Iterator

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
