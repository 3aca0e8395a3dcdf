"""Deletion: grace, finalizers, conditions, collections, evictions and namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.demo.api.kinds import (
    CONFIGMAPS,
    JOBS,
    NAMESPACES,
    PODS,
    SECRETS,
    SERVICE_ACCOUNTS,
)
from app.demo.api.statuses import Refused
from tests.demo.api.bench import CONFIGS, NAMESPACE, POD_PATH, Bench, pod

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.demo.api.kinds import Kind
    from tests.demo.api.bench import Json

JOB = {
    "metadata": {"name": "j", "namespace": NAMESPACE},
    "spec": {
        "template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b:1"}]}
        }
    },
}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def told(bench: Bench, kind: Kind, since: int) -> list[tuple[str, int]]:
    """What watchers heard of a kind after a revision."""
    shelf = bench.api.store.shelf(kind)
    return [
        (event.type, event.now.revision) for event in shelf.events if event.now.revision > since
    ]


def test_a_deleted_object_is_told_in_its_last_state_at_a_version_of_its_own(bench: Bench) -> None:
    made = bench.config("a", k="1")
    reply = bench.ask("DELETE", f"{CONFIGS}/a")
    assert (reply.code, reply.json) == (
        200,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": {"name": "a", "kind": "configmaps", "uid": made["metadata"]["uid"]},
        },
    )
    event = bench.api.store.shelf(CONFIGMAPS).events[-1]
    last = event.now.value()
    assert event.type == "DELETED"
    assert last["data"] == {"k": "1"}
    assert int(last["metadata"]["resourceVersion"]) == bench.version
    assert bench.version > int(made["metadata"]["resourceVersion"])
    assert bench.ask("DELETE", f"{CONFIGS}/a").refusal[:2] == (404, "NotFound")


def test_a_running_pod_is_given_its_grace_and_then_taken_away(bench: Bench) -> None:
    bench.pod("p", nodeName="n", terminationGracePeriodSeconds=40)
    bench.hands.advance(10)
    since = bench.version
    leaving = bench.client.delete(PODS, NAMESPACE, "p")["metadata"]
    assert leaving["deletionTimestamp"] == "2026-01-01T00:00:50Z"
    assert leaving["deletionGracePeriodSeconds"] == 40
    assert leaving["generation"] == 2
    # Again, or for longer, changes nothing.
    for grace in (None, 40, 90):
        again = bench.client.delete(PODS, NAMESPACE, "p", grace=grace)["metadata"]
        assert again["resourceVersion"] == leaving["resourceVersion"]
    shorter = bench.client.delete(PODS, NAMESPACE, "p", grace=5)["metadata"]
    assert shorter["deletionTimestamp"] == "2026-01-01T00:00:15Z"
    assert shorter["generation"] == 2
    bench.client.delete(PODS, NAMESPACE, "p", grace=0)
    with pytest.raises(Refused, match='pods "p" not found'):
        bench.client.get(PODS, NAMESPACE, "p")
    assert [word for word, _ in told(bench, PODS, since)] == [
        "MODIFIED",
        "MODIFIED",
        "MODIFIED",
        "DELETED",
    ]


@pytest.mark.parametrize(
    ("spec", "phase"),
    [({}, None), ({"nodeName": "n"}, "Succeeded"), ({"nodeName": "n"}, "Failed")],
    ids=["unscheduled", "succeeded", "failed"],
)
def test_a_pod_that_nobody_runs_goes_at_once(bench: Bench, spec: Json, phase: str | None) -> None:
    bench.pod("p", **spec)
    if phase:
        bench.client.patch_status(PODS, NAMESPACE, "p", {"status": {"phase": phase}})
    since = bench.version
    bench.client.delete(PODS, NAMESPACE, "p")
    assert bench.ask("GET", f"{POD_PATH}/p").code == 404
    assert [word for word, _ in told(bench, PODS, since)] == ["MODIFIED", "DELETED"]


def test_the_longest_grace_ends_with_time(bench: Bench) -> None:
    bench.pod("p", nodeName="n", terminationGracePeriodSeconds=2**63 - 1)
    leaving = bench.client.delete(PODS, NAMESPACE, "p")["metadata"]
    assert leaving["deletionTimestamp"] == "9999-12-31T23:59:59Z"
    for grace in (5, 3):
        shorter = bench.client.delete(PODS, NAMESPACE, "p", grace=grace)["metadata"]
        assert shorter["deletionGracePeriodSeconds"] == grace
        assert shorter["deletionTimestamp"] == f"2026-01-01T00:00:0{grace}Z"


def test_less_than_no_grace_is_a_second(bench: Bench) -> None:
    bench.pod("p", nodeName="n")
    left = bench.client.delete(PODS, NAMESPACE, "p", grace=-7)
    assert left["metadata"]["deletionGracePeriodSeconds"] == 1


def test_finalizers_hold_an_object_until_the_last_is_gone(bench: Bench) -> None:
    patch = bench.client.patch
    bench.config("a")
    patch(CONFIGMAPS, NAMESPACE, "a", {"metadata": {"finalizers": ["x.y/z", "x.y/w"]}})
    held = bench.client.delete(CONFIGMAPS, NAMESPACE, "a")["metadata"]
    assert (held["deletionGracePeriodSeconds"], held["finalizers"]) == (0, ["x.y/z", "x.y/w"])
    again = bench.client.delete(CONFIGMAPS, NAMESPACE, "a")["metadata"]
    assert again["resourceVersion"] == held["resourceVersion"]
    with pytest.raises(Refused, match="no new finalizers can be added"):
        patch(CONFIGMAPS, NAMESPACE, "a", {"metadata": {"finalizers": ["x.y/z", "x.y/new"]}})
    with pytest.raises(Refused, match="object is being deleted") as refused:
        bench.config("a")
    assert refused.value.code == 409
    patch(CONFIGMAPS, NAMESPACE, "a", {"metadata": {"finalizers": ["x.y/w"]}, "data": {"k": "1"}})
    assert bench.client.get(CONFIGMAPS, NAMESPACE, "a")["data"] == {"k": "1"}
    patch(CONFIGMAPS, NAMESPACE, "a", {"metadata": {"finalizers": None}})
    assert bench.ask("GET", f"{CONFIGS}/a").code == 404
    assert bench.api.store.shelf(CONFIGMAPS).events[-1].type == "DELETED"


def test_a_pod_with_a_finalizer_outlives_its_kubelets_word(bench: Bench) -> None:
    value = pod("p", nodeName="n")
    value["metadata"]["finalizers"] = ["batch.kubernetes.io/job-tracking"]
    bench.client.create(PODS, value)
    bench.client.delete(PODS, NAMESPACE, "p")
    left = bench.client.delete(PODS, NAMESPACE, "p", grace=0)["metadata"]
    assert left["deletionGracePeriodSeconds"] == 0
    bench.client.patch(PODS, NAMESPACE, "p", {"metadata": {"finalizers": None}})
    assert bench.ask("GET", f"{POD_PATH}/p").code == 404


def test_a_pod_in_its_grace_is_not_taken_away_by_its_last_finalizer(bench: Bench) -> None:
    value = pod("p", nodeName="n")
    value["metadata"]["finalizers"] = ["x.y/z"]
    bench.client.create(PODS, value)
    bench.client.delete(PODS, NAMESPACE, "p")
    bench.client.patch(PODS, NAMESPACE, "p", {"metadata": {"finalizers": None}})
    assert "deletionTimestamp" in bench.client.get(PODS, NAMESPACE, "p")["metadata"]


@pytest.mark.parametrize(
    ("policy", "finalizers"),
    [("Foreground", ["foregroundDeletion"]), ("Orphan", ["orphan"])],
)
def test_the_policy_is_a_finalizer_for_the_garbage_collector(
    bench: Bench, policy: str, finalizers: list[str]
) -> None:
    bench.config("a")
    held = bench.client.delete(CONFIGMAPS, NAMESPACE, "a", propagation=policy)
    assert held["metadata"]["finalizers"] == finalizers
    # In the background there is nothing to wait for, whatever was asked before.
    done = bench.client.delete(CONFIGMAPS, NAMESPACE, "a", propagation="Background")
    assert done["status"] == "Success"


def test_pods_outlive_their_job_unless_told_otherwise(bench: Bench) -> None:
    bench.client.create(JOBS, JOB)
    reply = bench.ask("DELETE", JOBS.path(NAMESPACE, "j"))
    assert reply.json["metadata"]["finalizers"] == ["orphan"]
    assert "preserved by default" in reply.warnings[0]
    done = bench.ask("DELETE", JOBS.path(NAMESPACE, "j"), propagationPolicy="Background")
    assert (done.json["status"], done.warnings) == ("Success", ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preconditions": {"uid": "other"}}, "the UID in the precondition (other) does not match"),
        (
            {"preconditions": {"resourceVersion": "1"}},
            "the ResourceVersion in the precondition (1)",
        ),
    ],
    ids=["uid", "version"],
)
def test_only_the_object_that_is_meant_is_deleted(
    bench: Bench, options: Json, message: str
) -> None:
    bench.config("a")
    code, reason, text = bench.ask("DELETE", f"{CONFIGS}/a", options).refusal
    assert (code, reason) == (409, "Conflict")
    assert message in text
    made = bench.client.get(CONFIGMAPS, NAMESPACE, "a")["metadata"]
    good = {name: made[name] for name in ("uid", "resourceVersion")}
    assert bench.ask("DELETE", f"{CONFIGS}/a", {"preconditions": good}).code == 200


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (b"{", 400),
        (b"[]", 400),
        ({"gracePeriodSeconds": "1"}, 400),
        ({"gracePeriodSeconds": True}, 400),
        ({"preconditions": []}, 400),
        ({"propagationPolicy": "Sometimes"}, 422),
        ({"propagationPolicy": "Orphan", "orphanDependents": True}, 422),
    ],
    ids=["broken", "list", "text", "truth", "conditions", "policy", "both"],
)
def test_options_that_make_no_sense_are_refused(
    bench: Bench, options: bytes | Json, code: int
) -> None:
    bench.config("a")
    assert bench.ask("DELETE", f"{CONFIGS}/a", options).code == code


@pytest.mark.parametrize(
    ("query", "finalizers"),
    [({"orphanDependents": "true"}, ["orphan"]), ({"propagationPolicy": "Orphan"}, ["orphan"])],
)
def test_options_may_be_in_the_query(
    bench: Bench, query: dict[str, str], finalizers: list[str]
) -> None:
    bench.config("a")
    found = bench.ask("DELETE", f"{CONFIGS}/a", **query).json
    assert found["metadata"]["finalizers"] == finalizers
    bench.pod("p", nodeName="n")
    left = bench.ask("DELETE", f"{POD_PATH}/p", gracePeriodSeconds="3").json
    assert left["metadata"]["deletionGracePeriodSeconds"] == 3
    assert bench.ask("DELETE", f"{POD_PATH}/p", gracePeriodSeconds="x").refusal[0] == 400


@pytest.mark.parametrize(
    "how",
    [
        lambda bench: bench.ask("DELETE", f"{CONFIGS}/a", dryRun="All"),
        lambda bench: bench.ask("DELETE", f"{CONFIGS}/a", {"dryRun": ["All"]}),
        lambda bench: bench.ask("DELETE", CONFIGS, dryRun="All"),
        lambda bench: bench.ask("DELETE", f"{POD_PATH}/p", dryRun="All"),
        lambda bench: bench.ask("POST", f"{POD_PATH}/p/eviction", {}, dryRun="All"),
        lambda bench: bench.ask("DELETE", NAMESPACES.path(None, NAMESPACE), dryRun="All"),
        lambda bench: bench.ask(
            "DELETE", f"{CONFIGS}/a", dryRun="All", propagationPolicy="Foreground"
        ),
    ],
    ids=["query", "body", "collection", "pod", "eviction", "namespace", "foreground"],
)
def test_a_dry_deletion_changes_nothing(bench: Bench, how: Callable[[Bench], object]) -> None:
    bench.config("a")
    bench.pod("p", nodeName="n")
    before = bench.version
    how(bench)
    assert bench.version == before


def test_a_collection_is_deleted_by_its_selector(bench: Bench) -> None:
    for name, app in (("a", "x"), ("b", "y"), ("c", "x")):
        bench.config(name, {"app": app})
    reply = bench.ask("DELETE", CONFIGS, labelSelector="app=x")
    assert reply.json["kind"] == "ConfigMapList"
    assert reply.names == ["a", "c"]
    assert bench.ask("GET", CONFIGS).names == ["b"]
    # All namespaces at once is not offered, nor are all namespaces.
    assert bench.ask("DELETE", CONFIGMAPS.path()).refusal[0] == 405
    assert bench.ask("DELETE", NAMESPACES.path()).refusal[0] == 405


def test_a_listener_may_delete_what_is_about_to_be(bench: Bench) -> None:
    for name in "abc":
        bench.config(name)

    def clear(word: str, kind: Kind, found: Json) -> None:
        if (word, found["metadata"]["name"]) == ("DELETED", "a"):
            bench.client.delete(CONFIGMAPS, NAMESPACE, "b")

    bench.api.store.subscribe(clear)
    assert bench.ask("DELETE", CONFIGS).code == 200
    bench.api.store.unsubscribe(clear)
    assert bench.ask("GET", CONFIGS).names == []


def test_some_kinds_answer_with_the_object(bench: Bench) -> None:
    account = {"metadata": {"name": "a", "namespace": NAMESPACE}}
    bench.client.create(SERVICE_ACCOUNTS, account)
    bench.client.create(SECRETS, account)
    assert bench.client.delete(SERVICE_ACCOUNTS, NAMESPACE, "a")["kind"] == "ServiceAccount"
    assert bench.client.delete(SECRETS, NAMESPACE, "a")["kind"] == "Status"


def test_an_eviction_is_a_graceful_deletion(bench: Bench) -> None:
    made = bench.pod("p", nodeName="n")
    path = f"{POD_PATH}/p/eviction"
    with pytest.raises(Refused, match="the UID in the precondition"):
        bench.client.evict(NAMESPACE, "p", uid="other")
    assert bench.ask("POST", path, {"metadata": {"name": "q"}}).refusal[0] == 400
    assert bench.ask("POST", path, {"deleteOptions": "x"}).refusal[0] == 400
    assert bench.ask("POST", path.replace("/p/", "/q/"), {}).refusal[0] == 404
    done = bench.client.evict(NAMESPACE, "p", uid=made["metadata"]["uid"])
    assert (done["status"], done["code"]) == ("Success", 201)
    left = bench.client.get(PODS, NAMESPACE, "p")["metadata"]
    assert left["deletionGracePeriodSeconds"] == 30


def test_a_namespace_ends_when_it_is_said_to_be_empty(bench: Bench) -> None:
    bench.config("a")
    path = NAMESPACES.path(None, NAMESPACE)
    ending = bench.ask("DELETE", path).json
    assert ending["status"] == {"phase": "Terminating"}
    assert "deletionGracePeriodSeconds" not in ending["metadata"]
    again = bench.ask("DELETE", path).json
    assert again["metadata"]["resourceVersion"] == ending["metadata"]["resourceVersion"]
    code, reason, message = bench.ask("POST", CONFIGS, {"metadata": {"name": "b"}}).refusal
    assert (code, reason) == (403, "Forbidden")
    assert "because it is being terminated" in message
    ending["spec"] = {"finalizers": []}
    assert bench.ask("PUT", f"{path}/finalize", ending, dryRun="All").code == 200
    assert bench.ask("GET", path).code == 200
    stale = {**ending, "metadata": {**ending["metadata"], "resourceVersion": "1"}}
    assert bench.ask("PUT", f"{path}/finalize", stale).refusal[:2] == (409, "Conflict")
    assert bench.ask("PUT", f"{path}/finalize", ending).code == 200
    assert bench.ask("GET", path).code == 404


def test_a_namespace_without_finalizers_is_deleted_at_the_second_asking(bench: Bench) -> None:
    path = NAMESPACES.path(None, NAMESPACE)
    empty = {"metadata": {"name": NAMESPACE}, "spec": {"finalizers": []}}
    assert bench.ask("PUT", f"{path}/finalize", empty).json["spec"] == {}
    assert bench.ask("DELETE", path).json["status"]["phase"] == "Terminating"
    assert bench.ask("DELETE", path).code == 200
    assert bench.ask("GET", path).code == 404
