"""The truth: what the board must hold, from a list of this moment."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from app.board import WATCHED
from app.cluster.projections.jobs import JobRecord
from app.cluster.projections.pods import PodRecord
from app.model import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.board import Watched
    from tests.control_plane.api import Api
    from tests.spine.page import Address
    from tests.stream.wire import Json

KINDS = ("pods", "cronjobs", "jobs", "events")
"""What is watched unless a test says otherwise: the topics, and the sources' kinds."""

DERIVED = frozenset(
    "state stateMessage nextScheduleTime recentRuns scheduleWords assumedTimeZone".split()
)
"""Fields of a CronJob that no list says: they depend on time, and on what was seen before."""

Truth = Callable[[], Awaitable["dict[Address, Json]"]]


async def fresh_list(
    api: Api, namespaces: Sequence[str] | None, watched: Iterable[Watched] = WATCHED
) -> dict[Address, Json]:
    """Every value by topic and key, as it is on the wire; namespaces None stands for all."""
    kinds = tuple(watched)
    records: dict[str, dict[str, object]] = {}
    for kind in kinds:
        found = records[kind.projection.topic] = {}
        for namespace in namespaces or (None,):
            found |= await list_records(api, kind, namespace)
    values: dict[Address, Json] = {}
    for kind in kinds:
        topic = kind.projection.topic
        for key, record in records[topic].items():
            if kind.owns is None:
                value = kind.value(record)
            else:
                value = kind.value(record, belongings(record, records[kind.owns].values()))
            values[topic, key] = json.loads(encode(value))
    return values


def as_listed(held: Mapping[Address, Json]) -> dict[Address, Json]:
    """What is held, as far as a list can say it."""
    return {
        address: {name: field for name, field in value.items() if name not in DERIVED}
        if address[0] == "cronjobs" and isinstance(value, dict)
        else value
        for address, value in held.items()
    }


async def list_records(api: Api, kind: Watched, namespace: str | None) -> dict[str, object]:
    """The records of one kind, by key."""
    projection = kind.projection
    selector = projection.field_selector
    query = {"fieldSelector": selector} if selector else {}
    body = await api.call("GET", projection.resource.path(namespace), params=query)
    page = projection.page(json.dumps(body).encode())
    assert page.unreadable == ()
    return {item.key: item.record for item in page.items}


def belongings(job: object, pods: Iterable[object]) -> list[PodRecord]:
    """The pods that a Job owns by uid."""
    assert isinstance(job, JobRecord)
    return [
        pod
        for pod in pods
        if isinstance(pod, PodRecord) and pod.controller is not None
        if pod.controller.uid == job.uid
    ]
