"""How far our clock is from the API server's, as far as an answer's date can tell."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from app.clock import SystemClock
from app.cluster.answers import Call
from app.cluster.transport import HttpTransport
from app.derive.skew import Skew, ahead
from tests.cluster.api_server import ApiServer
from tests.fakes.clock import START


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("said", "sent", "received", "expected"),
    [
        (0, 0.2, 0.3, 0.0),
        (0, 0.9, 1.9, 0.0),
        (0, 6.5, 6.6, 5.5),
        (7, 0.9, 1.0, -6.0),
        (7, 0.0, 20.0, 0.0),
        (0, 3.0, 60.0, 2.0),
    ],
    ids=["the same", "cut", "ahead", "behind", "it took long", "ahead and slow"],
)
def test_what_a_date_proves(said: float, sent: float, received: float, expected: float) -> None:
    assert ahead(at(said), at(sent), at(received)) == pytest.approx(expected)


def test_only_news_is_told() -> None:
    heard: list[float] = []
    skew = Skew(heard.append)

    def say(seconds: float) -> None:
        skew.dated(format_datetime(at(0), usegmt=True), at(seconds), at(seconds))

    for seconds in (0.5, 2.9, 11.0, 11.9, 12.5, 13.5, 0.5, 0.6):
        say(seconds)
    assert heard == [10.0, 12.5, 0.0]


@pytest.mark.parametrize(
    "said", ["", "yesterday", "Mon, 99 Nov 2026 00:00:00 GMT", "0", "\x00"], ids=repr
)
def test_what_is_no_date_says_nothing(said: str) -> None:
    heard: list[float] = []
    Skew(heard.append).dated(said, START, START)
    assert heard == []


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    heard: list[float] = []
    Skew(heard.append).dated("Thu, 01 Jan 2026 00:00:00 -0000", at(100), at(100))
    assert heard == [99.0]


async def test_the_dates_are_those_of_real_answers() -> None:
    """Refusals are dated too; our own server tells the time of this machine."""
    told: list[tuple[str, datetime, datetime]] = []
    server = ApiServer()
    async with (
        server.running(),
        HttpTransport(
            server.configuration(),
            SystemClock(),
            dated=lambda said, sent, received: told.append((said, sent, received)),
        ) as transport,
    ):
        await transport.fetch(Call("list", "/x", "", "pods", "a"))
    [(said, sent, received)] = told
    assert sent <= received
    heard: list[float] = []
    Skew(heard.append).dated(said, sent, received)
    assert heard == []
    Skew(heard.append).dated(said, sent + timedelta(hours=1), received + timedelta(hours=1))
    assert 3_590 < heard[0] <= 3_600 + (received - sent).total_seconds()
