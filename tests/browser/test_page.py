"""The first page in a real browser: it follows the stream, and does not hide its age."""

from __future__ import annotations

import re
import signal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from app.cluster.projections.pods import PODS
from app.errors import AccessDenied, Unreachable
from tests.browser.reading import (
    GONE,
    cell,
    cells,
    fresh,
    hatched,
    hop,
    later,
    linked,
    note,
    opened,
    row,
    section,
)
from tests.cluster.projections.raw import page, pod
from tests.web.cluster import Cluster
from tests.web.house import NAMESPACE, fill, house, show
from tests.web.process import process
from tests.web.reader import Reader, become
from tests.web.served import Served, serving
from tests.web.test_event_stream import health, put, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]


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


def attempts(visit: Visit) -> int:
    """How often the page has asked for the stream."""
    return sum("/api/stream" in url for url in visit.requests)


async def test_it_shows_what_the_board_holds(visit: Visit, shared: Served) -> None:
    tab = visit.page
    await opened(tab, shared.url)
    assert await tab.title() == "kind-test · Watchglass"
    await expect(tab.locator("h1")).to_have_text("kind-test")
    await expect(tab.locator("#scope")).to_have_text(NAMESPACE)
    await expect(cells(tab, "pods", "agents/agent-1")).to_have_text(
        ["agent-1", "ImagePullBackOff", "0/1", "0", "", "earlier"]
    )
    await expect(cell(tab, "pods", "agents/agent-1", "status")).to_have_attribute(
        "data-mood", "bad"
    )
    await expect(cell(tab, "cronjobs", "agents/paused", "state")).to_have_text("suspended")
    await expect(cell(tab, "jobs", "agents/broken", "status")).to_have_text("failed")
    await expect(section(tab, "sources").locator("tbody tr")).to_have_count(3)
    # How old: each source by its proof, each kind by its sources, each value by its change.
    await expect(cell(tab, "sources", "pods/agents", "age")).to_contain_text(" s ago")
    await expect(note(tab, "pods")).to_contain_text("as of ")
    await expect(tab.locator("#link")).to_have_text("Live")
    await expect(hop(tab, "page")).to_have_text("connected")
    await expect(hop(tab, "cluster")).to_contain_text("connected")
    for topic in ("sources", "pods", "cronjobs", "jobs"):
        await fresh(tab, topic, "live")
    await expect(tab.locator("#bar")).to_be_hidden()
    assert visit.complaints == []
    assert visit.requests
    for url in visit.requests:
        assert url.startswith(f"{shared.url}/"), "nothing is asked of anybody else"


async def test_of_several_namespaces_it_names_each(visit: Visit) -> None:
    application = house(clock=SystemClock(), namespaces=(NAMESPACE, "agents-night"))
    with serving(application) as served:
        for namespace in (NAMESPACE, "agents-night"):
            served.call(partial(fill, application, namespace))
        await opened(visit.page, served.url)
        await expect(visit.page.locator("#scope")).to_have_text("agents, agents-night")
        for namespace in (NAMESPACE, "agents-night"):
            name = f"{namespace}/agent-0"
            await expect(cell(visit.page, "pods", name, "name")).to_have_text(name)
        # What is not heard of in one namespace makes nothing old in the other.
        monitor = application.rooms.freshness.monitors["pods/agents-night"]
        denied = AccessDenied("No.", verb="list", group="", resource="pods", namespace="x")
        served.call(lambda: monitor.failed(denied))
        doubted = row(visit.page, "pods", "agents-night/agent-0")
        await expect(doubted).to_have_attribute("data-freshness", "source-stale")
        assert await hatched(doubted)
        other = row(visit.page, "pods", "agents/agent-0")
        await expect(other).to_have_attribute("data-freshness", "live")
        put(served, "new", 1)
        await expect(cell(visit.page, "pods", "agents/new", "name")).to_have_text("agents/new")


async def test_what_is_removed_goes_although_another_namespace_was_never_heard_of(
    visit: Visit,
) -> None:
    application = house(clock=SystemClock(), namespaces=(NAMESPACE, "agents-night"))
    with serving(application) as served:
        served.call(partial(fill, application, NAMESPACE))
        put(served, "doomed", 1)
        await opened(visit.page, served.url)
        await expect(row(visit.page, "pods", "agents/doomed")).to_have_count(1)
        await expect(section(visit.page, "pods")).to_have_attribute("data-synced", "false")
        remove(served, "doomed")
        await expect(row(visit.page, "pods", "agents/doomed")).to_have_count(0)
        await expect(row(visit.page, "pods", "agents/agent-0")).to_have_count(1)


@pytest.mark.parametrize("width", [320, 375])
async def test_on_a_telephone_tables_scroll_and_the_page_does_not(
    visit: Visit, shared: Served, width: int
) -> None:
    await visit.page.set_viewport_size({"width": width, "height": 800})
    await opened(visit.page, shared.url)
    await expect(cells(visit.page, "jobs", "agents/broken")).not_to_have_count(0)
    tables, whole = await visit.page.evaluate(
        "[[...document.querySelectorAll('table')].map((table) => table.offsetWidth),"
        " document.documentElement.scrollWidth]"
    )
    assert min(tables) >= 640, "words stay whole"
    assert whole == width


async def test_it_follows_a_change_and_a_removal(visit: Visit, shared: Served) -> None:
    await opened(visit.page, shared.url)
    await expect(row(visit.page, "pods", "agents/new")).to_have_count(0)
    put(shared, "new", 1)
    await expect(cell(visit.page, "pods", "agents/new", "restarts")).to_have_text("1")
    await expect(cell(visit.page, "pods", "agents/new", "age")).to_contain_text(" s ago")
    keys = "rows => rows.map((row) => row.dataset.key)"
    lines = section(visit.page, "pods").locator("tbody tr")
    assert await lines.evaluate_all(keys) == [
        f"agents/{name}" for name in ("agent-0", "agent-1", "new", "web-0")
    ]
    await expect(section(visit.page, "pods").locator("[data-count]")).to_have_text("4")
    put(shared, "new", 2)
    await expect(cell(visit.page, "pods", "agents/new", "restarts")).to_have_text("2")
    remove(shared, "new")
    await expect(row(visit.page, "pods", "agents/new")).to_have_count(0)
    assert visit.complaints == []


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>\u202e&lt;'


async def test_hostile_text_is_text(visit: Visit, shared: Served) -> None:
    await opened(visit.page, shared.url)
    evil = health("evil").model_copy(update={"reason": HOSTILE, "owner": HOSTILE})
    pods = shared.rooms.board.pods
    key = f'{NAMESPACE}/"]<img>'
    shared.call(lambda: pods.upsert(key, evil))
    line = section(visit.page, "pods").locator("tr", has_text="evil")
    try:
        for _ in ("followed", "painted"):
            await expect(line.locator('[data-field="status"]')).to_have_text(HOSTILE)
            await expect(line.locator('[data-field="owner"]')).to_have_text(HOSTILE)
            assert await visit.page.locator("main img, main script").count() == 0
            assert await visit.page.title() == "kind-test · Watchglass"
            await opened(visit.page, shared.url)
    finally:
        shared.call(lambda: pods.remove(key))
    await expect(line).to_have_count(0)
    assert visit.complaints == []


async def test_a_server_that_is_gone_makes_the_page_look_old_and_not_empty(visit: Visit) -> None:
    await visit.page.clock.install()
    tab = visit.page
    served = living()
    await opened(tab, served.url)
    await expect(note(tab, "pods")).to_contain_text("as of")
    port = served.port
    served.stop(at_once=True)
    await linked(tab, "connecting")
    await expect(hop(tab, "page")).to_contain_text("next try in")
    heard, bar = tab.locator("#heard"), tab.locator("#bar")
    line = row(tab, "pods", "agents/agent-0")
    await fresh(tab, "pods", "live")
    assert not await hatched(line)

    await later(tab, 16)
    await linked(tab, "late")
    await fresh(tab, "pods", "late")
    await expect(heard).to_contain_text("1")
    await expect(bar).to_be_hidden()
    await later(tab, 15)
    await linked(tab, "stale")
    for topic in ("sources", "pods", "cronjobs", "jobs"):
        await fresh(tab, topic, "stale")
    await expect(tab.locator("html")).to_have_attribute("data-freshness", "stale")
    assert await hatched(line)
    await expect(bar.locator("strong")).to_have_text(re.compile(r"^No update for 0:3\d$"))
    await expect(bar).to_have_css("background-color", "rgb(255, 201, 77)")
    await expect(bar).to_contain_text("This page has lost Watchglass (nothing answers).")
    await expect(hop(tab, "cluster")).to_have_text("not known")
    await expect(bar).to_contain_text("Everything below is as it was at ")
    await expect(bar.locator("small")).to_have_text(re.compile(r"^next try in \d+ s$"))
    await later(tab, 95)
    await linked(tab, "disconnected")
    await fresh(tab, "pods", "disconnected")
    await expect(heard).to_have_text("2 min")
    await expect(cell(tab, "pods", "agents/agent-0", "status")).to_have_text("Running")
    await expect(note(tab, "sources")).to_be_empty()
    await expect(note(tab, "pods")).to_contain_text("2 min")

    # Another life on the same port, with other values: the page heals by itself.
    again = living(port, epoch="bbbbbbbbbb")
    try:
        again.call(lambda: show(again.application, PODS, pod("agent-0"), pod("newcomer")))
        await later(tab, 10)
        await linked(tab, "live")
        await expect(row(tab, "pods", "agents/newcomer")).to_have_count(1)
        await expect(row(tab, "pods", "agents/web-0")).to_have_count(0)
        await fresh(tab, "pods", "live")
        await expect(bar).to_be_hidden()
        assert not await hatched(line)
        # A change of a value that it held from before is noticed too.
        put(again, "agent-0", 9)
        await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("9")
    finally:
        again.stop()
    assert visit.other_than(*GONE) == []


async def test_whoever_does_not_want_to_wait_retries_now(visit: Visit) -> None:
    await visit.page.clock.install()
    served = living()
    await opened(visit.page, served.url)
    port = served.port
    served.stop(at_once=True)
    await linked(visit.page, "connecting")
    # Ten minutes on, attempts are far apart.
    await later(visit.page, 900)
    await linked(visit.page, "disconnected")
    await visit.page.clock.pause_at(await visit.page.evaluate("Date.now() + 60_000"))
    again = living(port, epoch="bbbbbbbbbb")
    try:
        # Time stands still, so nothing but the button can have done it.
        await visit.page.get_by_role("button", name="Retry now").click()
        await become(lambda: again.rooms.readers == 1)
        await visit.page.clock.resume()
        await linked(visit.page, "live")
    finally:
        again.stop()
    assert visit.other_than(*GONE) == []


async def test_after_a_goodbye_it_comes_back_by_itself(visit: Visit) -> None:
    await visit.page.clock.install()
    served = living()
    await opened(visit.page, served.url)
    port = served.port
    served.stop()
    await linked(visit.page, "draining")
    await expect(visit.page.locator("#link")).to_have_text("Restarting")
    await expect(hop(visit.page, "page")).to_contain_text("it is restarting")
    await expect(row(visit.page, "pods", "agents/agent-0")).to_have_count(1)
    again = living(port, epoch="cccccccccc")
    try:
        # The wish of the goodbye is five seconds at most.
        await later(visit.page, 6)
        await linked(visit.page, "live")
        put(again, "new", 1)
        await expect(row(visit.page, "pods", "agents/new")).to_have_count(1)
    finally:
        again.stop()
    assert visit.other_than(*GONE) == []


async def test_a_server_that_hangs_is_given_up_and_found_again(visit: Visit) -> None:
    await visit.page.clock.install()
    cluster = Cluster()
    cluster.apply("pods", pod("kept"))

    async with cluster.running(), process(server=cluster.url, heartbeat_seconds=1) as running:
        await opened(visit.page, running.url)
        await expect(row(visit.page, "pods", "agents/kept")).to_have_count(1)
        assert attempts(visit) == 1
        # The connection stays open, and nothing comes: only a deadline can tell.
        running.signal(signal.SIGSTOP)
        await later(visit.page, 20)
        await linked(visit.page, "late")
        await become(lambda: attempts(visit) > 1)
        running.signal(signal.SIGCONT)
        cluster.apply("pods", pod("new"))
        await later(visit.page, 8)
        await linked(visit.page, "live")
        await expect(row(visit.page, "pods", "agents/new")).to_have_count(1)
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
            await linked(visit.page, "connecting")
            await expect(hop(visit.page, "page")).to_contain_text("it has no room")
            # What was painted is there, whatever becomes of the stream.
            await expect(row(visit.page, "pods", "agents/agent-0")).to_have_count(1)
            await later(visit.page, 10)
            await expect(hop(visit.page, "page")).to_have_text(re.compile(r"next try in [1-5] s"))
            assert attempts(visit) == 1, "fifteen seconds were asked for"
        await become(lambda: served.rooms.readers == 0)
        await later(visit.page, 6)
        await linked(visit.page, "live")
        await expect(row(visit.page, "pods", "agents/agent-0")).to_have_count(1)
    assert visit.complaints == []


@pytest.mark.parametrize("path", ["/watchglass", "/watchglass/"])
async def test_it_works_below_a_base_path(visit: Visit, path: str) -> None:
    application = house(clock=SystemClock(), base_path="/watchglass")
    with serving(application) as served:
        served.call(lambda: fill(application))
        await visit.page.goto(f"{served.url}{path}")
        await linked(visit.page, "live")
        put(served, "new", 1)
        await expect(row(visit.page, "pods", "agents/new")).to_have_count(1)
    assert visit.complaints == []


async def test_a_credential_that_ends_ends_the_page_too(visit: Visit) -> None:
    await visit.page.clock.install()
    with serving(house(clock=SystemClock())) as served:
        served.call(lambda: fill(served.application))
        await opened(visit.page, served.url)
        for reader in served.call(served.rooms.hub.subscriptions):
            served.call(partial(reader.end, "auth_expired"))
        await linked(visit.page, "ended")
        await expect(visit.page.locator("#link")).to_have_text("Ended: the sign-in has ended")
        # Nothing will come any more: it is old from now on.
        await fresh(visit.page, "pods", "stale")
        asked = len(visit.requests)
        await later(visit.page, 3_600)
        await expect(visit.page.locator("#heard")).to_have_text("60 min")
        assert len(visit.requests) == asked, "it does not ask again and again"
        await expect(row(visit.page, "pods", "agents/agent-0")).to_have_count(1)


async def test_a_source_that_is_not_live_says_so_where_its_values_are(
    visit: Visit, shared: Served
) -> None:
    tab = visit.page
    await opened(tab, shared.url)
    monitors = shared.rooms.freshness.monitors
    await expect(section(tab, "pods")).to_have_attribute("data-freshness", "live")
    shared.call(lambda: monitors["pods/agents"].failed(Unreachable("The API server is gone.")))
    await expect(section(tab, "pods")).to_have_attribute("data-freshness", "late")
    await fresh(tab, "pods", "late")
    await expect(note(tab, "pods")).to_contain_text("late")
    await expect(cell(tab, "sources", "pods/agents", "message").locator("span")).to_have_text(
        "The API server is gone."
    )
    await expect(hop(tab, "cluster")).to_contain_text("no word of pods/agents")
    denied = AccessDenied(
        "May not list jobs.", verb="list", group="batch", resource="jobs", namespace=NAMESPACE
    )
    shared.call(lambda: monitors["jobs/agents"].failed(denied))
    rule = row(tab, "sources", "jobs/agents").locator("details")
    await rule.locator("summary").click()
    await expect(rule.locator("pre")).to_contain_text("resources")
    await expect(note(tab, "jobs")).to_contain_text("forbidden")
    await fresh(tab, "jobs", "source-stale")
    await expect(hop(tab, "cluster")).to_contain_text("jobs/agents not to be had")
    # The link is another matter, and so is what is heard of.
    await linked(tab, "live")
    await fresh(tab, "cronjobs", "live")

    await visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await rule.get_by_role("button").click()
    await expect(rule.get_by_role("button")).to_have_text("Copied")
    told = await rule.locator("pre").text_content()
    assert await tab.evaluate("navigator.clipboard.readText()") == told

    for monitor in monitors.values():
        shared.call(partial(monitor.proved, "list", 3))
    for topic in ("pods", "jobs"):
        await fresh(tab, topic, "live")
    await expect(rule).to_be_hidden()
    assert visit.complaints == []


async def test_nothing_is_known_before_anything_was_told(visit: Visit) -> None:
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
        await opened(visit.page, served.url)
        empty = section(visit.page, "pods").locator("[data-empty]")
        await expect(empty).to_have_text("Not known.")
        # Pages of a first list are shown as they come, and marked as not all.
        (first,) = PODS.page(page(pod("first"))).items
        sink = served.rooms.board.sink("pods", NAMESPACE)
        served.call(partial(sink.upsert, first.key, first.record))
        await expect(row(visit.page, "pods", "agents/first")).to_have_count(1)
        await expect(section(visit.page, "pods")).to_have_attribute("data-synced", "false")
        await expect(note(visit.page, "pods")).to_contain_text("not all known yet")
        served.call(lambda: show(served.application, PODS))
        await expect(row(visit.page, "pods", "agents/first")).to_have_count(0)
        await expect(empty).to_have_text("None.")
        served.call(lambda: fill(served.application))
        await expect(section(visit.page, "pods").locator("tbody tr")).to_have_count(3)
        await expect(empty).to_be_hidden()
    assert visit.other_than(*GONE) == []


async def test_a_restart_without_an_api_server_blanks_nothing(visit: Visit) -> None:
    """API server, server and page as three real processes; the one between dies."""
    cluster = Cluster()
    cluster.apply("pods", pod("kept"), pod("doomed"))
    tab = visit.page
    await tab.clock.install()
    async with cluster.running():
        async with process(server=cluster.url, heartbeat_seconds=1) as first:
            await opened(tab, first.url)
            await expect(row(tab, "pods", "agents/kept")).to_have_count(1)
            cluster.apply("pods", pod("late"))
            await expect(row(tab, "pods", "agents/late")).to_have_count(1)
            await first.kill()
        cluster.go_down()
        async with process(port=first.port, server=cluster.url, heartbeat_seconds=1):
            await later(tab, 10)
            await linked(tab, "live")
            await expect(section(tab, "pods")).to_have_attribute("data-synced", "false")
            # Kept from a server that knew them: perhaps they are gone.
            await fresh(tab, "pods", "source-stale")
            for name in ("kept", "late", "doomed"):
                await expect(row(tab, "pods", f"agents/{name}")).to_have_count(1)
            assert await hatched(row(tab, "pods", "agents/kept"))
            # The page hears of the server, and the server not of the API server.
            await expect(hop(tab, "page")).to_have_text("connected")
            await expect(hop(tab, "cluster")).to_contain_text("no word of")
            await expect(tab.locator("#bar")).to_contain_text("has lost the API server")
            await expect(tab.get_by_role("button", name="Retry now")).to_be_hidden()

            cluster.delete("pods", "doomed")
            cluster.down = False
            await expect(row(tab, "pods", "agents/doomed")).to_have_count(0, timeout=20_000)
            await expect(row(tab, "pods", "agents/late")).to_have_count(1)
            await expect(section(tab, "pods")).to_have_attribute("data-synced", "true")
            await fresh(tab, "pods", "live")
            await expect(tab.locator("#bar")).to_be_hidden()
    assert visit.other_than(*GONE) == []


async def test_a_change_that_was_lost_is_noticed_by_the_next_heartbeat(
    visit: Visit, shared: Served
) -> None:
    await opened(visit.page, shared.url)
    hub = shared.rooms.hub
    fresh_attaches = hub.statistics.attach_reasons["fresh"]

    def lose() -> None:
        # As if a change had been given to this view and had not arrived.
        (view,) = (reader.view for reader in hub.subscriptions())
        shared.rooms.board.pods.upsert(f"{NAMESPACE}/lost", health("lost"))
        hub.flush()
        view.given += 1

    shared.call(lose)
    await expect(row(visit.page, "pods", "agents/lost")).to_have_count(1)
    await become(lambda: hub.statistics.attach_reasons["fresh"] > fresh_attaches)
    remove(shared, "lost")
    await expect(row(visit.page, "pods", "agents/lost")).to_have_count(0)
    await linked(visit.page, "live")


async def test_reading_again_moves_neither_scroll_nor_focus(visit: Visit) -> None:
    """A new life of the server, with the same pods and one more."""
    await visit.page.clock.install()
    tab = visit.page
    served = living()
    many = [pod(f"p-{n:02}") for n in range(60)]
    served.call(lambda: show(served.application, PODS, *many))
    await opened(tab, served.url)
    marked: Any = await tab.evaluate(
        """() => {
          const line = document.querySelector('tr[data-key="agents/p-40"]');
          line.marked = true;
          scrollTo(0, 600);
          const table = document.querySelector('section[data-topic="pods"] .scrolls');
          table.focus({preventScroll: true});
          return scrollY;
        }"""
    )
    assert marked > 0
    port = served.port
    served.stop(at_once=True)
    again = living(port, epoch="bbbbbbbbbb")
    try:
        again.call(lambda: show(again.application, PODS, *many, pod("z-new")))
        await later(tab, 10)
        await linked(tab, "live")
        await expect(row(tab, "pods", "agents/z-new")).to_have_count(1)
        await fresh(tab, "pods", "live")
        assert await tab.evaluate(
            """() => [scrollY, document.activeElement.className,
                      document.querySelector('tr[data-key="agents/p-40"]').marked]"""
        ) == [marked, "scrolls", True]
    finally:
        again.stop()
    assert visit.other_than(*GONE) == []
