"""A whole Watchglass for tests, with a cluster that says nothing and a board filled by hand."""

from __future__ import annotations

from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import anyio

from app.cluster.configuration import ClusterConfiguration, Tls
from app.cluster.credentials import Fixed
from app.cluster.projections.cronjobs import CRON_JOBS
from app.cluster.projections.jobs import JOBS
from app.cluster.projections.pods import PODS
from app.main import create_app
from app.settings import Settings
from tests.cluster.projections.raw import condition, container, metadata, page, pod, waiting
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.clock import Clock
    from app.cluster.answers import Call
    from app.cluster.projection import Projection
    from app.cluster.transport import Transport
    from app.web.front import Application

EPOCH = "0123456789"
NAMESPACE = "agents"
NOWHERE = "http://127.0.0.1:1"
"""Nobody listens there."""


class SilentTransport:
    """An API server that takes every question and answers none."""

    async def fetch(self, call: Call) -> bytes:
        await anyio.sleep_forever()
        raise AssertionError("nobody wakes from that")

    @asynccontextmanager
    async def watch(self, call: Call, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        await anyio.sleep_forever()
        yield self._lines()

    async def _lines(self) -> AsyncIterator[bytes]:
        yield b""


def configuration(server: str = NOWHERE) -> ClusterConfiguration:
    return ClusterConfiguration(
        origin="test",
        server=server,
        context="kind-test",
        namespace=NAMESPACE,
        tls=Tls(),
        credential=Fixed("Bearer of a test"),
    )


def house(
    *,
    clock: Clock | None = None,
    transport: Transport | None = None,
    epoch: str | None = EPOCH,
    **settings: Any,
) -> Application:
    """An application that is built and not started; it watches the namespace `agents`."""
    if not settings.get("all_namespaces"):
        settings.setdefault("namespaces", (NAMESPACE,))
    return create_app(
        Settings(**settings),
        configuration(),
        transport=transport or SilentTransport(),
        clock=clock or ManualClock(),
        random=Random(7),
        epoch=epoch,
    )


def fill(application: Application, namespace: str = NAMESPACE) -> None:
    """Three pods, three CronJobs and three Jobs, each source having listed."""
    show(
        application,
        PODS,
        pod("agent-0", status={"phase": "Running", "containerStatuses": [container()]}),
        pod(
            "agent-1",
            status={
                "phase": "Pending",
                "containerStatuses": [container(**waiting("ImagePullBackOff"))],
            },
        ),
        pod("web-0", status={"phase": "Succeeded"}, spec={"nodeName": "node-1", "containers": []}),
        namespace=namespace,
    )
    show(
        application,
        CRON_JOBS,
        *(
            {
                "metadata": metadata(name),
                "spec": {"schedule": "0 * * * *", "suspend": name == "paused"},
                "status": {"active": [{"name": "busy-1"}] if name == "busy" else []},
            }
            for name in ("busy", "idle", "paused")
        ),
        namespace=namespace,
    )
    ends = {"done": [condition("Complete")], "broken": [condition("Failed")], "going": []}
    show(
        application,
        JOBS,
        *(
            {"metadata": metadata(name), "spec": {}, "status": {"conditions": conditions}}
            for name, conditions in ends.items()
        ),
        namespace=namespace,
    )
    monitors = application.rooms.freshness.monitors
    application.rooms.board.sink("events", namespace).synced()
    for monitor in monitors.values():
        monitor.proved("list", 0 if monitor.kind == "events" else 3)


def show(
    application: Application,
    projection: Projection[Any],
    *raws: dict[str, Any],
    namespace: str = NAMESPACE,
) -> None:
    """What a list of the kind has brought."""
    for raw in raws:
        raw["metadata"]["namespace"] = namespace
    found = projection.page(page(*raws))
    assert found.unreadable == ()
    sink = application.rooms.board.sink(projection.topic, namespace)
    sink.replace({item.key: item.record for item in found.items})
    sink.synced()
