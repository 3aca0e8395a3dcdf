"""The page's first picture: the board of one moment, readable without a script."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from starlette.requests import Request

from app.cluster.projections.pods import PODS
from app.errors import Absent, AccessDenied, Unreachable, Unusable
from app.web.cells import CELLS, ago, spoken
from app.web.files import folder
from app.web.pages import SCRIPTS, home
from app.web.painting import MOST_ROWS
from app.web.principal import LOCAL
from tests.cluster.projections.raw import pod
from tests.fakes.clock import ManualClock
from tests.web.house import EPOCH, NAMESPACE, fill, house, show
from tests.web.painted import Node, read
from tests.web.probe import OURS, ask
from tests.web.reader import Reader, exchange, request
from tests.web.served import serving
from tests.web.test_event_stream import health, put

if TYPE_CHECKING:
    from app.errors import ClusterError
    from app.web.front import Application

HOSTILE = '"\'><img src=x onerror="alert(1)"><script>alert(2)</script>&amp;{{ 7 * 7 }}\u202e'


async def painted(application: Application) -> Node:
    told = await ask(application, "/")
    assert told.status == 200, told.body
    return read(told.body)


async def listed(application: Application, kind: str) -> dict[str, dict[str, Any]]:
    told = await ask(application, f"/api/{kind}?pageSize=200")
    return {f"{item['namespace']}/{item['name']}": item for item in told.json()["data"]}


async def test_it_shows_the_values_that_the_api_gives() -> None:
    application = house()
    fill(application)
    page = await painted(application)
    pods, cronjobs, jobs = [
        await listed(application, kind) for kind in ("pods", "cronjobs", "jobs")
    ]
    assert (list(pods), list(cronjobs), list(jobs)) == (
        list(page.rows("pods")),
        list(page.rows("cronjobs")),
        list(page.rows("jobs")),
    )
    assert len(pods) == len(cronjobs) == len(jobs) == 3
    for key, value in pods.items():
        assert page.cells("pods", key) == {
            "name": value["name"],
            "status": value["reason"],
            "ready": f"{value['readyContainers']}/{value['totalContainers']}",
            "restarts": str(value["restartCount"]),
            "owner": value.get("owner", ""),
            "age": "earlier",
        }
    for key, value in cronjobs.items():
        cells = page.cells("cronjobs", key)
        assert (cells["schedule"], cells["active"]) == (
            value["schedule"],
            str(value["activeJobs"]),
        )
    assert page.cells("cronjobs", "agents/paused")["state"] == "suspended"
    assert {key: page.cells("jobs", key)["status"] for key in jobs} == {
        key: value["status"] for key, value in jobs.items()
    }
    assert page.one("section", topic="pods").one("span", count="").text == "3"


async def test_it_is_never_stored_and_below_its_base_path_alike() -> None:
    application = house(base_path="/watchglass")
    fill(application)
    told = await ask(application, "/watchglass/")
    assert told.header("cache-control") == "no-store"
    assert list(read(told.body).rows("pods")) == [
        "agents/agent-0",
        "agents/agent-1",
        "agents/web-0",
    ]


async def test_text_of_others_is_text() -> None:
    application = house(cluster_name=HOSTILE)
    fill(application)
    evil = health("evil").model_copy(update={"reason": HOSTILE, "owner": HOSTILE, "name": HOSTILE})
    application.rooms.board.pods.upsert(f"{NAMESPACE}/{HOSTILE}", evil)
    monitor = application.rooms.freshness.monitors["pods/agents"]
    monitor.failed(Unreachable(HOSTILE))
    page = await painted(application)
    assert page.find("img") == []
    assert [script.attributes["src"] for script in page.find("script")] == ["/static/page.js"]
    assert page.one("h1").text == HOSTILE
    cells = page.cells("pods", f"{NAMESPACE}/{HOSTILE}")
    assert (cells["name"], cells["status"], cells["owner"]) == (HOSTILE,) * 3
    assert HOSTILE in page.cells("sources", "pods/agents")["message"]


async def test_the_position_is_that_of_the_values() -> None:
    """However much is written meanwhile: the seq that is painted is that of the pod that is."""
    application = house()
    fill(application)
    pods, hub = application.rooms.board.pods, application.rooms.hub
    before = hub.seq
    seen: set[int] = set()

    async def write() -> None:
        while True:
            pods.upsert(f"{NAMESPACE}/busy", health("busy", restarts=hub.seq + 1 - before))
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        await anyio.lowlevel.checkpoint()
        for _ in range(20):
            page = await painted(application)
            seq = int(page.attributes["data-seq"])
            assert page.attributes["data-epoch"] == EPOCH
            assert page.cells("pods", f"{NAMESPACE}/busy")["restarts"] == str(seq - before)
            seen.add(seq)
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert len(seen) > 1, "it was written meanwhile"


async def test_a_stream_goes_on_where_the_paint_stands() -> None:
    with serving(house(heartbeat_seconds=1)) as served:
        served.call(lambda: fill(served.application))
        told = await exchange(served.port, request("/"))
        page = read(told.body)
        cursor = f"{page.attributes['data-epoch']}-{page.attributes['data-seq']}"
        put(served, "new", 1)
        async with Reader(served.port) as reader:
            await reader.follow(f"/api/stream?since={cursor}")
            assert (await reader.named("hello")).data["reason"] == "resumed"
            (change,) = (await reader.named("change")).changes
    assert change["key"] == "agents/new"


@pytest.mark.parametrize(
    ("error", "state", "freshness"),
    [
        (Unreachable("Gone."), "late", "late"),
        (Absent("No such kind."), "absent", "source-stale"),
        (Unusable("Not a list."), "error", "source-stale"),
    ],
)
async def test_what_may_be_old_is_marked(error: ClusterError, state: str, freshness: str) -> None:
    application = house()
    fill(application)
    application.rooms.freshness.monitors["pods/agents"].failed(error)
    page = await painted(application)
    card = page.one("section", topic="pods")
    assert card.attributes["data-freshness"] == freshness
    assert card.one("h2").one("small").text == f"{state}, as of 0 s ago"
    assert {row.attributes["data-freshness"] for row in page.rows("pods").values()} == {freshness}
    assert {row.attributes["data-freshness"] for row in page.rows("jobs").values()} == {
        "connecting"
    }
    assert page.cells("sources", "pods/agents")["state"] == state
    assert page.one("div", hop="cluster").one("dd").text == f"pods/agents {state}"


async def test_a_source_grows_old_by_the_servers_clock() -> None:
    clock = ManualClock()
    application = house(clock=clock)
    fill(application)
    clock.advance(130)
    for monitor in application.rooms.freshness.monitors.values():
        monitor.assess()
    page = await painted(application)
    assert page.one("section", topic="pods").one("h2").one("small").text == "stale, as of 2 min ago"
    age = page.rows("sources")["pods/agents"].children[-1]
    assert (age.text, age.attributes["data-ms"]) == ("2 min ago", "130000")
    assert page.attributes["data-painted"] == "2026-01-01T00:02:10.000Z"
    assert "2026-01-01 00:02:10 UTC" in page.one("noscript").text


async def test_a_forbidden_source_shows_the_rule_and_doubts_its_own_namespace_alone() -> None:
    application = house(namespaces=(NAMESPACE, "night"))
    for namespace in (NAMESPACE, "night"):
        fill(application, namespace)
    denied = AccessDenied(
        "May not list jobs.", verb="list", group="batch", resource="jobs", namespace="night"
    )
    application.rooms.freshness.monitors["jobs/night"].failed(denied)
    page = await painted(application)
    marks = {key: row.attributes["data-freshness"] for key, row in page.rows("jobs").items()}
    assert marks["night/done"] == "source-stale"
    assert marks["agents/done"] == "connecting"
    # A name is one in its namespace only.
    names = {key: page.cells("jobs", key)["name"] for key in ("agents/done", "night/done")}
    assert names == {"agents/done": "agents/done", "night/done": "night/done (out of date)"}
    rule = page.rows("sources")["jobs/night"].one("pre").text
    assert "resources" in rule
    assert "jobs" in rule
    source = application.rooms.board.sources.get("jobs/night")
    assert source is not None
    assert rule == source.missing_rule
    details = {key: row.one("details") for key, row in page.rows("sources").items()}
    assert [key for key, node in details.items() if "hidden" not in node.attributes] == [
        "jobs/night"
    ]


async def test_nothing_is_known_before_the_first_list() -> None:
    page = await painted(house())
    card = page.one("section", topic="pods")
    assert card.attributes["data-synced"] == "false"
    assert card.one("h2").one("small").text == "not all known yet, connecting"
    empty = card.one("p", empty="")
    assert (empty.text, "hidden" in empty.attributes) == ("Not known.", False)
    assert page.cells("sources", "pods/agents")["age"] == "never"


async def test_an_empty_namespace_is_known_to_be_empty() -> None:
    application = house()
    show(application, PODS)
    application.rooms.freshness.monitors["pods/agents"].proved("list", 0)
    card = (await painted(application)).one("section", topic="pods")
    assert card.one("p", empty="").text == "None."


async def test_ten_thousand_pods_do_not_hold_the_loop() -> None:
    application = house()
    show(application, PODS, *(pod(f"p-{n:04}") for n in range(MOST_ROWS + 5)))
    page = await painted(application)
    card = page.one("section", topic="pods")
    assert list(page.rows("pods")) == [f"agents/p-{n:04}" for n in range(MOST_ROWS)]
    assert card.one("span", count="").text == str(MOST_ROWS + 5)
    assert card.one("p", more="").text == "The first 500 of 505; the others come with the stream."


async def test_of_many_namespaces_none_is_taken_for_unknown() -> None:
    """Sources of a kind that the page does not show take nobody's place."""
    names = tuple(f"n-{n:03}" for n in range(MOST_ROWS // 2))
    application = house(namespaces=names)
    monitors = application.rooms.freshness.monitors
    for name in names:
        show(application, PODS, pod("one"), namespace=name)
    for monitor in monitors.values():
        monitor.proved("list", 1)
    page = await painted(application)
    assert {row.attributes["data-freshness"] for row in page.rows("pods").values()} == {
        "connecting"
    }
    assert page.one("section", topic="pods").one("h2").one("small").text == "as of 0 s ago"
    shown, total = page.rows("sources"), 3 * len(names)
    assert list(shown) == sorted(key for key in monitors if not key.startswith("events/"))[:500]
    card = page.one("section", topic="sources")
    assert card.one("span", count="").text == str(total)
    assert card.one("p", more="").text.startswith(f"The first 500 of {total};")
    # What is wrong with a source counts although its row is not painted.
    assert f"pods/{names[-1]}" not in shown
    for name in names[-5:]:
        monitors[f"pods/{name}"].failed(Absent("No such kind."))
    page = await painted(application)
    marks = {key: row.attributes["data-freshness"] for key, row in page.rows("pods").items()}
    assert [key for key, mark in marks.items() if mark == "source-stale"] == [
        f"{name}/one" for name in names[-5:]
    ]
    told = ", ".join(f"pods/{name} absent" for name in names[-5:-2])
    assert page.one("div", hop="cluster").one("dd").text == f"{told}, and 2 more"


async def test_who_may_not_read_details_sees_none() -> None:
    application = house()
    fill(application)
    application.rooms.freshness.monitors["pods/agents"].failed(Unreachable("At 10.0.0.1."))

    async def page(scopes: frozenset[Any]) -> str:
        scope = {
            "type": "http",
            "app": application,
            "headers": [],
            "state": {"principal": replace(LOCAL, scopes=scopes)},
        }
        return bytes((await home(Request(scope))).body).decode()

    assert "At 10.0.0.1." in await page(LOCAL.scopes)
    assert "At 10.0.0.1." not in await page(frozenset({"pages", "stream:summary"}))


async def test_it_costs_no_more_than_it_may() -> None:
    """HTML, style and scripts of the page together, as they travel."""
    application = house()
    fill(application)
    headers = [OURS, ("accept-encoding", "gzip")]
    size = 0
    for path in ("/", "/static/page.css", *(f"/static/{name}" for name in SCRIPTS)):
        told = await ask(application, path, headers=headers)
        assert told.status == 200, path
        size += len(told.body)
        if told.header("content-encoding") == "gzip":
            gzip.decompress(told.body)
    assert size <= 60_000


def test_every_script_is_named_in_the_page() -> None:
    """So that none waits for another one to ask for it."""
    static = folder("static")
    found, new = {"page.js"}, ["page.js"]
    while new:
        name = new.pop()
        for link in re.findall(r"""\bfrom '(\.[^']+)'""", (static / name).read_text()):
            target = (static / name).parent.joinpath(link).resolve().relative_to(static).as_posix()
            if target not in found:
                found.add(target)
                new.append(target)
    assert found == set(SCRIPTS)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0 s"),
        (119_999, "119 s"),
        (120_000, "2 min"),
        (7_199_999, "119 min"),
        (7_200_000, "2 h"),
        (172_800_000, "2 d"),
    ],
)
def test_durations(milliseconds: int, words: str) -> None:
    assert ago(milliseconds) == words


def test_moments() -> None:
    assert spoken("") == ""
    assert spoken("2026-01-31T09:05:00.250Z") == "2026-01-31 09:05 UTC"
    assert spoken("2026-01-31T09:05:00.250Z", seconds=True) == "2026-01-31 09:05:00 UTC"


@pytest.mark.parametrize(
    ("status", "ready", "mood"),
    [
        ("Running", 1, ""),
        ("Running", 0, "warn"),
        ("Completed", 0, ""),
        ("Terminating", 0, "busy"),
        ("Init:0/2", 0, "busy"),
        ("Init:CrashLoopBackOff", 0, "bad"),
        ("Init:ExitCode:3", 0, "bad"),
        ("Signal:9", 0, "bad"),
        ("OOMKilled", 0, "bad"),
        ("ErrImagePull", 0, "bad"),
        ("Unknown", 0, "warn"),
        ("Running\nError", 1, "bad"),
        ("Pending\n", 1, ""),
    ],
)
def test_moods_of_pods(status: str, ready: int, mood: str) -> None:
    value = json.loads(
        health("a").model_copy(update={"reason": status}).model_dump_json(by_alias=True)
    )
    cells = CELLS["pods"]({**value, "readyContainers": ready})
    assert cells[1].mood == mood


def test_of_a_schedule_the_time_zone_is_told() -> None:
    value = {"name": "a", "schedule": "0 * * * *", "activeJobs": 0, "suspended": False}
    assert CELLS["cronjobs"](value)[2].text == "0 * * * *"
    assert (
        CELLS["cronjobs"]({**value, "timeZone": "Europe/Berlin"})[2].text
        == "0 * * * * Europe/Berlin"
    )
