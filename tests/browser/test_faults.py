"""A page that watches a simulated cluster while everything that can go wrong does."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import pytest
import pytest_asyncio
from playwright.async_api import expect

from app.demo.options import NAMESPACE, Options
from app.web.pages import SCRIPTS
from tests.browser.reading import (
    PATIENCE,
    cell,
    fresh,
    hatched,
    hop,
    linked,
    note,
    opened,
    row,
    section,
)
from tests.browser.stage import Stage, staged
from tests.web.reader import become

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from tests.browser.conftest import Visit
    from tests.spine.clock import ForwardClock
    from tests.web.served import Served

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser-demo"),
]

TOPICS = ("pods", "cronjobs", "jobs")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    async with staged(folder, Options(scenario="calm", speed=10)) as made:
        yield made


async def state_of(page: Page, topic: str, state: str) -> None:
    """Wait until a topic's source is in a state, in the table and beside the values."""
    shown = cell(page, "sources", f"{topic}/{NAMESPACE}", "state")
    await expect(shown).to_have_text(state, timeout=PATIENCE)


REMEMBER = """
() => {
  const { dataset } = document.documentElement;
  const source = document.querySelector('tr[data-key="pods/agents"] [data-field="state"]');
  const values = document.querySelector('section[data-topic="pods"]');
  const keep = () => {
    dataset.seen += `source:${source.textContent} link:${dataset.link} `;
    dataset.seen += `values:${values.dataset.freshness} `;
  };
  dataset.seen = '';
  keep();
  const watching = new MutationObserver(keep);
  watching.observe(source, { childList: true, subtree: true, characterData: true });
  watching.observe(values, { attributes: true });
  watching.observe(document.documentElement, { attributeFilter: ['data-link'] });
}
"""
"""A state may be over before a test looks: what it has been is kept."""

LASTING = {"clock", "silent", "no-bookmarks"}
"""They do not happen, they last: nobody counts how often."""

NOTHING_BUT_LIVE = {"source:live", "link:live", "values:live"}

STEPS = (55.0, 55.0)
"""Seconds that pass for the server at once: less than makes a source late, together more than makes
it stale. Only what is proved between them stays live."""


async def proved_again(served: Served, clock: ForwardClock) -> None:
    """Let time pass as far as a source may be silent, and wait until each has been heard of."""
    for seconds in STEPS:
        clock.skip(seconds)
        monitors = [served.rooms.freshness.monitors[f"{kind}/{NAMESPACE}"] for kind in TOPICS]
        await become(lambda: all(monitor.age_seconds < seconds for monitor in monitors))  # noqa: B023  # awaited in its round


async def well(page: Page, stage: Stage) -> None:
    """Wait until everything is live, and the pods are those of the cluster."""
    for topic in TOPICS:
        await state_of(page, topic, "live")
        await fresh(page, topic, "live")
    keys = "lines => lines.map((line) => line.dataset.key.split('/')[1])"
    with anyio.fail_after(PATIENCE / 1_000):
        while True:
            shown = await section(page, "pods").locator("tbody tr").evaluate_all(keys)
            if shown == sorted(await stage.pods()):
                break
            await asyncio.sleep(0.1)
    await linked(page, "live")
    await expect(page.locator("#bar")).to_be_hidden()


async def test_a_pods_death_and_return_are_followed(visit: Visit, stage: Stage) -> None:
    with stage.served() as (served, _):
        await opened(visit.page, served.url)
        await well(visit.page, stage)
        pods = await stage.pods()
        victim = next(name for name in sorted(pods) if name.startswith("agent-"))
        before = set(pods)
        await stage.take(victim)
        await expect(row(visit.page, "pods", f"{NAMESPACE}/{victim}")).to_have_count(0)
        with anyio.fail_after(PATIENCE / 1_000):
            heir = await stage.born(before, "agent-")
        status = cell(visit.page, "pods", f"{NAMESPACE}/{heir}", "status")
        await expect(status).to_have_text("Running", timeout=PATIENCE)
        await expect(cell(visit.page, "pods", f"{NAMESPACE}/{heir}", "ready")).to_have_text("2/2")
        await expect(cell(visit.page, "pods", f"{NAMESPACE}/{heir}", "age")).to_contain_text("ago")
    assert visit.complaints == []


@dataclass(frozen=True)
class Fault:
    """One switch, what the page says of its source meanwhile, and whether it still follows."""

    name: str
    state: str
    wishes: dict[str, Any] = field(default_factory=dict)
    follows: bool = True
    """A pod that is made meanwhile is on the page meanwhile."""


FAULTS = (
    Fault("refuse", "late", follows=False),
    Fault("reset", "late", follows=False),
    Fault("black-hole", "late", follows=False),
    Fault("slow-headers", "live", {"delay": 0.5}),
    Fault("truncate", "late", {"count": 2}),
    Fault("truncate", "late", {"count": 2, "clean": True}),
    Fault("duplicate", "live"),
    # Once it is no news, again and again it is.
    Fault("gone", "live", {"count": 1}),
    Fault("gone", "late", follows=False),
    Fault("gone-http", "live", {"count": 1}),
    Fault("gone-http", "late", follows=False),
    Fault("throttle", "late", {"retryAfter": 1}, follows=False),
    Fault("restart", "late", {"seconds": 2}, follows=False),
    Fault("clock", "live", {"offset": -3600}),
    Fault("error-event", "late", follows=False),
    Fault("unknown-event", "live"),
    Fault("silent", "live"),
    Fault("no-bookmarks", "live"),
)


@pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: "-".join((fault.name, *map(str, fault.wishes)))
)
async def test_a_fault_is_told_and_healed(visit: Visit, stage: Stage, fault: Fault) -> None:
    tab = visit.page
    name = f"beside-{fault.name}-{len(fault.wishes)}"
    made = row(tab, "pods", f"{NAMESPACE}/{name}")
    with stage.served() as (served, clock):
        await opened(tab, served.url)
        await well(tab, stage)
        await tab.evaluate(REMEMBER)
        try:
            await stage.switch("PUT", fault.name, **fault.wishes)
            if fault.follows:
                await stage.make(name)
            if fault.state == "late":
                seen = re.compile("source:late")
                await expect(tab.locator("html")).to_have_attribute(
                    "data-seen", seen, timeout=PATIENCE
                )
                # The link is well: it is the other hop that is broken.
                await linked(tab, "live")
                await expect(hop(tab, "page")).to_have_text("connected")
            if fault.follows:
                await expect(made).to_have_count(1, timeout=PATIENCE)
            if fault.state == "live":
                await proved_again(served, clock)
                met = await stage.switch("GET", fault.name)
                assert not met["on"] or met["hits"] > 0 or fault.name in LASTING
                await fresh(tab, "pods", "live")
                age = cell(tab, "sources", f"pods/{NAMESPACE}", "age")
                # Less than the last step.
                await expect(age).to_have_text(re.compile(r"^[1-4]?\d s ago$"))
                been = await tab.locator("html").get_attribute("data-seen") or ""
                assert set(been.split()) == NOTHING_BUT_LIVE
        finally:
            await stage.switch("DELETE")
        await well(tab, stage)
        if fault.follows:
            await stage.take(name)
            await well(tab, stage)
        await expect(made).to_have_count(0)
    assert visit.complaints == []


@pytest.mark.parametrize("name", ["refuse", "black-hole"])
async def test_an_api_server_that_stays_away_makes_values_stale_and_not_the_link(
    visit: Visit, stage: Stage, name: str
) -> None:
    tab = visit.page
    with stage.served() as (served, clock):
        await opened(tab, served.url)
        await well(tab, stage)
        try:
            await stage.switch("PUT", name)
            await state_of(tab, "pods", "late")
            await expect(hop(tab, "cluster")).to_contain_text("no word of")
            await expect(tab.locator("#bar")).to_be_hidden()
            clock.skip(101)
            for topic in TOPICS:
                await state_of(tab, topic, "stale")
                await fresh(tab, topic, "source-stale")
                await expect(note(tab, topic)).to_have_text(
                    re.compile(r"^stale, as of 1\d\d s ago$")
                )
            assert await hatched(section(tab, "pods").locator("tbody tr").first)
            # It is said which hop broke.
            await linked(tab, "live")
            await fresh(tab, "sources", "live")
            await expect(tab.locator("#bar strong")).to_have_text(
                re.compile(r"^No word of the API server for 1\d\d s$")
            )
            await expect(tab.locator("#bar")).to_contain_text("Watchglass is well")
            await expect(tab.get_by_role("button", name="Retry now")).to_be_hidden()
            await expect(hop(tab, "page")).to_have_text("connected")
        finally:
            await stage.switch("DELETE")
        await well(tab, stage)
    assert visit.complaints == []


async def test_a_forbidden_kind_tells_the_rule_and_leaves_the_others_alone(
    visit: Visit, stage: Stage
) -> None:
    tab = visit.page
    with stage.served() as (served, _):
        await opened(tab, served.url)
        await well(tab, stage)
        try:
            await stage.switch("PUT", "forbidden", resource="jobs.batch")
            await state_of(tab, "jobs", "forbidden")
            await fresh(tab, "jobs", "source-stale")
            await expect(note(tab, "jobs")).to_contain_text("forbidden")
            source = row(tab, "sources", f"jobs/{NAMESPACE}")
            await expect(source).to_contain_text("jobs.batch is forbidden")
            await source.locator("summary").click()
            await expect(source.locator("pre")).to_contain_text('resources: ["jobs"]')
            for topic in ("pods", "cronjobs"):
                await state_of(tab, topic, "live")
                await fresh(tab, topic, "live")
            await stage.make("beside")
            await expect(row(tab, "pods", f"{NAMESPACE}/beside")).to_have_count(1)
        finally:
            await stage.switch("DELETE")
        await well(tab, stage)
        await stage.take("beside")
        await well(tab, stage)
    assert visit.complaints == []


async def test_a_simulator_that_is_killed_is_missed_and_found_again(
    visit: Visit, stage: Stage
) -> None:
    tab = visit.page
    with stage.served() as (served, _):
        await opened(tab, served.url)
        await well(tab, stage)
        await stage.make("doomed")
        await expect(row(tab, "pods", f"{NAMESPACE}/doomed")).to_have_count(1)
        pid = stage.simulator.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        for topic in TOPICS:
            await state_of(tab, topic, "late")
        await expect(hop(tab, "cluster")).to_contain_text("no word of")
        await expect(hop(tab, "page")).to_have_text("connected")
        # What was known is still there.
        await expect(row(tab, "pods", f"{NAMESPACE}/doomed")).to_have_count(1)
        # Another life of the cluster, in which that pod has never been.
        await expect(row(tab, "pods", f"{NAMESPACE}/doomed")).to_have_count(0, timeout=60_000)
        await well(tab, stage)
        assert stage.simulator.pid not in (None, pid)
    assert visit.complaints == []


async def test_the_calm_cluster_costs_no_more_than_it_may(stage: Stage) -> None:
    """HTML, style and scripts of the page together, as they travel."""
    size = 0
    with stage.served() as (served, _):
        await become(served.rooms.ready)
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            for path in ("/", "/static/page.css", *(f"/static/{name}" for name in SCRIPTS)):
                async with session.get(
                    f"{served.url}{path}", headers={"accept-encoding": "gzip"}
                ) as answer:
                    assert answer.status == 200
                    size += len(await answer.read())
    assert size <= 60_000
