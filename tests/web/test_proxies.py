from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from app.web.proxies import believe_proxy
from tests.web.house import house
from tests.web.probe import OURS, ask

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))

FORWARDED = (
    ("x-forwarded-for", "203.0.113.7"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "wall.example"),
)


def believed(
    peer: str | None, *headers: tuple[str, str], socket: bool = False
) -> tuple[str | None, str, str]:
    """Client, scheme and host after the headers were weighed."""
    scope: dict[str, Any] = {
        "type": "websocket" if socket else "http",
        "scheme": "ws" if socket else "http",
        "client": None if peer is None else (peer, 5),
        "headers": [
            (b"host", b"pod:8420"),
            *((name.encode(), value.encode()) for name, value in headers),
        ],
    }
    believe_proxy(scope, TRUSTED)
    hosts = [value.decode() for name, value in scope["headers"] if name == b"host"]
    assert len(hosts) == 1
    return (scope["client"] or (None,))[0], scope["scheme"], hosts[0]


@pytest.mark.parametrize("peer", ["10.1.2.3", "fd00::7"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    assert believed(peer, *FORWARDED) == ("203.0.113.7", "https", "wall.example")


@pytest.mark.parametrize("peer", ["192.0.2.1", "127.0.0.1", "::1", "not an address", None])
def test_anybody_else_is_not(peer: str | None) -> None:
    assert believed(peer, *FORWARDED) == (peer, "http", "pod:8420")


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        # What is left of the nearest address that is no proxy of ours, the client wrote itself.
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.9.9.9, 10.8.8.8", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("10.9.9.9", "10.9.9.9"),
        ("", "10.1.2.3"),
        ("unknown", "10.1.2.3"),
        ("203.0.113.7, rubbish", "10.1.2.3"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_proxy(told: str, client: str) -> None:
    assert believed("10.1.2.3", ("x-forwarded-for", told))[0] == client


def test_a_proxy_may_add_a_line_instead_of_an_item() -> None:
    lines = [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "10.9.9.9")]
    assert believed("10.1.2.3", *lines)[0] == "203.0.113.7"


@pytest.mark.parametrize(
    ("told", "scheme", "of_socket"),
    [
        ("https", "https", "wss"),
        ("HTTPS", "https", "wss"),
        ("http", "http", "ws"),
        ("wss", "https", "wss"),
        ("http, https", "https", "wss"),
        ("gopher", "http", "ws"),
        ("", "http", "ws"),
    ],
)
def test_the_scheme(told: str, scheme: str, of_socket: str) -> None:
    header = ("x-forwarded-proto", told)
    assert believed("10.1.2.3", header)[1] == scheme
    assert believed("10.1.2.3", header, socket=True)[1] == of_socket


async def test_a_forwarded_host_is_held_against_the_allow_list_too() -> None:
    application = house(trusted_proxies=["10.0.0.0/8"], allowed_hosts=["wall.example"])
    headers = [OURS, ("x-forwarded-host", "wall.example"), ("x-forwarded-proto", "https")]
    told = await ask(application, "/livez", headers=headers, client="10.1.2.3")
    assert told.status == 200
    assert told.header("strict-transport-security") == "max-age=31536000; includeSubDomains"

    headers = [OURS, ("x-forwarded-host", "evil.example")]
    assert (await ask(application, "/livez", headers=headers, client="10.1.2.3")).status == 421
    # From elsewhere the header means nothing, for good or ill.
    told = await ask(application, "/livez", headers=headers, client="192.0.2.1")
    assert told.status == 200
    assert told.header("strict-transport-security") is None


async def test_behind_a_proxy_with_tls_the_origin_of_a_socket_is_https() -> None:
    application = house(trusted_proxies=["10.0.0.0/8"], allowed_hosts=["wall.example"])

    async def status(origin: str) -> int:
        headers = [
            ("host", "wall.example"),
            ("x-forwarded-proto", "https"),
            ("origin", origin),
        ]
        # A topic that does not exist: whoever passes the check of the origin is told 400.
        target = "/api/ws?topics=none"
        told = await ask(application, target, headers=headers, client="10.1.2.3", scheme="ws")
        return told.status

    assert await status("https://wall.example") == 400
    assert await status("http://wall.example") == 403
