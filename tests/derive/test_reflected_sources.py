"""A reflector and its source together, in fake time: what is shown while things happen."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import anyio
import pytest

from app.board import Board
from app.cluster.reflector import Reflector
from app.derive.freshness import STALE_SECONDS, TICK_SECONDS, Freshness
from app.stream import Hub
from tests.cluster.bench import QUIET, listed, watching
from tests.cluster.objects import THINGS, RecordingSink, Thing, bookmark, event, status
from tests.fakes.clock import LoopClock
from tests.fakes.transport import ALIVE, REFUSED, Answer, ScriptedTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.looptime

FORBIDDEN = Answer([status(403, "Forbidden")], status=403)


class Shown:
    """One source that is reflected, and when it was shown how."""

    def __init__(
        self,
        lists: Sequence[Answer | None],
        watches: Sequence[Answer | None] = (QUIET,),
        probes: Sequence[Answer | None] = (ALIVE,),
    ) -> None:
        clock = LoopClock()
        topic = Board(Hub(clock), ()).sources
        self.freshness = Freshness(topic, clock)
        self.sink = RecordingSink()
        self.seen: list[tuple[int, str]] = []
        topic.listen(
            lambda key, old, new: (
                self.seen.append((round(clock.monotonic()), new.state)) if new else None
            )
        )
        self.reflector: Reflector[Thing] = Reflector(
            THINGS,
            "a",
            ScriptedTransport(lists, watches, probes),
            self.sink,
            self.freshness.monitor("things", "a"),
            clock=clock,
            random=Random(1),
        )

    async def run(self, seconds: float) -> Shown:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.reflector.run)
            tasks.start_soon(self.freshness.run)
            await anyio.sleep(seconds)
            tasks.cancel_scope.cancel()
        return self

    @property
    def states(self) -> list[str]:
        return [state for _, state in self.seen]


async def test_a_watch_that_ends_and_is_opened_again_stays_live() -> None:
    beats = Answer([chunk for n in range(5) for chunk in (60.0, bookmark(8 + n))])
    shown = await Shown([listed(7)], [beats]).run(1200)
    assert shown.reflector.statistics.watches >= 4
    assert shown.states == ["connecting", "live"]


async def test_a_kind_of_which_no_bookmarks_come_stays_live() -> None:
    """The API server has none of events: its silence is asked about before it is called late."""
    shown = await Shown([listed(7)]).run(1800)
    assert shown.states == ["connecting", "live"]


async def test_a_dead_server_is_stale_100_seconds_after_its_last_byte() -> None:
    shown = await Shown([listed(7)], [watching(event("ADDED", "x", 8))], [REFUSED]).run(300)
    assert shown.states == ["connecting", "live", "late", "stale"]
    assert shown.seen[-1][0] <= STALE_SECONDS + TICK_SECONDS


async def test_a_server_that_restarts_is_late_for_as_long_as_it_is_away() -> None:
    dying = Answer([10.0], breaks=True)
    shown = await Shown([listed(7)], [dying, QUIET], [REFUSED, REFUSED, REFUSED, ALIVE]).run(60)
    assert shown.states == ["connecting", "live", "late", "late", "live"], "two causes"
    assert shown.seen[2][0] == 10
    assert shown.seen[-1][0] < 10 + 30


async def test_a_server_whose_watches_all_break_is_never_taken_for_live_for_long() -> None:
    """What it lists is right at that moment; what it holds back meanwhile is not."""
    lists = [listed(version, f"x{version}") for version in range(10, 5000, 10)]
    broken = Answer([1.5], breaks=True)
    shown = await Shown(lists, [broken]).run(900)
    live = [ended - began for (began, state), (ended, _) in pairwise(shown.seen) if state == "live"]
    assert max(live) <= 2
    assert shown.reflector.relists["watch_failed"] > 5


async def test_a_right_that_is_taken_and_given_back() -> None:
    ended = watching(5.0, quiet=False)
    shown = Shown([listed(7), FORBIDDEN, listed(9, "x")], [ended, FORBIDDEN, QUIET])
    await shown.run(120)
    assert shown.states == ["connecting", "live", "forbidden", "live"]
    assert shown.seen[2][0] == 5
    assert shown.seen[3][0] <= 5 + 2 * 60
    assert shown.sink.texts() == {"x": ""}


async def test_rubbish_is_an_error_until_the_server_makes_sense_again() -> None:
    html = watching(5.0, b"<html>504</html>\n", quiet=False)
    shown = await Shown([listed(7)], [html, QUIET]).run(60)
    assert shown.states == ["connecting", "live", "error", "live"]
    assert shown.seen[3][0] - shown.seen[2][0] <= 2
