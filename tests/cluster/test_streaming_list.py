"""Lists as streams (`sendInitialEvents`), as client-go's 'TestWatchList'."""

from __future__ import annotations

import anyio
import pytest

from app.cluster.limits import WatchLimits
from tests.cluster.bench import QUIET, Bench, listed, watching
from tests.cluster.objects import bookmark, error, event, status
from tests.fakes.transport import Answer

pytestmark = pytest.mark.looptime

LIMITS = WatchLimits(watch_list=True)


async def test_the_first_state_is_swapped_in_at_its_mark() -> None:
    stream = watching(
        event("ADDED", "x", 3),
        event("ADDED", "y", 4),
        event("DELETED", "y", 5),
        10.0,
        bookmark(7, initial=True),
        10.0,
        event("ADDED", "z", 8),
    )
    bench = Bench([listed(1)], [stream], LIMITS)
    async with bench.running(5):
        assert bench.sink.verbs == []
        await anyio.sleep(10)
        assert bench.sink.texts() == {"x": ""}
        await anyio.sleep(10)
        assert bench.sink.texts() == {"x": "", "z": ""}
    assert bench.transport.verbs() == ["watch"]
    asked = bench.transport.calls[0].params
    assert asked["sendInitialEvents"] == "true"
    assert asked["resourceVersionMatch"] == "NotOlderThan"


async def test_a_refusal_is_remembered() -> None:
    refused = Answer([status(422, "Invalid")], status=422)
    expired = watching(error(410, "Expired"), quiet=False)
    lists = [listed(7, "x"), listed(9, "y")]
    bench = await Bench(lists, [refused, expired, QUIET], LIMITS).run(5)
    assert bench.transport.verbs() == ["watch", "list", "watch", "list", "watch"]
    assert ["sendInitialEvents" in call.params for call in bench.transport.calls] == [
        *(True, False, False),
        *(False, False),
    ]
    assert bench.sink.texts() == {"y": ""}
    assert bench.monitor.errors == []


@pytest.mark.parametrize(
    "failing",
    [
        Answer([event("ADDED", "x", 3), b'{"type'], breaks=False),
        Answer([event("ADDED", "x", 3)], breaks=True),
        Answer([status(500, "InternalError")], status=500),
        watching(event("ADDED", "x", 3), error(410, "Expired"), quiet=False),
        watching(b"<html></html>\n", quiet=False),
        Answer([event("ADDED", "x", 3), 95.0]),
    ],
    ids=["torn", "broken", "500", "expired", "html", "silent"],
)
async def test_a_failure_falls_back_this_once(failing: Answer) -> None:
    """To come forward matters more than how; the next list is streamed again."""
    expired = watching(error(410, "Expired"), quiet=False)
    whole = watching(event("ADDED", "z", 12), bookmark(13, initial=True))
    limits = WatchLimits(watch_list=True, mark=100.0)
    bench = Bench([listed(7, "y")], [failing, expired, whole], limits)
    await bench.run(100)
    assert bench.transport.verbs()[:4] == ["watch", "list", "watch", "watch"]
    assert "sendInitialEvents" in bench.transport.calls[3].params
    assert bench.sink.seen == [("a/y", ""), ("a/y", None), ("a/z", "")]
    assert bench.monitor.errors == []


@pytest.mark.parametrize("ends", [True, False], ids=["it ends", "it goes on"])
async def test_a_server_that_does_not_know_of_the_mark_is_asked_for_lists(ends: bool) -> None:
    """An aggregated API server may take the request for an ordinary watch."""
    plain: list[bytes | float] = [event("ADDED", "x", 3), *(30.0 for _ in range(30))]
    first = Answer(plain[:1] if ends else plain)
    expired = watching(error(410, "Expired"), quiet=False)
    bench = Bench([listed(7, "x")], [first, expired, QUIET], LIMITS)
    await bench.run(80)
    assert bench.transport.verbs()[:5] == ["watch", "list", "watch", "list", "watch"]
    assert bench.sink.texts() == {"x": ""}


async def test_a_stream_past_its_time_is_ended_by_us() -> None:
    endless = [chunk for n in range(100) for chunk in (60.0, bookmark(8 + n))]
    bench = Bench([listed(1)], [Answer([bookmark(7, initial=True), *endless])], LIMITS)
    await bench.run(600 + 31)
    assert bench.transport.verbs() == ["watch", "probe", "watch"]
    assert "sendInitialEvents" not in bench.transport.calls[2].params
    assert bench.monitor.errors == []


async def test_an_empty_stream_of_a_missing_namespace_is_absent() -> None:
    bench = Bench([listed(1)], [watching(bookmark(7, initial=True))], LIMITS)
    bench.transport.namespace = Answer([status(404, "NotFound")], status=404)
    await bench.run(10)
    assert bench.monitor.told == ["connecting", "Absent"]


async def test_an_error_before_the_mark_is_an_error() -> None:
    failing = watching(error(429, "TooManyRequests"), quiet=False)
    whole = watching(bookmark(7, initial=True))
    bench = await Bench([listed(1)], [failing, whole], LIMITS).run(30)
    assert bench.monitor.told[1] == "Throttled"
    assert bench.sink.verbs[-1] == "synced"


async def test_a_refusal_after_the_mark_is_not_one_of_the_streaming_list() -> None:
    stream = watching(bookmark(7, initial=True), error(422, "Invalid"), quiet=False)
    bench = await Bench([listed(1)], [stream, QUIET], LIMITS).run(10)
    assert bench.transport.verbs() == ["watch", "probe", "watch"]
    assert bench.transport.calls[2].params["resourceVersion"] == "7"
