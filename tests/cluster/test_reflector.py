"""The reflector against scripted servers, in fake time.

Names in quotes are those of client-go's own tests (tools/cache) for the same behaviour.
"""

from __future__ import annotations

import anyio
import pytest
from structlog.testing import capture_logs

from app.cluster.collection import STRANGE_TYPES
from app.cluster.limits import WatchLimits
from app.cluster.lines import LINE_LIMIT
from tests.cluster.bench import QUIET, Bench, listed, watching
from tests.cluster.objects import bookmark, error, event, item, page, status
from tests.fakes.transport import ALIVE, REFUSED, Answer

pytestmark = pytest.mark.looptime


async def test_it_lists_then_watches_from_the_lists_version() -> None:
    bench = await Bench([listed(7, "x", "y")]).run(5)
    assert bench.sink.texts() == {"x": "", "y": ""}
    assert bench.sink.verbs[-2:] == ["replace", "synced"]
    first, watch = bench.transport.calls
    assert first.params == {"limit": "200"}, "no resourceVersion: never older than what we knew"
    assert watch.params["resourceVersion"] == "7"
    assert watch.params["allowWatchBookmarks"] == "true"
    assert 300 <= int(watch.params["timeoutSeconds"]) <= 600
    assert bench.monitor.told == ["connecting", "list"]


async def test_events_become_upserts_and_removes_in_order() -> None:
    happens = watching(event("ADDED", "y", 8, "1"), event("MODIFIED", "x", 9, "2"))
    more = Answer([*happens.chunks[:-1], event("DELETED", "y", 10), 1e9])
    bench = await Bench([listed(7, "x")], [more]).run(5)
    assert bench.sink.texts() == {"x": "2"}
    assert bench.sink.seen == [("a/x", ""), ("a/y", "1"), ("a/x", "2"), ("a/y", None)]
    assert bench.monitor.told == ["connecting", "list", "event", "event", "event"]


async def test_an_unchanged_record_is_not_a_change() -> None:
    bench = await Bench([listed(7, "x")], [watching(event("MODIFIED", "x", 9))]).run(5)
    assert bench.sink.seen == [("a/x", "")]
    assert bench.reflector.statistics.events == 1


async def test_a_list_in_pages_is_one_list() -> None:
    """'TestReflectorWatchListPageSize': the token travels without a version."""
    pages = [
        Answer([page(7, item("x", 3), token="next", remaining=1)]),
        Answer([page(7, item("y", 5))]),
    ]
    bench = await Bench(pages).run(5)
    assert set(bench.sink.texts()) == {"x", "y"}
    assert bench.transport.calls[1].params == {"limit": "200", "continue": "next"}
    assert bench.transport.calls[2].params["resourceVersion"] == "7"


async def test_410_on_a_later_page_asks_for_everything_at_once() -> None:
    pages = [
        Answer([page(7, item("x", 3), token="next")]),
        Answer([status(410, "Expired")], status=410),
        listed(9, "y"),
    ]
    bench = await Bench(pages).run(5)
    assert set(bench.sink.texts()) == {"y"}
    assert bench.transport.calls[2].params == {}


async def test_a_watch_that_ends_is_opened_again_from_the_last_version_without_a_list() -> None:
    ended = watching(event("ADDED", "y", 8), 60.0, bookmark(12), 1.5, quiet=False)
    bench = await Bench([listed(7, "x")], [ended, QUIET]).run(125)
    assert bench.transport.verbs() == ["list", "watch", "watch"]
    assert bench.transport.calls[-1].params["resourceVersion"] == "12"
    assert bench.sink.verbs.count("bookmark") == 1
    assert bench.monitor.errors == []


async def test_a_watch_that_ends_without_a_last_bookmark_is_followed_by_a_probe() -> None:
    """Or its source would be late before the first bookmark of the next one."""
    ended = watching(event("ADDED", "y", 8), 50.0, quiet=False)
    bench = await Bench([listed(7, "x")], [ended, QUIET]).run(110)
    assert bench.transport.verbs() == ["list", "watch", "probe", "watch"]
    assert bench.transport.calls[-1].params["resourceVersion"] == "8"
    assert bench.monitor.told == ["connecting", "list", "event", "list"]


async def test_a_namespace_that_goes_while_it_is_watched_is_noticed_at_the_watchs_end() -> None:
    emptied = watching(event("DELETED", "x", 8), 50.0, quiet=False)
    bench = Bench([listed(7, "x"), listed(9)], [emptied, QUIET])
    bench.transport.namespace = Answer([status(404, "NotFound")], status=404)
    await bench.run(60)
    assert bench.monitor.told == ["connecting", "list", "event", "Absent"]


async def test_expired_means_a_list_at_once_and_the_missed_removals() -> None:
    """'TestReflectorFullListIfExpired', 'TestSharedInformerWatchDisruption'."""
    lists = [listed(7, "x", "gone"), listed(20, "x", "new")]
    bench = Bench(lists, [watching(error(410, "Expired"), quiet=False), QUIET])
    async with bench.running(1):
        assert bench.sink.texts() == {"x": "", "new": ""}
    assert ("a/gone", None) in bench.sink.seen
    assert bench.sink.seen.count(("a/x", "")) == 1, "unchanged objects make no change"
    assert bench.monitor.errors == []
    assert bench.reflector.relists == {"start": 1, "expired": 1}


async def test_http_410_at_opening_is_the_same() -> None:
    refused = Answer([status(410, "Gone")], status=410)
    bench = await Bench([listed(7), listed(20, "x")], [refused, QUIET]).run(1)
    assert bench.sink.texts() == {"x": ""}


async def test_a_second_expiry_in_a_row_waits() -> None:
    expired = watching(error(410, "Expired"), quiet=False)
    bench = await Bench([listed(7)], [expired]).run(60)
    assert len(bench.transport.calls) < 20
    assert bench.monitor.told.count("Gone") >= 2


async def test_too_many_requests_honours_retry_after_and_does_not_list() -> None:
    """'TestBackoffOnTooManyRequests', 'TestNoRelistOnTooManyRequests'."""
    throttled = Answer([b"slow down"], status=429, headers=(("Retry-After", "20"),))
    bench = Bench([listed(7)], [throttled, QUIET])
    async with bench.running(19):
        assert bench.transport.verbs() == ["list", "watch"]
        await anyio.sleep(3)
        assert bench.transport.verbs() == ["list", "watch", "watch"]
    assert [type(e).__name__ for e in bench.monitor.errors] == ["Throttled"]


async def test_too_many_requests_in_a_stream_is_the_same() -> None:
    throttled = watching(error(429, "TooManyRequests", retryAfterSeconds=20), quiet=False)
    bench = Bench([listed(7)], [throttled, QUIET])
    async with bench.running(19):
        assert bench.transport.verbs() == ["list", "watch"]
        await anyio.sleep(3)
        assert bench.transport.verbs() == ["list", "watch", "watch"]


async def test_a_throttled_list_is_asked_again_when_the_server_says() -> None:
    throttled = Answer([b"slow down"], status=429, headers=(("Retry-After", "45"),))
    bench = Bench([throttled, listed(7, "x")])
    async with bench.running(44):
        assert bench.transport.verbs() == ["list"]
        await anyio.sleep(3)
        assert bench.sink.texts() == {"x": ""}


async def test_a_refused_connection_backs_off_and_watches_on() -> None:
    """'TestReflectorListAndWatchInitConnBackoff'."""
    bench = Bench([listed(7)], [REFUSED, QUIET], probes=[REFUSED, REFUSED, ALIVE])
    await bench.run(60)
    assert bench.transport.verbs() == ["list", "watch", "probe", "probe", "probe", "watch"]
    assert bench.transport.calls[-1].params["resourceVersion"] == "7"
    assert bench.monitor.told[2:] == ["Unreachable", "Unreachable", "Unreachable", "list"]


async def test_watches_that_fail_beside_a_server_that_answers_mean_lists() -> None:
    """A proxy that breaks every watch: what happens is then known from lists alone."""
    lists = [listed(version, f"x{version}") for version in range(10, 2000, 10)]
    broken = Answer([1.5], breaks=True)
    bench = Bench(lists, [broken])
    async with bench.running(25):
        assert bench.transport.verbs()[:7] == [
            *("list", "watch", "probe", "watch"),
            *("list", "watch", "probe"),
        ]
        assert bench.reflector.relists == {"start": 1, "watch_failed": 1}
        assert bench.sink.texts() == {"x20": ""}
        await anyio.sleep(600)
        assert bench.reflector.relists["watch_failed"] >= 600 / 130, "never older than that"
        assert len(bench.transport.calls) <= 3 + 600 / 0.8


async def test_a_watch_that_gave_something_has_a_probe_to_spare() -> None:
    watches = [Answer([event("ADDED", f"x{n}", 10 + n), 5.0], breaks=True) for n in range(50)]
    bench = await Bench([listed(7)], watches).run(200)
    assert bench.reflector.relists == {"start": 1}
    assert bench.transport.verbs().count("probe") >= 5


async def test_an_unreachable_server_at_the_start_is_asked_again() -> None:
    bench = await Bench([REFUSED, REFUSED, listed(7, "x")]).run(30)
    assert bench.sink.texts() == {"x": ""}
    assert bench.monitor.told[:3] == ["connecting", "Unreachable", "Unreachable"]


async def test_a_watch_that_ends_at_once_counts_as_a_failure() -> None:
    bench = await Bench([listed(7)], [watching(quiet=False)]).run(60)
    assert len(bench.transport.calls) <= 60 / 0.8
    assert bench.monitor.told.count("ShortWatch") >= 3


async def test_a_server_that_repeats_an_event_and_hangs_up_is_not_asked_without_a_pause() -> None:
    bench = await Bench([listed(7)], [watching(event("ADDED", "x", 5), quiet=False)]).run(60)
    assert len(bench.transport.calls) <= 60 / 0.8
    assert bench.sink.texts() == {}
    assert bench.reflector.statistics.ignored >= 3


async def test_a_server_that_ends_every_watch_at_once_with_news_is_not_asked_without_a_pause() -> (
    None
):
    """One watch may end early on news; a proxy that ends each of them so gets a pause."""
    watches = [watching(event("ADDED", f"x{n}", 10 + n), quiet=False) for n in range(500)]
    bench = await Bench([listed(7)], watches).run(60)
    assert len(bench.transport.calls) <= 3 + 60 / 0.8
    assert "ShortWatch" in bench.monitor.told
    assert set(bench.sink.texts()) >= {"x0", "x1", "x2", "x3"}


@pytest.mark.parametrize("code", [403, 404])
async def test_forbidden_and_absent_are_asked_again_every_half_minute_or_so(code: int) -> None:
    refused = Answer([status(code, "Forbidden" if code == 403 else "NotFound")], status=code)
    bench = Bench([refused])
    async with bench.running(29):
        assert len(bench.transport.calls) == 1
        await anyio.sleep(32)
        assert 2 <= len(bench.transport.calls) <= 3
    assert bench.monitor.told[1] == ("AccessDenied" if code == 403 else "Absent")


async def test_a_server_that_starts_may_refuse_for_a_moment() -> None:
    """It knows nobody but masters until it has read its roles; nothing is to be mended then."""
    refused = Answer([status(403, "Forbidden")], status=403)
    bench = Bench([listed(7)], [REFUSED, refused, refused, QUIET])
    await bench.run(20)
    assert bench.transport.verbs() == ["list", "watch", "probe", "watch", "watch", "watch"]
    assert bench.monitor.told == ["connecting", "list", "Unreachable", "list"]


async def test_a_refusal_that_outlasts_the_start_is_told() -> None:
    refused = Answer([status(403, "Forbidden")], status=403)
    bench = Bench([REFUSED, refused])
    async with bench.running(5):
        assert bench.monitor.told == ["connecting", "Unreachable"]
        await anyio.sleep(4)
        assert set(bench.monitor.told[2:]) == {"AccessDenied"}
        assert len(bench.transport.calls) <= 3 + 9 / 0.8
        before = len(bench.transport.calls)
        await anyio.sleep(600)
        assert len(bench.transport.calls) - before <= 600 / 30 + 3


async def test_a_refusal_after_silence_is_told_at_once() -> None:
    """Some kinds are silent while nothing happens: that says nothing of the server."""
    refused = Answer([status(403, "Forbidden")], status=403)
    bench = await Bench([listed(7), refused], [QUIET], probes=[refused]).run(71)
    assert bench.monitor.told == ["connecting", "list", "AccessDenied"]


async def test_a_denial_says_what_was_asked_for() -> None:
    bench = await Bench([Answer([status(403, "Forbidden")], status=403)]).run(1)
    denied = bench.monitor.errors[0]
    assert (denied.verb, denied.group, denied.resource, denied.namespace) == (  # type: ignore[attr-defined]
        "list",
        "",
        "configmaps",
        "a",
    )


async def test_500_in_a_stream_is_watched_on_for_a_minute_then_listed() -> None:
    """'TestRetryInternalError'."""
    internal = watching(error(500, "InternalError"), quiet=False)
    bench = await Bench([listed(7)], [internal]).run(200)
    verbs = bench.transport.verbs()
    assert verbs[:3] == ["list", "watch", "watch"]
    assert "list" in verbs[3:]
    assert "probe" not in verbs
    assert bench.reflector.relists["server_fault"] >= 1


@pytest.mark.parametrize(
    "rubbish",
    [
        b'{"type":"ADDED","obj\n',
        b"<html>504 Gateway Time-out</html>\n",
        error(None),
        b'{"type":"ADDED","object":{"metadata":{}}}\n',
    ],
    ids=["torn", "html", "error without reason", "no such object"],
)
async def test_rubbish_is_dropped_once_and_listed_the_second_time(rubbish: bytes) -> None:
    bench = Bench([listed(7), listed(9, "x")], [watching(rubbish), watching(rubbish), QUIET])
    await bench.run(30)
    assert bench.transport.verbs()[:5] == ["list", "watch", "probe", "watch", "list"]
    assert bench.sink.texts() == {"x": ""}


async def test_a_stream_that_ends_in_a_line_goes_on_from_the_last_version() -> None:
    torn = watching(event("ADDED", "x", 8), b'{"type":"ADDED"', quiet=False)
    bench = await Bench([listed(7)], [torn, QUIET]).run(30)
    assert bench.transport.calls[-1].params["resourceVersion"] == "8"
    assert bench.sink.texts() == {"x": ""}


async def test_unknown_event_types_are_skipped_and_do_not_advance() -> None:
    strange = b'{"type":"SHRUG","object":{}}\n'
    bench = await Bench([listed(7)], [watching(strange, strange, 5.0, quiet=False), QUIET]).run(30)
    assert bench.transport.calls[-1].params["resourceVersion"] == "7"
    assert bench.reflector.statistics.ignored == 2


async def test_strange_types_without_end_fill_no_memory() -> None:
    strange = [b'{"type":"%d","object":{}}\n' % number for number in range(1000)]
    bench = Bench([listed(7)], [watching(*strange)])
    with capture_logs() as lines:
        await bench.run(5)
    assert bench.reflector.statistics.ignored == 1000
    assert [line["event"] for line in lines] == ["unknown_watch_event"] * STRANGE_TYPES


async def test_an_object_of_2_mib_is_one_like_any_other() -> None:
    text = "x" * 2 * 1024 * 1024
    bench = await Bench([listed(7)], [watching(event("ADDED", "x", 8, text))]).run(5)
    assert bench.sink.texts() == {"x": text}


async def test_a_line_beyond_the_cap_is_passed_by_with_a_list() -> None:
    endless = watching(b"x" * (LINE_LIMIT + 1))
    bench = await Bench([listed(7), listed(9, "x")], [endless, endless, QUIET]).run(30)
    assert bench.sink.texts() == {"x": ""}
    assert "16,777,216" in str(bench.monitor.errors[0])


async def test_a_repeated_event_changes_nothing() -> None:
    doubled = watching(
        event("ADDED", "x", 8, "new"), event("ADDED", "x", 8, "new"), event("MODIFIED", "x", 6)
    )
    bench = await Bench([listed(7)], [doubled]).run(5)
    assert bench.sink.seen == [("a/x", "new")]


async def test_a_recreated_object_is_removed_and_added() -> None:
    happens = watching(event("ADDED", "x", 9, "second", uid="other"))
    bench = await Bench([listed(7, "x", text="first")], [happens]).run(5)
    assert bench.sink.seen == [("a/x", "first"), ("a/x", None), ("a/x", "second")]


async def test_the_late_end_of_a_predecessor_takes_nothing_away() -> None:
    happens = watching(event("ADDED", "x", 9, uid="other"), event("DELETED", "x", 10))
    bench = await Bench([listed(7, "x")], [happens]).run(5)
    assert bench.sink.texts() == {"x": ""}


async def test_silence_asks_for_a_proof_of_life() -> None:
    bench = Bench([listed(7, "x")], [QUIET])
    async with bench.running(69):
        assert bench.transport.verbs() == ["list", "watch"]
        await anyio.sleep(2)
        assert bench.transport.verbs() == ["list", "watch", "probe", "watch"]
    assert bench.transport.calls[2].params == {"limit": "1"}
    assert bench.transport.calls[3].params["resourceVersion"] == "7", "no relist"
    assert bench.monitor.told == ["connecting", "list", "list"]


async def test_silence_after_silence_is_no_proof_of_anything() -> None:
    """A proxy that holds back what the watch says: everything else looks well for ever."""
    bench = Bench([listed(7, "x"), listed(9, "y")], [QUIET])
    async with bench.running(139):
        assert bench.sink.texts() == {"x": ""}
        await anyio.sleep(2)
        assert bench.sink.texts() == {"y": ""}
    assert bench.reflector.relists == {"start": 1, "silence": 1}
    assert bench.monitor.errors == []


async def test_a_probe_that_is_throttled_is_asked_again() -> None:
    throttled = Answer([b"slow down"], status=429, headers=(("Retry-After", "20"),))
    bench = await Bench([listed(7)], [QUIET], probes=[throttled, ALIVE]).run(100)
    assert bench.transport.verbs() == ["list", "watch", "probe", "probe", "watch"]
    assert bench.monitor.told == ["connecting", "list", "Throttled", "list"]


async def test_silence_of_a_dead_server_is_told() -> None:
    bench = await Bench([listed(7)], [QUIET], probes=[REFUSED]).run(100)
    assert "Unreachable" in bench.monitor.told


async def test_a_server_that_went_back_in_time_is_listed_again() -> None:
    """A backup was restored: our version is the future, and its watch is silent."""
    bench = Bench([listed(700, "x"), listed(5, "y")], [QUIET], probes=[listed(5)])
    await bench.run(100)
    assert bench.sink.texts() == {"y": ""}
    assert bench.reflector.relists == {"start": 1, "restored": 1}


async def test_a_server_that_comes_back_in_the_past_is_noticed_at_once() -> None:
    bench = Bench([listed(700, "x"), listed(5, "y")], [REFUSED, QUIET], probes=[listed(5)])
    async with bench.running(3):
        assert bench.sink.texts() == {"y": ""}
    assert bench.transport.verbs() == ["list", "watch", "probe", "list", "watch"]


async def test_a_server_that_has_not_come_as_far_as_we_is_listed() -> None:
    """504 with this cause, which some servers answer to a watch from their future."""
    ahead = status(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge"}])
    for refusal in (
        Answer([ahead], status=504),
        watching(b'{"type":"ERROR","object":' + ahead + b"}\n", quiet=False),
    ):
        bench = await Bench([listed(700, "x"), listed(5, "y")], [refusal, QUIET]).run(3)
        assert bench.sink.texts() == {"y": ""}
        assert bench.reflector.relists == {"start": 1, "server_fault": 1}


async def test_a_probe_that_cannot_be_read_is_a_failure_as_any_other() -> None:
    html = Answer([b"<html>login</html>"])
    bench = await Bench([listed(7, "x")], [QUIET], probes=[html]).run(120)
    assert bench.transport.verbs()[:4] == ["list", "watch", "probe", "probe"]
    assert "Unusable" in bench.monitor.told
    assert bench.reflector.relists["unusable"] >= 1


async def test_a_full_list_comes_every_half_hour() -> None:
    beats = [chunk for n in range(200) for chunk in (60.0, bookmark(8 + n))]
    bench = await Bench([listed(7, "x"), listed(5000, "y")], [Answer(beats)]).run(2100)
    assert bench.reflector.relists == {"start": 1, "periodic": 1}
    assert bench.sink.texts() == {"y": ""}


async def test_an_outage_of_many_attempts_is_one_line_and_its_end_another() -> None:
    away = [REFUSED] * 30
    bench = Bench([listed(7)], [Answer(breaks=True), QUIET], probes=[*away, ALIVE])
    with capture_logs() as lines:
        await bench.run(1700)
    assert bench.reflector.statistics.reconnects >= 30
    assert [line["event"] for line in lines if line["log_level"] != "debug"] == [
        *("cluster_error", "source_live_again")
    ]


async def test_401_backs_off_and_lists() -> None:
    refused = Answer([status(401, "Unauthorized")], status=401)
    bench = await Bench([listed(7), listed(9, "x")], [refused, QUIET]).run(10)
    assert bench.transport.verbs() == ["list", "watch", "list", "watch"]
    assert bench.monitor.told[2] == "Unauthorized"


async def test_the_wait_after_failures_doubles_up_to_half_a_minute_and_more_by_chance() -> None:
    """'TestReflectorListAndWatchWithErrors': invariant I7, requests are bounded."""
    bench = await Bench([REFUSED]).run(600)
    assert 600 / 60 <= len(bench.transport.calls) <= 600 / 30 + 8


async def test_what_cannot_be_read_costs_nobody_else() -> None:
    broken = {"metadata": {"name": "broken", "namespace": "a"}}
    bench = await Bench([Answer([page(7, item("x", 3), broken)])]).run(1)
    assert bench.sink.texts() == {"x": ""}
    assert bench.reflector.statistics.unreadable == 1


async def test_an_unsynced_collection_grows_by_pages() -> None:
    pages = [
        Answer([page(7, item("x", 3), token="next")]),
        Answer([10.0, page(7, item("y", 5))]),
    ]
    bench = Bench(pages)
    async with bench.running(5):
        assert bench.sink.texts() == {"x": ""}
        assert "synced" not in bench.sink.verbs
        await anyio.sleep(10)
        assert "synced" in bench.sink.verbs


async def test_news_before_each_expiry_does_not_make_lists_free() -> None:
    lists = [listed(version) for version in range(10, 2000, 10)]
    watches = [
        watching(event("ADDED", "x", version + 1), error(410, "Expired"), quiet=False)
        for version in range(10, 2000, 10)
    ]
    bench = await Bench(lists, watches).run(60)
    assert len(bench.transport.calls) <= 3 + 60 / 0.8


async def test_an_old_bookmark_does_not_take_us_back() -> None:
    late = watching(bookmark(3), 5.0, event("ADDED", "x", 6), 5.0, quiet=False)
    bench = await Bench([listed(7)], [late, QUIET]).run(30)
    assert bench.transport.calls[-1].params["resourceVersion"] == "7"
    assert bench.sink.texts() == {}


async def test_a_list_without_an_end_is_given_up() -> None:
    for_ever = Answer([page(7, item("x", 3), token="again")])
    bench = await Bench([for_ever], limits=WatchLimits(pages=20)).run(60)
    assert bench.monitor.told[1] == "Unusable"
    assert len(bench.transport.calls) <= 20 * (3 + 60 / 0.8)


async def test_410_on_every_later_page_is_no_endless_list() -> None:
    pages = [Answer([page(7, token="next")]), Answer([status(410, "Expired")], status=410)]
    bench = await Bench(pages * 500).run(60)
    assert len(bench.transport.calls) <= 4 * (3 + 60 / 0.8)


async def test_an_empty_list_of_a_missing_namespace_is_absent() -> None:
    bench = Bench([listed(7, "x"), listed(9), listed(12)], [watching(error(410, "Expired")), QUIET])
    bench.transport.namespace = Answer([status(404, "NotFound")], status=404)
    async with bench.running(20):
        assert bench.monitor.told == ["connecting", "list", "Absent"]
        assert bench.sink.texts() == {}
        bench.transport.namespace = Answer([b"{}"])
        await anyio.sleep(60)
        assert bench.monitor.told[3:] == ["list"]


async def test_who_may_not_ask_for_the_namespace_believes_the_list() -> None:
    bench = Bench([listed(7)])
    bench.transport.namespace = Answer([status(403, "Forbidden")], status=403)
    await bench.run(5)
    assert bench.monitor.told == ["connecting", "list"]


async def test_a_full_list_that_is_due_does_not_wait_for_a_watch_of_no_length() -> None:
    limits = WatchLimits(relist=10.0)
    bench = await Bench([listed(7)], [Answer([9.5])], limits).run(11)
    assert bench.transport.verbs() == ["list", "watch", "list", "watch"]
    assert bench.monitor.errors == []


async def test_a_stop_takes_no_time_and_leaves_nothing() -> None:
    for answers in ([QUIET], [watching(5.0, quiet=False)], [REFUSED]):
        bench = await Bench([listed(7)], answers).run(3)
        assert bench.clock.monotonic() == pytest.approx(3, abs=0.01)
