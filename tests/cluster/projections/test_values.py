"""A record that could be read can always be shown: no object stops a reflector."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from app.cluster.projections.cronjobs import CRON_JOBS, cron_job_info
from app.cluster.projections.events import WARNINGS, warning
from app.cluster.projections.jobs import JOBS, job_info
from app.cluster.projections.pods import PODS, pod_health
from app.model import encode
from tests.cluster.generated import generated_cron_jobs, generated_jobs, generated_pods
from tests.cluster.projections.raw import metadata, owned_by, page
from tests.cluster.projections.twisted import twisted

Json = dict[str, Any]


def full(one: Any, name: str) -> Json:
    raw: Json = copy.deepcopy(one.manifest)
    raw["metadata"] |= metadata(name, labels={"a": "b"}, **owned_by("Job", "sync", "u"))
    return raw | {"status": one.status}


PODS_RAW = [full(one, "agent") for one in generated_pods(7, 40)]
JOBS_RAW = [full(one, "sync") for one in generated_jobs(7, 20)]
CRON_JOBS_RAW = [full(one, "nightly") for one in generated_cron_jobs(7, 10)]
EVENTS_RAW = [
    {
        "metadata": metadata("e"),
        "involvedObject": {"kind": "Pod", "name": "agent"},
        "count": 2,
        "series": {"count": 3, "lastObservedTime": "2026-01-01T00:00:00.123456Z"},
        "eventTime": "2026-01-01T00:00:00.123456Z",
        "firstTimestamp": None,
    }
]


@given(raw=twisted(PODS_RAW))
def test_a_pod_that_was_read_can_be_shown(raw: Json) -> None:
    for item in PODS.page(page(raw)).items:
        assert encode(pod_health(item.record))


@given(raw=twisted(JOBS_RAW), pod=twisted(PODS_RAW))
def test_a_job_that_was_read_can_be_shown(raw: Json, pod: Json) -> None:
    pods = [item.record for item in PODS.page(page(pod)).items]
    for item in JOBS.page(page(raw)).items:
        assert encode(job_info(item.record, pods))


@given(raw=twisted(CRON_JOBS_RAW))
def test_a_cron_job_that_was_read_can_be_shown(raw: Json) -> None:
    for item in CRON_JOBS.page(page(raw)).items:
        assert encode(cron_job_info(item.record))


@given(raw=twisted(EVENTS_RAW))
def test_a_warning_that_was_read_can_be_shown(raw: Json) -> None:
    for item in WARNINGS.page(page(raw)).items:
        assert encode(warning(item.record))


@pytest.mark.parametrize("number", range(0, 40, 10))
def test_the_same_object_is_the_same_record(number: int) -> None:
    first, second = (PODS.page(page(PODS_RAW[number])).items[0].record for _ in range(2))
    assert first == second
    assert first is not second
