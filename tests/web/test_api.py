from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from app.cluster.projections.pods import PODS
from app.web.api import pods
from app.web.principal import LOCAL, Principal
from tests.cluster.projections.raw import pod
from tests.web.house import fill, house, show
from tests.web.probe import OURS, ask
from tests.web.reader import problem_of

if TYPE_CHECKING:
    from app.web.front import Application


@pytest.fixture(scope="module")
def application() -> Application:
    made = house()
    fill(made)
    return made


async def names(application: Application, target: str) -> list[str]:
    told = await ask(application, target)
    assert told.status == 200, told.body
    return [item["name"] for item in told.json()["data"]]


async def test_a_page_envelope(application: Application) -> None:
    told = await ask(application, "/api/pods")
    assert told.header("content-type") == "application/json"
    found = told.json()
    assert found.keys() == {"data", "total", "page", "pageSize"}
    assert (found["total"], found["page"], found["pageSize"]) == (3, 1, 50)
    assert found["data"][1] == {
        "name": "agent-1",
        "namespace": "agents",
        "uid": "uid-of-agent-1",
        "phase": "Pending",
        "reason": "ImagePullBackOff",
        "readyContainers": 0,
        "totalContainers": 1,
        "restartCount": 0,
        "createdAt": "2026-01-01T09:00:00.000Z",
    }


async def test_pages_are_cut_by_key_and_say_how_much_there_is(application: Application) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        told = (await ask(application, f"/api/pods?pageSize=2&page={number}")).json()
        assert (told["total"], told["page"], told["pageSize"]) == (3, number, 2)
        seen += [item["name"] for item in told["data"]]
    assert seen == ["agent-0", "agent-1", "web-0"]


async def test_every_object_is_on_one_page(application: Application) -> None:
    application = house()
    show(application, PODS, *(pod(f"p-{n:03}") for n in range(205)))
    first = (await ask(application, "/api/pods?pageSize=200")).json()
    second = (await ask(application, "/api/pods?pageSize=200&page=2")).json()
    assert first["total"] == second["total"] == 205
    together = [item["name"] for item in first["data"] + second["data"]]
    assert together == [f"p-{n:03}" for n in range(205)]


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/api/pods?q=AGENT", ["agent-0", "agent-1"]),
        # The name is searched, not the namespace, which is called `agents`.
        ("/api/pods?q=agents", []),
        ("/api/pods?state=Pending", ["agent-1"]),
        ("/api/pods?state=Running,Succeeded", ["agent-0", "web-0"]),
        ("/api/pods?state=Running&state=Pending&q=0", ["agent-0"]),
        ("/api/pods?namespace=agents", ["agent-0", "agent-1", "web-0"]),
        ("/api/pods?unknownParameter=1", ["agent-0", "agent-1", "web-0"]),
        ("/api/cronjobs", ["busy", "idle", "paused"]),
        ("/api/cronjobs?state=active", ["busy"]),
        ("/api/cronjobs?state=idle,suspended", ["idle", "paused"]),
        ("/api/jobs?state=failed", ["broken"]),
        ("/api/jobs?state=running,succeeded", ["done", "going"]),
    ],
)
async def test_filters(application: Application, target: str, found: list[str]) -> None:
    assert await names(application, target) == found


@pytest.mark.parametrize(
    ("target", "reason", "words"),
    [
        ("/api/pods?state=running", "invalid_request", "Failed, Pending, Running, Succeeded"),
        ("/api/jobs?state=done", "invalid_request", "failed, running, succeeded"),
        ("/api/cronjobs?state=lost", "invalid_request", "active, idle, invalid, late, missed"),
        ("/api/pods?sort=age", "invalid_request", "Good ones: name, createdAt, lastRestartTime"),
        ("/api/jobs?manual=yes", "invalid_request", "Good ones: false, true."),
        ("/api/pods?namespace=kube-system", "unknown_namespace", "Good ones: agents."),
        ("/api/pods?pageSize=201", "invalid_request", "pageSize is a whole number from 1 to 200"),
        ("/api/pods?page=0", "invalid_request", "page is a whole number"),
        ("/api/pods?q=" + "x" * 254, "invalid_request", "q has at most 253 characters"),
    ],
)
async def test_bad_parameters(
    application: Application, target: str, reason: str, words: str
) -> None:
    told = await ask(application, target)
    assert told.status == 400
    problem = problem_of(told)
    assert problem["reason"] == reason
    assert words in problem["error"]


async def test_where_all_namespaces_are_watched_any_may_be_asked_for() -> None:
    application = house(all_namespaces=True)
    sink = application.rooms.board.sink("pods", None)
    items = [pod("a", namespace="one"), pod("b", namespace="two"), pod("c", namespace="two")]
    found = PODS.page(json.dumps({"metadata": {"resourceVersion": "9"}, "items": items}).encode())
    sink.replace({item.key: item.record for item in found.items})
    assert await names(application, "/api/pods") == ["a", "b", "c"]
    assert await names(application, "/api/pods?namespace=two") == ["b", "c"]
    assert await names(application, "/api/pods?namespace=three,one") == ["a"]


async def test_who_may_not_read_details_gets_the_summary(application: Application) -> None:
    async def asked(principal: Principal) -> dict[str, Any]:
        scope = {
            "type": "http",
            "app": application,
            "query_string": b"q=web",
            "headers": [],
            "state": {"principal": principal},
        }
        response = await pods(Request(scope))
        item: dict[str, Any] = json.loads(bytes(response.body))["data"][0]
        return item

    assert (await asked(LOCAL))["node"] == "node-1"
    summary = replace(LOCAL, scopes=frozenset({"stream:summary"}))
    assert "node" not in await asked(summary)


async def test_an_answer_is_revalidated(application: Application) -> None:
    told = await ask(application, "/api/pods")
    etag = told.header("etag")
    assert etag is not None
    assert told.header("cache-control") == "private, no-cache"

    for match in (etag, f'"x", {etag}', "*", etag.removeprefix("W/")):
        again = await ask(application, "/api/pods", headers=[OURS, ("if-none-match", match)])
        assert (again.status, again.body) == (304, b"")
        assert again.header("etag") == etag
        assert again.header("cache-control") == "private, no-cache"

    several = [OURS, ("if-none-match", '"x"'), ("if-none-match", etag)]
    assert (await ask(application, "/api/pods", headers=several)).status == 304
    other = await ask(application, "/api/pods?q=web", headers=[OURS, ("if-none-match", etag)])
    assert other.status == 200
    assert other.header("etag") != etag


async def test_a_change_is_another_etag() -> None:
    application = house()
    fill(application)
    etag = (await ask(application, "/api/pods")).header("etag")
    show(application, PODS, pod("agent-0"))
    headers = [OURS, ("if-none-match", str(etag))]
    assert (await ask(application, "/api/pods", headers=headers)).status == 200


async def test_long_answers_are_compressed_for_whoever_asks() -> None:
    application = house()
    show(application, PODS, *(pod(f"p-{n:03}") for n in range(50)))
    plain = await ask(application, "/api/pods")
    packed = await ask(application, "/api/pods", headers=[OURS, ("accept-encoding", "gzip")])
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) * 5 < len(plain.body)
    # The same weak etag for both: they say the same in other bytes.
    assert packed.header("etag") == plain.header("etag")
    assert packed.header("vary") == plain.header("vary") == "Accept-Encoding"


async def test_head_is_get_without_a_body(application: Application) -> None:
    got = await ask(application, "/api/pods")
    told = await ask(application, "/api/pods", method="HEAD")
    assert (told.status, told.header("etag")) == (200, got.header("etag"))
    assert told.header("content-length") == str(len(got.body))
