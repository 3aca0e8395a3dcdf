"""A tape on the board: everything at its time, and nothing of one round in another."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from app.board import Board
from app.derive.retold import Retold
from app.model import PodHealth, decode
from app.stream import Hub
from app.tape import Player, TapeError, TapeTime, open_tape
from tests.fakes.clock import LoopClock
from tests.tape.made import (
    beat,
    change,
    header,
    hello,
    line,
    opening,
    pod,
    remove,
    snapshot,
    source,
    upsert,
    write,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MINUTE = [
    header(),
    *opening("agent-0"),
    change(10_000, upsert("pods", "agents/agent-1", pod("agent-1"))),
    beat(20_000, pods=4000),
    change(30_000, remove("pods", "agents/agent-0"), upsert("jobs", "agents/j", {})),
    change(60_000, upsert("pods", "agents/agent-1", pod("agent-1", phase="Failed"))),
]
MINUTE[-2]["data"]["changes"][1]["value"] = {"name": "j", "cronJobName": "", "status": "running"}


class Stage:
    """A board, the player that fills it, and when it changed."""

    def __init__(self, path: Path, *lines: Any, speed: float = 1.0, loop: bool = False) -> None:
        self.clock = LoopClock()
        self.clock.monotonic()
        self.tape = open_tape(write(path, *lines))
        self.time = TapeTime(self.tape.header.recorded_at, self.clock, speed)
        self.hub = Hub(self.clock)
        self.board = Board(self.hub)
        self.retold = Retold(self.board.sources, self.time)
        self.ended = anyio.Event()
        self.player = Player(
            self.tape,
            self.time,
            hub=self.hub,
            topics={name: self.board.values(name) for name in ("pods", "cronjobs", "jobs")},
            sources=self.retold,
            loop=loop,
            ended=self.ended.set,
        )
        self.changes: list[tuple[float, str, bool]] = []
        self.board.pods.listen(self._changed)

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.player.run)
            tasks.start_soon(self.retold.run)
            await anyio.sleep(0.01)
            yield
            tasks.cancel_scope.cancel()

    @property
    def pods(self) -> set[str]:
        return {key.partition("/")[2] for key, _ in self.board.pods.items()}

    @property
    def seconds(self) -> float:
        """Where we are on the tape."""
        return (self.time.now() - self.tape.header.recorded_at).total_seconds()

    def _changed(self, key: str, old: PodHealth | None, new: PodHealth | None) -> None:
        self.changes.append((round(self.clock.monotonic(), 1), key[7:], new is not None))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape"


@pytest.mark.looptime
@pytest.mark.parametrize("speed", [0.1, 1.0, 10.0, 1000.0])
async def test_everything_comes_at_its_time(path: Path, speed: float) -> None:
    stage = Stage(path, *MINUTE, speed=speed)
    async with stage.playing():
        await stage.ended.wait()
        assert round(stage.clock.monotonic(), 1) == round(60 / speed, 1)
    ten, half, minute = (round(seconds / speed, 1) for seconds in (10, 30, 60))
    assert stage.changes == [
        (0.0, "agent-0", True),
        (ten, "agent-1", True),
        (half, "agent-0", False),
        (minute, "agent-1", True),
    ]
    assert stage.board.pods.get("agents/agent-1") == PodHealth.model_validate(
        pod("agent-1", phase="Failed")
    )
    assert [key for key, _ in stage.board.jobs.items()] == ["agents/j"]


@pytest.mark.looptime
async def test_its_time_is_that_of_the_tape(path: Path) -> None:
    stage = Stage(path, *MINUTE, speed=10)
    begun = stage.tape.header.recorded_at
    async with stage.playing():
        await anyio.sleep(4)
        assert stage.seconds == pytest.approx(40, abs=0.5)
        assert stage.time.monotonic() == pytest.approx(40, abs=0.5)
        await stage.ended.wait()
        assert stage.time.now() == begun + timedelta(seconds=60)
        await anyio.sleep(5)
        assert stage.seconds == pytest.approx(65), "from the end on time is real"


@pytest.mark.looptime
async def test_its_time_does_not_pass_what_is_still_to_come(path: Path) -> None:
    """A machine that slept, or is too slow for its speed."""
    stage = Stage(path, *MINUTE, speed=10)
    async with stage.playing():
        pass
    await anyio.sleep(100)
    assert stage.seconds == pytest.approx(10), "the next change has not been put on the board"


@pytest.mark.looptime
async def test_topics_are_complete_when_they_were(path: Path) -> None:
    late = [
        hello(),
        snapshot(0, "pods", {"agents/agent-0": pod()}, synced=False),
        snapshot(0, "jobs"),
        change(1000, upsert("pods", "agents/agent-1", pod("agent-1"))),
        snapshot(5000, "pods", {"agents/agent-1": pod("agent-1")}),
    ]
    stage = Stage(path, header(), *late)
    async with stage.playing():
        assert (stage.board.pods.synced, stage.board.jobs.synced) == (False, True)
        await anyio.sleep(2)
        assert stage.pods == {"agent-0", "agent-1"}
        await stage.ended.wait()
        assert stage.pods == {"agent-1"}
        assert stage.board.pods.synced
        assert not stage.board.cronjobs.synced, "nobody has told of them"


@pytest.mark.looptime
async def test_sources_are_as_old_as_they_were_and_grow_old_at_the_end(path: Path) -> None:
    stage = Stage(path, *MINUTE[:-1], beat(60_000, pods=2000), speed=10)
    states: list[str] = []
    stage.board.sources.listen(lambda key, old, new: states.append(new.state if new else "gone"))
    async with stage.playing():
        await anyio.sleep(2.5)
        told: Any = stage.retold.vitals(("pods",), None)["pods/agents"]
        assert told["state"] == "live"
        assert told["ageMs"] == pytest.approx(4000 + 5000, abs=100)
        await stage.ended.wait()
        await anyio.sleep(70)
        told = stage.retold.vitals(("pods",), None)["pods/agents"]
        assert told == {"state": "live", "ageMs": pytest.approx(72_000, abs=100)}
        await anyio.sleep(10)
        assert states == ["live", "late"]
        await anyio.sleep(20)
        assert states == ["live", "late", "stale"]


@pytest.mark.looptime
async def test_sources_follow_the_tape(path: Path) -> None:
    lines = [
        *opening(),
        change(1000, upsert("sources", "jobs/agents", source("jobs", "connecting"))),
        change(2000, upsert("sources", "jobs/agents", source("jobs", "forbidden", message="no"))),
        snapshot(3000, "sources", {"jobs/agents": source("jobs")}, synced=False),
        change(4000, remove("sources", "pods/agents")),
        snapshot(5000, "sources", {"pods/agents": source()}),
    ]
    stage = Stage(path, header(), *lines)
    seen = []
    async with stage.playing():
        for _ in range(6):
            seen.append({key: value.state for key, value in stage.board.sources.items()})
            assert stage.retold.monitors.keys() == seen[-1].keys()
            await anyio.sleep(1)
    pods: dict[str, str] = {"pods/agents": "live"}
    assert seen == [
        pods,
        pods | {"jobs/agents": "connecting"},
        pods | {"jobs/agents": "forbidden"},
        pods | {"jobs/agents": "live"},
        {"jobs/agents": "live"},
        pods,
    ]


@pytest.mark.looptime
async def test_another_round_shows_nothing_of_the_one_before(path: Path) -> None:
    stage = Stage(path, *MINUTE, speed=10, loop=True)
    async with stage.playing():
        await anyio.sleep(5.9)
        assert stage.pods == {"agent-1"}
        flushed = stage.hub.statistics.flushes
        await anyio.sleep(0.2)
        assert stage.pods == {"agent-0"}
        assert len(stage.board.jobs) == 0
        assert stage.hub.statistics.flushes <= flushed + 2, "it is one batch, and the last change"
        assert stage.seconds == pytest.approx(1, abs=0.2)
        assert stage.time.monotonic() == pytest.approx(61, abs=0.2), "it never goes back"
        await anyio.sleep(6)
        assert stage.seconds == pytest.approx(1, abs=0.3)
    assert not stage.ended.is_set()
    first = [change[1:] for change in stage.changes[:4]]
    assert [change[1:] for change in stage.changes[4:6]] == [("agent-1", False), ("agent-0", True)]
    assert [change[1:] for change in stage.changes[6:9]] == first[1:]


@pytest.mark.looptime
async def test_a_long_opening_lets_others_have_their_turn(path: Path) -> None:
    """Until it is read the end of the last round stands, as of its own time."""
    many = [change(n, upsert("pods", "agents/a", pod("a", restartCount=n))) for n in range(500)]
    end = change(2000, upsert("pods", "agents/end", pod("end")))
    stage = Stage(path, header(), hello(), *many, snapshot(500, "pods"), end, loop=True)
    over = anyio.Event()
    stage.board.pods.listen(lambda key, old, new: over.set() if key == "agents/end" else None)
    turns = []
    async with stage.playing():
        await over.wait()
        while stage.pods == {"end"}:
            turns.append(stage.seconds)
            await anyio.lowlevel.checkpoint()
        assert stage.pods == set()
        assert stage.seconds == 0.5
    assert len(turns) > 400
    assert set(turns) == {2.0}


@pytest.mark.looptime
async def test_a_round_begins_where_everything_is_known(path: Path) -> None:
    """An opening that does not know everything yet would leave what is from the end."""
    lines = [
        hello(),
        snapshot(0, "pods", synced=False),
        change(
            1000,
            upsert("pods", "agents/agent-0", pod()),
            upsert("pods", "agents/agent-9", pod("agent-9")),
        ),
        snapshot(1500, "sources", {"pods/agents": source()}),
        beat(1600, pods=700),
        change(1800, remove("pods", "agents/agent-9")),
        snapshot(2000, "pods", {"agents/agent-0": pod()}),
        change(9000, upsert("pods", "agents/agent-1", pod("agent-1"))),
    ]
    stage = Stage(path, header(), *lines, loop=True)
    async with stage.playing():
        await anyio.sleep(8.9)
        assert stage.pods == {"agent-0"}
        await anyio.sleep(0.2)
        assert stage.pods == {"agent-0"}
        assert stage.seconds == pytest.approx(2.1, abs=0.1)
        told: Any = stage.retold.vitals(("pods",), None)["pods/agents"]
        assert told["ageMs"] == pytest.approx(800, abs=100)
    assert "agent-9" not in [key for at, key, _ in stage.changes if at > 2]


@pytest.mark.looptime
async def test_a_tape_without_length_is_no_busy_loop(path: Path) -> None:
    stage = Stage(path, header(), hello(), line(0, "gap", reason="lost"), loop=True)
    rounds = []
    stage.board.pods.upsert("agents/agent-0", decode(PodHealth, b"%b" % POD))
    with anyio.move_on_after(10.5):
        async with stage.playing():
            while True:
                rounds.append(stage.clock.monotonic())
                await anyio.sleep(0.25)
    assert len(rounds) >= 40
    assert stage.pods == set(), "what was there is gone with the second round"


POD = (
    b'{"name":"agent-0","phase":"Running","readyContainers":1,"totalContainers":1,"restartCount":0}'
)


async def test_a_file_that_is_exchanged_is_noticed(path: Path) -> None:
    stage = Stage(path, *MINUTE)
    write(path, header(), "nothing")
    with pytest.raises(TapeError, match=r"^line 2: it is not JSON$"):
        await stage.player.run()


@pytest.mark.looptime
async def test_topics_that_the_board_has_not_are_passed_over(path: Path) -> None:
    told = {
        "status": "healthy",
        "reasons": [],
        "counts": {"critical": 0, "warning": 0, "info": 0},
        "since": "2026-11-25T09:14:00.000Z",
    }
    lines = [
        *opening("agent-0"),
        snapshot(5, "health", {"current": told}),
        change(6, upsert("health", "current", told), remove("pods", "agents/agent-0")),
        beat(7, jobs=5),
    ]
    stage = Stage(path, header(), *lines)
    async with stage.playing():
        await stage.ended.wait()
        assert stage.pods == set()
        assert stage.retold.vitals(("jobs",), None) == {}
