"""What is for operators alone reaches nobody else, by whatever route or question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from starlette.requests import Request

from app.errors import Forbidden
from app.model import Action, Incident, ObjectReference, Warning
from app.web.listings import LISTINGS
from app.web.principal import LOCAL
from app.web.routes import ROUTES
from tests.fakes.clock import START
from tests.web.house import NAMESPACE, fill, house

if TYPE_CHECKING:
    from app.web.front import Application
    from app.web.listings import Listing
    from app.web.principal import Principal

SUMMARY = replace(LOCAL, scopes=frozenset({"stream:summary", "pages"}))
SECRET = "Hunter2"
SHOWN_TO_DETAIL = {
    "/",
    "/api/pods",
    "/api/pods/{namespace}/{name}",
    "/api/cronjobs",
    "/api/cronjobs/{namespace}/{name}",
    "/api/incidents",
    "/api/events",
    "/api/health",
}
NAMES = {"pods": "agent-0", "cronjobs": "busy", "jobs": "done"}


@pytest.fixture(scope="module")
def application() -> Application:
    """Every field that the summary audience may not read says the same word."""
    made = house()
    fill(made)
    board = made.rooms.board
    hidden = {"message": SECRET, "node": SECRET}
    pod, job = board.pods.get(f"{NAMESPACE}/agent-0"), board.cronjobs.get(f"{NAMESPACE}/busy")
    assert pod is not None
    assert job is not None
    board.pods.upsert(f"{NAMESPACE}/agent-0", pod.model_copy(update=hidden))
    board.cronjobs.upsert(
        f"{NAMESPACE}/busy", job.model_copy(update={"state_message": SECRET, "state": "invalid"})
    )
    for key, source in list(board.sources.items()):
        told = {"message": SECRET, "missing_rule": SECRET}
        board.sources.upsert(key, source.model_copy(update=told))
    about = ObjectReference(kind="Pod", namespace=NAMESPACE, name=SECRET)
    warning = Warning(
        namespace=NAMESPACE,
        reason=SECRET,
        message=SECRET,
        object=about,
        count=1,
        first_seen=START,
        last_seen=START,
    )
    board.events.upsert(f"{NAMESPACE}/u", warning)
    incident = Incident(
        key=f"kind/{NAMESPACE}/x",
        kind="kind",
        severity="critical",
        state="active",
        title="something",
        reason="because",
        since=START,
        last_change=START,
        count=1,
        objects=(),
        actions=(Action(id="look", label=SECRET, command=SECRET),),
        message=SECRET,
    )
    board.incidents.upsert(incident.key, incident)
    return made


async def told(
    application: Application, principal: Principal, path: str, query: str = ""
) -> bytes | None:
    """What a route answers, None when it turns them away."""
    [route] = [route for route in ROUTES if route.path == path]
    parts = (
        {"namespace": NAMESPACE, "name": NAMES.get(path.split("/")[2], "")} if "{" in path else {}
    )
    scope = {
        "type": "http",
        "app": application,
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [],
        "path_params": parts,
        "state": {"principal": principal, "request_id": "-"},
    }
    try:
        principal.require(route.scope)
        return bytes((await route.endpoint(Request(scope))).body)
    except Forbidden:
        return None


@pytest.mark.parametrize("path", [route.path for route in ROUTES])
async def test_no_route_tells_it(application: Application, path: str) -> None:
    seen = await told(application, LOCAL, path)
    assert seen is not None
    assert (SECRET.encode() in seen) == (path in SHOWN_TO_DETAIL)
    shown = await told(application, SUMMARY, path)
    assert (shown is None) == (path == "/api/events")
    assert SECRET.encode() not in (shown or b"")


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
async def test_no_question_gives_it_away(application: Application, listing: Listing) -> None:
    """Neither a search nor a filter finds a value by what is not shown of it."""
    path = f"/api/{listing.name}"
    if listing.summary is None:
        assert await told(application, SUMMARY, path) is None
        return
    open_ended = [each.name for each in listing.filters if not each.words]
    for parameter in ("q", *open_ended):
        found = await told(application, SUMMARY, path, f"{parameter}={quote(SECRET)}")
        assert found is not None
        assert b'"total":0' in found, parameter
    # And no order is by a field that is not shown.
    shown = {field.alias or name for name, field in listing.summary.model_fields.items()}
    for order in listing.orders:
        assert order.name in shown, order.name
