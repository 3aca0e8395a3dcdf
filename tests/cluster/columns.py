"""The API server's own columns beside ours, for the same bytes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from app.cluster.printer import print_job_status, print_pod
from app.cluster.projections.cronjobs import CRON_JOBS, cron_job_info
from app.cluster.projections.jobs import JOBS
from app.cluster.projections.pods import PODS, pod_health

if TYPE_CHECKING:
    from app.cluster.projection import Page, Projection
    from app.cluster.projections.jobs import JobRecord

Json = dict[str, Any]
R = TypeVar("R")

UNITS = {
    "y": timedelta(days=365),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


class Table:
    """A Table that was asked for with `includeObject=Object`: cells and object of one moment."""

    def __init__(self, table: Json) -> None:
        self._columns = [column["name"] for column in table["columnDefinitions"]]
        self._rows: list[Json] = table["rows"]
        self.read_at = datetime.now(UTC)

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self) -> list[dict[str, Any]]:
        """Cells by the name of their column, in the order of the list."""
        return [dict(zip(self._columns, row["cells"], strict=True)) for row in self._rows]

    def page(self, projection: Projection[R]) -> Page[R]:
        """The same objects as a list page, read by a projection of ours."""
        items = [row["object"] for row in self._rows]
        page = projection.page(
            json.dumps({"metadata": {"resourceVersion": "1"}, "items": items}).encode()
        )
        assert page.unreadable == ()
        return page


def differing_pods(table: Table) -> list[str]:
    """What our columns of each pod say otherwise than the API server's."""
    differing = []
    for cells, item in zip(table.rows(), table.page(PODS).items, strict=True):
        columns = print_pod(item.record)
        health = pod_health(item.record)
        ours = {
            "Name": health.name,
            "Ready": f"{health.ready_containers}/{health.total_containers}",
            "Status": health.reason or "",
        }
        for column, cell in ours.items():
            if cells[column] != cell:
                differing.append(f"{item.key} {column}: theirs {cells[column]!r}, ours {cell!r}")
        restarts = cells["Restarts"]
        if not same_restarts(restarts, columns.restarts, columns.last_restart, table.read_at):
            differing.append(
                f"{item.key} Restarts: theirs {restarts!r}, "
                f"ours {columns.restarts} at {columns.last_restart}"
            )
    return differing


def differing_jobs(table: Table) -> list[str]:
    """What our columns of each Job say otherwise than the API server's."""
    differing = []
    for cells, item in zip(table.rows(), table.page(JOBS).items, strict=True):
        ours = {
            "Status": print_job_status(item.record),
            "Completions": completions(item.record),
        }
        for column, cell in ours.items():
            if cells[column] != cell:
                differing.append(f"{item.key} {column}: theirs {cells[column]!r}, ours {cell!r}")
    return differing


def completions(job: JobRecord) -> str:
    """How many pods succeeded, of how many: what the record holds, as the API server prints it."""
    if job.completions is not None:
        return f"{job.succeeded}/{job.completions}"
    if job.parallelism > 1:
        return f"{job.succeeded}/1 of {job.parallelism}"
    return f"{job.succeeded}/1"


def differing_cron_jobs(table: Table) -> list[str]:
    """What our values of each CronJob say otherwise than the API server's columns."""
    differing = []
    for cells, item in zip(table.rows(), table.page(CRON_JOBS).items, strict=True):
        info = cron_job_info(item.record)
        ours = {
            "Schedule": info.schedule,
            "Timezone": info.time_zone or "<none>",
            "Suspend": str(info.suspended),
            "Active": info.active_jobs,
        }
        for column, cell in ours.items():
            if cells[column] != cell:
                differing.append(f"{item.key} {column}: theirs {cells[column]!r}, ours {cell!r}")
        last, cell = info.last_schedule_time, cells["Last Schedule"]
        if (last is None) != (cell == "<none>"):
            differing.append(f"{item.key} Last Schedule: theirs {cell!r}, ours {last}")
        elif last is not None and not same_age(cell, table.read_at - last):
            differing.append(f"{item.key} Last Schedule: theirs {cell!r}, ours {last}")
    return differing


def same_restarts(cell: str, count: int, latest: datetime | None, now: datetime) -> bool:
    """Whether `3 (5m ago)` says the same as a count and a time."""
    number, _, age = cell.partition(" (")
    if number != str(count) or bool(age) != (latest is not None):
        return False
    return latest is None or same_age(age.removesuffix(" ago)"), now - latest)


def same_age(text: str, age: timedelta) -> bool:
    """Whether `5m`, `2d3h` or `120m` is that age, cut to the smallest unit that it names."""
    parts = re.findall(r"(\d+)([ydhms])", text)
    assert "".join(number + unit for number, unit in parts) == text, text
    named = sum((int(number) * UNITS[unit] for number, unit in parts), timedelta())
    # The table was made a moment before it was read.
    return named - timedelta(seconds=2) <= age < named + UNITS[parts[-1][1]] + timedelta(seconds=10)
