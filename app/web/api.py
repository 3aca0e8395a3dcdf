"""The board's values as pages of JSON, for those who do not want a stream."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, get_args

from starlette.responses import Response

from app.model import (
    JobStatus,
    Page,
    PodPhase,
    encode,
    summarize_cronjob,
    summarize_job,
    summarize_pod,
)
from app.web.headers import REVALIDATE
from app.web.parameters import chosen, one_of, page_of, search
from app.web.streams import chosen_anywhere

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from app.model import CronJobInfo, JobInfo, PodHealth, Wire
    from app.web.rooms import Rooms


async def pods(request: Request) -> Response:
    """`GET /api/pods`; `state` is a phase."""
    states = one_of(request.query_params, "state", get_args(PodPhase))

    def wanted(pod: PodHealth) -> bool:
        return not states or pod.phase in states

    return _page(request, "pods", wanted, summarize_pod)


async def cronjobs(request: Request) -> Response:
    """`GET /api/cronjobs`; `state` is `active`, `idle` or `suspended`."""
    states = one_of(request.query_params, "state", ("active", "idle", "suspended"))

    def wanted(job: CronJobInfo) -> bool:
        state = "suspended" if job.suspended else "active" if job.active_jobs else "idle"
        return not states or state in states

    return _page(request, "cronjobs", wanted, summarize_cronjob)


async def jobs(request: Request) -> Response:
    """`GET /api/jobs`; `state` is a status."""
    states = one_of(request.query_params, "state", get_args(JobStatus))

    def wanted(job: JobInfo) -> bool:
        return not states or job.status in states

    return _page(request, "jobs", wanted, summarize_job)


def _page(
    request: Request,
    kind: str,
    wanted: Callable[[Any], bool],
    summary: Callable[[Any], Wire],
) -> Response:
    """One page of a topic's values by key, of those in `namespace`, with `q` in their name."""
    rooms: Rooms = request.app.rooms
    query = request.query_params
    number, size = page_of(query)
    text = search(query)
    if rooms.namespaces is None:
        namespaces = chosen_anywhere(query)
    else:
        namespaces = chosen(query, "namespace", rooms.namespaces, what="namespace")
    found = sorted(
        (
            (key, value)
            for key, value in rooms.board.values(kind).items()
            if (namespaces is None or key.partition("/")[0] in namespaces)
            and (not text or text in key.partition("/")[2].lower())
            and wanted(value)
        ),
        key=lambda item: item[0],
    )
    first = (number - 1) * size
    detail = request.state.principal.audience == "detail"
    values = [value for _, value in found[first : first + size]]
    told = tuple(value if detail else summary(value) for value in values)
    answer = Page[Any](data=told, total=len(found), page=number, page_size=size)
    return revalidated(request, answer)


def revalidated(request: Request, answer: Wire) -> Response:
    """JSON that a browser may keep but must ask about: 304 when it has this one."""
    body = encode(answer)
    # Weak, because the same answer may be sent compressed.
    etag = f'W/"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": REVALIDATE.decode()}
    if _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _matches(header: str, etag: str) -> bool:
    known = (item.strip().removeprefix("W/") for item in header.split(","))
    return any(item in (etag.removeprefix("W/"), "*") for item in known)
