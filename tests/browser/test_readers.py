"""Who does not see the page, or has no mouse, is told the same, once, and loses no place."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from app.errors import AccessDenied
from tests.browser.reading import GONE, cell, fresh, later, linked, opened, row, section
from tests.browser.relay import Relay
from tests.spine.clock import ForwardClock
from tests.web.house import NAMESPACE, fill, house
from tests.web.served import Served, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]


class Room:
    """A server whose clock can be put forward, and whose sources are what a test says."""

    def __init__(self, served: Served, clock: ForwardClock) -> None:
        self.served = served
        self.clock = clock

    def prove(self) -> None:
        """Let every source be heard of."""
        for monitor in self.served.rooms.freshness.monitors.values():
            self.served.call(partial(monitor.proved, "list", 3))

    def age(self, seconds: float) -> None:
        """Let so much time pass for the sources, of which nothing is heard."""
        self.clock.skip(seconds)
        self.served.call(self._assess)

    def _assess(self) -> None:
        # All in one step, as time itself does it.
        with self.served.rooms.hub.batch():
            for monitor in self.served.rooms.freshness.monitors.values():
                monitor.assess()

    def deny(self) -> None:
        """Let the Jobs be forbidden."""
        denied = AccessDenied(
            "May not list jobs.", verb="list", group="batch", resource="jobs", namespace=NAMESPACE
        )
        monitor = self.served.rooms.freshness.monitors[f"jobs/{NAMESPACE}"]
        self.served.call(lambda: monitor.failed(denied))


@pytest.fixture
def room() -> Iterator[Room]:
    clock = ForwardClock()
    with serving(house(clock=clock, heartbeat_seconds=1)) as served:
        served.call(lambda: fill(served.application))
        yield Room(served, clock)


REMEMBER = """
() => {
  globalThis.told = [];
  const status = document.querySelector('#told');
  new MutationObserver(() => globalThis.told.push(status.textContent))
    .observe(status, { childList: true, characterData: true, subtree: true });
}
"""

THREE_AGES = """
() => new Promise((resolve) => {
  let count = 0;
  new MutationObserver((_, watching) => {
    count += 1;
    if (count < 3) return;
    watching.disconnect();
    resolve();
  }).observe(document.querySelector('[data-topic="pods"] h2 small'), { childList: true });
})
"""


async def test_a_source_that_grows_old_is_told_once_and_so_is_its_return(
    visit: Visit, room: Room
) -> None:
    tab = visit.page
    await opened(tab, room.served.url)
    await expect(tab.locator("#told")).to_be_empty()
    await expect(tab.get_by_role("status")).to_have_count(2)
    await tab.evaluate(REMEMBER)
    room.deny()
    await expect(tab.locator("#told")).to_have_text("Out of date: jobs/agents.")
    room.age(101)
    all_three = "Out of date: cronjobs/agents, jobs/agents, pods/agents."
    await expect(tab.locator("#told")).to_have_text(all_three)
    told = await tab.evaluate("globalThis.told.splice(0)")
    assert told.count("Out of date: jobs/agents.") == told.count(all_three) == 1
    # Ages go on being told to the eyes: the ears are left in peace.
    await tab.evaluate(THREE_AGES)
    assert await tab.evaluate("globalThis.told") == []
    again = "Every source is heard of again."
    room.prove()
    await expect(tab.locator("#told")).to_have_text(again)
    await fresh(tab, "pods", "live")
    assert (await tab.evaluate("globalThis.told")).count(again) == 1
    assert visit.complaints == []


async def test_a_source_that_is_heard_of_again_is_not_as_old_as_it_was(visit: Visit) -> None:
    """Not until the next heartbeat either."""
    clock = ForwardClock()
    with serving(house(clock=clock, heartbeat_seconds=30)) as served:
        served.call(lambda: fill(served.application))
        room = Room(served, clock)
        room.age(101)
        await opened(visit.page, served.url)
        age = cell(visit.page, "sources", "pods/agents", "age")
        await expect(age).to_have_text(re.compile("^1[0-9]{2} s ago$"))
        await expect(visit.page.locator("#bar")).to_be_visible()
        room.prove()
        await expect(cell(visit.page, "sources", "pods/agents", "state")).to_have_text("live")
        assert re.fullmatch("[0-9]{1,2} s ago", await age.inner_text())
    assert visit.complaints == []


async def test_what_was_old_before_the_page_came_is_told_too(visit: Visit, room: Room) -> None:
    room.deny()
    await opened(visit.page, room.served.url)
    await expect(visit.page.locator("#told")).to_have_text("Out of date: jobs/agents.")


COPIED = """
(node) => {
  getSelection().selectAllChildren(node);
  const { width, height } = node.lastElementChild.getBoundingClientRect();
  return [getSelection().toString(), Math.max(width, height)];
}
"""


async def test_a_row_that_is_out_of_date_says_so_in_words(visit: Visit, room: Room) -> None:
    tab = visit.page
    old = section(tab, "jobs").get_by_role("rowheader", name="done (out of date)", exact=True)
    good = section(tab, "jobs").get_by_role("rowheader", name="done", exact=True)
    await opened(tab, room.served.url)
    await expect(good).to_have_count(1)
    await expect(old).to_have_count(0)
    room.deny()
    await expect(old).to_have_count(1)
    await expect(good).to_have_count(0)
    pods = section(tab, "pods").get_by_role("rowheader", name="agent-0", exact=True)
    await expect(pods).to_have_count(1)
    # For the ears alone: it is not seen, and not copied with the name.
    assert await old.evaluate(COPIED) == ["done", 1]
    # So it is painted, for who has no script.
    await tab.reload()
    await expect(old).to_have_count(1)
    room.prove()
    await expect(good).to_have_count(1)
    await tab.set_viewport_size({"width": 320, "height": 800})
    room.deny()
    await expect(old).to_have_count(1)
    assert await tab.evaluate("document.documentElement.scrollWidth") == 320
    assert visit.complaints == []


@pytest.mark.parametrize("meanwhile", ["live", "stale"])
async def test_the_focus_is_not_lost_with_the_button_that_had_it(
    visit: Visit, room: Room, meanwhile: str
) -> None:
    """The bar goes, or stays for another reason and needs no button."""
    tab = visit.page
    await tab.clock.install()
    await tab.set_viewport_size({"width": 800, "height": 400})
    async with Relay(room.served.port).running() as relay:
        await opened(tab, relay.url)
        relay.pull()
        await linked(tab, "connecting")
        await later(tab, 40)
        await linked(tab, "stale")
        await tab.evaluate("scrollTo(0, 300)")
        retry = tab.get_by_role("button", name="Retry now")
        await retry.focus()
        if meanwhile == "stale":
            room.age(101)
        relay.mend()
        await tab.keyboard.press("Enter")
        await linked(tab, "live")
        await expect(retry).to_be_hidden()
        await expect(tab.locator("#bar")).to_be_visible(visible=meanwhile == "stale")
        await expect(tab.locator("h1")).to_be_focused()
        assert await tab.evaluate("scrollY") > 100, "what was read is still in sight"
        # From there it goes on to the first of what there is.
        await tab.keyboard.press("Tab")
        await expect(tab.get_by_role("region", name="Sources", exact=True)).to_be_focused()
    assert visit.other_than(*GONE) == []


async def test_the_focus_is_not_lost_with_the_rule_that_had_it(visit: Visit, room: Room) -> None:
    tab = visit.page
    room.deny()
    await opened(tab, room.served.url)
    rule = row(tab, "sources", "jobs/agents").locator("details")
    await rule.locator("summary").click()
    await rule.get_by_role("button").focus()
    room.prove()
    await expect(rule).to_be_hidden()
    await expect(tab.get_by_role("region", name="Sources", exact=True)).to_be_focused()
    assert visit.complaints == []
