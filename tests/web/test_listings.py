"""Orders, filters and single values of the API, and how far they can be trusted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from starlette.requests import Request

from app.errors import Forbidden, Unreachable
from app.model import Incident, ObjectReference, RecentRun, Warning
from app.web import api, health
from app.web.listings import INCIDENTS, LISTINGS
from app.web.principal import LOCAL
from tests.fakes.clock import START
from tests.web.house import NAMESPACE, fill, house
from tests.web.probe import OURS, ask
from tests.web.reader import problem_of

if TYPE_CHECKING:
    from app.model import IncidentState, Severity
    from app.web.front import Application

SUMMARY = replace(LOCAL, scopes=frozenset({"stream:summary", "pages"}))


@pytest.fixture
def application() -> Application:
    made = house()
    fill(made)
    return made


async def names(application: Application, target: str, field: str = "name") -> list[str]:
    told = await ask(application, target)
    assert told.status == 200, told.body
    return [item[field] for item in told.json()["data"]]


def incident(
    kind: str, state: IncidentState, severity: Severity, minutes: int, namespace: str = NAMESPACE
) -> Incident:
    return Incident(
        key=f"{kind}/{namespace}/one",
        kind=kind,
        severity=severity,
        state=state,
        title=f"the {kind} of one",
        reason="because",
        since=START - timedelta(minutes=minutes),
        last_change=START - timedelta(minutes=minutes),
        count=1,
        objects=(),
        actions=(),
    )


def trouble(application: Application, *incidents: Incident) -> None:
    topic = application.rooms.board.incidents
    for one in incidents:
        topic.upsert(one.key, one)


async def test_what_has_no_place_in_an_order_comes_last(application: Application) -> None:
    board = application.rooms.board
    for name, restarts, minutes in (("agent-0", 3, 5), ("web-0", 3, None), ("agent-1", 9, 1)):
        key = f"{NAMESPACE}/{name}"
        last = None if minutes is None else START - timedelta(minutes=minutes)
        pod = board.pods.get(key)
        assert pod is not None
        changed = {"restart_count": restarts, "last_restart_time": last}
        board.pods.upsert(key, pod.model_copy(update=changed))
    ask_for = partial(names, application)
    assert await ask_for("/api/pods?sort=lastRestartTime") == ["agent-0", "agent-1", "web-0"]
    assert await ask_for("/api/pods?sort=-lastRestartTime") == ["agent-1", "agent-0", "web-0"]
    # Equal ones stay in the order of their keys, whichever way.
    assert await ask_for("/api/pods?sort=restartCount") == ["agent-0", "web-0", "agent-1"]
    assert await ask_for("/api/pods?sort=-restartCount") == ["agent-1", "agent-0", "web-0"]
    assert await ask_for("/api/pods?sort=-name&pageSize=2") == ["web-0", "agent-1"]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
async def test_every_order_and_filter_is_taken(application: Application, listing: Any) -> None:
    trouble(application, incident("a", "active", "warning", 1))
    board = application.rooms.board
    about = ObjectReference(kind="Pod", namespace=NAMESPACE, name="agent-0")
    board.events.upsert(
        f"{NAMESPACE}/u",
        Warning(
            namespace=NAMESPACE,
            reason="BackOff",
            message="m",
            object=about,
            count=2,
            first_seen=START,
            last_seen=START,
        ),
    )
    path = f"/api/{listing.name}"
    total = (await ask(application, path)).json()["total"]
    assert total > 0
    for order in listing.orders:
        for sign in ("", "-"):
            told = await ask(application, f"{path}?sort={sign}{order.name}")
            assert (told.status, told.json()["total"]) == (200, total), order.name
    for each in listing.filters:
        for word in each.words or ("nobody",):
            told = await ask(application, f"{path}?{each.name}={word}")
            assert told.status == 200, (each.name, word)
            if not each.words:
                assert told.json()["total"] == 0


async def test_incidents_come_worst_first_and_without_the_past(application: Application) -> None:
    trouble(
        application,
        incident("young", "new", "critical", 1),
        incident("old", "active", "critical", 9),
        incident("mild", "active", "warning", 99),
        incident("gone", "resolved", "critical", 50),
        incident("far", "active", "warning", 9, namespace="*"),
    )
    ours = {"young", "old", "mild", "gone", "far"}

    async def ask_for(target: str) -> list[str]:
        """Without what the rules find in the house by themselves."""
        return [kind for kind in await names(application, target, "kind") if kind in ours]

    assert await ask_for("/api/incidents") == ["old", "young", "mild", "far"]
    assert await ask_for("/api/incidents?state=resolved") == ["gone"]
    assert await ask_for("/api/incidents?severity=warning") == ["mild", "far"]
    assert await ask_for("/api/incidents?kind=old,gone&state=active,resolved") == ["gone", "old"]
    assert await ask_for("/api/incidents?q=OF+ONE&sort=since&severity=critical") == ["old", "young"]
    # What is of no namespace concerns every choice of them.
    assert "far" in await ask_for(f"/api/incidents?namespace={NAMESPACE}")


async def test_what_was_resolved_long_ago_is_still_known() -> None:
    """Beyond the ten minutes that it stays on the board."""
    application = house()
    fill(application)
    past = incident("past", "resolved", "warning", 60)
    assert application.rooms.incidents is not None
    listing = replace(INCIDENTS, past=lambda rooms: ((past.key, past),))
    scope = {
        "type": "http",
        "app": application,
        "query_string": b"state=resolved",
        "headers": [],
        "state": {"principal": LOCAL},
    }
    told = json.loads(bytes((await api.listed(listing, Request(scope))).body))
    assert [item["kind"] for item in told["data"]] == ["past"]
    assert list(INCIDENTS.past(application.rooms)) == []


@pytest.mark.parametrize(
    ("path", "found"), [("pods", "agent-0"), ("cronjobs", "busy"), ("jobs", "done")]
)
async def test_one_value(application: Application, path: str, found: str) -> None:
    told = await ask(application, f"/api/{path}/{NAMESPACE}/{found}")
    assert told.status == 200
    value = told.json()
    assert value.keys() == {"data", "success"}
    listed = (await ask(application, f"/api/{path}?q={found}")).json()["data"]
    assert value["data"] in listed
    etag = told.header("etag")
    assert etag is not None
    again = await ask(
        application,
        f"/api/{path}/{NAMESPACE}/{found}",
        headers=[OURS, ("if-none-match", etag)],
    )
    assert again.status == 304


async def test_a_cronjob_comes_with_its_runs(application: Application) -> None:
    board = application.rooms.board
    job = board.cronjobs.get(f"{NAMESPACE}/busy")
    assert job is not None
    runs = (RecentRun(name="busy-1", status="failed", exit_code=57),)
    board.cronjobs.upsert(f"{NAMESPACE}/busy", job.model_copy(update={"recent_runs": runs}))
    told = (await ask(application, f"/api/cronjobs/{NAMESPACE}/busy")).json()
    assert told["data"]["recentRuns"] == [{"name": "busy-1", "status": "failed", "exitCode": 57}]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (f"/api/pods/{NAMESPACE}/nobody", f"no pod nobody in the namespace {NAMESPACE}"),
        ("/api/jobs/elsewhere/done", "The namespace elsewhere is not watched."),
        (f"/api/cronjobs/{NAMESPACE}/%1b%5b31m", "no CronJob ?[31m in"),
        (f"/api/pods/{NAMESPACE}/a/b", "nothing at this path"),
    ],
)
async def test_what_is_not_there_is_said_to_be_not_there(
    application: Application, target: str, words: str
) -> None:
    told = await ask(application, target)
    assert told.status == 404
    assert words in problem_of(told)["error"]


@pytest.mark.parametrize(
    ("lost", "doubted"),
    [
        # A Job's exit code is that of a pod, and a CronJob's state is that of its Jobs.
        ("pods", {"pods", "jobs", "cronjobs"}),
        ("jobs", {"jobs", "cronjobs"}),
        ("cronjobs", {"cronjobs"}),
        ("events", {"events"}),
    ],
)
async def test_data_of_a_source_that_is_not_live_is_doubtful(
    application: Application, lost: str, doubted: set[str]
) -> None:
    one = {"pods": "agent-0", "cronjobs": "busy", "jobs": "done"}
    targets = [(listing.name, f"/api/{listing.name}") for listing in LISTINGS]
    targets += [(name, f"/api/{name}/{NAMESPACE}/{found}") for name, found in one.items()]
    targets.append(("health", "/api/health"))
    for _, target in targets:
        assert "doubtful" not in (await ask(application, target)).json(), target
    monitor = application.rooms.freshness.monitors[f"{lost}/{NAMESPACE}"]
    monitor.failed(Unreachable("nobody answers"))
    for name, target in targets:
        expected = [f"{lost}/{NAMESPACE}"] if name in doubted | {"incidents", "health"} else None
        assert (await ask(application, target)).json().get("doubtful") == expected, target


async def test_health_with_its_pods(application: Application) -> None:
    told = (await ask(application, "/api/health")).json()
    assert told["success"] is True
    assert told["data"].keys() == {"status", "pods", "timestamp"}
    assert [pod["name"] for pod in told["data"]["pods"]] == ["agent-0", "agent-1", "web-0"]
    assert told["data"]["timestamp"] == "2026-01-01T00:00:00.000Z"
    told = await ask(application, "/api/health?namespace=elsewhere")
    assert problem_of(told)["reason"] == "unknown_namespace"


async def test_health_has_the_pods_of_its_moment_in_order() -> None:
    """By namespace and then name; what comes while they are written is not among them."""
    application = house(namespaces=("a", "a-b"))
    fill(application, "a-b")
    fill(application, "a")
    board = application.rooms.board
    pod = board.pods.get("a/agent-0")
    assert pod is not None
    many = [f"z-{number:05d}" for number in range(2 * health.PIECE)]
    for name in many:
        board.pods.upsert(f"a/{name}", pod.model_copy(update={"name": name}))

    async def change() -> None:
        board.pods.upsert("a/between", pod.model_copy(update={"name": "between"}))
        board.pods.upsert("a/z-00999", pod.model_copy(update={"name": "z-00999", "reason": "new"}))
        board.pods.remove("a-b/web-0")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(change)
        told = (await ask(application, "/api/health")).json()["data"]
    assert "a/between" in board.pods
    usual = ["agent-0", "agent-1", "web-0"]
    expected = [("a", name) for name in (*usual, *many)] + [("a-b", name) for name in usual]
    assert [(pod["namespace"], pod["name"]) for pod in told["pods"]] == expected
    assert not any(pod["reason"] == "new" for pod in told["pods"])
    told = (await ask(application, "/api/health?namespace=a-b")).json()["data"]
    assert [pod["name"] for pod in told["pods"]] == usual[:2]


async def test_health_of_many_pods_lets_others_have_their_turn(application: Application) -> None:
    """Ten thousand pods are written in steps, none of them longer than that of a piece."""
    board = application.rooms.board
    pod = board.pods.get(f"{NAMESPACE}/agent-0")
    assert pod is not None
    for number in range(20 * health.PIECE):
        name = f"many-{number}"
        board.pods.upsert(f"{NAMESPACE}/{name}", pod.model_copy(update={"name": name}))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await anyio.lowlevel.checkpoint()
            turns += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count)
        told = await ask(application, "/api/health")
        tasks.cancel_scope.cancel()
    assert len(told.json()["data"]["pods"]) == 20 * health.PIECE + 3
    assert turns >= 20


async def test_health_of_the_last_day(application: Application) -> None:
    told = (await ask(application, "/api/health/history")).json()["data"]
    assert told["stepMs"] == 120_000
    assert all(point.keys() == {"at", "status"} for point in told["points"])


async def test_what_only_details_show_is_not_in_a_summary(application: Application) -> None:
    def request(query: str) -> Request:
        return Request(
            {
                "type": "http",
                "app": application,
                "query_string": query.encode(),
                "headers": [],
                "state": {"principal": SUMMARY},
            }
        )

    trouble(application, incident("one", "active", "warning", 1))
    with pytest.raises(Forbidden):
        await api.events(request(""))
    told = json.loads(bytes((await api.incidents(request(""))).body))
    assert "actions" not in told["data"][0]
    told = json.loads(bytes((await health.health(request(""))).body))
    assert all("node" not in pod and "message" not in pod for pod in told["data"]["pods"])


async def test_a_replay_has_the_word_of_its_tape(application: Application) -> None:
    """Nothing is judged there: health is what was recorded, and there is no history."""
    rooms = application.rooms
    word = rooms.board.health.get("current")
    assert word is not None
    rooms.board.health.upsert("current", word.model_copy(update={"status": "unhealthy"}))
    rooms.health = rooms.history = rooms.incidents = None
    told = (await ask(application, f"/api/health?namespace={NAMESPACE}")).json()["data"]
    assert (told["status"], len(told["pods"])) == ("unhealthy", 3)
    rooms.board.health.remove("current")
    assert (await ask(application, "/api/health")).json()["data"]["status"] == "degraded"
    history = (await ask(application, "/api/health/history")).json()["data"]
    assert history == {"stepMs": 120_000, "points": []}
    assert (await ask(application, "/api/incidents?state=resolved")).json()["total"] == 0
