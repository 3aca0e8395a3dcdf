"""More of a topic than a page has room for: it says so, and never shows a part for the whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from tests.browser.reading import fresh, hatched, linked, note, row, section
from tests.web.house import NAMESPACE, fill, house
from tests.web.reader import become
from tests.web.served import serving
from tests.web.test_event_stream import health, put

if TYPE_CHECKING:
    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

ROOM = 50_000
"""What `static/store.js` keeps of one topic."""

WORDS = "too many to show, not all are here"
BELOW = "These are not all: there are more than this page has room for."


async def test_of_what_is_too_much_a_part_is_never_shown_for_the_whole(visit: Visit) -> None:
    tab = visit.page
    application = house(clock=SystemClock(), heartbeat_seconds=1)
    with serving(application) as served:
        pods, count = served.rooms.board.pods, section(tab, "pods").locator("[data-count]")
        served.call(lambda: fill(application))
        for start in range(0, ROOM, 5_000):
            names = [f"p-{n:05}" for n in range(start, start + 5_000)]
            served.call(
                lambda names=names: [pods.upsert(f"{NAMESPACE}/{n}", health(n)) for n in names]  # type: ignore[misc]  # of each round its own
            )
        await tab.goto(f"{served.url}/")
        await linked(tab, "live")
        await expect(note(tab, "pods")).to_have_text(WORDS)
        await expect(section(tab, "pods")).to_have_attribute("data-freshness", "source-stale")
        await expect(section(tab, "pods").locator("[data-more]")).to_have_text(BELOW)
        await expect(count).to_have_text("500+")
        # What was painted is there, and nobody has confirmed it.
        await fresh(tab, "pods", "source-stale")
        assert await hatched(row(tab, "pods", "agents/agent-0"))
        put(served, "zz", 1)
        await expect(row(tab, "pods", "agents/zz")).to_have_attribute(
            "data-freshness", "source-stale"
        )
        await expect(count).to_have_text("501+")
        # The others have room, and a source that is heard of is none the worse.
        for topic in ("sources", "cronjobs", "jobs"):
            await fresh(tab, topic, "live")
        await expect(tab.locator("#bar")).to_be_hidden()

        # A tab beside it hears the same from this one, and says the same.
        other = await tab.context.new_page()
        await other.goto(f"{served.url}/")
        await linked(other, "live")
        await expect(note(other, "pods")).to_contain_text(WORDS)
        await fresh(other, "pods", "source-stale")
        await fresh(other, "jobs", "live")
        assert served.rooms.readers == 1
        await other.close()

        # With room for all of them, and all of them come, it is whole again.
        left = [key for key, _ in served.call(lambda: list(pods.items()))][:ROOM]
        served.call(lambda: [pods.remove(key) for key in left])
        await tab.reload()
        await become(lambda: served.rooms.readers == 1)
        await fresh(tab, "pods", "live")
        await expect(section(tab, "pods").locator("[data-more]")).to_be_hidden()
        await expect(note(tab, "pods")).to_have_text(re.compile("^as of "))
        await expect(count).to_have_text("4")
    assert visit.complaints == []
