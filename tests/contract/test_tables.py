"""Line 12, second half: the server's own columns, which kubectl prints and we must agree with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.client import bare_pod, config
from tests.control_plane.api import (
    CONFIGMAPS,
    CRONJOBS,
    DEPLOYMENTS,
    EVENTS,
    JOBS,
    LEASES,
    NAMESPACES,
    NODES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    SERVICE_ACCOUNTS,
    TABLE,
)
from tests.control_plane.objects import cronjob, job

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.control_plane.api import Resource
    from tests.control_plane.objects import Json

# The columns of each kind; those in the second list are for `-o wide`.
COLUMNS: list[tuple[Resource, str, str]] = [
    (
        PODS,
        "Name Ready Status Restarts Age",
        "IP Node Nominated-Node Readiness-Gates",
    ),
    (JOBS, "Name Status Completions Duration Age", "Containers Images Selector"),
    (
        CRONJOBS,
        "Name Schedule Timezone Suspend:boolean Active:integer Last-Schedule Age",
        "Containers Images Selector",
    ),
    (DEPLOYMENTS, "Name Ready Up-to-date Available Age", "Containers Images Selector"),
    (
        REPLICA_SETS,
        "Name Desired:integer Current:integer Ready:integer Age",
        "Containers Images Selector",
    ),
    (NAMESPACES, "Name Status Age", ""),
    (SECRETS, "Name Type Data Age", ""),
    (CONFIGMAPS, "Name Data Age", ""),
    (SERVICE_ACCOUNTS, "Name Age", ""),
    (LEASES, "Name Holder Age", ""),
    (
        NODES,
        "Name Status Roles Age Version",
        "Internal-IP External-IP OS-Image Kernel-Version Container-Runtime",
    ),
]


HYPHENED = (
    "Up-to-date",
    "Internal-IP",
    "External-IP",
    "OS-Image",
    "Kernel-Version",
    "Container-Runtime",
)


def columns(words: str, priority: int) -> list[tuple[str, str, str, int]]:
    """From `Name Suspend:boolean`; a hyphen stands for a space but in Up-to-date and the like."""
    found = []
    for word in words.split():
        name, _, kind = word.partition(":")
        title = name if name in HYPHENED else name.replace("-", " ")
        found.append((title, kind or "string", "name" if name == "Name" else "", priority))
    return found


@pytest.mark.parametrize(
    ("resource", "narrow", "wide"), COLUMNS, ids=[case[0].plural for case in COLUMNS]
)
async def test_line_12_columns_are_those_of_kubectl(
    admin: Client, resource: Resource, narrow: str, wide: str
) -> None:
    reply = await admin.send("GET", resource.path(), accept=TABLE)
    assert reply.headers["content-type"].startswith("application/json")
    table = reply.json
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert int(table["metadata"]["resourceVersion"]) > 0
    found = [(c["name"], c["type"], c["format"], c["priority"]) for c in table["columnDefinitions"]]
    assert found == columns(narrow, 0) + columns(wide, 1)
    assert all(c["description"] for c in table["columnDefinitions"])


async def test_line_12_events_have_their_columns_in_an_order_of_their_own(admin: Client) -> None:
    table = (await admin.send("GET", EVENTS.path(), accept=TABLE)).json
    found = [(c["name"], c["priority"]) for c in table["columnDefinitions"]]
    assert found == [
        ("Last Seen", 0),
        ("Type", 0),
        ("Reason", 0),
        ("Object", 0),
        ("Subobject", 1),
        ("Source", 1),
        ("Message", 0),
        ("First Seen", 1),
        ("Count", 1),
        ("Name", 1),
    ]


LONG_AGO = "2020-01-01T00:00:00Z"


def seen(name: str, state: Json, *, ready: bool = False, restarts: int = 0, **more: object) -> Json:
    return {
        "name": name,
        "image": "agent:1",
        "imageID": "",
        "ready": ready,
        "restartCount": restarts,
        "state": state,
        **more,
    }


def waits(reason: str) -> Json:
    return {"waiting": {"reason": reason}}


def ended(code: int, reason: str = "", **more: object) -> Json:
    said = {"reason": reason} if reason else {}
    return {"terminated": {"exitCode": code, **said, "finishedAt": LONG_AGO, **more}}


RUNS: Json = {"running": {"startedAt": LONG_AGO}}
READY: Json = {"type": "Ready", "status": "True"}
INITIALIZED: Json = {"type": "Initialized", "status": "True"}


def two_init() -> list[Json]:
    return [{"name": name, "image": "agent:1"} for name in ("one", "two")]


def sidecar() -> list[Json]:
    return [{"name": "side", "image": "agent:1", "restartPolicy": "Always"}]


# Name, fields of the spec, the status, and READY, STATUS, RESTARTS as the real server prints them.
PRINTED: list[tuple[str, Json, Json, tuple[str, str, str]]] = [
    ("nothing-yet", {}, {}, ("0/1", "Pending", "0")),
    (
        "creating",
        {},
        {"containerStatuses": [seen("main", waits("ContainerCreating"))]},
        ("0/1", "ContainerCreating", "0"),
    ),
    (
        "runs",
        {},
        {
            "phase": "Running",
            "conditions": [READY],
            "containerStatuses": [seen("main", RUNS, ready=True)],
        },
        ("1/1", "Running", "0"),
    ),
    (
        "runs-unready",
        {},
        {"phase": "Running", "containerStatuses": [seen("main", RUNS)]},
        ("0/1", "Running", "0"),
    ),
    (
        "crash-loop",
        {},
        {
            "phase": "Running",
            "containerStatuses": [seen("main", waits("CrashLoopBackOff"), restarts=4)],
        },
        ("0/1", "CrashLoopBackOff", "4"),
    ),
    (
        "restarted-long-ago",
        {},
        {
            "phase": "Running",
            "containerStatuses": [
                seen("main", RUNS, ready=True, restarts=2, lastState=ended(1, "Error"))
            ],
        },
        ("1/1", "Running", "2 (AGE ago)"),
    ),
    (
        "image",
        {},
        {"containerStatuses": [seen("main", waits("ImagePullBackOff"))]},
        ("0/1", "ImagePullBackOff", "0"),
    ),
    (
        "killed",
        {},
        {"phase": "Failed", "containerStatuses": [seen("main", ended(137, "OOMKilled"))]},
        ("0/1", "OOMKilled", "0"),
    ),
    (
        "exit-code",
        {},
        {"phase": "Failed", "containerStatuses": [seen("main", ended(3))]},
        ("0/1", "ExitCode:3", "0"),
    ),
    (
        "signal",
        {},
        {"phase": "Failed", "containerStatuses": [seen("main", ended(0, signal=9))]},
        ("0/1", "Signal:9", "0"),
    ),
    (
        "completed",
        {},
        {"phase": "Succeeded", "containerStatuses": [seen("main", ended(0, "Completed"))]},
        ("0/1", "Completed", "0"),
    ),
    (
        "evicted",
        {},
        {"phase": "Failed", "reason": "Evicted", "message": "no disk"},
        ("0/1", "Evicted", "0"),
    ),
    (
        "gated",
        {"nodeName": None, "schedulingGates": [{"name": "example.com/wait"}]},
        {},
        ("0/1", "SchedulingGated", "0"),
    ),
    (
        "two-containers",
        {"containers": [{"name": n, "image": "agent:1"} for n in ("main", "other")]},
        {
            "phase": "Running",
            "containerStatuses": [
                seen("main", RUNS, ready=True),
                seen("other", ended(2, "Error"), restarts=1),
            ],
        },
        ("1/2", "Error", "1"),
    ),
    (
        "one-completed-one-ready",
        {"containers": [{"name": n, "image": "agent:1"} for n in ("main", "other")]},
        {
            "phase": "Running",
            "conditions": [READY],
            "containerStatuses": [
                seen("main", ended(0, "Completed")),
                seen("other", RUNS, ready=True),
            ],
        },
        ("1/2", "Running", "0"),
    ),
    (
        "one-completed-not-ready",
        {"containers": [{"name": n, "image": "agent:1"} for n in ("main", "other")]},
        {
            "phase": "Running",
            "containerStatuses": [
                seen("main", ended(0, "Completed")),
                seen("other", RUNS, ready=True),
            ],
        },
        ("1/2", "NotReady", "0"),
    ),
    (
        "init-first",
        {"initContainers": two_init()},
        {
            "initContainerStatuses": [
                seen("one", RUNS),
                seen("two", waits("PodInitializing")),
            ],
            "containerStatuses": [seen("main", waits("PodInitializing"))],
        },
        ("0/1", "Init:0/2", "0"),
    ),
    (
        "init-second",
        {"initContainers": two_init()},
        {
            "initContainerStatuses": [
                seen("one", ended(0, "Completed"), ready=True),
                seen("two", RUNS),
            ],
            "containerStatuses": [seen("main", waits("PodInitializing"))],
        },
        ("0/1", "Init:1/2", "0"),
    ),
    (
        "init-error",
        {"initContainers": two_init()},
        {"initContainerStatuses": [seen("one", ended(1, "Error")), seen("two", {})]},
        ("0/1", "Init:Error", "0"),
    ),
    (
        "init-exit-code",
        {"initContainers": two_init()},
        {"initContainerStatuses": [seen("one", ended(7)), seen("two", {})]},
        ("0/1", "Init:ExitCode:7", "0"),
    ),
    (
        "init-crash-loop",
        {"initContainers": two_init()},
        {"initContainerStatuses": [seen("one", waits("CrashLoopBackOff"), restarts=3)]},
        ("0/1", "Init:CrashLoopBackOff", "3"),
    ),
    (
        "initialized",
        {"initContainers": two_init()},
        {
            "conditions": [INITIALIZED],
            "initContainerStatuses": [
                seen("one", ended(0, "Completed"), ready=True),
                seen("two", ended(0, "Completed"), ready=True),
            ],
            "containerStatuses": [seen("main", waits("PodInitializing"))],
        },
        ("0/1", "PodInitializing", "0"),
    ),
    (
        "sidecar-ready",
        {"initContainers": sidecar()},
        {
            "phase": "Running",
            "conditions": [INITIALIZED, READY],
            "initContainerStatuses": [seen("side", RUNS, ready=True, started=True, restarts=1)],
            "containerStatuses": [seen("main", RUNS, ready=True)],
        },
        ("2/2", "Running", "1"),
    ),
    (
        "sidecar-not-started",
        {"initContainers": sidecar()},
        {
            "initContainerStatuses": [seen("side", RUNS, started=False)],
            "containerStatuses": [seen("main", waits("PodInitializing"))],
        },
        ("0/2", "Init:0/1", "0"),
    ),
]


@pytest.mark.parametrize(
    ("spec", "status", "cells"), [case[1:] for case in PRINTED], ids=[case[0] for case in PRINTED]
)
async def test_line_12_a_pod_is_printed_as_the_server_prints_it(
    admin: Client, namespace: str, spec: Json, status: Json, cells: tuple[str, str, str]
) -> None:
    made = bare_pod("p", **spec)
    made["spec"] = {key: value for key, value in made["spec"].items() if value is not None}
    await admin.create(made, namespace)
    if status:
        await admin.patch(PODS, "p", {"status": status}, namespace, subresource="status")
    [row] = await admin.table(PODS, namespace)
    restarts, _, ago = str(row["Restarts"]).partition(" (")
    if ago:
        # Years are counted from the day of the run.
        assert ago.endswith(" ago)")
        restarts += " (AGE ago)"
    assert (row["Ready"], row["Status"], restarts) == cells
    assert row["Name"] == "p"
    assert row["Age"].endswith("s")
    assert row["Node"] == made["spec"].get("nodeName", "<none>")
    assert [row[c] for c in ("IP", "Nominated Node", "Readiness Gates")] == ["<none>"] * 3


async def test_line_12_a_pod_that_goes_is_terminating(admin: Client, namespace: str) -> None:
    for name in ("p", "lost"):
        await admin.create(bare_pod(name), namespace)
        await admin.remove(PODS, namespace, name)
    lost: Json = {"status": {"reason": "NodeLost"}}
    await admin.patch(PODS, "lost", lost, namespace, subresource="status")
    rows = await admin.table(PODS, namespace)
    assert [(row["Name"], row["Status"]) for row in rows] == [
        ("lost", "Unknown"),
        ("p", "Terminating"),
    ]


async def test_line_12_readiness_gates_and_addresses_are_printed(
    admin: Client, namespace: str
) -> None:
    gates = [{"conditionType": "example.com/a"}, {"conditionType": "example.com/b"}]
    await admin.create(bare_pod("p", readinessGates=gates), namespace)
    status: Json = {
        "podIP": "10.0.0.7",
        "podIPs": [{"ip": "10.0.0.7"}],
        "conditions": [{"type": "example.com/a", "status": "True"}],
    }
    await admin.patch(PODS, "p", {"status": status}, namespace, subresource="status")
    [row] = await admin.table(PODS, namespace)
    assert (row["IP"], row["Readiness Gates"]) == ("10.0.0.7", "1/2")


async def test_line_12_rows_carry_as_much_of_the_object_as_is_asked_for(
    admin: Client, namespace: str
) -> None:
    made = await admin.create(config("a", k="1"), namespace)
    kinds = {}
    for include in ("", "Metadata", "Object", "None"):
        query = {"includeObject": include} if include else {}
        reply = await admin.send("GET", CONFIGMAPS.path(namespace), query=query, accept=TABLE)
        [row] = reply.json["rows"]
        assert row["cells"][:2] == ["a", 1]
        thing = row.get("object")
        kinds[include] = thing and thing["kind"]
        if include == "Object":
            assert thing == made
        elif thing:
            assert thing["apiVersion"] == "meta.k8s.io/v1"
            assert thing["metadata"] == made["metadata"]
            assert thing.keys() == {"kind", "apiVersion", "metadata"}
    assert kinds == {
        "": "PartialObjectMetadata",
        "Metadata": "PartialObjectMetadata",
        "Object": "ConfigMap",
        "None": None,
    }
    one = await admin.send("GET", CONFIGMAPS.path(namespace, "a"), accept=TABLE)
    assert one.json["kind"] == "Table"
    assert [row["cells"][0] for row in one.json["rows"]] == ["a"]


async def test_line_12_a_watch_of_a_table_tells_rows(admin: Client, namespace: str) -> None:
    await admin.create(config("a"), namespace)
    async with admin.watching(CONFIGMAPS, namespace, accept=TABLE) as watch:
        first = await watch.event()
        await admin.patch(CONFIGMAPS, "a", {"data": {"k": "1"}}, namespace)
        second = await watch.event()
        await admin.remove(CONFIGMAPS, namespace, "a")
        third = await watch.event()
    assert [event["type"] for event in (first, second, third)] == ["ADDED", "MODIFIED", "DELETED"]
    assert {event["object"]["kind"] for event in (first, second, third)} == {"Table"}
    assert [event["object"]["rows"][0]["cells"][1] for event in (first, second)] == [0, 1]
    # The columns come with the first and are known from then on.
    assert [c["name"] for c in first["object"]["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert not second["object"]["columnDefinitions"]


async def test_line_12_jobs_and_cronjobs_are_printed(admin: Client, namespace: str) -> None:
    suspended = job("j")
    suspended["spec"]["suspend"] = True
    await admin.create(suspended, namespace)
    body = cronjob("c", schedule="*/5 * * * *", timeZone="Europe/Berlin", suspend=True)
    await admin.create(body, namespace)
    await admin.create(cronjob("d"), namespace)
    await admin.until(
        JOBS, "j", namespace, lambda found: bool(found and found["status"].get("conditions"))
    )
    [row] = await admin.table(JOBS, namespace)
    assert {key: row[key] for key in row if key not in ("Age", "Selector")} == {
        "Name": "j",
        "Status": "Suspended",
        "Completions": "0/1",
        "Duration": "",
        "Containers": "main",
        "Images": "agent:1",
    }
    assert row["Selector"].startswith("batch.kubernetes.io/controller-uid=")
    first, second = await admin.table(CRONJOBS, namespace)
    assert {key: first[key] for key in first if key != "Age"} == {
        "Name": "c",
        "Schedule": "*/5 * * * *",
        "Timezone": "Europe/Berlin",
        "Suspend": "True",
        "Active": 0,
        "Last Schedule": "<none>",
        "Containers": "main",
        "Images": "agent:1",
        "Selector": "<none>",
    }
    assert (second["Timezone"], second["Suspend"]) == ("<none>", "False")


async def test_line_12_tables_are_paged(admin: Client, namespace: str) -> None:
    for name in ("a", "b", "c"):
        await admin.create(config(name), namespace)
    path = CONFIGMAPS.path(namespace)
    first = await admin.send("GET", path, query={"limit": "2"}, accept=TABLE)
    meta = first.json["metadata"]
    assert meta["remainingItemCount"] == 1
    query = {"limit": "2", "continue": meta["continue"]}
    second = await admin.send("GET", path, query=query, accept=TABLE)
    rows = [row["cells"][0] for reply in (first, second) for row in reply.json["rows"]]
    assert rows == ["a", "b", "c"]
    assert "continue" not in json.loads(second.body)["metadata"]
