"""Line 10: the four patches, preconditions inside them, and dry runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.client import JSON_PATCH, MERGE, STRATEGIC, bare_pod, config
from tests.control_plane.api import CONFIGMAPS, DEPLOYMENTS, PODS
from tests.control_plane.objects import container, deployment, pod_spec

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.control_plane.objects import Json


async def test_line_10_a_merge_patch_sets_removes_and_replaces(
    admin: Client, namespace: str
) -> None:
    await admin.create(config("a", {"x": "1", "y": "2"}, k="1", gone="1"), namespace)
    body: Json = {
        "metadata": {"labels": {"x": None, "z": "3"}, "annotations": {"n": "1"}},
        "data": {"gone": None, "never": None, "new": "2"},
    }
    reply = await admin.change(CONFIGMAPS, namespace, "a", body)
    assert reply.code == 200
    assert reply.json["data"] == {"k": "1", "new": "2"}
    assert reply.json["metadata"]["labels"] == {"y": "2", "z": "3"}
    assert reply.json["metadata"]["annotations"] == {"n": "1"}
    whole = await admin.change(CONFIGMAPS, namespace, "a", {"data": None})
    assert "data" not in whole.json


async def test_line_10_a_merge_patch_replaces_lists_whole(admin: Client, namespace: str) -> None:
    spec = pod_spec(container("a"), container("b"))
    await admin.create(deployment("d", replicas=0, spec=spec), namespace)
    body: Json = {"spec": {"template": {"spec": {"containers": [container("c")]}}}}
    reply = await admin.change(DEPLOYMENTS, namespace, "d", body)
    found = reply.json["spec"]["template"]["spec"]["containers"]
    assert [one["name"] for one in found] == ["c"]


async def test_line_10_a_strategic_patch_merges_containers_and_env_by_name(
    admin: Client, namespace: str
) -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    spec = pod_spec(container("one", env=env), container("two"))
    await admin.create(deployment("d", replicas=0, spec=spec), namespace)

    async def patched(*containers: Json, **template: object) -> list[Json]:
        body: Json = {"spec": {"template": {"spec": {"containers": list(containers)}, **template}}}
        reply = await admin.change(DEPLOYMENTS, namespace, "d", body, STRATEGIC)
        assert reply.code == 200, reply.text
        found: list[Json] = reply.json["spec"]["template"]["spec"]["containers"]
        return found

    found = await patched({"name": "one", "image": "agent:2", "env": [{"name": "B", "value": "3"}]})
    assert [(one["name"], one["image"]) for one in found] == [
        ("one", "agent:2"),
        ("two", "agent:1"),
    ]
    assert found[0]["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]

    found = await patched({"name": "one", "env": [{"name": "A", "$patch": "delete"}]})
    assert found[0]["env"] == [{"name": "B", "value": "3"}]

    found = await patched({"name": "three", "image": "agent:3"})
    assert {one["name"] for one in found} == {"one", "two", "three"}

    found = await patched({"name": "two", "$patch": "delete"})
    assert {one["name"] for one in found} == {"one", "three"}

    found = await patched({"$patch": "replace"}, {"name": "only", "image": "agent:4"})
    assert [one["name"] for one in found] == ["only"]

    noted = await patched(metadata={"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}})
    assert [one["name"] for one in noted] == ["only"]


async def test_line_10_a_strategic_patch_keeps_the_order_it_is_told(
    admin: Client, namespace: str
) -> None:
    spec = pod_spec(container("a"), container("b"))
    await admin.create(deployment("d", replicas=0, spec=spec), namespace)
    body: Json = {
        "spec": {
            "template": {
                "spec": {
                    "$setElementOrder/containers": [{"name": "b"}, {"name": "a"}],
                    "containers": [{"name": "a", "image": "agent:2"}],
                }
            }
        }
    }
    reply = await admin.change(DEPLOYMENTS, namespace, "d", body, STRATEGIC)
    assert reply.code == 200
    found = reply.json["spec"]["template"]["spec"]["containers"]
    assert [(one["name"], one["image"]) for one in found] == [("b", "agent:1"), ("a", "agent:2")]


async def test_line_10_finalizers_are_merged_as_a_set(admin: Client, namespace: str) -> None:
    made = config("a")
    made["metadata"]["finalizers"] = ["example.com/a"]
    await admin.create(made, namespace)
    more: Json = {"metadata": {"finalizers": ["example.com/b"]}}
    reply = await admin.change(CONFIGMAPS, namespace, "a", more, STRATEGIC)
    assert sorted(reply.json["metadata"]["finalizers"]) == ["example.com/a", "example.com/b"]
    less: Json = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}}
    reply = await admin.change(CONFIGMAPS, namespace, "a", less, STRATEGIC)
    assert reply.json["metadata"]["finalizers"] == ["example.com/b"]
    await admin.change(CONFIGMAPS, namespace, "a", {"metadata": {"finalizers": None}})


async def test_line_10_a_json_patch_is_done_whole_or_not_at_all(
    admin: Client, namespace: str
) -> None:
    await admin.create(config("a", k="1", old="x"), namespace)
    good = [
        {"op": "test", "path": "/data/k", "value": "1"},
        {"op": "add", "path": "/data/new", "value": "2"},
        {"op": "replace", "path": "/data/k", "value": "3"},
        {"op": "move", "from": "/data/old", "path": "/data/moved"},
        {"op": "copy", "from": "/data/k", "path": "/data/a-b"},
        {"op": "remove", "path": "/data/moved"},
    ]
    reply = await admin.change(CONFIGMAPS, namespace, "a", good, JSON_PATCH)
    assert (reply.code, reply.json["data"]) == (200, {"k": "3", "new": "2", "a-b": "3"})
    bad = [
        {"op": "replace", "path": "/data/new", "value": "4"},
        {"op": "test", "path": "/data/k", "value": "1"},
    ]
    refused = await admin.change(CONFIGMAPS, namespace, "a", bad, JSON_PATCH)
    assert refused.refusal[:2] == (422, "Invalid")
    found = await admin.get(CONFIGMAPS, "a", namespace)
    assert found["data"]["new"] == "2"


@pytest.mark.parametrize(
    ("operations", "code", "reason"),
    [
        ([{"op": "remove", "path": "/data/missing"}], 422, "Invalid"),
        ([{"op": "replace", "path": "/none/missing", "value": "1"}], 422, "Invalid"),
        ([{"op": "test", "path": "/data/missing", "value": "1"}], 422, "Invalid"),
        ([{"op": "change", "path": "/data/k", "value": "1"}], 422, "Invalid"),
        ({"op": "remove", "path": "/data/k"}, 400, "BadRequest"),
    ],
    ids=["remove", "replace", "test", "unknown", "no-list"],
)
async def test_line_10_a_json_patch_that_cannot_be_applied(
    admin: Client, namespace: str, operations: Any, code: int, reason: str
) -> None:
    await admin.create(config("a", k="1"), namespace)
    reply = await admin.change(CONFIGMAPS, namespace, "a", operations, JSON_PATCH)
    assert reply.refusal[:2] == (code, reason)
    if code == 422:
        # The server does not say which operation it was.
        assert reply.refusal[2] == (
            "the server rejected our request due to an error in our request"
        )


async def test_line_10_a_json_patch_replaces_what_is_not_there(
    admin: Client, namespace: str
) -> None:
    """Not what RFC 6902 says, and what the server does."""
    await admin.create(config("a", k="1"), namespace)
    operations = [{"op": "replace", "path": "/data/missing", "value": "2"}]
    reply = await admin.change(CONFIGMAPS, namespace, "a", operations, JSON_PATCH)
    assert (reply.code, reply.json["data"]) == (200, {"k": "1", "missing": "2"})


@pytest.mark.parametrize("kind", [MERGE, STRATEGIC])
async def test_line_10_a_version_inside_a_patch_is_a_precondition(
    admin: Client, namespace: str, kind: str
) -> None:
    made = await admin.create(config("a"), namespace)
    old = made["metadata"]["resourceVersion"]
    now = await admin.patch(CONFIGMAPS, "a", {"data": {"k": "1"}}, namespace)
    stale: Json = {"metadata": {"resourceVersion": old}, "data": {"k": "2"}}
    reply = await admin.change(CONFIGMAPS, namespace, "a", stale, kind)
    assert reply.refusal[:2] == (409, "Conflict")
    # Also when there would be nothing to change.
    stale["data"] = {"k": "1"}
    reply = await admin.change(CONFIGMAPS, namespace, "a", stale, kind)
    assert reply.refusal[:2] == (409, "Conflict")
    fresh: Json = {
        "metadata": {"resourceVersion": now["metadata"]["resourceVersion"]},
        "data": {"k": "2"},
    }
    assert (await admin.change(CONFIGMAPS, namespace, "a", fresh, kind)).code == 200


async def test_line_10_a_uid_inside_a_patch_is_one_too(admin: Client, namespace: str) -> None:
    await admin.create(bare_pod("p"), namespace)
    other: Json = {
        "metadata": {"uid": "00000000-0000-4000-8000-000000000000"},
        "status": {"phase": "Running"},
    }
    reply = await admin.change(PODS, namespace, "p", other, STRATEGIC, subresource="status")
    code, reason, message = reply.refusal
    assert (code, reason) == (422, "Invalid")
    assert "metadata.uid: Invalid value: " in message
    assert message.endswith(": field is immutable")
    assert (await admin.get(PODS, "p", namespace))["status"]["phase"] == "Pending"


async def test_line_10_names_cannot_be_patched(admin: Client, namespace: str) -> None:
    await admin.create(config("a"), namespace)
    reply = await admin.change(CONFIGMAPS, namespace, "a", {"metadata": {"name": "b"}})
    assert reply.refusal[:2] == (400, "BadRequest")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"'])
async def test_line_10_a_patch_that_is_none_is_400(
    admin: Client, namespace: str, body: bytes
) -> None:
    await admin.create(config("a"), namespace)
    reply = await admin.change(CONFIGMAPS, namespace, "a", body)
    assert reply.refusal[:2] == (400, "BadRequest")


async def test_line_10_a_dry_run_answers_as_if_and_writes_nothing(
    admin: Client, namespace: str
) -> None:
    made = await admin.create(config("a", k="1"), namespace)
    start = made["metadata"]["resourceVersion"]
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=start) as watch:
        path = CONFIGMAPS.path(namespace)
        created = await admin.send("POST", path, config("b"), query={"dryRun": "All"})
        assert created.code == 201
        assert created.json["metadata"]["uid"]
        assert "resourceVersion" not in created.json["metadata"]
        patched = await admin.change(CONFIGMAPS, namespace, "a", {"data": {"k": "2"}}, dryRun="All")
        assert patched.json["data"] == {"k": "2"}
        again = await admin.send("POST", path, config("a"), query={"dryRun": "All"})
        assert again.refusal[:2] == (409, "AlreadyExists")
        bad = await admin.send("POST", path, config("A"), query={"dryRun": "All"})
        assert bad.refusal[:2] == (422, "Invalid")
        await admin.create(config("c"), namespace)
        event = await watch.event()
    assert event["object"]["metadata"]["name"] == "c"
    assert await admin.get(CONFIGMAPS, "a", namespace) == made
    unknown = await admin.send("POST", path, config("b"), query={"dryRun": "Some"})
    assert unknown.refusal[:2] == (422, "Invalid")
