"""Deployments, ReplicaSets and the garbage collector in the simulated cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.demo.api.kinds import CONFIGMAPS, DEPLOYMENTS, NAMESPACES, PODS, REPLICA_SETS
from app.demo.controllers.rollout import allowances, template_hash
from app.demo.scenarios.objects import namespace
from tests.demo.film.things import deployment, script
from tests.demo.film.worlds import NAMESPACE, Theatre, empty

if TYPE_CHECKING:
    from app.demo.api.kinds import Json

REVISION = "deployment.kubernetes.io/revision"
RESTARTED = {"kubectl.kubernetes.io/restartedAt": "2026-11-23T14:00:00Z"}


def found(theatre: Theatre, name: str = "d") -> Json:
    one = theatre.one(DEPLOYMENTS, name)
    assert one is not None
    return one


def condition(one: Json, kind: str) -> tuple[str, str]:
    [told] = [told for told in one["status"]["conditions"] if told["type"] == kind]
    return told["status"], told["reason"]


def settled(theatre: Theatre, replicas: int, name: str = "d") -> Json:
    def done() -> bool:
        one = found(theatre, name)
        told = one.get("status") or {}
        return bool(
            told.get("observedGeneration") == one["metadata"]["generation"]
            and told.get("replicas", 0) == told.get("updatedReplicas", 0) == replicas
            and told.get("availableReplicas", 0) == replicas
        )

    theatre.play_until(done)
    return found(theatre, name)


def retemplate(theatre: Theatre, annotations: dict[str, str], name: str = "d") -> None:
    change = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    theatre.person.patch(DEPLOYMENTS, NAMESPACE, name, change)


def test_a_deployment_gets_its_pods() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 3))
    one = settled(theatre, 3)
    assert condition(one, "Available") == ("True", "MinimumReplicasAvailable")
    assert condition(one, "Progressing") == ("True", "NewReplicaSetAvailable")
    assert one["metadata"]["annotations"][REVISION] == "1"
    assert "unavailableReplicas" not in one["status"]
    [replica_set] = theatre.all(REPLICA_SETS)
    hashed = replica_set["metadata"]["labels"]["pod-template-hash"]
    assert replica_set["metadata"]["name"] == f"d-{hashed}"
    assert replica_set["metadata"]["annotations"] == {
        "note": "kept",
        REVISION: "1",
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "4",
    }
    assert replica_set["spec"]["selector"]["matchLabels"]["pod-template-hash"] == hashed
    pods = theatre.all(PODS)
    assert len(pods) == 3
    for pod in pods:
        assert pod["metadata"]["name"].startswith(f"d-{hashed}-")
        assert pod["metadata"]["labels"] == {"app": "d", "pod-template-hash": hashed}
    assert theatre.events("d") == [
        ("ScalingReplicaSet", f"Scaled up replica set d-{hashed} from 0 to 3", 1)
    ]


def test_a_rollout_keeps_within_its_allowances() -> None:
    theatre = empty()
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    theatre.person.create(DEPLOYMENTS, deployment("d", 4, strategy=strategy))
    settled(theatre, 4)
    retemplate(theatre, RESTARTED)
    most, least = 0, 99

    def done() -> bool:
        nonlocal most, least
        told = found(theatre)["status"]
        sizes = [one["spec"]["replicas"] for one in theatre.all(REPLICA_SETS)]
        most, least = max(most, sum(sizes)), min(least, told.get("availableReplicas", 0))
        return sizes.count(0) == 1 and told.get("updatedReplicas") == 4 == told.get("replicas")

    theatre.play_until(done)
    assert most == 5
    assert least >= 3
    one = settled(theatre, 4)
    assert one["metadata"]["annotations"][REVISION] == "2"
    assert sorted(one["spec"]["replicas"] for one in theatre.all(REPLICA_SETS)) == [0, 4]


def test_going_back_takes_the_old_replica_set_under_a_new_number() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 2))
    settled(theatre, 2)
    [first] = theatre.all(REPLICA_SETS)
    retemplate(theatre, RESTARTED)
    settled(theatre, 2)
    change: Json = {"spec": {"template": {"metadata": {"annotations": None}}}}
    theatre.person.patch(DEPLOYMENTS, NAMESPACE, "d", change)
    theatre.play(1.0)
    one = settled(theatre, 2)
    assert one["metadata"]["annotations"][REVISION] == "3"
    sets = {found["metadata"]["uid"]: found for found in theatre.all(REPLICA_SETS)}
    assert len(sets) == 2
    assert sets[first["metadata"]["uid"]]["spec"]["replicas"] == 2


def test_recreate_ends_the_old_pods_first() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 2, strategy={"type": "Recreate"}))
    settled(theatre, 2)
    old = {pod["metadata"]["uid"] for pod in theatre.all(PODS)}
    retemplate(theatre, RESTARTED)

    def mixed() -> bool:
        now = {pod["metadata"]["uid"] for pod in theatre.all(PODS)}
        assert not (now & old and now - old), "old and new pods side by side"
        return bool(now) and not now & old

    theatre.play_until(mixed)
    settled(theatre, 2)


def test_scaling_takes_away_what_is_not_ready_first() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 3))
    settled(theatre, 3)
    victim = theatre.all(PODS)[1]["metadata"]["name"]
    worker = theatre.world.stage.kubelets.worker((NAMESPACE, victim))
    assert worker is not None
    worker.set_ready("main", False, "HTTP probe failed with statuscode: 503")
    theatre.person.patch(DEPLOYMENTS, NAMESPACE, "d", {"spec": {"replicas": 2}})
    settled(theatre, 2)
    theatre.play(2.0)
    assert victim not in {pod["metadata"]["name"] for pod in theatre.all(PODS)}
    theatre.person.patch(DEPLOYMENTS, NAMESPACE, "d", {"spec": {"replicas": 0}})
    theatre.play(3.0)
    assert theatre.all(PODS) == []
    assert found(theatre)["status"].get("replicas", 0) == 0


def test_a_rollout_that_does_not_move_is_given_up() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 2, progressDeadlineSeconds=30))
    settled(theatre, 2)
    retemplate(theatre, script(ready=False))
    theatre.play(20.0)
    assert condition(found(theatre), "Progressing")[0] == "True"
    theatre.play(20.0)
    assert condition(found(theatre), "Progressing") == ("False", "ProgressDeadlineExceeded")
    assert condition(found(theatre), "Available")[0] == "True"


def test_a_paused_deployment_is_only_scaled() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 2))
    settled(theatre, 2)
    change = {"spec": {"paused": True, "replicas": 3}}
    theatre.person.patch(DEPLOYMENTS, NAMESPACE, "d", change)
    retemplate(theatre, RESTARTED)
    theatre.play(5.0)
    assert len(theatre.all(REPLICA_SETS)) == 1
    assert len(theatre.all(PODS)) == 3
    theatre.person.patch(DEPLOYMENTS, NAMESPACE, "d", {"spec": {"paused": False}})
    settled(theatre, 3)
    assert len(theatre.all(REPLICA_SETS)) == 2


def test_old_replica_sets_are_kept_up_to_a_limit() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 1, revisionHistoryLimit=1))
    for number in range(4):
        settled(theatre, 1)
        retemplate(theatre, {"try": str(number)})
        theatre.play(1.0)
    settled(theatre, 1)
    theatre.play(2.0)
    assert len(theatre.all(REPLICA_SETS)) == 2


def test_available_is_ready_for_long_enough() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 1, minReadySeconds=15))
    theatre.play(10.0)
    told = found(theatre)["status"]
    assert (told["readyReplicas"], told.get("availableReplicas")) == (1, None)
    theatre.play(10.0)
    assert found(theatre)["status"]["availableReplicas"] == 1


def test_a_pod_that_dies_or_goes_is_replaced() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 2))
    settled(theatre, 2)
    gone = theatre.all(PODS)[0]["metadata"]["name"]
    theatre.person.delete(PODS, NAMESPACE, gone)
    theatre.play(5.0)
    names = {pod["metadata"]["name"] for pod in theatre.all(PODS)}
    assert len(names) == 2
    assert gone not in names


@pytest.mark.parametrize(
    ("replicas", "rolling", "wanted"),
    [
        (4, {}, (1, 1)),
        (10, {}, (3, 2)),
        (1, {}, (1, 0)),
        (10, {"maxSurge": "30%", "maxUnavailable": 0}, (3, 0)),
        (10, {"maxSurge": 0, "maxUnavailable": "5%"}, (0, 1)),
        (3, {"maxSurge": 0, "maxUnavailable": 9}, (0, 3)),
    ],
)
def test_allowances(replicas: int, rolling: Json, wanted: tuple[int, int]) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    assert allowances({"spec": {"replicas": replicas, "strategy": strategy}}) == wanted


def test_a_template_has_a_name_of_its_own() -> None:
    first, second = (template_hash({"spec": {"image": image}}) for image in "ab")
    assert first != second
    assert set(first + second) <= set("456789bcdf")


# ---- what outlives its owner, and what does not


def test_background_takes_everything_along() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 2))
    settled(theatre, 2)
    theatre.person.delete(DEPLOYMENTS, NAMESPACE, "d", propagation="Background")
    assert theatre.one(DEPLOYMENTS, "d") is None
    theatre.play(5.0)
    assert (theatre.all(REPLICA_SETS), theatre.all(PODS)) == ([], [])


def test_foreground_waits_for_the_dependents() -> None:
    theatre = empty()
    notes = script(terminate_after_ms=4_000)
    theatre.person.create(DEPLOYMENTS, deployment("d", 1, notes=notes))
    settled(theatre, 1)
    theatre.person.delete(DEPLOYMENTS, NAMESPACE, "d", propagation="Foreground")
    theatre.play(2.0)
    assert found(theatre)["metadata"]["finalizers"] == ["foregroundDeletion"]
    assert len(theatre.all(PODS)) == 1
    theatre.play(5.0)
    assert theatre.one(DEPLOYMENTS, "d") is None
    assert (theatre.all(REPLICA_SETS), theatre.all(PODS)) == ([], [])


def test_orphans_stay() -> None:
    theatre = empty()
    theatre.person.create(DEPLOYMENTS, deployment("d", 1))
    settled(theatre, 1)
    theatre.person.delete(DEPLOYMENTS, NAMESPACE, "d", propagation="Orphan")
    theatre.play(5.0)
    assert theatre.one(DEPLOYMENTS, "d") is None
    [replica_set] = theatre.all(REPLICA_SETS)
    assert "ownerReferences" not in replica_set["metadata"]
    assert len(theatre.all(PODS)) == 1


def owned(name: str, *uids: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
                for uid in uids
            ],
        },
    }


def test_an_owner_that_never_was_is_none() -> None:
    theatre = empty()
    theatre.person.create(CONFIGMAPS, owned("child", "11111111-1111-4111-8111-111111111111"))
    theatre.play(2.0)
    assert theatre.one(CONFIGMAPS, "child") is None


def test_one_owner_that_lives_is_enough() -> None:
    theatre = empty()
    owner: Json = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "owner", "namespace": NAMESPACE},
    }
    uid = theatre.person.create(CONFIGMAPS, owner)["metadata"]["uid"]
    theatre.person.create(CONFIGMAPS, owned("child", "11111111-1111-4111-8111-111111111111", uid))
    theatre.play(2.0)
    child = theatre.one(CONFIGMAPS, "child")
    assert child is not None
    assert [one["uid"] for one in child["metadata"]["ownerReferences"]] == [uid]
    # Another object of the same name is another owner.
    theatre.person.delete(CONFIGMAPS, NAMESPACE, "owner")
    theatre.person.create(CONFIGMAPS, owner)
    theatre.play(2.0)
    assert theatre.one(CONFIGMAPS, "child") is None


def test_a_namespace_takes_all_that_is_in_it_along() -> None:
    theatre = empty()
    theatre.person.create(NAMESPACES, namespace("x"))
    theatre.play(1.0)
    made = deployment("d", 2)
    made["metadata"]["namespace"] = "x"
    theatre.person.create(DEPLOYMENTS, made)
    theatre.play(5.0)
    theatre.person.delete(NAMESPACES, "", "x")
    theatre.play(10.0)
    assert "x" not in {one["metadata"]["name"] for one in theatre.person.list(NAMESPACES)}
    assert theatre.person.list(PODS, "x") == []
