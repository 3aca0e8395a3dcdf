"""The plain page in a real browser: it follows the stream, and does not hide its age."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from app.cluster.projections.pods import PODS
from app.errors import AccessDenied, Unreachable
from tests.cluster.projections.raw import page, pod
from tests.web.cluster import Cluster
from tests.web.house import NAMESPACE, fill, house, show
from tests.web.process import process
from tests.web.reader import Reader, become
from tests.web.served import Served, serving
from tests.web.test_event_stream import health, put, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Locator

    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

GONE = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY")
"""What a browser says by itself of a server that is not there."""


def living(port: int = 0, epoch: str = "aaaaaaaaaa") -> Served:
    """A server with a full board."""
    running = Served(house(clock=SystemClock(), heartbeat_seconds=1, epoch=epoch), port)
    running.start()
    running.call(lambda: fill(running.application))
    return running


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    """A server that tests leave as they found it."""
    running = living()
    yield running
    running.stop()


def row(visit: Visit, topic: str, key: str) -> Locator:
    return visit.page.locator(f'section[data-topic="{topic}"] tr[data-key="{key}"]')


def cells(visit: Visit, topic: str, key: str) -> Locator:
    return row(visit, topic, key).locator("td")


async def opened(visit: Visit, url: str) -> None:
    await visit.page.goto(f"{url}/")
    await linked(visit, "live")


async def linked(visit: Visit, state: str) -> None:
    await expect(visit.page.locator("body")).to_have_attribute("data-link", state, timeout=20_000)


def attempts(visit: Visit) -> int:
    """How often the page has asked for the stream."""
    return sum("/api/stream" in url for url in visit.requests)


async def later(visit: Visit, seconds: int) -> None:
    """Let so much time pass for the page, at once."""
    await visit.page.clock.fast_forward(seconds * 1_000)


async def test_it_shows_what_the_board_holds(visit: Visit, shared: Served) -> None:
    await opened(visit, shared.url)
    tab = visit.page
    assert await tab.title() == "kind-test · Watchglass"
    await expect(tab.locator("h1")).to_have_text("kind-test")
    await expect(tab.locator("#scope")).to_have_text(NAMESPACE)
    await expect(cells(visit, "pods", "agents/agent-1")).to_have_text(
        ["agent-1", "ImagePullBackOff", "0/1", "0", "", "earlier"]
    )
    await expect(cells(visit, "cronjobs", "agents/paused").nth(1)).to_have_text("suspended")
    await expect(cells(visit, "jobs", "agents/broken").nth(1)).to_have_text("failed")
    await expect(tab.locator('section[data-topic="sources"] tbody tr')).to_have_count(3)
    # How old: each source by its proof, each kind by its sources, each value by its change.
    await expect(cells(visit, "sources", "pods/agents").last).to_contain_text(" s ago")
    await expect(tab.locator('section[data-topic="pods"] small')).to_contain_text("as of ")
    assert visit.complaints == []
    assert visit.requests
    for url in visit.requests:
        assert url.startswith(f"{shared.url}/"), "nothing is asked of anybody else"


async def test_of_several_namespaces_it_names_each(visit: Visit) -> None:
    application = house(clock=SystemClock(), namespaces=(NAMESPACE, "agents-night"))
    with serving(application) as served:
        for namespace in (NAMESPACE, "agents-night"):
            served.call(partial(fill, application, namespace))
        await opened(visit, served.url)
        await expect(visit.page.locator("#scope")).to_have_text("agents, agents-night")
        for namespace in (NAMESPACE, "agents-night"):
            name = f"{namespace}/agent-0"
            await expect(cells(visit, "pods", name).first).to_have_text(name)


async def test_on_a_telephone_tables_scroll_and_words_stay_whole(
    visit: Visit, shared: Served
) -> None:
    await visit.page.set_viewport_size({"width": 375, "height": 800})
    await opened(visit, shared.url)
    await expect(cells(visit, "jobs", "agents/broken")).not_to_have_count(0)
    tables, page = await visit.page.evaluate(
        "[[...document.querySelectorAll('table')].map((table) => table.offsetWidth),"
        " document.documentElement.scrollWidth]"
    )
    assert min(tables) >= 700
    assert page == 375


async def test_it_follows_a_change_and_a_removal(visit: Visit, shared: Served) -> None:
    await opened(visit, shared.url)
    await expect(row(visit, "pods", "agents/new")).to_have_count(0)
    put(shared, "new", 1)
    await expect(cells(visit, "pods", "agents/new").nth(3)).to_have_text("1")
    await expect(cells(visit, "pods", "agents/new").last).to_contain_text(" s ago")
    put(shared, "new", 2)
    await expect(cells(visit, "pods", "agents/new").nth(3)).to_have_text("2")
    remove(shared, "new")
    await expect(row(visit, "pods", "agents/new")).to_have_count(0)
    assert visit.complaints == []


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>\u202e&lt;'


async def test_hostile_text_is_text(visit: Visit, shared: Served) -> None:
    await opened(visit, shared.url)
    evil = health("evil").model_copy(update={"reason": HOSTILE, "owner": HOSTILE})
    pods = shared.rooms.board.pods
    shared.call(lambda: pods.upsert(f'{NAMESPACE}/"]<img>', evil))
    line = visit.page.locator('section[data-topic="pods"] tr', has_text="evil")
    await expect(line.locator("td").nth(1)).to_have_text(HOSTILE)
    await expect(line.locator("td").nth(4)).to_have_text(HOSTILE)
    assert await visit.page.locator("main img, main script").count() == 0
    assert await visit.page.title() == "kind-test · Watchglass"
    shared.call(lambda: pods.remove(f'{NAMESPACE}/"]<img>'))
    await expect(line).to_have_count(0)
    assert visit.complaints == []


async def test_a_server_that_is_gone_makes_the_page_look_old_and_not_empty(visit: Visit) -> None:
    await visit.page.clock.install()
    served = living()
    await opened(visit, served.url)
    await expect(visit.page.locator('section[data-topic="pods"] small')).to_contain_text("as of")
    port = served.port
    served.stop(at_once=True)
    await linked(visit, "connecting")
    heard = visit.page.locator("#heard")
    pod_line = row(visit, "pods", "agents/agent-0")
    ink = "element => getComputedStyle(element.closest('tbody')).backgroundImage"
    assert await pod_line.evaluate(ink) == "none"

    await later(visit, 16)
    await linked(visit, "late")
    await expect(heard).to_contain_text("last heard 1")
    await later(visit, 15)
    await linked(visit, "stale")
    assert "gradient" in await pod_line.evaluate(ink)
    await later(visit, 95)
    await linked(visit, "disconnected")
    await expect(heard).to_contain_text("last heard 2 min ago")
    await expect(cells(visit, "pods", "agents/agent-0").nth(1)).to_have_text("Running")
    await expect(visit.page.locator('section[data-topic="sources"] small')).to_be_empty()
    await expect(visit.page.locator('section[data-topic="pods"] small')).to_contain_text("2 min")

    # Another life on the same port, with other values: the page heals by itself.
    again = living(port, epoch="bbbbbbbbbb")
    try:
        again.call(lambda: show(again.application, PODS, pod("agent-0"), pod("newcomer")))
        await later(visit, 10)
        await linked(visit, "live")
        await expect(row(visit, "pods", "agents/newcomer")).to_have_count(1)
        await expect(row(visit, "pods", "agents/web-0")).to_have_count(0)
        assert await pod_line.evaluate(ink) == "none"
        # A change of a value that it held from before is noticed too.
        put(again, "agent-0", 9)
        await expect(cells(visit, "pods", "agents/agent-0").nth(3)).to_have_text("9")
    finally:
        again.stop()
    assert visit.other_than(*GONE) == []


async def test_after_a_goodbye_it_comes_back_by_itself(visit: Visit) -> None:
    await visit.page.clock.install()
    served = living()
    await opened(visit, served.url)
    port = served.port
    served.stop()
    await linked(visit, "connecting")
    await expect(row(visit, "pods", "agents/agent-0")).to_have_count(1)
    again = living(port, epoch="cccccccccc")
    try:
        # The wish of the goodbye is five seconds at most.
        await later(visit, 5)
        await linked(visit, "live")
        put(again, "new", 1)
        await expect(row(visit, "pods", "agents/new")).to_have_count(1)
    finally:
        again.stop()
    assert visit.other_than(*GONE) == []


async def test_a_server_that_hangs_is_given_up_and_found_again(visit: Visit) -> None:
    await visit.page.clock.install()
    cluster = Cluster()
    cluster.apply("pods", pod("kept"))

    async with cluster.running(), process(server=cluster.url, heartbeat_seconds=1) as running:
        await opened(visit, running.url)
        await expect(row(visit, "pods", "agents/kept")).to_have_count(1)
        assert attempts(visit) == 1
        # The connection stays open, and nothing comes: only a deadline can tell.
        running.signal(signal.SIGSTOP)
        await later(visit, 20)
        await linked(visit, "late")
        await become(lambda: attempts(visit) > 1)
        running.signal(signal.SIGCONT)
        cluster.apply("pods", pod("new"))
        await later(visit, 5)
        await linked(visit, "live")
        await expect(row(visit, "pods", "agents/new")).to_have_count(1)
    assert visit.other_than(*GONE) == []


async def test_where_there_is_no_room_it_comes_back_when_it_was_told_to(visit: Visit) -> None:
    await visit.page.clock.install()
    application = house(clock=SystemClock(), streams_max=1)
    with serving(application) as served:
        served.call(lambda: fill(application))
        async with Reader(served.port) as other:
            await other.follow()
            await other.snapshot()
            await visit.page.goto(f"{served.url}/")
            await become(lambda: attempts(visit) == 1)
            await linked(visit, "connecting")
            await expect(visit.page.locator("#heard")).to_contain_text("last heard")
            await later(visit, 10)
            assert attempts(visit) == 1, "fifteen seconds were asked for"
        await become(lambda: served.rooms.readers == 0)
        await later(visit, 6)
        await linked(visit, "live")
        await expect(row(visit, "pods", "agents/agent-0")).to_have_count(1)
    assert visit.complaints == []


@pytest.mark.parametrize("path", ["/watchglass", "/watchglass/"])
async def test_it_works_below_a_base_path(visit: Visit, path: str) -> None:
    application = house(clock=SystemClock(), base_path="/watchglass")
    with serving(application) as served:
        served.call(lambda: fill(application))
        await visit.page.goto(f"{served.url}{path}")
        await linked(visit, "live")
        await expect(row(visit, "pods", "agents/agent-0")).to_have_count(1)
    assert visit.complaints == []


async def test_a_credential_that_ends_ends_the_page_too(visit: Visit) -> None:
    await visit.page.clock.install()
    with serving(house(clock=SystemClock())) as served:
        served.call(lambda: fill(served.application))
        await opened(visit, served.url)
        for reader in served.call(served.rooms.hub.subscriptions):
            served.call(partial(reader.end, "auth_expired"))
        await linked(visit, "ended")
        await expect(visit.page.locator("#link")).to_have_text("ended: auth expired")
        asked = len(visit.requests)
        await later(visit, 3_600)
        await expect(visit.page.locator("#heard")).to_contain_text("60 min")
        assert len(visit.requests) == asked, "it does not ask again and again"
        await expect(row(visit, "pods", "agents/agent-0")).to_have_count(1)


async def test_a_source_that_is_not_live_says_so_where_its_values_are(
    visit: Visit, shared: Served
) -> None:
    await opened(visit, shared.url)
    monitors = shared.rooms.freshness.monitors
    section = visit.page.locator('section[data-topic="pods"]')
    await expect(section).to_have_attribute("data-old", "false")
    shared.call(lambda: monitors["pods/agents"].failed(Unreachable("The API server is gone.")))
    await expect(section).to_have_attribute("data-old", "true")
    await expect(section.locator("small")).to_contain_text("late")
    await expect(cells(visit, "sources", "pods/agents").nth(3)).to_have_text(
        "The API server is gone."
    )
    denied = AccessDenied(
        "May not list jobs.", verb="list", group="batch", resource="jobs", namespace=NAMESPACE
    )
    shared.call(lambda: monitors["jobs/agents"].failed(denied))
    await expect(row(visit, "sources", "jobs/agents").locator("pre")).to_contain_text("resources")
    await expect(visit.page.locator('section[data-topic="jobs"] small')).to_contain_text(
        "forbidden"
    )
    # The link is another matter.
    await linked(visit, "live")
    for monitor in monitors.values():
        shared.call(partial(monitor.proved, "list", 3))
    await expect(section).to_have_attribute("data-old", "false")
    assert visit.complaints == []


async def test_nothing_is_known_before_anything_was_told(visit: Visit) -> None:
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
        await opened(visit, served.url)
        body = visit.page.locator('section[data-topic="pods"] tbody')
        told = "element => getComputedStyle(element, '::after').content"
        assert await body.evaluate(told) == '"not known"'
        # Pages of a first list are shown as they come, and marked as not all.
        (first,) = PODS.page(page(pod("first"))).items
        sink = served.rooms.board.sink("pods", NAMESPACE)
        served.call(partial(sink.upsert, first.key, first.record))
        await expect(row(visit, "pods", "agents/first")).to_have_count(1)
        assert "gradient" in await body.evaluate(
            "element => getComputedStyle(element).backgroundImage"
        )
        served.call(lambda: show(served.application, PODS))
        await expect(row(visit, "pods", "agents/first")).to_have_count(0)
        served.call(lambda: fill(served.application))
        await expect(visit.page.locator('section[data-topic="pods"] tbody tr')).to_have_count(3)
    assert visit.other_than(*GONE) == []


async def test_a_restart_without_an_api_server_blanks_nothing(visit: Visit) -> None:
    """API server, server and page as three real processes; the one between dies."""
    cluster = Cluster()
    cluster.apply("pods", pod("kept"), pod("doomed"))
    await visit.page.clock.install()
    async with cluster.running():
        async with process(server=cluster.url, heartbeat_seconds=1) as first:
            await opened(visit, first.url)
            await expect(row(visit, "pods", "agents/kept")).to_have_count(1)
            cluster.apply("pods", pod("late"))
            await expect(row(visit, "pods", "agents/late")).to_have_count(1)
            await first.kill()
        cluster.go_down()
        async with process(port=first.port, server=cluster.url, heartbeat_seconds=1):
            await later(visit, 10)
            await linked(visit, "live")
            section = visit.page.locator('section[data-topic="pods"]')
            await expect(section).to_have_attribute("data-synced", "false")
            await expect(section).to_have_attribute("data-old", "true")
            for name in ("kept", "late", "doomed"):
                await expect(row(visit, "pods", f"agents/{name}")).to_have_count(1)

            cluster.delete("pods", "doomed")
            cluster.down = False
            await expect(row(visit, "pods", "agents/doomed")).to_have_count(0, timeout=20_000)
            await expect(row(visit, "pods", "agents/late")).to_have_count(1)
            await expect(section).to_have_attribute("data-synced", "true")
    assert visit.other_than(*GONE) == []


async def test_a_change_that_was_lost_is_noticed_by_the_next_heartbeat(
    visit: Visit, shared: Served
) -> None:
    await opened(visit, shared.url)
    hub = shared.rooms.hub
    fresh = hub.statistics.attach_reasons["fresh"]

    def lose() -> None:
        # As if a change had been given to this view and had not arrived.
        (view,) = (reader.view for reader in hub.subscriptions())
        shared.rooms.board.pods.upsert(f"{NAMESPACE}/lost", health("lost"))
        hub.flush()
        view.given += 1

    shared.call(lose)
    await expect(row(visit, "pods", "agents/lost")).to_have_count(1)
    await become(lambda: hub.statistics.attach_reasons["fresh"] > fresh)
    remove(shared, "lost")
    await expect(row(visit, "pods", "agents/lost")).to_have_count(0)
    await linked(visit, "live")
