"""The first paint in a real browser: readable by itself, and taken over without a flicker."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from app.clock import SystemClock
from app.errors import AccessDenied, Unusable
from app.model import CronJobInfo, JobInfo, format_time
from tests.browser.conftest import FLAGS
from tests.browser.reading import (
    cell,
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
from tests.requirements import CHROMIUM
from tests.web.house import NAMESPACE, fill, house
from tests.web.painted import Node, read
from tests.web.reader import become, exchange, request
from tests.web.served import Served, serving
from tests.web.test_event_stream import health, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Browser, Route

    from app.web.front import Application
    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

REASONS = (
    "Completed",
    "CrashLoopBackOff",
    "ContainerCreating",
    "Error",
    "Evicted",
    "Init:0/2",
    "Init:Error",
    "Init:ExitCode:3",
    "NotReady",
    "OOMKilled",
    "Pending",
    "PodInitializing",
    "Running",
    "Signal:9",
    "Terminating",
    "Unknown",
    "a\nb \u2028 <b>&amp;</b>",
)


def varied(application: Application) -> None:
    """Every kind of value that the page has a word or a shape for."""
    fill(application)
    board = application.rooms.board
    for index, reason in enumerate(REASONS):
        shown = health(f"pod-{index:02}", index).model_copy(
            update={"reason": reason, "owner": "agent" if index % 2 else None}
        )
        board.pods.upsert(f"{NAMESPACE}/{shown.name}", shown)
    half = health("half").model_copy(update={"reason": "Running", "total_containers": 2})
    board.pods.upsert(f"{NAMESPACE}/half", half)
    board.cronjobs.upsert(
        f"{NAMESPACE}/zoned",
        CronJobInfo(
            name="zoned",
            schedule="*/5 * * * *",
            time_zone="Europe/Berlin",
            active_jobs=2,
            suspended=False,
            last_schedule_time=application.rooms.clock.now(),
        ),
    )
    for code, status in ((0, "succeeded"), (57, "failed"), (None, "running")):
        board.jobs.upsert(
            f"{NAMESPACE}/job-{code}",
            JobInfo.model_validate(
                {
                    "name": f"job-{code}",
                    "cronJobName": "zoned",
                    "status": status,
                    "exitCode": code,
                    "startTime": application.rooms.clock.now(),
                }
            ),
        )
    monitors = application.rooms.freshness.monitors
    monitors["jobs/agents"].failed(
        AccessDenied("No <jobs>.", verb="list", group="batch", resource="jobs", namespace="agents")
    )
    monitors["cronjobs/agents"].failed(Unusable("Not a list."))


@pytest.fixture(scope="module")
def rich() -> Iterator[Served]:
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as running:
        running.call(lambda: varied(running.application))
        yield running


def described(page: Node) -> dict[str, Any]:
    """What was painted, without what depends on when and where it is read."""
    return {
        topic: {
            "rows": {
                key: [line.attributes["data-freshness"].replace("connecting", "live"), *texts(line)]
                for key, line in page.rows(topic).items()
            },
            "card": page.one("section", topic=topic)
            .attributes["data-freshness"]
            .replace("connecting", "live"),
            "empty": page.one("section", topic=topic).one("p", empty="").text,
        }
        for topic in ("sources", "pods", "cronjobs", "jobs")
    }


def texts(line: Node) -> list[str]:
    """Each cell: its mood, the moment it shows or its text, and whether there is a rule."""
    found = []
    for node in line.children:
        moments = node.find("time")
        moment = moments[0].attributes.get("datetime", "") if moments else None
        found.append(
            "|".join(
                (
                    node.attributes["data-field"],
                    node.attributes.get("data-mood", ""),
                    "" if node.attributes["data-field"] == "age" else moment or node.text,
                    *(str("hidden" not in rule.attributes) for rule in node.find("details")),
                )
            )
        )
    return found


DESCRIBE = """
() => Object.fromEntries(['sources', 'pods', 'cronjobs', 'jobs'].map((topic) => {
  const section = document.querySelector(`section[data-topic="${topic}"]`);
  const rows = [...section.querySelectorAll('tbody tr')].map((line) => [line.dataset.key, [
    line.dataset.freshness,
    ...[...line.children].map((node) => {
      const time = node.querySelector('time');
      const field = node.dataset.field;
      return [
        field,
        node.dataset.mood ?? '',
        field === 'age' ? '' : time?.getAttribute('datetime') || (time ?? node).textContent,
        ...[...node.querySelectorAll('details')].map((rule) => rule.hidden ? 'False' : 'True'),
      ].join('|');
    }),
  ]]);
  return [topic, {
    rows: Object.fromEntries(rows),
    card: section.dataset.freshness,
    empty: section.querySelector('[data-empty]').textContent,
  }];
}))
"""

WATCH_THE_TAKING_OVER = """
globalThis.changes = [];
document.addEventListener('readystatechange', () => {
  if (document.readyState !== 'interactive') return;
  for (const line of document.querySelectorAll('main tr')) line.painted = true;
  const parent = (node) => (node.nodeType === 1 ? node : node.parentElement);
  const told = { subtree: true, childList: true, characterData: true };
  new MutationObserver((records) => {
    for (const { type, target } of records) {
      if (parent(target)?.closest('[data-field="age"], time')) continue;
      globalThis.changes.push(`${type} of ${target.nodeName}`);
    }
  }).observe(document.querySelector('[data-topic="pods"] tbody'), told);
});
"""


async def test_what_is_painted_is_what_the_elements_draw(visit: Visit, rich: Served) -> None:
    painted = read((await exchange(rich.port, request("/"))).body)
    await opened(visit.page, rich.url)
    await fresh(visit.page, "pods", "live")
    # Each cell has been filled anew by now, with what the stream has brought.
    assert await visit.page.evaluate(DESCRIBE) == described(painted)
    assert len(painted.rows("pods")) == len(REASONS) + 4
    assert visit.complaints == []


async def test_it_is_taken_over_without_a_flicker(visit: Visit, rich: Served) -> None:
    await visit.page.add_init_script(WATCH_THE_TAKING_OVER)
    await opened(visit.page, rich.url)
    await fresh(visit.page, "pods", "live")
    lines = section(visit.page, "pods").locator("tbody tr")
    assert await lines.evaluate_all("lines => lines.every((line) => line.painted)")
    assert await visit.page.evaluate("globalThis.changes") == []


async def test_what_is_older_than_the_paint_is_not_drawn(visit: Visit) -> None:
    """As when another tab tells us what it holds, and is a moment behind our own paint."""
    tab = visit.page
    with serving(house(clock=SystemClock(), heartbeat_seconds=60)) as served:
        served.call(lambda: fill(served.application))
        # Heartbeats go to a tenth of the readers at a time: the page's is half a minute away.
        for _ in range(5):
            await exchange(served.port, request("/api/stream?maxEvents=1"))

        async def ahead(route: Route) -> None:
            answer = await route.fetch()
            body = (await answer.text()).replace(
                f'data-seq="{served.rooms.hub.seq}"', f'data-seq="{served.rooms.hub.seq + 2}"'
            )
            body = body.replace(
                '<td data-field="restarts">0</td>', '<td data-field="restarts">7</td>'
            )
            await route.fulfill(response=answer, body=body)

        await tab.route(f"{served.url}/", ahead)
        await opened(tab, served.url)
        restarts = cell(tab, "pods", "agents/agent-0", "restarts")
        put(served, "first", 1)
        await become(lambda: served.rooms.hub.statistics.flushes > 0)
        # Drawn are ages, four times a second; values not yet.
        await expect(tab.locator("#heard")).to_have_text("2 s")
        await expect(restarts).to_have_text("7")
        await expect(row(tab, "pods", "agents/first")).to_have_count(0)
        put(served, "second", 1)
        await expect(restarts).to_have_text("0")
        for name in ("first", "second"):
            await expect(row(tab, "pods", f"agents/{name}")).to_have_count(1)


WHEN_DRAWN = """
() => new Promise((resolve) => {
  const cell = document.querySelector('tr[data-key="agents/agent-0"] [data-field="restarts"]');
  new MutationObserver(() => resolve(Date.now()))
    .observe(cell, { childList: true, characterData: true });
})
"""


async def test_a_heartbeat_from_before_the_paint_does_not_take_its_values_away(
    visit: Visit,
) -> None:
    """The seq is never reached: that nothing was lost since is what a later heartbeat tells."""
    tab = visit.page
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
        served.call(lambda: fill(served.application))
        ahead = served.rooms.clock.now() + timedelta(seconds=5)

        async def early(route: Route) -> None:
            answer = await route.fetch()
            body = repainted(await answer.text(), at=ahead, seq=served.rooms.hub.seq + 1_000)
            body = body.replace(
                '<td data-field="restarts">0</td>', '<td data-field="restarts">7</td>'
            )
            await route.fulfill(response=answer, body=body)

        await tab.route(f"{served.url}/", early)
        await opened(tab, served.url)
        await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("7")
        assert await tab.evaluate(WHEN_DRAWN) >= ahead.timestamp() * 1_000
        await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("0")
    assert visit.complaints == []


def repainted(body: str, *, at: datetime, seq: int | None = None) -> str:
    """The page as if it had been painted at another time, and where asked at another seq."""
    body, count = re.subn(r'data-painted="[^"]+"', f'data-painted="{format_time(at)}"', body)
    assert count == 1
    return body if seq is None else re.sub(r'data-seq="\d+"', f'data-seq="{seq}"', body)


async def test_a_paint_out_of_a_cache_looks_as_old_as_it_is(visit: Visit) -> None:
    """Of an hour ago, by a network that brings nothing else; then it does."""
    tab = visit.page
    await tab.clock.install()
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
        served.call(lambda: fill(served.application))

        async def cached(route: Route) -> None:
            answer = await route.fetch()
            at = served.rooms.clock.now() - timedelta(hours=1)
            await route.fulfill(response=answer, body=repainted(await answer.text(), at=at))

        async def nothing(route: Route) -> None:
            await route.abort()

        await tab.route(f"{served.url}/", cached)
        await tab.route("**/api/stream?*", nothing)
        await tab.goto(f"{served.url}/")
        await linked(tab, "disconnected")
        for topic in ("sources", "pods", "cronjobs", "jobs"):
            await fresh(tab, topic, "disconnected")
            await expect(section(tab, topic)).to_have_attribute("data-freshness", "disconnected")
        assert await hatched(row(tab, "pods", "agents/agent-0"))
        await expect(tab.locator("#heard")).to_have_text("nothing yet, 60 min")
        await expect(note(tab, "pods")).to_have_text("as of 60 min ago")
        await expect(cell(tab, "sources", "pods/agents", "age")).to_have_text("60 min ago")
        await expect(hop(tab, "cluster")).to_have_text("not known")
        await expect(tab.locator("#bar strong")).to_have_text(
            re.compile(r"^No update for 1:00:\d\d$")
        )
        await expect(tab.locator("#bar")).to_contain_text("Everything below is as it was at ")
        put(served, "agent-0", 5)
        await tab.unroute("**/api/stream?*")
        await later(tab, 6)
        await linked(tab, "live")
        await fresh(tab, "pods", "live")
        await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("5")
        await expect(tab.locator("#bar")).to_be_hidden()
    assert visit.other_than("ERR_FAILED", "WebSocket connection to") == []


async def test_with_the_back_button_no_old_value_comes_back(browser: Browser) -> None:
    """A browser that keeps pages as they were for the way back does not keep this one."""
    keeping = await browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=list(FLAGS),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    try:
        with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
            served.call(lambda: fill(served.application))
            tab = await keeping.new_page()
            await opened(tab, served.url)
            await tab.evaluate("globalThis.same = true")
            await tab.goto(f"{served.url}/api/pods")
            await become(lambda: served.rooms.readers == 0)
            put(served, "agent-0", 5)
            await tab.go_back()
            await expect(cell(tab, "pods", "agents/agent-0", "restarts")).to_have_text("5")
            await linked(tab, "live")
            await fresh(tab, "pods", "live")
            assert not await tab.evaluate("globalThis.same")
    finally:
        await keeping.close()


async def test_without_a_script_it_can_be_read(browser: Browser, rich: Served) -> None:
    context = await browser.new_context(java_script_enabled=False)
    tab = await context.new_page()
    await tab.goto(f"{rich.url}/")
    await expect(tab.locator("noscript p")).to_contain_text("it is as it was at 20")
    await expect(tab.locator("#link")).to_contain_text("as of 20")
    await expect(cell(tab, "pods", "agents/agent-1", "status")).to_have_text("ImagePullBackOff")
    await expect(row(tab, "jobs", "agents/done")).to_be_visible()
    rule = row(tab, "sources", "jobs/agents").locator("details")
    await rule.locator("summary").click()
    await expect(rule.locator("pre")).to_contain_text("resources")
    await expect(rule.locator("button")).to_be_hidden()
    await expect(tab.locator("#bar")).to_be_hidden()
    await context.close()


async def test_everything_it_needs_is_asked_for_at_once(visit: Visit, rich: Served) -> None:
    """Nothing named in the page is left unused, and no module is found by another one first."""
    await opened(visit.page, rich.url)
    preloaded = await visit.page.locator("link[rel=modulepreload]").evaluate_all(
        "links => links.map((link) => link.href)"
    )
    scripts = [url for url in visit.requests if url.endswith(".js")]
    assert sorted(scripts) == sorted(preloaded)
    assert visit.complaints == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_words_can_be_read_in_the_dark_and_in_the_light(
    visit: Visit, rich: Served, scheme: Any
) -> None:
    await visit.page.emulate_media(color_scheme=scheme)
    await opened(visit.page, rich.url)
    ratios = await visit.page.evaluate(CONTRASTS)
    assert len(ratios) > 100
    assert min(ratios.values()) >= 4.5, {k: v for k, v in ratios.items() if v < 4.5}


CONTRASTS = """
() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = light(getComputedStyle(document.documentElement).backgroundColor);
  const found = {};
  let number = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    if (!text.textContent.trim() || !text.parentElement.checkVisibility()) continue;
    const ink = light(getComputedStyle(text.parentElement).color);
    const [high, low] = ink > ground ? [ink, ground] : [ground, ink];
    number += 1;
    found[`${number} ${text.textContent.trim()}`] = (high + 0.05) / (low + 0.05);
  }
  return found;
}
"""


async def test_a_keyboard_reaches_everything_and_a_reader_hears_the_link(
    visit: Visit, rich: Served
) -> None:
    tab = visit.page
    await opened(tab, rich.url)
    await expect(tab.get_by_role("status").first).to_have_text("Live")
    regions = tab.get_by_role("region")
    await expect(regions).to_have_count(4)
    for topic in ("Sources", "Pods", "CronJobs", "Jobs"):
        await expect(tab.get_by_role("region", name=topic, exact=True)).to_have_count(1)
    table = section(tab, "pods").get_by_role("table")
    await expect(table.get_by_role("columnheader")).to_have_text(
        ["Pod", "Status", "Ready", "Restarts", "Owner", "Changed"]
    )
    await expect(table.get_by_role("rowheader", name="agent-0")).to_be_visible()
    # The shape beside a word is for eyes: the word is there already.
    failed = table.get_by_role("cell", name="ImagePullBackOff", exact=True)
    await expect(failed).to_have_count(1)
    reached = []
    for _ in range(8):
        await tab.keyboard.press("Tab")
        reached.append(await tab.evaluate("document.activeElement.tagName.toLowerCase()"))
        ring = await tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid" or reached[-1] == "body"
    assert {"div", "summary"} <= set(reached)
    await linked(tab, "live")
