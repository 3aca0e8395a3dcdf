"""What is on the board: pods of which some are in trouble, CronJobs with Jobs, and how they change.

Everything is a function of numbers, so that two boards of a round are told the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from app.cluster.projections.cronjobs import CRON_JOBS
from app.cluster.projections.jobs import JOBS
from app.cluster.projections.pods import PODS
from app.model import format_time
from app.model.due import previous_due
from app.model.schedule import parse_schedule
from benchmarks.reflect import pods
from benchmarks.reflect.pods import NAMESPACE, STARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from app.cluster.projection import Item, Projection
    from benchmarks.reflect.pods import Json

State = Literal["running", "unready", "crashing", "pending", "lost"]

IN_TROUBLE: dict[int, State] = {
    **dict.fromkeys(range(4), "crashing"),
    **dict.fromkeys(range(4, 7), "pending"),
    **dict.fromkeys(range(7, 10), "lost"),
}
"""Of every hundred pods these, by the last two digits of their numbers."""

SPREAD = 10
"""Hundreds of pods, equally far apart, of which some change: as many however many there are."""

POD_CYCLE: tuple[State, ...] = ("unready", "running", "crashing", "running")
OWNED = 5
"""Pods of one owner, whose numbers follow each other."""

JOBS_EACH = 3
SCHEDULES = (("*/5 * * * *", None), ("30 2 * * *", "Europe/Berlin"), ("15 * * * 1-5", "UTC"))
PAGE = 200
"""Objects in a page of a list, as the settings have it."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many of each there are."""

    pods: int
    cronjobs: int

    @property
    def objects(self) -> int:
        """All of them."""
        return self.pods + self.cronjobs * (1 + JOBS_EACH)


@dataclass(frozen=True, slots=True)
class Told:
    """A line of a watch, and who reads it."""

    projection: Projection[Any]
    line: bytes

    def item(self) -> Item[Any]:
        """What is read of it."""
        item = self.projection.event(self.line).item
        assert item is not None, "every line here has an object"
        return item


def state_of(number: int) -> State:
    """How the pod with this number is at first."""
    return IN_TROUBLE.get(number % 100, "running")


def pod(number: int, state: State, restarts: int = 0, version: int = 1) -> Json:
    """A pod as an API server sends it, about 10 kB."""
    made = pods.stored(pods.manifest(number), version)
    status = pods.running(restarts)
    ready, healthy = status["conditions"], status["containerStatuses"]
    owner = f"agents-{number // 100 * 20 + number % 100 // OWNED}"
    made["metadata"] |= {
        "labels": made["metadata"]["labels"] | {"pod-template-hash": "7d9c6b5f4"},
        "ownerReferences": [
            {"kind": "ReplicaSet", "name": f"{owner}-7d9c6b5f4", "uid": owner, "controller": True}
        ],
    }
    if state == "pending":
        message = "0/20 nodes are available: 20 Insufficient memory."
        scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        status = {"phase": "Pending"}
        status["conditions"] = [{**scheduled, "message": message, "lastTransitionTime": STARTED}]
        made["spec"] |= {"nodeName": None}
    elif state == "crashing":
        ended = {"exitCode": 1, "reason": "Error", "startedAt": STARTED, "finishedAt": STARTED}
        waiting = {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed"}
        healthy[0] |= {"ready": False, "started": False, "state": {"waiting": waiting}}
        healthy[0] |= {"lastState": {"terminated": ended}}
        status["conditions"] = _not(ready, "ContainersReady", "Ready", reason="ContainersNotReady")
    elif state == "unready":
        healthy[0] |= {"ready": False}
        status["conditions"] = _not(ready, "ContainersReady", "Ready", reason="ContainersNotReady")
    elif state == "lost":
        status["conditions"] = _not(ready, "Ready")
        made["spec"] |= {"nodeName": f"lost-{number % 100}"}
    return {**made, "status": status}


def _not(conditions: list[Json], *kinds: str, **more: str) -> list[Json]:
    return [
        {**one, "status": "False", **more} if one["type"] in kinds else one for one in conditions
    ]


class Objects:
    """The objects of one round, as of its beginning."""

    def __init__(
        self, amount: Amount, now: datetime, state: Callable[[int], State] = state_of
    ) -> None:
        self.amount = amount
        self._state = state
        self._slots = [
            previous_due(parse_schedule(text, zone), now, not_before=now - timedelta(days=8)) or now
            for text, zone in SCHEDULES
        ]

    @property
    def changing(self) -> list[int]:
        """The pods that change, one after another and then again: of each owner one."""
        hundreds = max(1, self.amount.pods // 100)
        step = max(1, hundreds // SPREAD)
        firsts = range(0, min(hundreds, step * SPREAD), step)
        return [hundred * 100 + place for hundred in firsts for place in range(10, 100, OWNED)]

    def pages(self, version: int = 1, every: int = 1) -> Iterator[tuple[Projection[Any], bytes]]:
        """Everything there is, in pages of lists; every so manyth pod is of this version."""
        amount = self.amount
        yield from self._paged(CRON_JOBS, amount.cronjobs, self.cronjob)
        yield from self._paged(JOBS, amount.cronjobs * JOBS_EACH, self.job)
        yield from self._paged(
            PODS, amount.pods, lambda number: self._pod(number, 1 if number % every else version)
        )

    def changes(self, count: int) -> Iterator[Told]:
        """So many changes: of ten, eight are of pods, one of a Job and one of a CronJob."""
        well = self.changing
        for turn in range(count):
            version, place = turn + 10, turn // 10
            if turn % 10 == 8:
                number = place % (self.amount.cronjobs * JOBS_EACH)
                again = place // (self.amount.cronjobs * JOBS_EACH) + 1
                yield line(JOBS, self.job(number, again, version))
            elif turn % 10 == 9:
                number = place % self.amount.cronjobs
                again = place // self.amount.cronjobs + 1
                yield line(CRON_JOBS, self.cronjob(number, again, version))
            else:
                visit, index = divmod(place * 8 + turn % 10, len(well))
                state = POD_CYCLE[visit % len(POD_CYCLE)]
                made = pod(well[index], state, restarts=visit // len(POD_CYCLE), version=version)
                yield line(PODS, made)

    def cronjob(self, number: int, again: int = 0, version: int = 1) -> Json:
        """A CronJob whose run goes on or, at every other time, does not."""
        schedule, zone = SCHEDULES[number % len(SCHEDULES)]
        slot = self._slots[number % len(SCHEDULES)]
        made = _made("CronJob", f"nightly-{number:04d}", version)
        active = [{"name": "its-job", "uid": "of-its-job"}] if again % 2 else []
        return made | {
            "spec": {"schedule": schedule, "timeZone": zone, "concurrencyPolicy": "Forbid"},
            "status": {"lastScheduleTime": format_time(slot), "active": active},
        }

    def job(self, number: int, again: int = 0, version: int = 1) -> Json:
        """A Job of a CronJob that has ended or, at every other time, goes on."""
        cronjob, place = divmod(number, JOBS_EACH)
        slot = self._slots[cronjob % len(SCHEDULES)] - timedelta(hours=place)
        owner = f"nightly-{cronjob:04d}"
        made = _made("Job", f"{owner}-{round(slot.timestamp()) // 60}", version)
        began = format_time(slot)
        made["metadata"] |= {
            "creationTimestamp": began,
            "ownerReferences": [
                {"kind": "CronJob", "name": owner, "uid": f"uid-of-{owner}", "controller": True}
            ],
        }
        if again % 2:
            return made | {"status": {"startTime": began, "active": 1}}
        ended = format_time(slot + timedelta(minutes=3))
        complete = {"type": "Complete", "status": "True", "lastTransitionTime": ended}
        return made | {
            "status": {
                "startTime": began,
                "completionTime": ended,
                "succeeded": 1,
                "conditions": [complete],
            }
        }

    def _pod(self, number: int, version: int) -> Json:
        made = pod(number, self._state(number), version=version)
        made["metadata"]["labels"]["version"] = str(version)
        return made

    def _paged(
        self, projection: Projection[Any], count: int, made: Callable[[int], Json]
    ) -> Iterator[tuple[Projection[Any], bytes]]:
        for start in range(0, count, PAGE):
            items = [made(number) for number in range(start, min(start + PAGE, count))]
            metadata = {"resourceVersion": "9"}
            if start + PAGE < count:
                metadata["continue"] = "more"
            body = {"metadata": metadata, "items": items}
            yield projection, json.dumps(body).encode()


def _made(kind: str, name: str, version: int) -> Json:
    return {
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-of-{name}",
            "resourceVersion": str(version),
            "creationTimestamp": format_time(datetime(2026, 1, 1, tzinfo=UTC)),
        },
    }


def line(projection: Projection[Any], element: Json) -> Told:
    """An object as a watch tells that it changed."""
    return Told(projection, json.dumps({"type": "MODIFIED", "object": element}).encode())
