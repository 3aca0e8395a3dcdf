"""Line 7: how objects go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.client import bare_pod, config, said
from tests.contract.shapes import TIME
from tests.control_plane.api import CONFIGMAPS, PODS, SECRETS
from tests.control_plane.scripts import is_absent

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.control_plane.objects import Json


def version(thing: Json) -> int:
    return int(thing["metadata"]["resourceVersion"])


def owned(name: str, owner: Json, **fields: object) -> Json:
    """A ConfigMap that belongs to an object."""
    made = config(name)
    made["metadata"]["ownerReferences"] = [
        {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            **fields,
        }
    ]
    return made


async def test_line_07_deleted_carries_the_last_state_with_a_version_of_its_own(
    admin: Client, namespace: str
) -> None:
    await admin.create(config("a", k="1"), namespace)
    changed = await admin.patch(CONFIGMAPS, "a", {"data": {"k": "2"}}, namespace)
    start = str(version(changed))
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=start) as watch:
        await admin.delete(CONFIGMAPS, "a", namespace)
        event = await watch.event()
    assert said(event) == ("DELETED", "a")
    gone = event["object"]
    assert version(gone) > version(changed)
    changed["metadata"]["resourceVersion"] = gone["metadata"]["resourceVersion"]
    assert gone == changed


async def test_line_07_a_pod_is_terminating_before_it_is_deleted(
    admin: Client, namespace: str
) -> None:
    made = await admin.create(bare_pod("p"), namespace)
    start = str(version(made))
    async with admin.watching(PODS, namespace, resourceVersion=start) as watch:
        answer = await admin.remove(PODS, namespace, "p")
        assert answer.code == 200
        first = await watch.event()
        assert said(first) == ("MODIFIED", "p")
        meta = first["object"]["metadata"]
        assert TIME.fullmatch(meta["deletionTimestamp"])
        # The time is that of the end, not of the request.
        assert meta["deletionTimestamp"] > meta["creationTimestamp"]
        assert meta["deletionGracePeriodSeconds"] == 30
        assert answer.json["metadata"]["deletionTimestamp"] == meta["deletionTimestamp"]
        assert answer.json["kind"] == "Pod"
        # Once more changes nothing; less time does; more time is not given.
        again = await admin.remove(PODS, namespace, "p")
        assert (again.code, again.version) == (200, version(first["object"]))
        await admin.remove(PODS, namespace, "p", gracePeriodSeconds="5")
        second = await watch.event()
        assert second["object"]["metadata"]["deletionGracePeriodSeconds"] == 5
        await admin.remove(PODS, namespace, "p", gracePeriodSeconds="50")
        last = await admin.remove(PODS, namespace, "p", gracePeriodSeconds="0")
        assert last.code == 200
        third, gone = await watch.events(2)
    # Both are writes: no time is left, and it is gone.
    assert said(third) == ("MODIFIED", "p")
    assert third["object"]["metadata"]["deletionGracePeriodSeconds"] == 0
    assert said(gone) == ("DELETED", "p")
    written = [version(event["object"]) for event in (first, second, third, gone)]
    assert written == sorted(set(written))
    # For a pod, to be about to go is another generation.
    assert (made["metadata"]["generation"], meta["generation"]) == (1, 2)
    assert gone["object"]["metadata"]["generation"] == 2
    assert (await admin.read(PODS, namespace, "p")).code == 404


async def test_line_07_the_grace_is_the_pods_or_the_callers(admin: Client, namespace: str) -> None:
    await admin.create(bare_pod("own", terminationGracePeriodSeconds=7), namespace)
    await admin.create(bare_pod("asked"), namespace)
    own = (await admin.remove(PODS, namespace, "own")).json
    assert own["metadata"]["deletionGracePeriodSeconds"] == 7
    options: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 3}
    asked = (await admin.remove(PODS, namespace, "asked", options)).json
    assert asked["metadata"]["deletionGracePeriodSeconds"] == 3


async def test_line_07_what_no_kubelet_runs_needs_no_grace(admin: Client, namespace: str) -> None:
    await admin.create(bare_pod("done"), namespace)
    done: Json = {"status": {"phase": "Succeeded"}}
    await admin.patch(PODS, "done", done, namespace, subresource="status")
    gated = bare_pod("unbound", schedulingGates=[{"name": "example.com/wait"}])
    del gated["spec"]["nodeName"]
    await admin.create(gated, namespace)
    for name in ("done", "unbound"):
        answer = await admin.remove(PODS, namespace, name)
        assert answer.code == 200
        assert answer.json["kind"] == "Pod"
        assert (await admin.read(PODS, namespace, name)).code == 404


async def test_line_07_deletion_answers_with_a_status(admin: Client, namespace: str) -> None:
    secret: Json = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    made = await admin.create(secret, namespace)
    answer = await admin.remove(SECRETS, namespace, "s")
    assert answer.code == 200
    assert answer.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": "s", "kind": "secrets", "uid": made["metadata"]["uid"]},
    }


async def test_line_07_finalizers_hold(admin: Client, namespace: str) -> None:
    held = config("held", k="1")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    made = await admin.create(held, namespace)
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=str(version(made))) as watch:
        answer = await admin.remove(CONFIGMAPS, namespace, "held")
        assert answer.code == 200
        marked = await watch.event()
        meta = marked["object"]["metadata"]
        assert said(marked) == ("MODIFIED", "held")
        assert meta["deletionGracePeriodSeconds"] == 0
        assert TIME.fullmatch(meta["deletionTimestamp"])
        # It is still there, can be changed, and takes no new finalizer.
        await admin.patch(CONFIGMAPS, "held", {"data": {"k": "2"}}, namespace)
        assert (await watch.event())["object"]["data"] == {"k": "2"}
        more: Json = {"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}
        refused = await admin.change(CONFIGMAPS, namespace, "held", more)
        assert refused.refusal[:2] == (422, "Invalid")
        free: Json = {"metadata": {"finalizers": None}}
        freed = await admin.change(CONFIGMAPS, namespace, "held", free)
        assert freed.code == 200
        gone = await watch.event()
    assert said(gone) == ("DELETED", "held")
    assert gone["object"]["data"] == {"k": "2"}
    assert (await admin.read(CONFIGMAPS, namespace, "held")).code == 404


@pytest.mark.parametrize(
    ("preconditions", "message"),
    [
        (
            {"uid": "00000000-0000-4000-8000-000000000000"},
            (
                "the UID in the precondition (00000000-0000-4000-8000-000000000000) does not "
                "match the UID in record (UID). The object might have been deleted and then "
                "recreated"
            ),
        ),
        (
            {"resourceVersion": "1"},
            (
                "the ResourceVersion in the precondition (1) does not match the ResourceVersion in "
                "record (VERSION). The object might have been modified"
            ),
        ),
    ],
    ids=["uid", "version"],
)
async def test_line_07_preconditions_of_a_deletion(
    admin: Client, namespace: str, preconditions: Json, message: str
) -> None:
    made = await admin.create(config("a"), namespace)
    meta = made["metadata"]
    options: Json = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": preconditions}
    answer = await admin.remove(CONFIGMAPS, namespace, "a", options)
    code, reason, text = answer.refusal
    assert (code, reason) == (409, "Conflict")
    expected = message.replace("UID)", meta["uid"] + ")")
    assert expected.replace("VERSION)", meta["resourceVersion"] + ")") in text
    good = {key: meta[key] for key in preconditions}
    options["preconditions"] = good
    assert (await admin.remove(CONFIGMAPS, namespace, "a", options)).code == 200


async def test_line_07_a_collection_is_deleted_by_selector(admin: Client, namespace: str) -> None:
    for name, labels in (("a", {"x": "1"}), ("b", {"x": "1"}), ("c", {"x": "2"})):
        await admin.create(config(name, labels), namespace)
    start = (await admin.list(CONFIGMAPS, namespace))["metadata"]["resourceVersion"]
    path = CONFIGMAPS.path(namespace)
    answer = await admin.send("DELETE", path, query={"labelSelector": "x=1"})
    assert answer.code == 200
    assert answer.json["kind"] == "ConfigMapList"
    assert [item["metadata"]["name"] for item in answer.json["items"]] == ["a", "b"]
    async with admin.watching(CONFIGMAPS, namespace, resourceVersion=start) as watch:
        events = await watch.events(2)
    assert sorted(said(event) for event in events) == [("DELETED", "a"), ("DELETED", "b")]
    found = await admin.list(CONFIGMAPS, namespace)
    assert [item["metadata"]["name"] for item in found["items"]] == ["c"]


async def test_line_07_what_belongs_to_it_goes_with_it(admin: Client, namespace: str) -> None:
    owner = await admin.create(config("owner"), namespace)
    await admin.create(owned("child", owner), namespace)
    grandchild = owned("grandchild", await admin.get(CONFIGMAPS, "child", namespace))
    await admin.create(grandchild, namespace)
    await admin.create(config("bystander"), namespace)
    await admin.remove(CONFIGMAPS, namespace, "owner")
    await admin.until(CONFIGMAPS, "child", namespace, is_absent)
    await admin.until(CONFIGMAPS, "grandchild", namespace, is_absent)
    assert (await admin.read(CONFIGMAPS, namespace, "bystander")).code == 200


async def test_line_07_owners_are_known_by_uid_and_not_by_name(
    admin: Client, namespace: str
) -> None:
    """Another object of the same name is not the owner: what it is said to own goes."""
    first = await admin.create(config("owner"), namespace)
    await admin.remove(CONFIGMAPS, namespace, "owner")
    await admin.create(config("owner"), namespace)
    await admin.create(owned("orphan", first), namespace)
    await admin.until(CONFIGMAPS, "orphan", namespace, is_absent)
    assert (await admin.read(CONFIGMAPS, namespace, "owner")).code == 200


async def test_line_07_an_orphan_stays(admin: Client, namespace: str) -> None:
    owner = await admin.create(config("owner"), namespace)
    await admin.create(owned("child", owner), namespace)
    options: Json = {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "propagationPolicy": "Orphan",
    }
    answer = await admin.remove(CONFIGMAPS, namespace, "owner", options)
    assert answer.json["metadata"]["finalizers"] == ["orphan"]
    await admin.until(CONFIGMAPS, "owner", namespace, is_absent)
    child = await admin.get(CONFIGMAPS, "child", namespace)
    assert "ownerReferences" not in child["metadata"]


async def test_line_07_in_the_foreground_the_owner_waits(admin: Client, namespace: str) -> None:
    owner = await admin.create(config("owner"), namespace)
    child = owned("child", owner, blockOwnerDeletion=True)
    child["metadata"]["finalizers"] = ["example.com/hold"]
    await admin.create(child, namespace)
    answer = await admin.remove(CONFIGMAPS, namespace, "owner", propagationPolicy="Foreground")
    assert answer.json["metadata"]["finalizers"] == ["foregroundDeletion"]
    await admin.until(
        CONFIGMAPS, "child", namespace, lambda c: bool(c and "deletionTimestamp" in c["metadata"])
    )
    assert (await admin.read(CONFIGMAPS, namespace, "owner")).code == 200
    await admin.change(CONFIGMAPS, namespace, "child", {"metadata": {"finalizers": None}})
    await admin.until(CONFIGMAPS, "child", namespace, is_absent)
    await admin.until(CONFIGMAPS, "owner", namespace, is_absent)


async def test_line_07_a_dry_deletion_changes_nothing(admin: Client, namespace: str) -> None:
    made = await admin.create(config("a"), namespace)
    answer = await admin.remove(CONFIGMAPS, namespace, "a", dryRun="All")
    assert answer.code == 200
    found = await admin.get(CONFIGMAPS, "a", namespace)
    assert found == made


async def test_line_07_an_eviction_deletes_gracefully(admin: Client, namespace: str) -> None:
    await admin.create(bare_pod("p"), namespace)
    eviction: Json = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    path = f"{PODS.path(namespace, 'p')}/eviction"
    answer = await admin.send("POST", path, eviction)
    assert answer.code == 201
    assert (answer.json["kind"], answer.json["status"]) == ("Status", "Success")
    found = await admin.get(PODS, "p", namespace)
    assert found["metadata"]["deletionGracePeriodSeconds"] == 30
