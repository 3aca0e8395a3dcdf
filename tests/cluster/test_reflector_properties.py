"""Whatever happens to objects and goes wrong around them: the copy is right in the end.

Random writes and faults over a small API server in memory, in fake time; the oracle is the server
itself. The names are those of the invariants that are held.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from random import Random
from typing import TYPE_CHECKING, Any

import anyio
import looptime
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.board import Board
from app.cluster.limits import WatchLimits
from app.cluster.reflector import Reflector
from app.derive.freshness import Freshness
from app.stream import Hub
from tests.cluster.objects import THINGS, RecordingSink, Thing
from tests.fakes.clock import LoopClock
from tests.fakes.model_api import ModelApi, failure, line

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

Step = tuple[str, Any]

PAGE = 2
"""Of at most five objects: a list has up to three pages."""

PROOF_SECONDS = 165.0
"""How long a state may be shown as live after it was true: two silences of 70 s, and a tick."""

HEALED_SECONDS = 400.0
"""Back-off (60), refusals (60), two silences (140), Retry-After and what lies between."""

RESTORED_SECONDS = 1800.0 + 600.0
"""A backup whose revisions have caught up with ours is noticed by the periodic list alone."""

NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
WRITES = st.tuples(st.sampled_from(["write", "write", "delete", "recreate"]), NAMES)
SWITCHES = st.tuples(
    st.sampled_from(
        ["away", "forbidden", "mute", "hasty", "repeating", "missing", "bookmarks", "by status"]
    ),
    st.booleans(),
)
EXPIRED = line("ERROR", failure(410))
RUBBISH = st.sampled_from(
    [
        *(b'{"type":"ADDED","object":{"met\n', b"<html>504</html>\n", b"[]\n", b"\xff\n"),
        line("ERROR", {}),
        line("ERROR", {"message": "hm"}),
        line("SHRUG", {}),
        line("ADDED", {"metadata": {}}),
        line("BOOKMARK", {"metadata": {}}),
        *(EXPIRED, EXPIRED, EXPIRED),
        *(line("ERROR", failure(code)) for code in (429, 500, 504)),
    ]
)
HAPPENINGS = st.one_of(
    st.tuples(st.just("inject"), RUBBISH),
    st.tuples(st.sampled_from(["torn", "end", "cut"]), st.none()),
    st.tuples(st.just("repeat"), st.integers(1, 5)),
    st.tuples(st.sampled_from(["restart", "compact", "elsewhere"]), st.none()),
    st.tuples(st.just("refuse"), st.sampled_from([401, 403, 404, 410, 422, 429, 500, 503, 504])),
)
BACKUPS = st.tuples(st.sampled_from(["save", "restore"]), st.none())
SLEEPS = st.tuples(
    st.just("sleep"), st.sampled_from([0.0, 0.06, 0.06, 0.3, 2.0, 20.0, 80.0, 200.0])
)


def rounds(faults: st.SearchStrategy[Step], most: int) -> st.SearchStrategy[list[Step]]:
    """Some writes, something that goes wrong, some more writes, and time: again and again."""
    writes = st.lists(WRITES, max_size=3)
    one = st.tuples(writes, st.lists(faults, max_size=1), writes, SLEEPS).map(
        lambda parts: [*parts[0], *parts[1], *parts[2], parts[3]]
    )
    return st.lists(one, min_size=2, max_size=most).map(
        lambda found: [step for parts in found for step in parts]
    )


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Thousands of faults are thousands of lines that nobody reads."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


class Watcher(RecordingSink):
    """A sink that looks at every verb."""

    def __init__(self, api: ModelApi) -> None:
        super().__init__()
        self.synced_once = False
        self._api = api
        self._newest: dict[str, int] = {}
        self._over: set[str] = set()
        self.orderly = True
        """Whether revisions are given out once: not when a backup was restored."""

    def replace(self, records: Mapping[str, Thing]) -> None:
        """I5: unchanged records are the identical ones, and a list is one state of the server."""
        for key, record in records.items():
            held = self.held.get(key)
            assert held != record or held is record, "an unchanged object made a change"
        for key in self.held.keys() - records.keys():
            self._ends(key)
        super().replace(records)
        for record in records.values():
            self._is_in_order(record)
        assert self.texts() in [texts for _, texts in self._api.states], "half of a list"

    def upsert(self, key: str, record: Thing) -> None:
        held = self.held.get(key)
        if self.synced_once:
            assert held is None or held.uid == record.uid, "I4: another object is a remove first"
            self._is_in_order(record)
        super().upsert(key, record)

    def remove(self, key: str) -> None:
        self._ends(key)
        super().remove(key)

    def synced(self) -> None:
        self.synced_once = True
        super().synced()

    def _ends(self, key: str) -> None:
        self._over.add(self.held[key].uid)

    def _is_in_order(self, record: Thing) -> None:
        if self.orderly:
            assert record.uid not in self._over, "I3: an object came back from the dead"
            newest = self._newest.get(record.uid, 0)
            assert int(record.text) >= newest, "I4: an object went back"
            self._newest[record.uid] = int(record.text)


class World:
    """The server, the reflector, what is shown, and what must hold all the time."""

    def __init__(self, *, streams_lists: bool, seed: int) -> None:
        self.api = ModelApi()
        self.clock = LoopClock()
        self.looks = [(0.0, 0.0)]
        """How long it was shown as live until when."""
        self.sink = Watcher(self.api)
        board = Board(Hub(self.clock), ())
        self.freshness = Freshness(board.sources, self.clock)
        self.monitor = self.freshness.monitor("things", "a")
        self.reflector = Reflector(
            THINGS,
            "a",
            self.api,
            self.sink,
            self.monitor,
            clock=self.clock,
            random=Random(seed),
            limits=WatchLimits(page_size=PAGE, watch_list=streams_lists),
        )

    async def live(self, steps: list[Step]) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.reflector.run)
            for step in steps:
                await self.take(step)
            restored = not self.sink.orderly
            self.api.heal()
            await self.pass_time(RESTORED_SECONDS if restored else HEALED_SECONDS)
            assert self.sink.texts() == self.api.texts(), "I1, I2"
            assert self.monitor.state == "live"
            assert self.reflector.statistics.objects == len(self.api.texts())
            stopped = self.clock.monotonic()
            tasks.cancel_scope.cancel()
        assert self.clock.monotonic() == stopped, "I11: a stop takes no time"
        self.requests_are_bounded()

    async def take(self, step: Step) -> None:
        api = self.api
        match step:
            case "write", str(name):
                api.write(name)
            case "recreate", str(name):
                api.write(name, anew=True)
            case "delete", str(name):
                api.delete(name)
            case "sleep", float(seconds):
                await self.pass_time(seconds)
            case "inject", bytes(rubbish):
                api.inject(rubbish)
            case "torn", _:
                api.inject(b'{"type":"MOD', None)
            case "end", _:
                api.inject(None)
            case "repeat", int(count):
                api.repeat(count)
            case "refuse", int(code):
                api.refusals.append(code)
            case "away", bool(away):
                api.away = away
                if away:
                    api.cut()
            case "missing", bool(missing):
                api.set_missing(missing)
            case "by status", bool(by_status):
                api.gone_by_status = by_status
            case "mute" | "forbidden" | "hasty" | "repeating" | "bookmarks", bool(on):
                setattr(api, step[0], on)
                for feed in api.feeds:
                    feed.wake()
            case "restore", _:
                self.sink.orderly = False
                api.restore()
            case name, _:
                getattr(api, name)()

    async def pass_time(self, seconds: float) -> None:
        """And look at what is shown meanwhile."""
        while seconds > 0:
            step = min(seconds, 20.0)
            seconds -= step
            await anyio.sleep(step)
            self.what_is_shown_is_honest()
        await anyio.sleep(0.001)

    def what_is_shown_is_honest(self) -> None:
        """I9: what is shown as live was so not long ago, not counting when it was shown as old."""
        now = self.clock.monotonic()
        live, looked = self.looks[-1]
        if self.monitor.state != "live":
            self.looks.append((live, now))
            return
        live += now - looked
        self.looks.append((live, now))
        if not self.sink.orderly:
            return
        at = bisect_left(self.looks, (live - PROOF_SECONDS, 0.0))
        since = self.looks[max(0, at - 1)][1]
        states = self.api.states
        began = max(0, bisect_left(states, since, key=lambda state: state[0]) - 1)
        assert self.sink.texts() in [texts for _, texts in states[began:]]

    def requests_are_bounded(self) -> None:
        """I7: after the first three failures at most one step of ours in 0.8 s."""
        times = self.api.times
        for at, first in enumerate(times):
            within = bisect_left(times, first + 60.0) - at
            # A step is a list of at most three pages and the one that is asked for without them.
            assert within <= 4 * (3 + 60 / 0.8)


def lived(steps: list[Step], *, streams_lists: bool = False, seed: int = 1) -> World:
    """Live through `steps` in fake time."""

    async def live() -> World:
        world = World(streams_lists=streams_lists, seed=seed)
        await world.live(steps)
        return world

    return in_fake_time(live)


def in_fake_time(work: Callable[[], Coroutine[Any, Any, World]]) -> World:
    def new_loop() -> asyncio.AbstractEventLoop:
        return looptime.new_event_loop(start=0, _enabled=True)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(work())


SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck))
RUNS = 120


@pytest.mark.parametrize("streams_lists", [False, True], ids=["lists", "streams"])
@settings(SETTINGS, max_examples=RUNS)
@given(steps=rounds(SWITCHES | HAPPENINGS, 12), seed=st.integers(0, 1000))
def test_the_copy_is_right_in_the_end(streams_lists: bool, steps: list[Step], seed: int) -> None:
    lived(steps, streams_lists=streams_lists, seed=seed)


@settings(SETTINGS, max_examples=RUNS // 5)
@given(steps=rounds(BACKUPS | HAPPENINGS, 6), seed=st.integers(0, 1000))
def test_it_is_right_after_a_backup_was_restored(steps: list[Step], seed: int) -> None:
    lived([*steps, ("restore", None)], seed=seed)


FOR_EVER: dict[str, dict[str, object]] = {
    "nobody listens": {"away": True},
    "403": {"forbidden": True},
    "401": {"always": 401},
    "429": {"always": 429},
    "500": {"always": 500},
    "410": {"always": 410},
}
WATCHES_FOR_EVER: dict[str, dict[str, object]] = {
    "silent": {"mute": True},
    "ended at once": {"hasty": True},
    "repeating and ended": {"hasty": True, "repeating": True},
    "rubbish": {"prelude": b"<html>504</html>\n"},
    "no reason": {"prelude": line("ERROR", {})},
    "expired": {"prelude": EXPIRED},
    "500 in the stream": {"prelude": line("ERROR", failure(500))},
}


class TestForEver:
    """What a server does for ever, by name: we ask no more than we may, and know what we can."""

    @pytest.mark.parametrize("fault", [*FOR_EVER, *WATCHES_FOR_EVER])
    @pytest.mark.parametrize("streams_lists", [False, True], ids=["lists", "streams"])
    def test_it_is_not_asked_without_a_pause(self, fault: str, streams_lists: bool) -> None:
        """I7, and that the state of a minute or two ago is known as long as lists work."""

        async def live() -> World:
            world = World(streams_lists=streams_lists, seed=7)
            api = world.api
            for name in "abc":
                api.write(name)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(world.reflector.run)
                await anyio.sleep(30)
                for name, value in (FOR_EVER | WATCHES_FOR_EVER)[fault].items():
                    setattr(api, name, value)
                api.cut()
                for seconds in range(600):
                    await anyio.sleep(1)
                    if seconds < 600 - PROOF_SECONDS:
                        api.write("abc"[seconds % 3], anew=seconds % 7 == 0)
                tasks.cancel_scope.cancel()
            return world

        world = in_fake_time(live)
        steps = [
            at
            for at, call in zip(world.api.times, world.api.calls, strict=True)
            if "continue" not in call.params
        ]
        for at, first in enumerate(steps):
            assert bisect_left(steps, first + 60.0) - at <= 3 + 60 / 0.8
        assert len(steps) <= 600 / 0.8 / 4, "far below the bound in the long run"
        if fault in WATCHES_FOR_EVER:
            assert world.sink.texts() == world.api.texts()
