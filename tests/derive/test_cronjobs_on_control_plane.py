"""What we say of CronJobs, next to what the real controller does: in real minutes.

slot 1   all run          then the controller stops
slot 2   nothing runs     it is due; `strict` has missed it 20 s later
slot 3   nothing runs     now `plain` has missed slot 2, too; 22 s later a controller starts
slot 4   all run
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from app.clock import SystemClock
from app.cluster.configuration import load
from app.main import create_app
from app.settings import Settings
from tests.control_plane.api import CRONJOBS, EVENTS, JOBS, PODS
from tests.control_plane.objects import cronjob
from tests.control_plane.scripts import script

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.board import Board
    from app.model import CronJobInfo
    from tests.control_plane.api import Api
    from tests.control_plane.cluster import ControlPlane

MINUTE = timedelta(minutes=1)

HEARD = timedelta(seconds=30)
"""Two busy cores, with other tests beside this one."""

KOLKATA = ZoneInfo("Asia/Kolkata")
"""Half an hour beside everybody else."""


class Watcher:
    """Which states each CronJob was shown in, and since when."""

    def __init__(self, board: Board, namespace: str) -> None:
        self._values = board.cronjobs
        self._namespace = namespace
        self.states: defaultdict[str, list[str]] = defaultdict(list)
        self.since: dict[tuple[str, str], datetime] = {}
        self._values.listen(self._seen)

    def _seen(self, key: str, old: CronJobInfo | None, new: CronJobInfo | None) -> None:
        if new is None or (old is not None and old.state == new.state):
            return
        self.states[new.name].append(str(new.state))
        self.since[new.name, str(new.state)] = datetime.now(UTC)

    def __getitem__(self, name: str) -> CronJobInfo:
        found = self._values.get(f"{self._namespace}/{name}")
        assert found is not None
        return found

    def runs(self, name: str) -> list[datetime | None]:
        """The slots of its runs, newest first."""
        return [run.scheduled_for for run in self[name].recent_runs or ()]

    async def until(self, name: str, by: datetime, holds: Callable[[CronJobInfo], bool]) -> None:
        key = f"{self._namespace}/{name}"
        try:
            async with asyncio.timeout((by + HEARD - datetime.now(UTC)).total_seconds()):
                await self._values.until(
                    lambda topic: (value := topic.get(key)) is not None and holds(value)
                )
        except TimeoutError:
            raise AssertionError(f"{self._values.get(key)} in {self.states[name]}") from None

    async def state(self, name: str, state: str, by: datetime) -> None:
        await self.until(name, by, lambda value: value.state == state)

    async def ran(self, name: str, slot: datetime) -> None:
        """Wait until its newest run is that of a slot, and it is on time."""
        await self.until(
            name,
            max(slot, datetime.now(UTC)),
            lambda value: value.state == "on_time" and [*self.runs(name), None][0] == slot,
        )


async def reach(moment: datetime) -> None:
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


async def pod_of(admin: Api, namespace: str, job: str) -> str:
    found = await admin.list(PODS, namespace, labelSelector=f"job-name={job}")
    (pod,) = found["items"]
    return str(pod["metadata"]["name"])


@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_our_states_and_next_runs_agree_with_the_controller(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    settings = Settings(kubeconfig=control_plane.kubeconfig(), namespaces=(namespace,))
    clock = SystemClock()
    house = create_app(settings, load(clock, kubeconfig=settings.kubeconfig), clock=clock)
    seen = Watcher(house.rooms.board, namespace)
    crashed: list[str] = []
    house.on_crash = crashed.append
    async with house.router.lifespan_context(house):
        sources = house.rooms.board.sources
        await sources.until(lambda topic: {one.state for _, one in topic.items()} == {"live"})

        # Begin early enough in a minute for everything to be there before it ends.
        if datetime.now(UTC).second > 52:
            await reach(datetime.now(UTC) + timedelta(seconds=9))
        one = datetime.now(UTC).replace(second=0, microsecond=0) + MINUTE
        two, three, four = (one + number * MINUTE for number in (1, 2, 3))
        local = one.astimezone(KOLKATA)

        quick, long = script(exit_code=0, run_for_ms=50), script(run_for_ms=3_600_000)
        minutely = "* * * * *"
        for manifest in (
            cronjob("plain", schedule=minutely, annotations=quick, successfulJobsHistoryLimit=1),
            cronjob("paused", schedule=minutely, annotations=quick, suspend=True),
            cronjob("guarded", schedule=minutely, annotations=long, concurrencyPolicy="Forbid"),
            cronjob("strict", schedule=minutely, annotations=quick, startingDeadlineSeconds=20),
            cronjob("replaced", schedule=minutely, annotations=long, concurrencyPolicy="Replace"),
            cronjob(
                "zoned",
                schedule=f"{local.minute} {local.hour} * * *",
                timeZone="Asia/Kolkata",
                annotations=quick,
            ),
        ):
            await admin.create(manifest, namespace)
        await seen.state("paused", "suspended", one)
        running = ("plain", "guarded", "strict", "replaced", "zoned")
        for name in running:
            await seen.state(name, "never_ran", one)
            assert seen[name].next_schedule_time == one
        assert seen["paused"].next_schedule_time is None
        assert datetime.now(UTC) < one

        # Slot 1: all run, when we said.
        for name in running:
            await seen.ran(name, one)
            assert seen[name].last_schedule_time == one or seen.runs(name) == [one]
        assert {seen[name].next_schedule_time for name in running} == {two, one + timedelta(days=1)}
        await seen.until(
            "plain", one, lambda value: [run.exit_code for run in value.recent_runs or ()] == [0]
        )
        assert datetime.now(UTC) < two - timedelta(seconds=5), "too slow a machine for this test"

        # Slots 2 and 3: the controller has stopped.
        await asyncio.to_thread(control_plane.stop_part, "kcm")
        stopped = datetime.now(UTC)
        assert stopped < two
        await seen.state("guarded", "waiting", two)
        await seen.state("strict", "missed", two)
        assert two + timedelta(seconds=25) <= seen.since["strict", "missed"]
        assert seen["strict"].next_schedule_time == three
        await seen.state("plain", "late", three)
        assert seen.since["plain", "late"] >= three
        await seen.state("plain", "missed", three)
        assert seen.since["plain", "missed"] >= three + timedelta(seconds=5)
        assert f"{two:%H:%M} UTC" in (seen["plain"].state_message or "")
        assert seen.states["zoned"] == ["never_ran", "on_time"]
        assert seen.states["paused"] == ["suspended"]
        await reach(three + timedelta(seconds=22))
        assert [len(seen.runs(name)) for name in running] == [1] * 5

        # Another one makes up for the latest slot alone, where there is no deadline.
        assert datetime.now(UTC) - stopped > 2 * MINUTE
        await asyncio.to_thread(control_plane.start_part, "kcm")
        await seen.ran("plain", three)
        await seen.ran("replaced", three)
        assert seen["plain"].next_schedule_time == four
        # The held one starts when the run before it ends, as `waiting` said.
        first = await pod_of(admin, namespace, f"guarded-{int(one.timestamp()) // 60}")
        ended = {"metadata": {"annotations": script(exit_code=0, run_for_ms=0)}}
        await admin.patch(PODS, first, ended, namespace)
        await seen.ran("guarded", three)
        # The suspended one has missed nothing; it starts its latest slot when it may.
        await admin.patch(CRONJOBS, "paused", {"spec": {"suspend": False}}, namespace)
        await seen.ran("paused", three)
        assert seen["strict"].state == "missed"
        assert seen["strict"].next_schedule_time == four

        # Slot 4: what we said comes next, comes.
        assert datetime.now(UTC) < four, "too slow a machine for this test"
        for name in ("plain", "strict", "replaced", "paused"):
            await seen.ran(name, four)
        await seen.state("guarded", "waiting", four)

        # The Job of what was resumed and the word that it was come by two watches.
        assert seen.states.pop("paused") in (
            ["suspended", "never_ran", "on_time"],
            ["suspended", "on_time"],
        )
        assert seen.states == {
            "plain": ["never_ran", "on_time", "late", "missed", "on_time"],
            "guarded": ["never_ran", "on_time", "waiting", "on_time", "waiting"],
            "strict": ["never_ran", "on_time", "missed", "on_time"],
            "replaced": ["never_ran", "on_time", "late", "missed", "on_time"],
            "zoned": ["never_ran", "on_time"],
        }
        slots = {name: seen.runs(name) for name in (*running, "paused")}
        assert slots == {
            "plain": [four, three, one],
            "paused": [four, three],
            "guarded": [three, one],
            "strict": [four, one],
            "replaced": [four, three, one],
            "zoned": [one],
        }
        # The controller has let go of what we still tell: of `plain` by its history limit, of
        # `replaced` by its policy.
        await seen.until("plain", four, lambda value: bool((value.recent_runs or ())[-1].deleted))
        for run in seen["replaced"].recent_runs or ():
            assert (run.status, bool(run.deleted)) == ("running", run.scheduled_for != four)
        there = {item["metadata"]["name"] for item in (await admin.list(JOBS, namespace))["items"]}
        for name, expected in slots.items():
            for run, slot in zip(seen[name].recent_runs or (), expected, strict=True):
                assert slot is not None
                assert run.name == f"{name}-{int(slot.timestamp()) // 60}"
                assert run.deleted or run.name in there
        said = {
            (event["involvedObject"]["name"], event["reason"])
            for event in (await admin.list(EVENTS, namespace))["items"]
        }
        assert ("guarded", "JobAlreadyActive") in said
    assert crashed == []
