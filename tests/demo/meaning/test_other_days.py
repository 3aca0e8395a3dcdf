"""What an operator sees of a calm hour, and of a working day."""

from __future__ import annotations

import pytest

from tests.demo.meaning.glass import glass

pytestmark = pytest.mark.looptime


async def test_a_calm_hour_is_green_from_end_to_end() -> None:
    """Watches end and are opened again, everything is listed again, and nobody is told a thing."""
    async with glass("calm") as seen:
        await seen.play(3_600)
        assert seen.told == []
        assert (await seen.health())["status"] == "healthy"
        since_listed = [summary.status for _, summary in seen.words][-1:]
        assert since_listed == ["healthy"]
        first = next(at for at, summary in seen.words if summary.status == "healthy")
        assert all(summary.status == "healthy" for at, summary in seen.words if at > first)
        points = (await seen.get("/api/health/history"))["data"]["points"]
        assert len(points) >= 29
        assert {point["status"] for point in points} == {"healthy"}
        runs = (await seen.get("/api/cronjobs/agents/auth-check"))["data"]["recentRuns"]
        assert len(runs) >= 3
        assert {run["status"] for run in runs} == {"succeeded"}


async def test_a_working_day_has_few_red_things_and_says_which() -> None:
    async with glass("busy") as seen:
        await seen.play(60)
        minute = await seen.active()
        assert minute["pod_oom_killed/agents/worker"] is None
        assert {key.partition("/")[0] for key in minute} <= {"pod_oom_killed", "job_failed"}
        assert (await seen.health())["status"] == "degraded"
        await seen.play(300)
        later = await seen.incidents(state="active")
        assert later["pod_crash_loop/agents/worker"]["severity"] == "critical"
        assert later["pod_restarting/agents/worker"]["causedBy"] == "pod_crash_loop/agents/worker"
        failed = [one for key, one in later.items() if key.startswith("job_failed/")]
        assert failed
        for one in failed:
            assert one["severity"] == "warning"
            assert one["reason"] in {"It ended with exit code 57.", "It ended with exit code 1."}
        assert (await seen.health())["status"] == "unhealthy"
        # Sources are well, so nothing is unknown; and no owner is told of pod by pod.
        assert not await seen.incidents(state="unknown")
        heads = [key for key, one in later.items() if "causedBy" not in one]
        assert len(heads) <= 8
        assert max(len(keys) for _, keys in seen.heads) <= 8
