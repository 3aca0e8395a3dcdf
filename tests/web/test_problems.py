"""Whatever goes wrong, a reader sees one envelope, and nothing that is not for them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.errors import Forbidden, Throttled, Unavailable, WatchglassError
from app.web.principal import LOCAL, Scope
from app.web.problems import on_http_exception, problem
from app.web.socket_protocol import Handshake
from tests.web.house import fill, house
from tests.web.probe import OURS, Told, ask
from tests.web.reader import problem_of

if TYPE_CHECKING:
    from starlette.types import Message

    from app.board import Board
    from app.stream import Hub
    from app.web.front import Application

HEADERS = {
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "x-frame-options",
    "cache-control",
    "x-request-id",
}

SECRET = "etcd password is hunter2"


@pytest.fixture(scope="module")
def application() -> Application:
    made = house()
    fill(made)
    return made


class Broken:
    """A room with a fault in whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    ("target", "method", "status", "reason"),
    [
        ("/nope", "GET", 404, "not_found"),
        ("/static/nope.js", "GET", 404, "not_found"),
        ("/static/", "GET", 404, "not_found"),
        ("/static/../app/main.py", "GET", 404, "not_found"),
        ("/static/%2e%2e/app/main.py", "GET", 404, "not_found"),
        ("/api/stream/", "GET", 404, "not_found"),
        ("/api/ws", "GET", 404, "not_found"),
        ("/api/pods", "POST", 405, "method_not_allowed"),
        ("/static/page.js", "POST", 405, "method_not_allowed"),
        ("/livez", "DELETE", 405, "method_not_allowed"),
        ("/api/stream", "POST", 405, "method_not_allowed"),
        ("/api/stream", "OPTIONS", 405, "method_not_allowed"),
        ("/api/stream?topics=secrets", "GET", 400, "unknown_topic"),
        ("/api/stream?namespace=kube-system", "GET", 400, "unknown_namespace"),
        ("/api/stream?maxEvents=0", "GET", 400, "invalid_request"),
        ("/api/pods?page=x", "GET", 400, "invalid_request"),
    ],
)
async def test_every_error_is_the_envelope(
    application: Application, target: str, method: str, status: int, reason: str
) -> None:
    told = await ask(application, target, method=method)
    assert told.status == status
    found = problem_of(told)
    assert found["reason"] == reason
    uuid.UUID(found["requestId"], version=4)
    assert {name for name, _ in told.headers} >= HEADERS
    assert told.header("cache-control") == "no-store"
    if status == 405:
        assert set(str(told.header("allow")).split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("wanted", ["bytes=zz", "bytes=999999-", "bytes=0-1", "bytes=0-0,2-2"])
async def test_a_file_is_sent_whole_whatever_part_is_asked_for(
    application: Application, wanted: str
) -> None:
    """Starlette tells what is wrong with a range in a plain text of its own."""
    whole = await ask(application, "/static/page.css")
    told = await ask(application, "/static/page.css", headers=[OURS, ("range", wanted)])
    assert (told.status, told.body) == (200, whole.body)
    assert told.header("accept-ranges") == "none"


async def test_the_good_ones_are_listed(application: Application) -> None:
    told = problem_of(await ask(application, "/api/stream?topics=secrets"))
    good = "pods, cronjobs, jobs, events, sources, incidents, health"
    assert told["error"] == f"Unknown topic: secrets. Good ones: {good}."


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ([("host", "evil.example")], 421, "misdirected"),
        ([], 400, "invalid_host"),
        ([OURS, OURS], 400, "invalid_host"),
        ([("host", "a b")], 400, "invalid_host"),
    ],
    ids=["another", "none", "two", "no host"],
)
@pytest.mark.parametrize(
    ("target", "scheme"),
    [("/livez", "http"), ("/nope", "http"), ("/api/stream", "http"), ("/api/ws", "ws")],
)
async def test_a_wrong_host_is_refused_before_routing(
    application: Application,
    target: str,
    scheme: str,
    headers: list[tuple[str, str]],
    status: int,
    reason: str,
) -> None:
    told = await ask(application, target, headers=headers, scheme=scheme)
    assert told.status == status
    assert problem_of(told)["reason"] == reason
    assert {name for name, _ in told.headers} >= HEADERS


@pytest.mark.parametrize("target", ["/api/pods", "/api/stream", "/nope", "/livez"])
async def test_a_body_is_refused_by_the_length_it_announces(
    application: Application, target: str
) -> None:
    most = [OURS, ("content-length", "262144")]
    assert (await ask(application, target, method="PUT", headers=most)).status in (404, 405)
    for length in ("262145", "9" * 5_000):
        headers = [OURS, ("content-length", length)]
        told = await ask(application, target, method="PUT", headers=headers)
        assert told.status == 413
        assert problem_of(told)["reason"] == "payload_too_large"


async def test_a_fault_is_told_to_the_log_alone() -> None:
    application = house()
    application.rooms.board = cast("Board", Broken())
    with structlog.testing.capture_logs() as logs:
        told = await ask(application, "/api/pods")
    assert told.status == 500
    found = problem_of(told)
    assert found["reason"] == "internal"
    assert found["error"] == "Something went wrong; the log says what."
    assert SECRET not in told.body.decode() + str(told.headers)
    assert {name for name, _ in told.headers} >= HEADERS
    (fault,) = (line for line in logs if line["event"] == "unhandled")
    assert str(fault["exc_info"]) == SECRET
    assert fault["path"] == "/api/pods"


@pytest.mark.parametrize(("target", "scheme"), [("/api/stream", "http"), ("/api/ws", "ws")])
async def test_a_fault_before_a_stream_begins_is_an_envelope_too(target: str, scheme: str) -> None:
    application = house()
    application.rooms.hub = cast("Hub", Broken())
    with structlog.testing.capture_logs() as logs:
        told = await ask(application, target, scheme=scheme)
    assert told.status == 500
    assert problem_of(told)["reason"] == "internal"
    assert SECRET not in told.body.decode()
    assert [line["event"] for line in logs if "exc_info" in line] == ["unhandled"]


async def test_a_server_that_cannot_send_is_not_told_that_all_is_well(
    application: Application,
) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        raise RuntimeError("no wire")

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/livez",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    with pytest.raises(RuntimeError, match="no wire"):
        await application(scope, receive, send)


@pytest.mark.parametrize(("status", "told"), [(500, 500), (400, 400), (403, 400), (426, 400)])
def test_a_handshake_is_refused_with_the_envelope(status: int, told: int) -> None:
    response = Handshake().reject(status, SECRET)
    headers = [(name.lower(), value) for name, value in response.headers.raw_items()]
    answer = Told(response.status_code, headers, bytes(response.body))
    assert answer.status == told
    assert problem_of(answer)["reason"] == ("internal" if told == 500 else "invalid_handshake")
    assert SECRET.encode() not in answer.body


async def test_details_go_to_the_log_and_not_to_the_reader() -> None:
    with structlog.testing.capture_logs() as logs:
        answer = problem(Unavailable("Not now.", details=SECRET), "id-1")
    assert SECRET not in bytes(answer.body).decode()
    assert logs == [
        {
            "event": "problem",
            "reason": "unavailable",
            "error": "Not now.",
            "details": SECRET,
            "log_level": "info",
        }
    ]


def test_who_must_wait_is_told_how_long() -> None:
    answer = problem(Throttled("Later.", retry_after=7.4), "id-1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")


@pytest.mark.parametrize(
    ("status", "told"),
    [(404, 404), (405, 405), (413, 413), (415, 415), (418, 400), (429, 429), (431, 431)]
    + [(status, 500) for status in (500, 502, 503)],
)
async def test_what_starlette_raises_is_translated(status: int, told: int) -> None:
    request = Request({"type": "http", "state": {"request_id": "id-1"}})
    answer = await on_http_exception(request, HTTPException(status, SECRET, {"x-kept": "1"}))
    assert answer.status_code == told
    assert answer.headers["x-kept"] == "1"
    assert SECRET not in bytes(answer.body).decode()


async def test_nobody_passes_without_the_scope_of_a_route(application: Application) -> None:
    nobody = replace(LOCAL, scopes=frozenset[Scope]())
    nobody.require("open")
    for scope in ("pages", "stream:summary", "tokens:manage"):
        LOCAL.require(scope)
        with pytest.raises(Forbidden, match=f"needs the scope {scope}"):
            nobody.require(scope)
    assert (nobody.audience, LOCAL.audience) == ("summary", "detail")


def test_every_error_of_ours_has_a_status_and_a_word() -> None:
    def all_below(kind: type[WatchglassError]) -> list[type[WatchglassError]]:
        return [kind, *(found for below in kind.__subclasses__() for found in all_below(below))]

    for kind in all_below(WatchglassError):
        assert 400 <= kind.status < 600
        assert kind.reason
