from __future__ import annotations

import pytest

from app.errors import InvalidRequest, Misdirected
from app.web.hosts import check_host, same_origin

ALLOWED = frozenset({"wall.example", "[fd00::1]"})


def named(*hosts: str) -> list[tuple[bytes, bytes]]:
    return [(b"accept", b"*/*"), *((b"host", host.encode("latin-1")) for host in hosts)]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8420",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:8420",
        "wall.example",
        "Wall.Example:443",
        "wall.example.",
        "[fd00::1]:80",
    ],
)
def test_our_names_with_any_port(host: str) -> None:
    assert check_host(named(host), ALLOWED) == host.lower()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8420",
        "127.0.0.2",
        "0.0.0.0",
        "169.254.169.254",
        "[::2]",
        "xwall.example",
    ],
)
def test_somebody_elses(host: str) -> None:
    with pytest.raises(Misdirected) as caught:
        check_host(named(host), ALLOWED)
    assert host not in str(caught.value)


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("localhost", "localhost"),
        ("localhost", "evil.example"),
        ("",),
        (":8420",),
        ("localhost:",),
        ("localhost:port",),
        ("localhost:123456",),
        ("user@localhost",),
        ("localhost/",),
        ("localhost, evil.example",),
        ("::1",),
        ("[::1",),
        ("localhost\xe4",),
    ],
)
def test_what_names_no_host(hosts: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_host(named(*hosts), ALLOWED)
    assert caught.value.reason == "invalid_host"


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://127.0.0.1:8420", True),
        ("HTTP://127.0.0.1:8420", True),
        ("http://127.0.0.1:8421", False),
        ("http://127.0.0.1", False),
        ("https://127.0.0.1:8420", False),
        ("http://localhost:8420", False),
        ("http://127.0.0.1:8420.evil.example", False),
        ("http://127.0.0.1:8420/", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("chrome-extension://abcdef", False),
    ],
)
def test_an_origin_is_ours_exactly_or_not_at_all(origin: str, same: bool) -> None:
    assert same_origin(origin, "http", "127.0.0.1:8420") is same
