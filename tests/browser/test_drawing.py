"""One value that cannot be drawn leaves everything else right, and itself old."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from app.errors import Unreachable
from app.model import CronJobInfo
from tests.browser.reading import GONE, cell, fresh, hatched, hop, later, linked, opened, row
from tests.web.house import NAMESPACE, fill, house
from tests.web.served import Served
from tests.web.test_event_stream import health, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]


@contextmanager
def living(port: int = 0, epoch: str = "aaaaaaaaaa") -> Iterator[Served]:
    """A server with a full board."""
    running = Served(house(clock=SystemClock(), heartbeat_seconds=1, epoch=epoch), port)
    running.start()
    try:
        running.call(lambda: fill(running.application))
        yield running
    finally:
        running.stop()


ORDER = """
() => {
  globalThis.order = [];
  // Records come together for one drawing, in the order of its writes.
  new MutationObserver((records) => {
    const among = (selector) => records.findIndex(({ target }) =>
      (target.nodeType === 1 ? target : target.parentElement)?.closest(selector));
    const told = among('[data-hop="cluster"]');
    const value = among('section[data-topic="pods"] [data-field="restarts"]');
    if (told >= 0 && value >= 0) globalThis.order.push(told < value);
  }).observe(document, { subtree: true, childList: true, characterData: true });
}
"""


async def test_what_the_page_says_of_itself_is_drawn_before_any_value(visit: Visit) -> None:
    tab = visit.page
    with living() as served:
        await opened(tab, served.url)
        await tab.evaluate(ORDER)
        board, hub = served.rooms.board, served.rooms.hub
        monitor = served.rooms.freshness.monitors[f"jobs/{NAMESPACE}"]

        def lose() -> None:
            with hub.batch():
                board.pods.upsert(f"{NAMESPACE}/agent-0", health("agent-0", 9))
                monitor.failed(Unreachable("Gone."))

        served.call(lose)
        await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("9")
        await expect(hop(tab, "cluster")).to_contain_text("no word of jobs/agents")
        assert await tab.evaluate("globalThis.order") == [True], "both were drawn at once"


async def test_a_row_that_will_not_go_is_old_and_keeps_nothing_else_from_being_drawn(
    visit: Visit,
) -> None:
    """As when something else, an extension of the browser say, has a hand in the page."""
    tab = visit.page
    with living() as served:
        await opened(tab, served.url)
        stuck = row(tab, "pods", "agents/agent-1")
        await stuck.evaluate("node => { node.remove = () => { throw new Error('stuck'); }; }")
        board, hub = served.rooms.board, served.rooms.hub

        def change() -> None:
            with hub.batch():
                board.pods.remove(f"{NAMESPACE}/agent-1")
                board.pods.upsert(f"{NAMESPACE}/new", health("new", 1))
                board.jobs.remove(f"{NAMESPACE}/broken")

        served.call(change)
        await expect(row(tab, "jobs", "agents/broken")).to_have_count(0)
        await expect(cell(tab, "pods", "agents/new", "restarts")).to_have_text("1")
        await expect(stuck).to_have_attribute("data-freshness", "source-stale")
        await expect(row(tab, "pods", "agents/new")).to_have_attribute("data-freshness", "live")
        await linked(tab, "live")
    assert visit.other_than("stuck", *GONE) == []


CHOOSE = """
async () => {
  const { Table } = await import('/static/elements/table.js');
  const section = document.querySelector('section[data-topic="pods"]').cloneNode(true);
  const table = new Table(section, ({ text }) => [{ field: 'owner', text }], false);
  const named = (text) => ({ value: { text }, at: undefined, old: false });
  const entries = new Map([['agents/agent-0', named('bad')], ['agents/agent-1', named('good')]]);
  table.update({ known: true, synced: true, full: false, entries }, entries.keys(), ({ text }) => {
    if (text === 'bad') throw new Error('cannot choose');
    return true;
  });
  table.freshen((_, entry) => (entry?.old ? 'source-stale' : 'live'));
  const owner = (line) => line.querySelector('[data-field="owner"]').textContent;
  return [...section.querySelectorAll('tbody tr')].map((line) =>
    [line.dataset.key, line.dataset.freshness, owner(line)]);
}
"""


async def test_a_value_that_cannot_be_chosen_leaves_the_others_right(visit: Visit) -> None:
    with living() as served:
        await opened(visit.page, served.url)
        assert await visit.page.evaluate(CHOOSE) == [
            ["agents/agent-0", "source-stale", ""],
            ["agents/agent-1", "live", "good"],
        ]
    assert visit.other_than("cannot choose", *GONE) == []


class Odd(CronJobInfo):
    """Of a server that has another idea of a moment than the page has."""

    last_schedule_time: str | None = None  # type: ignore[assignment]  # that is what is odd


def odd(served: Served, when: str | None, active: int = 0) -> None:
    """Let one CronJob have been scheduled at a moment that is none, or never."""
    told = Odd(
        name="idle",
        schedule="* * * * *",
        active_jobs=active,
        suspended=False,
        last_schedule_time=when,
    )
    served.call(partial(served.rooms.board.cronjobs.upsert, f"{NAMESPACE}/idle", told))


async def test_a_value_that_cannot_be_drawn_is_old_until_one_comes_that_can(visit: Visit) -> None:
    tab = visit.page
    await tab.clock.install()
    idle, busy = (row(tab, "cronjobs", f"agents/{name}") for name in ("idle", "busy"))
    active = cell(tab, "cronjobs", "agents/idle", "active")
    with living() as served:
        await opened(tab, served.url)
        await fresh(tab, "cronjobs", "live")
        odd(served, "soon", 7)
        await expect(idle).to_have_attribute("data-freshness", "source-stale")
        assert await hatched(idle)
        await expect(busy).to_have_attribute("data-freshness", "live")
        remove(served, "agent-1")
        await expect(row(tab, "pods", "agents/agent-1")).to_have_count(0)
        port = served.port
    # Another life of the server, which says the very same: the row is no better for it.
    with living(port, epoch="bbbbbbbbbb") as again:
        odd(again, "soon", 7)
        await later(tab, 6)
        await linked(tab, "live")
        await expect(row(tab, "pods", "agents/agent-1")).to_have_count(1)
        await expect(busy).to_have_attribute("data-freshness", "live")
        await expect(idle).to_have_attribute("data-freshness", "source-stale")
        odd(again, None, 3)
        await expect(idle).to_have_attribute("data-freshness", "live")
        await expect(active).to_have_text("3")
    assert visit.other_than("Invalid time value", *GONE) == []
