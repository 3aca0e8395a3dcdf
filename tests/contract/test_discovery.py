"""Line 12, first half: what a client asks before it asks for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.control_plane.api import CONFIGMAPS

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.contract.server import Server
    from tests.control_plane.objects import Json

GROUPED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
EVERYTHING = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
STATUS = ["get", "patch", "update"]

# Of each group what a view of workloads needs: plural, kind, namespaced, short names, categories.
SERVED: dict[str, list[tuple[str, str, bool, list[str], list[str]]]] = {
    "v1": [
        ("configmaps", "ConfigMap", True, ["cm"], []),
        ("events", "Event", True, ["ev"], []),
        ("namespaces", "Namespace", False, ["ns"], []),
        ("nodes", "Node", False, ["no"], []),
        ("pods", "Pod", True, ["po"], ["all"]),
        ("secrets", "Secret", True, [], []),
        ("serviceaccounts", "ServiceAccount", True, ["sa"], []),
        ("services", "Service", True, ["svc"], ["all"]),
    ],
    "apps/v1": [
        ("deployments", "Deployment", True, ["deploy"], ["all"]),
        ("replicasets", "ReplicaSet", True, ["rs"], ["all"]),
    ],
    "batch/v1": [
        ("cronjobs", "CronJob", True, ["cj"], ["all"]),
        ("jobs", "Job", True, [], ["all"]),
    ],
    "coordination.k8s.io/v1": [("leases", "Lease", True, [], [])],
}
SUBRESOURCES = {
    "pods/log": ("Pod", ["get"]),
    "pods/status": ("Pod", STATUS),
    "pods/binding": ("Binding", ["create"]),
    "pods/eviction": ("Eviction", ["create"]),
    "namespaces/status": ("Namespace", STATUS),
    "nodes/status": ("Node", STATUS),
}


def place(group_version: str) -> str:
    return f"/api/{group_version}" if "/" not in group_version else f"/apis/{group_version}"


async def test_line_12_the_version_is_that_of_a_kubernetes(admin: Client) -> None:
    reply = await admin.send("GET", "/version")
    assert reply.code == 200
    found = reply.json
    assert found.keys() >= {
        "major",
        "minor",
        "gitVersion",
        "gitCommit",
        "gitTreeState",
        "buildDate",
        "goVersion",
        "compiler",
        "platform",
    }
    assert (found["major"], found["minor"]) == ("1", "36")
    assert found["gitVersion"].startswith("v1.36.")


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/healthz"])
async def test_line_12_health_is_a_word(admin: Client, path: str) -> None:
    reply = await admin.send("GET", path)
    assert (reply.code, reply.text) == (200, "ok")
    assert reply.headers["content-type"].startswith("text/plain")


async def test_line_12_groups_are_listed(admin: Client) -> None:
    core = (await admin.send("GET", "/api")).json
    assert (core["kind"], core["versions"]) == ("APIVersions", ["v1"])
    listed = (await admin.send("GET", "/apis")).json
    assert (listed["kind"], listed["apiVersion"]) == ("APIGroupList", "v1")
    groups = {group["name"]: group for group in listed["groups"]}
    for name in (
        "apps",
        "batch",
        "coordination.k8s.io",
        "authorization.k8s.io",
        "authentication.k8s.io",
    ):
        version = {"groupVersion": f"{name}/v1", "version": "v1"}
        assert version in groups[name]["versions"]
        assert groups[name]["preferredVersion"] == version
    assert (await admin.send("GET", "/apis/batch")).json == {
        "kind": "APIGroup",
        "apiVersion": "v1",
        **groups["batch"],
    }


@pytest.mark.parametrize("group_version", SERVED)
async def test_line_12_kinds_are_listed(admin: Client, group_version: str) -> None:
    found = (await admin.send("GET", place(group_version))).json
    assert (found["kind"], found["groupVersion"]) == ("APIResourceList", group_version)
    # The core group's list does not say its apiVersion, and never has.
    assert found.get("apiVersion") == (None if group_version == "v1" else "v1")
    resources: dict[str, Json] = {one["name"]: one for one in found["resources"]}
    for plural, kind, namespaced, short, categories in SERVED[group_version]:
        one = resources[plural]
        missing = "deletecollection" if plural == "namespaces" else None
        verbs = [verb for verb in EVERYTHING if verb != missing]
        # A hash of how it is stored, for storage migration.
        one.pop("storageVersionHash", None)
        assert one == {
            "name": plural,
            "singularName": kind.lower(),
            "namespaced": namespaced,
            "kind": kind,
            "verbs": verbs,
            **({"shortNames": short} if short else {}),
            **({"categories": categories} if categories else {}),
        }
        if group_version in ("apps/v1", "batch/v1"):
            assert resources[f"{plural}/status"] == {
                "name": f"{plural}/status",
                "singularName": "",
                "namespaced": True,
                "kind": kind,
                "verbs": STATUS,
            }
    if group_version == "v1":
        for name, (kind, verbs) in SUBRESOURCES.items():
            assert (resources[name]["kind"], resources[name]["verbs"]) == (kind, verbs)


async def test_line_12_everything_is_listed_at_once_for_newer_clients(admin: Client) -> None:
    for path, groups in (("/api", [""]), ("/apis", ["apps", "batch", "coordination.k8s.io"])):
        reply = await admin.send("GET", path, accept=GROUPED)
        assert reply.headers["content-type"] == (
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        )
        found = reply.json
        assert found["kind"] == "APIGroupDiscoveryList"
        assert found["apiVersion"] == "apidiscovery.k8s.io/v2"
        items = {item["metadata"].get("name", ""): item for item in found["items"]}
        for group in groups:
            [version] = items[group]["versions"]
            assert (version["version"], version["freshness"]) == ("v1", "Current")
            resources = {one["resource"]: one for one in version["resources"]}
            for plural, kind, namespaced, short, categories in SERVED[
                f"{group}/v1" if group else "v1"
            ]:
                one = resources[plural]
                assert one["responseKind"]["kind"] == kind
                assert one["scope"] == ("Namespaced" if namespaced else "Cluster")
                assert one["singularResource"] == kind.lower()
                assert one.get("shortNames", []) == short
                assert one.get("categories", []) == categories
            if group == "batch":
                assert resources["jobs"]["subresources"] == [
                    {
                        "subresource": "status",
                        "responseKind": {"group": "", "version": "", "kind": "Job"},
                        "verbs": STATUS,
                    }
                ]


async def test_line_12_what_is_listed_answers(admin: Client) -> None:
    for group_version in SERVED:
        for plural, kind, *_ in SERVED[group_version]:
            found = await admin.send("GET", f"{place(group_version)}/{plural}")
            assert (found.code, found.json["kind"]) == (200, f"{kind}List")
            assert found.json["apiVersion"] == group_version


async def test_line_12_a_namespace_is_known_by_its_label(
    admin: Client, server: Server, namespace: str
) -> None:
    found = (await admin.send("GET", f"/api/v1/namespaces/{namespace}")).json
    assert found["metadata"]["labels"] == {"kubernetes.io/metadata.name": namespace}
    assert found["spec"] == {"finalizers": ["kubernetes"]}
    assert found["status"] == {"phase": "Active"}
    assert (await admin.list(CONFIGMAPS, namespace))["items"] == []
    assert server.url.startswith("https://127.0.0.1:")
