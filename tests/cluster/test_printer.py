from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.cluster.printer import print_job_status, print_pod
from app.cluster.projections.jobs import JOBS, JobRecord
from app.cluster.projections.pods import PODS, PodRecord
from tests.cluster.projections.raw import (
    condition,
    container,
    line,
    metadata,
    pod,
    running,
    terminated,
    waiting,
)

Json = dict[str, Any]


def read(raw: Json) -> PodRecord:
    item = PODS.event(line("ADDED", raw)).item
    assert item is not None
    return item.record


def status_of(*containers: Json, init: tuple[Json, ...] = (), **fields: Any) -> Json:
    status = {
        "phase": "Running",
        "containerStatuses": list(containers),
        "initContainerStatuses": list(init),
    }
    return status | fields


def spec_of(*names: str, init: tuple[str, ...] = (), sidecars: tuple[str, ...] = ()) -> Json:
    return {
        "containers": [{"name": name} for name in names],
        "initContainers": [
            {"name": name} | ({"restartPolicy": "Always"} if name in sidecars else {})
            for name in init
        ],
    }


ONE = spec_of("main")
TWO = spec_of("main", "side")
WITH_INIT = spec_of("main", init=("first", "second"))
WITH_SIDECAR = spec_of("main", init=("proxy", "second"), sidecars=("proxy",))
READY = [condition("Ready")]

# (spec, status, more metadata) -> STATUS, READY. Each row is a branch of kubectl's printer.
GOLDEN: dict[str, tuple[Json, Json, Json, str, str]] = {
    "the phase": (ONE, {"phase": "Pending"}, {}, "Pending", "0/1"),
    "no status at all": (ONE, {}, {}, "", "0/1"),
    "the reason of the pod over its phase": (
        ONE,
        {"phase": "Failed", "reason": "Evicted"},
        {},
        "Evicted",
        "0/1",
    ),
    "gated over everything before": (
        ONE,
        {
            "phase": "Pending",
            "reason": "Odd",
            "conditions": [condition("PodScheduled", "False", reason="SchedulingGated")],
        },
        {},
        "SchedulingGated",
        "0/1",
    ),
    "running and ready": (ONE, status_of(container(**running())), {}, "Running", "1/1"),
    "running, not ready": (
        ONE,
        status_of(container(**running(ready=False))),
        {},
        "Running",
        "0/1",
    ),
    "ready without running counts as nothing": (ONE, status_of(container()), {}, "Running", "0/1"),
    "waiting": (
        ONE,
        status_of(container(**waiting("CrashLoopBackOff"))),
        {},
        "CrashLoopBackOff",
        "0/1",
    ),
    "waiting without a reason": (ONE, status_of(container(**waiting(""))), {}, "Running", "0/1"),
    "ended with a reason": (
        ONE,
        status_of(container(**terminated(137, reason="OOMKilled"))),
        {},
        "OOMKilled",
        "0/1",
    ),
    "ended by a signal": (
        ONE,
        status_of(container(**terminated(137, signal=9))),
        {},
        "Signal:9",
        "0/1",
    ),
    "ended with a bare code": (
        ONE,
        status_of(container(**terminated(57))),
        {},
        "ExitCode:57",
        "0/1",
    ),
    "the first container has the last word": (
        TWO,
        status_of(container(**waiting("ErrImagePull")), container("side", **terminated(1))),
        {},
        "ErrImagePull",
        "0/2",
    ),
    "completed, another runs, pod ready": (
        TWO,
        status_of(
            container(**terminated(0, reason="Completed")),
            container("side", **running()),
            conditions=READY,
        ),
        {},
        "Running",
        "1/2",
    ),
    "completed, another runs, pod not ready": (
        TWO,
        status_of(container(**terminated(0, reason="Completed")), container("side", **running())),
        {},
        "NotReady",
        "1/2",
    ),
    "completed, another failed": (
        TWO,
        status_of(
            container(**terminated(0, reason="Completed")),
            container("side", **terminated(1, reason="Error")),
        ),
        {},
        "Error",
        "0/2",
    ),
    "completed": (
        ONE,
        status_of(container(**terminated(0, reason="Completed")), phase="Succeeded"),
        {},
        "Completed",
        "0/1",
    ),
    "the second of two init containers": (
        WITH_INIT,
        status_of(init=(container("first", **terminated(0)), container("second", **running()))),
        {},
        "Init:1/2",
        "0/1",
    ),
    "an init container waits": (
        WITH_INIT,
        status_of(init=(container("first", **waiting("ErrImagePull")),)),
        {},
        "Init:ErrImagePull",
        "0/1",
    ),
    "an init container waits for the pod": (
        WITH_INIT,
        status_of(init=(container("first", **waiting("PodInitializing")),)),
        {},
        "Init:0/2",
        "0/1",
    ),
    "an init container failed": (
        WITH_INIT,
        status_of(init=(container("first", **terminated(1, reason="Error")),)),
        {},
        "Init:Error",
        "0/1",
    ),
    "an init container was killed": (
        WITH_INIT,
        status_of(init=(container("first", **terminated(143, signal=15)),)),
        {},
        "Init:Signal:15",
        "0/1",
    ),
    "an init container gave a code": (
        WITH_INIT,
        status_of(init=(container("first", **terminated(3)),)),
        {},
        "Init:ExitCode:3",
        "0/1",
    ),
    "initialised by its condition, whatever a container says": (
        WITH_INIT,
        status_of(
            container(**running()),
            init=(container("first", **waiting("ErrImagePull")),),
            conditions=[condition("Initialized")],
        ),
        {},
        "Init:ErrImagePull",
        "1/1",
    ),
    "a sidecar counts once it has started": (
        WITH_SIDECAR,
        status_of(
            container(**running()),
            init=(
                container("proxy", **running(started=True)),
                container("second", **terminated(0)),
            ),
        ),
        {},
        "Running",
        "2/2",
    ),
    "a sidecar that has started and is not ready": (
        WITH_SIDECAR,
        status_of(
            container(**running()),
            init=(
                container("proxy", **running(started=True, ready=False)),
                container("second", **terminated(0)),
            ),
        ),
        {},
        "Running",
        "1/2",
    ),
    "a sidecar that has not started holds the pod": (
        WITH_SIDECAR,
        status_of(init=(container("proxy", **running(started=False)),)),
        {},
        "Init:0/2",
        "0/2",
    ),
    "terminating": (
        ONE,
        status_of(container(**running())),
        {"deletionTimestamp": "2026-01-01T10:00:00Z"},
        "Terminating",
        "1/1",
    ),
    "deleted after its end": (
        ONE,
        status_of(container(**terminated(1, reason="Error")), phase="Failed"),
        {"deletionTimestamp": "2026-01-01T10:00:00Z"},
        "Error",
        "0/1",
    ),
    "on a lost node": (ONE, {"phase": "Running", "reason": "NodeLost"}, {}, "NodeLost", "0/1"),
    "deleted on a lost node": (
        ONE,
        {"phase": "Running", "reason": "NodeLost"},
        {"deletionTimestamp": "2026-01-01T10:00:00Z"},
        "Unknown",
        "0/1",
    ),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_status_and_ready_say(case: str) -> None:
    spec, status, fields, word, ready = GOLDEN[case]
    columns = print_pod(read(pod(spec=spec, status=status, **fields)))
    assert (columns.status, f"{columns.ready}/{columns.total}") == (word, ready)


def ended_at(moment: str | None) -> Json:
    return {"lastState": {"terminated": {"exitCode": 1, "finishedAt": moment}}}


def test_restarts_are_those_of_main_containers_and_sidecars_once_initialised() -> None:
    columns = print_pod(
        read(
            pod(
                spec=WITH_SIDECAR,
                status=status_of(
                    container(restartCount=2, **running(), **ended_at("2026-01-01T09:10:00Z")),
                    init=(
                        container(
                            "proxy",
                            restartCount=3,
                            **running(started=True),
                            **ended_at("2026-01-01T09:20:00Z"),
                        ),
                        container(
                            "second",
                            restartCount=40,
                            **terminated(0),
                            **ended_at("2026-01-01T09:30:00Z"),
                        ),
                    ),
                ),
            )
        )
    )
    assert columns.restarts == 5
    assert columns.last_restart == datetime(2026, 1, 1, 9, 20, tzinfo=UTC)


def test_restarts_are_those_of_init_containers_before() -> None:
    columns = print_pod(
        read(
            pod(
                spec=WITH_INIT,
                status=status_of(
                    container(restartCount=100),
                    init=(
                        container("first", restartCount=1, **terminated(0)),
                        container(
                            "second",
                            restartCount=4,
                            **waiting("CrashLoopBackOff"),
                            **ended_at("2026-01-01T09:10:00Z"),
                        ),
                    ),
                ),
            )
        )
    )
    assert (columns.status, columns.restarts) == ("Init:CrashLoopBackOff", 5)
    assert columns.last_restart == datetime(2026, 1, 1, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize(("restarts", "moment"), [(0, "2026-01-01T09:10:00Z"), (3, None)])
def test_a_last_restart_needs_a_restart_and_a_time(restarts: int, moment: str | None) -> None:
    status = status_of(container(restartCount=restarts, **running(), **ended_at(moment)))
    assert print_pod(read(pod(status=status))).last_restart is None


def read_job(*conditions: Json, spec: Json | None = None, **fields: Any) -> JobRecord:
    raw = {
        "metadata": metadata("sync", **fields),
        "spec": spec or {},
        "status": {"conditions": list(conditions), "succeeded": 2},
    }
    item = JOBS.event(line("ADDED", raw)).item
    assert item is not None
    return item.record


@pytest.mark.parametrize(
    ("conditions", "deleted", "word"),
    [
        ([], False, "Running"),
        ([condition("SuccessCriteriaMet"), condition("Complete")], True, "Complete"),
        ([condition("FailureTarget"), condition("Failed")], True, "Failed"),
        ([condition("Suspended")], True, "Terminating"),
        ([condition("Suspended")], False, "Suspended"),
        ([condition("Suspended", "False")], False, "Running"),
        ([condition("FailureTarget")], False, "FailureTarget"),
        ([condition("SuccessCriteriaMet")], False, "SuccessCriteriaMet"),
    ],
)
def test_a_jobs_status_says(conditions: list[Json], deleted: bool, word: str) -> None:
    fields: Json = {"deletionTimestamp": "2026-01-01T10:00:00Z"} if deleted else {}
    assert print_job_status(read_job(*conditions, **fields)) == word
