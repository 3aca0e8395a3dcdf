from __future__ import annotations

from random import Random

import pytest

from app.stream import SCHEMA, Limits
from app.stream.greeting import Greeting
from tests.fakes.clock import ManualClock
from tests.stream.stage import EPOCH
from tests.stream.wire import parse_sse


@pytest.fixture
def greeting() -> Greeting:
    clock = ManualClock()
    clock.advance(1.5)
    limits = Limits(heartbeat_seconds=7.5, stale_seconds=20, retry_min_ms=10, retry_max_ms=30)
    return Greeting(epoch=EPOCH, limits=limits, clock=clock, random=Random(1), build="0.1.0")


def test_hello_says_what_follows(greeting: Greeting) -> None:
    frame = greeting.hello(("pods", "jobs"), "fresh", retry_ms=20)
    (event,) = parse_sse(frame.sse)
    assert (event.event, event.id, event.retry) == ("hello", None, 20)
    assert event.data == {
        "schema": SCHEMA,
        "epoch": EPOCH,
        "resumed": False,
        "reason": "fresh",
        "serverTime": "2026-01-01T00:00:01.500Z",
        "heartbeatMs": 7_500,
        "staleAfterMs": 20_000,
        "retryMs": 20,
        "topics": ["pods", "jobs"],
        "build": "0.1.0",
    }


@pytest.mark.parametrize(
    ("reason", "resumed"),
    [("fresh", False), ("epoch", False), ("ahead", False), ("gap", True), ("resumed", True)],
)
def test_a_reader_that_is_carried_on_is_told_so(
    greeting: Greeting, reason: str, resumed: bool
) -> None:
    (event,) = parse_sse(greeting.hello((), reason).sse)
    assert (event.data["reason"], event.data["resumed"]) == (reason, resumed)


def test_goodbye_says_why_and_when_to_come_back(greeting: Greeting) -> None:
    (event,) = parse_sse(greeting.goodbye("drain", retry_ms=15_000).sse)
    assert (event.event, event.id) == ("goodbye", None)
    assert event.data == {"reason": "drain", "retryMs": 15_000}


def test_readers_that_lose_the_server_together_are_told_to_come_back_apart(
    greeting: Greeting,
) -> None:
    times = {parse_sse(greeting.hello((), "fresh").sse)[0].data["retryMs"] for _ in range(500)}
    times |= {parse_sse(greeting.goodbye("drain").sse)[0].data["retryMs"] for _ in range(500)}
    assert times == set(range(10, 31))
