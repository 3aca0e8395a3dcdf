"""Whatever happens to records, in whatever order: values are what the records make them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.board import Board
from app.cluster.projections.jobs import JOBS, JobRecord, job_info
from app.cluster.projections.pods import PODS, PodRecord, pod_health
from app.stream import Hub
from tests.cluster.projections.raw import (
    condition,
    container,
    metadata,
    owned_by,
    page,
    pod,
    running,
    terminated,
)
from tests.fakes.clock import ManualClock

Json = dict[str, Any]

NAMESPACES = ("a", "b")


def read_job(namespace: str, name: str, uid: str, failed: bool) -> JobRecord:
    status = {"conditions": [condition("Failed")] if failed else []}
    raw = {"metadata": metadata(name, namespace=namespace, uid=uid), "status": status}
    return JOBS.page(page(raw)).items[0].record


def read_pod(namespace: str, name: str, owner: str | None, code: int | None) -> PodRecord:
    state = running() if code is None else terminated(code)
    raw = pod(
        name,
        namespace=namespace,
        status={"phase": "Running", "containerStatuses": [container(**state)]},
        **({} if owner is None else owned_by("Job", "whatever", f"{owner}-{namespace}")),
    )
    return PODS.page(page(raw)).items[0].record


# A uid is one object for ever; two of the three share a name, as after a recreation.
NAMES = {"u-1": "sync", "u-2": "sync", "u-3": "other"}

JOB_RECORDS = st.builds(
    lambda namespace, uid, failed: read_job(namespace, NAMES[uid], f"{uid}-{namespace}", failed),
    st.sampled_from(NAMESPACES),
    st.sampled_from(sorted(NAMES)),
    st.booleans(),
).map(lambda job: ("jobs", f"{job.namespace}/{job.name}", job))

POD_RECORDS = st.builds(
    read_pod,
    st.sampled_from(NAMESPACES),
    st.sampled_from(("x", "y", "z")),
    st.none() | st.sampled_from(sorted(NAMES)),
    st.none() | st.sampled_from((0, 1, 57)),
).map(lambda found: ("pods", f"{found.namespace}/{found.name}", found))

WRITES = st.lists(
    st.tuples(st.sampled_from(["upsert", "remove", "replace"]), JOB_RECORDS | POD_RECORDS),
    max_size=25,
)


@given(writes=WRITES)
def test_values_are_what_the_records_make_them(
    writes: list[tuple[str, tuple[str, str, JobRecord | PodRecord]]],
) -> None:
    board = Board(Hub(ManualClock()))
    sinks = {
        (kind, namespace): board.sink(kind, namespace)
        for kind in ("jobs", "pods")
        for namespace in NAMESPACES
    }
    for verb, (kind, key, record) in writes:
        sink = sinks[kind, key.partition("/")[0]]
        match verb:
            case "upsert":
                sink.upsert(key, record)
            case "remove":
                sink.remove(key)
            case _:
                sink.replace({key: record})

        pods = dict(board.records(PODS).items())
        jobs = dict(board.records(JOBS).items())
        assert dict(board.pods.items()) == {key: pod_health(one) for key, one in pods.items()}
        assert dict(board.jobs.items()) == {
            key: job_info(job, [one for one in pods.values() if belongs(one, job)])
            for key, job in jobs.items()
        }


def belongs(found: PodRecord, job: JobRecord) -> bool:
    return found.controller is not None and found.controller.uid == job.uid
