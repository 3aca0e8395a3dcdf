"""The simulator's tables and those of a real API server, cell for cell, for the same objects."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.api import kinds
from app.demo.api.tables import PRINTERS, table
from tests.cluster.generated import generated_cron_jobs, generated_jobs, generated_pods
from tests.control_plane.api import TABLE, Api, Resource
from tests.demo.api.generated import (
    generated_configuration,
    generated_deployments,
    generated_events,
    generated_nodes,
    generated_replica_sets,
    generated_services,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from app.demo.api.kinds import Kind
    from tests.cluster.generated import Generated
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.objects import Json

pytestmark = pytest.mark.control_plane

SEED = 20260201
AT_ONCE = 20


def resource(kind: Kind) -> Resource:
    return Resource(kind.api_version, kind.plural)


@asynccontextmanager
async def held(
    api: Api, namespace: str | None, objects: Sequence[Generated]
) -> AsyncIterator[None]:
    """The objects exist with their statuses; what holds them, and what has no namespace, goes."""
    release: list[tuple[Resource, str]] = []
    waiting = iter(objects)

    async def put(one: Generated) -> None:
        kind = kinds.BY_NAME[one.manifest["apiVersion"], one.manifest["kind"]]
        place, name = resource(kind), one.manifest["metadata"]["name"]
        await api.create(one.manifest, namespace)
        if one.status:
            body: Json = {"status": one.status}
            await api.patch(place, name, body, namespace, subresource="status")
        if one.deleted:
            await api.delete(place, name, namespace)
            release.append((place, name))

    async def some() -> None:
        for one in waiting:
            await put(one)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(some())
        yield
    finally:
        for place, name in release:
            body: Json = {"metadata": {"finalizers": None}}
            await api.patch(place, name, body, namespace)
        if namespace is None:
            for one in objects:
                kind = kinds.BY_NAME[one.manifest["apiVersion"], one.manifest["kind"]]
                await api.delete(resource(kind), one.manifest["metadata"]["name"])


async def read(api: Api, kind: Kind, namespace: str | None, **params: str) -> Json:
    path = resource(kind).path(namespace)
    found: Json = await api.call("GET", path, params=params, accept=TABLE)
    return found


async def differing(api: Api, kind: Kind, namespace: str | None) -> tuple[int, list[str]]:
    """How many rows there are, and what ours say otherwise."""
    before = datetime.now(UTC)
    theirs = await read(api, kind, namespace, includeObject="Object")
    after = datetime.now(UTC)
    ours = [
        table(kind, [row["object"] for row in theirs["rows"]], moment, include="Object")["rows"]
        for moment in moments(before, after)
    ]
    names = [column["name"] for column in theirs["columnDefinitions"]]
    found = []
    for number, row in enumerate(theirs["rows"]):
        said = [rows[number] for rows in ours]
        if row in said:
            continue
        cells = [(n, a, b) for n, a, b in zip(names, row["cells"], said[0]["cells"], strict=True)]
        found.append(f"{[cell for cell in cells if cell[1] != cell[2]]} {said[0].keys()}")
    return len(theirs["rows"]), found


def moments(before: datetime, after: datetime) -> Iterator[datetime]:
    """One in every second of the time in which the server may have looked at its clock."""
    yield before
    while (before := before.replace(microsecond=0) + timedelta(seconds=1)) < after:
        yield before
    yield after


@pytest.mark.parametrize("kind", PRINTERS, ids=[kind.plural for kind in PRINTERS])
async def test_columns_are_the_same(admin: Api, kind: Kind) -> None:
    theirs = await read(admin, kind, None, limit="1")
    ours = table(kind, [], datetime.now(UTC))
    words = ("name", "type", "format", "priority")

    def outline(definitions: list[Json]) -> list[list[Any]]:
        return [[one[word] for word in words] for one in definitions]

    assert outline(ours["columnDefinitions"]) == outline(theirs["columnDefinitions"])
    assert all(one["description"] for one in ours["columnDefinitions"])


async def test_pods(admin: Api, namespace: str) -> None:
    async with held(admin, namespace, generated_pods(SEED, 600)):
        assert await differing(admin, kinds.PODS, namespace) == (600, [])


async def test_pods_of_which_chance_makes_none(admin: Api, namespace: str) -> None:
    gates = [{"conditionType": f"example.com/{word}"} for word in ("a", "b", "c")]
    lost, gated = generated_pods(SEED, 2)
    lost.manifest["metadata"]["finalizers"] = ["watchglass.test/hold"]
    gated.manifest["metadata"]["finalizers"] = []
    containers = [{"name": "main", "image": "example/app"}]
    # Held back, so that nobody gives it a node before it is nominated for one.
    gated.manifest["spec"] = {
        "containers": containers,
        "readinessGates": gates,
        "schedulingGates": [{"name": "watchglass.test/gate"}],
    }
    conditions = [
        {"type": "example.com/a", "status": "True"},
        {"type": "example.com/b", "status": "False"},
    ]
    addresses = {"podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}, {"ip": "fd00::7"}]}
    pods = [
        replace(lost, status={"phase": "Running", "reason": "NodeLost"}, deleted=True),
        replace(
            gated,
            status={"phase": "Running", "conditions": conditions, "nominatedNodeName": "n"}
            | addresses,
            deleted=False,
        ),
    ]
    async with held(admin, namespace, pods):
        assert await differing(admin, kinds.PODS, namespace) == (2, [])
        rows = (await read(admin, kinds.PODS, namespace))["rows"]
    assert [row["cells"][2] for row in rows] == ["Unknown", "Running"]
    assert rows[1]["cells"][5:] == ["10.0.0.7", "<none>", "n", "1/3"]


async def test_jobs(admin: Api, namespace: str) -> None:
    async with held(admin, namespace, generated_jobs(SEED, 80)):
        assert await differing(admin, kinds.JOBS, namespace) == (80, [])


async def test_cron_jobs(admin: Api, namespace: str) -> None:
    async with held(admin, namespace, generated_cron_jobs(SEED, 40)):
        assert await differing(admin, kinds.CRONJOBS, namespace) == (40, [])


async def test_what_controllers_would_change(
    control_plane: ControlPlane, admin: Api, namespace: str
) -> None:
    await asyncio.to_thread(control_plane.stop_part, "kcm")
    objects = generated_deployments(SEED, 40) + generated_replica_sets(SEED, 40)
    async with held(admin, namespace, objects):
        assert await differing(admin, kinds.DEPLOYMENTS, namespace) == (40, [])
        assert await differing(admin, kinds.REPLICA_SETS, namespace) == (40, [])


async def test_services(admin: Api, namespace: str) -> None:
    async with held(admin, namespace, generated_services(SEED, 40)):
        assert await differing(admin, kinds.SERVICES, namespace) == (40, [])


async def test_events(admin: Api, namespace: str) -> None:
    async with held(admin, namespace, generated_events(SEED, 100, namespace)):
        assert await differing(admin, kinds.EVENTS, namespace) == (100, [])


async def test_nodes(admin: Api) -> None:
    nodes = generated_nodes(SEED, 30, secrets.token_hex(3))
    async with held(admin, None, nodes):
        count, found = await differing(admin, kinds.NODES, None)
    assert count > len(nodes)
    assert found == []


async def test_configuration(admin: Api, namespace: str) -> None:
    async with held(admin, namespace, generated_configuration()):
        for kind in (kinds.SECRETS, kinds.CONFIGMAPS, kinds.SERVICE_ACCOUNTS, kinds.LEASES):
            count, found = await differing(admin, kind, namespace)
            assert count >= 1
            assert found == []


async def test_namespaces(admin: Api, namespace: str) -> None:
    count, found = await differing(admin, kinds.NAMESPACES, None)
    assert count > 1
    assert found == []


@pytest.mark.parametrize("include", ["Metadata", "Object", "None"])
async def test_rows_carry_the_same(admin: Api, namespace: str, include: str) -> None:
    ended = [one for one in generated_pods(SEED, 60) if one.status["phase"] == "Failed"][:1]
    async with held(admin, namespace, ended):
        theirs = await read(admin, kinds.PODS, namespace, includeObject=include)
        whole = await read(admin, kinds.PODS, namespace, includeObject="Object")
    values = [row["object"] for row in whole["rows"]]
    [ours] = table(kinds.PODS, values, datetime.now(UTC), include=include)["rows"]
    [row] = theirs["rows"]
    assert ours | {"cells": row["cells"]} == row
    assert list(ours) == list(row)
