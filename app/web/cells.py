"""What a person reads of a value: words for the cells of its row, made from the stream's JSON.

`static/elements/` says the same of the same values in the browser; a browser test compares them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]
Mood = Literal["", "busy", "held", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row."""

    field: str
    text: str = ""
    mood: Mood = ""
    """What its shape and colour say: in progress, held on purpose, look here, act."""
    time: str = ""
    """A moment in ISO 8601; the text is the same moment for people."""
    rule: str = ""
    """The RBAC rule that would mend it, to be copied."""


def pod_cells(pod: Json) -> tuple[Cell, ...]:
    """A pod: what `kubectl get pods` says of it, and who made it."""
    ready, total = pod["readyContainers"], pod["totalContainers"]
    status: str = pod.get("reason") or pod["phase"]
    return (
        Cell("name", pod["name"]),
        Cell("status", status, _mood_of_pod(status, whole=ready == total)),
        Cell("ready", f"{ready}/{total}"),
        Cell("restarts", str(pod["restartCount"])),
        Cell("owner", pod.get("owner", "")),
    )


def cronjob_cells(job: Json) -> tuple[Cell, ...]:
    """A CronJob: whether it is at work, and when it was last."""
    state = "suspended" if job["suspended"] else "active" if job["activeJobs"] else "idle"
    moods: dict[str, Mood] = {"suspended": "held", "active": "busy"}
    zone = job.get("timeZone", "")
    return (
        Cell("name", job["name"]),
        Cell("state", state, moods.get(state, "")),
        Cell("schedule", f"{job['schedule']} {zone}" if zone else job["schedule"]),
        Cell("active", str(job["activeJobs"])),
        _moment("lastScheduleTime", job),
    )


def job_cells(job: Json) -> tuple[Cell, ...]:
    """A Job: how it ended, or that it has not."""
    moods: dict[str, Mood] = {"running": "busy", "failed": "bad"}
    code = job.get("exitCode")
    return (
        Cell("name", job["name"]),
        Cell("status", job["status"], moods.get(job["status"], "")),
        Cell("exitCode", "" if code is None else str(code)),
        Cell("cronJobName", job["cronJobName"]),
        _moment("startTime", job),
    )


def source_cells(source: Json) -> tuple[Cell, ...]:
    """A source: how we hear of a kind in a namespace, and why we do not."""
    state: str = source["state"]
    return (
        Cell("name", f"{source['kind']}/{source['namespace']}"),
        Cell("state", state, SOURCE_MOODS.get(state, "")),
        Cell("message", source.get("message", ""), rule=source.get("missingRule", "")),
    )


CELLS: Mapping[str, Callable[[Json], tuple[Cell, ...]]] = {
    "sources": source_cells,
    "pods": pod_cells,
    "cronjobs": cronjob_cells,
    "jobs": job_cells,
}

SOURCE_MOODS: Mapping[str, Mood] = {
    "connecting": "busy",
    "late": "warn",
    "stale": "warn",
    "forbidden": "bad",
    "absent": "bad",
    "error": "bad",
}

_BAD = re.compile(
    r"(Failed|Evicted)\Z|.*(BackOff|Error|Err[A-Z]|Killed|Exceeded|ExitCode|Signal:)", re.DOTALL
)
_BUSY = re.compile(r"(Pending|Terminating|ContainerCreating|PodInitializing)\Z|Init:\d+/\d+\Z")
_WARN = re.compile(r"(Unknown|NotReady)\Z")


def _mood_of_pod(status: str, *, whole: bool) -> Mood:
    if _BAD.match(status):
        return "bad"
    if _BUSY.match(status):
        return "busy"
    return "warn" if _WARN.match(status) or (status == "Running" and not whole) else ""


def _moment(field: str, value: Json) -> Cell:
    time: str = value.get(field, "")
    return Cell(field, spoken(time), time=time)


def spoken(time: str, *, seconds: bool = False) -> str:
    """A moment in ISO 8601 UTC, for people whose time zone nobody knows."""
    return f"{time[:10]} {time[11 : 19 if seconds else 16]} UTC" if time else ""


def ago(milliseconds: float) -> str:
    """How long, in the largest unit that says enough."""
    seconds = int(milliseconds // 1_000)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7_200:
        return f"{seconds // 60} min"
    return f"{seconds // 3_600} h" if seconds < 172_800 else f"{seconds // 86_400} d"
