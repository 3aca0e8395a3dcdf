"""One walk over the whole route table: scopes, headers, methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest
from starlette.routing import Mount, Route

from app.web.headers import POLICY, SECURITY, completed
from app.web.principal import Scope
from app.web.routes import ROUTES, STATIC_PATH, STATIC_SCOPE, STREAMS
from tests.web.house import fill, house
from tests.web.probe import OURS, Header, Told, ask

if TYPE_CHECKING:
    from app.web.front import Application

SCOPES = get_args(Scope)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TARGETS = (
    *(route.path for route in ROUTES),
    f"{STATIC_PATH}/page.js",
    f"{STATIC_PATH}/page.css",
    f"{STATIC_PATH}/nothing",
    "/nothing",
    "/api/ws",
)


@pytest.fixture(scope="module")
def application() -> Application:
    made = house()
    fill(made)
    return made


def test_every_route_declares_the_scope_it_needs(application: Application) -> None:
    declared = {route.path for route in ROUTES}
    scopes = [*(route.scope for route in ROUTES), *(route.scope for route in STREAMS)]
    assert {*scopes, STATIC_SCOPE} <= set(SCOPES)
    # And nothing is served beside the table.
    for found in application.routes:
        if isinstance(found, Mount):
            assert found.path == STATIC_PATH
        else:
            assert isinstance(found, Route)
            assert found.path in declared
    assert len(application.routes) == len(ROUTES) + 1


def test_only_what_says_nothing_of_the_cluster_is_open() -> None:
    assert {route.path for route in ROUTES if route.scope == "open"} == {
        "/livez",
        "/readyz",
        "/version",
        "/metrics",
    }
    assert {route.scope for route in STREAMS} == {"stream:summary"}


def complain(told: Told, what: str) -> list[str]:
    """What is wrong with the headers of an answer."""
    names = [name for name, _ in told.headers]
    wrong = [f"{what}: {name} stands twice" for name in set(names) if names.count(name) > 1]
    for name, value in SECURITY:
        if told.header(name.decode()) != value.decode():
            wrong.append(f"{what}: {name.decode()} is {told.header(name.decode())}")
    if "server" in names:
        wrong.append(f"{what}: names the server")
    if told.header("cache-control") not in ("no-store", "private, no-cache"):
        wrong.append(f"{what}: cache-control {told.header('cache-control')}")
    if len(told.header("x-request-id") or "") != 36:
        wrong.append(f"{what}: x-request-id {told.header('x-request-id')}")
    return wrong


async def test_every_answer_of_every_route_carries_the_headers(application: Application) -> None:
    wrong: list[str] = []
    statuses: set[int] = set()
    hosts: tuple[tuple[Header, ...], ...] = ((OURS,), (("host", "evil.example"),), ())
    for target in TARGETS:
        for method in METHODS:
            for headers in hosts:
                told = await ask(application, target, method=method, headers=headers)
                statuses.add(told.status)
                wrong += complain(told, f"{method} {target} {told.status}")
        etag = (await ask(application, target)).header("etag")
        if etag is not None:
            told = await ask(application, target, headers=[OURS, ("if-none-match", etag)])
            assert told.status == 304
            statuses.add(told.status)
            wrong += complain(told, f"{target} 304")
    for target in (*TARGETS, "/api/ws?topics=none", "/api/ws?namespace=none"):
        told = await ask(
            application, target, headers=[OURS, ("origin", "http://evil")], scheme="ws"
        )
        statuses.add(told.status)
        wrong += complain(told, f"ws {target} {told.status}")
    assert wrong == []
    assert statuses == {200, 304, 400, 403, 404, 405, 421}


def test_a_header_of_its_own_wins_and_the_server_is_not_named() -> None:
    given = [
        (b"Server", b"snoop"),
        (b"Cache-Control", b"private, no-cache"),
        (b"X-Frame-Options", b"SAMEORIGIN"),
    ]
    found = completed(given, "id-1")
    names = [name.lower() for name, _ in found]
    assert b"server" not in names
    assert len(names) == len(set(names))
    assert dict(found)[b"X-Frame-Options"] == b"SAMEORIGIN"
    assert (b"x-request-id", b"id-1") in found


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    directives = dict(part.split(" ", 1) for part in POLICY.split("; "))
    assert directives["default-src"] == "'none'"
    assert {directives[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    for word in ("unsafe", "http:", "https:", "data:", "*"):
        assert word not in POLICY
