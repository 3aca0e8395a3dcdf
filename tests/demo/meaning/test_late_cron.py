"""Schedules that are not kept, as an operator sees it: late, missed, because of what, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.model import format_time
from tests.demo.film.worlds import START
from tests.demo.meaning.glass import Glass, glass

pytestmark = pytest.mark.looptime

STOPPED = "cronjobs_stopped/*/cronjob-controller"
CHECK = "cronjob_missed/agents/token-check"
LATE = "cronjob_late/agents/mail-digest"
MISSED = "cronjob_missed/agents/mail-digest"


def after(seconds: float) -> str:
    return format_time(START + timedelta(seconds=seconds))


async def cronjob(seen: Glass, name: str) -> Any:
    return (await seen.get(f"/api/cronjobs/agents/{name}"))["data"]


async def test_nobody_starts_the_cronjobs_and_then_somebody_does() -> None:
    """The film begins at 13:03:00; their controller hangs from 13:03:20 to 13:07:20."""
    async with glass("late-cron") as seen:
        await seen.play(74)
        assert await seen.incidents() == {}
        assert (await seen.health())["status"] == "healthy"
        # 13:04:00 was a slot, whose deadline of 10 s and 5 s for the news of it are over.
        await seen.play(91)
        [(key, one)] = (await seen.incidents()).items()
        assert (key, one["state"], one["severity"]) == (CHECK, "active", "critical")
        assert one["title"] == "token-check missed its run"
        assert one["since"] == after(75)
        assert one["message"].startswith("No Job was made for the run of 2026-11-23 13:04 UTC")
        assert (await seen.health())["status"] == "unhealthy"
        assert (await cronjob(seen, "mail-digest"))["state"] == "on_time"

        # 13:05:00: mail-digest is late for its run of 13:04, and that is no accident.
        await seen.play(150)
        assert (await cronjob(seen, "mail-digest"))["state"] == "late"
        assert (await cronjob(seen, "token-check"))["state"] == "missed"
        assert await seen.active() == {STOPPED: None, CHECK: STOPPED, LATE: STOPPED}
        stopped = (await seen.incidents())[STOPPED]
        assert stopped["title"] == "CronJobs are not started any more"
        assert stopped["reason"] == "2 CronJobs are overdue, and none was started since."
        assert stopped["severity"] == "critical"
        assert stopped["since"] == after(75), "since the first of them was overdue"
        late = seen.first(LATE, "new")
        assert 120 <= late <= 130
        assert late + 15 <= seen.first(STOPPED, "active") <= late + 16
        assert stopped["lastChange"] == after(seen.first(STOPPED, "active"))
        assert [one["name"] for one in stopped["objects"]] == [
            "cronjob-controller",
            "token-check",
            "mail-digest",
        ]
        summary = seen.words[-1][1]
        assert summary.reasons == ("CronJobs are not started any more",)
        assert (summary.counts.critical, summary.counts.warning) == (1, 0)

        # 13:06:05: the next slot is there, so that one is missed; what was late is not told twice.
        await seen.play(235)
        assert (await cronjob(seen, "mail-digest"))["state"] == "missed"
        assert await seen.active() == {STOPPED: None, CHECK: STOPPED, MISSED: STOPPED}
        assert (await seen.incidents(state="resolved"))[LATE]["causedBy"] == STOPPED
        assert 185 <= seen.first(MISSED, "new") <= 195
        assert (await seen.incidents())[MISSED]["since"] == after(seen.first(MISSED, "new"))

        # 13:07:20: it goes on, and makes up for the last run of mail-digest, not of token-check.
        await seen.play(262)
        digest = await cronjob(seen, "mail-digest")
        assert digest["state"] == "on_time"
        assert digest["recentRuns"][0]["scheduledFor"] == after(180)
        assert (await cronjob(seen, "token-check"))["state"] == "missed"
        await seen.play(340)
        assert (await cronjob(seen, "token-check"))["state"] == "on_time"
        assert await seen.incidents() == {}
        assert (await seen.health())["status"] == "healthy"
        over = await seen.incidents(state="resolved")
        assert over.keys() == {STOPPED, CHECK, LATE, MISSED}
        assert (over[LATE]["causedBy"], over[MISSED]["causedBy"]) == (STOPPED, STOPPED)
        assert over[STOPPED]["reason"] == stopped["reason"]
        # While it hung there was one red thing at a time, but for the blink in which one ends.
        spans = [keys for at, keys in seen.heads if at < 290]
        assert spans == [frozenset(), {CHECK}, {STOPPED}]


async def test_what_forbid_holds_back_is_no_incident() -> None:
    states: set[str] = set()
    async with glass("late-cron") as seen:
        for minute in range(1, 17):
            await seen.play(60.0 * minute - 20)
            found = await cronjob(seen, "index-refresh")
            states.add(found["state"])
        assert states == {"on_time", "waiting"}
        assert not [one for _, one in seen.told if "index-refresh" in one.key]
        # It comes again with the second time that the controller hangs, as the same incident.
        counts = [one.count for _, one in seen.told if one.key == STOPPED]
        assert counts[-1] == 2
