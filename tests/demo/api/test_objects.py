"""What becomes of an object that is written: metadata, defaults, the status apart, and rules."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from app.demo.api.kinds import (
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
    SERVICES,
)
from app.demo.api.statuses import Refused
from tests.demo.api.bench import CONFIGS, MERGE, NAMESPACE, POD_PATH, Bench, config, pod

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "x"}},
    "spec": {"containers": [{"name": "main", "image": "agent:1"}]},
}
JOB_SPEC = {"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def named(name: str, **parts: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": NAMESPACE}, **parts}


def deployment(name: str = "d", **spec: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": "x"}}
    return named(name, spec={"selector": selector, "template": TEMPLATE, **spec})


def cronjob(name: str = "c", **spec: Any) -> dict[str, Any]:
    return named(name, spec={"schedule": "* * * * *", "jobTemplate": {"spec": JOB_SPEC}, **spec})


# ---- metadata


def test_metadata_is_the_servers(bench: Bench) -> None:
    mine = {
        "uid": "mine",
        "creationTimestamp": "2000-01-01T00:00:00Z",
        "deletionTimestamp": "2000-01-01T00:00:00Z",
        "selfLink": "/x",
        "managedFields": [{}],
        "labels": {},
        "name": "a",
    }
    reply = bench.ask("POST", CONFIGS, {"metadata": mine})
    made = reply.json["metadata"]
    assert reply.code == 201
    assert made.pop("uid") != "mine"
    assert made == {
        "name": "a",
        "namespace": NAMESPACE,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "resourceVersion": str(bench.version),
    }


def test_a_generated_name_ends_in_five_characters(bench: Bench) -> None:
    long = {"metadata": {"generateName": "y" * 70}}
    name = bench.ask("POST", CONFIGS, long).json["metadata"]["name"]
    assert (len(name), name[:58]) == (63, "y" * 58)
    both = {"metadata": {"generateName": "g-", "name": "mine"}}
    assert bench.ask("POST", CONFIGS, both).json["metadata"]["name"] == "mine"


def test_a_version_on_a_new_object_is_a_fault(bench: Bench) -> None:
    body = {"metadata": {"name": "a", "resourceVersion": "5"}}
    code, reason, message = bench.ask("POST", CONFIGS, body).refusal
    assert (code, reason) == (500, "")
    assert message == "resourceVersion should not be set on objects to be created"


@pytest.mark.parametrize(
    ("kind", "value", "generation"),
    [
        (PODS, pod("a"), 1),
        (DEPLOYMENTS, deployment("a"), 1),
        (REPLICA_SETS, deployment("a"), 1),
        (JOBS, named("a", spec=JOB_SPEC), 1),
        (CRONJOBS, cronjob("a"), 1),
        (CONFIGMAPS, config("a"), None),
        (SECRETS, named("a"), None),
        (LEASES, named("a"), None),
    ],
    ids=lambda value: getattr(value, "plural", ""),
)
def test_a_generation_counts_specs_and_nothing_else(
    bench: Bench, kind: Any, value: dict[str, Any], generation: int | None
) -> None:
    made = bench.client.create(kind, value)
    assert made["metadata"].get("generation") == generation
    labels = {"metadata": {"labels": {"a": "b"}}}
    labelled = bench.client.patch(kind, NAMESPACE, "a", labels)
    assert labelled["metadata"].get("generation") == generation
    if kind.status:
        fields: dict[Any, dict[str, Any]] = {
            JOBS: {"active": 1},
            CRONJOBS: {"lastScheduleTime": "2026-01-01T00:00:00Z"},
        }
        field = fields.get(kind, {"observedGeneration": 1})
        told = bench.client.patch_status(kind, NAMESPACE, "a", {"status": field})
        assert field.items() <= told["status"].items()
        assert told["metadata"].get("generation") == generation


def test_a_changed_spec_is_a_generation(bench: Bench) -> None:
    bench.client.create(DEPLOYMENTS, deployment())
    change: dict[str, Any] = {"spec": {"replicas": 3}}
    patch = bench.client.patch
    assert patch(DEPLOYMENTS, NAMESPACE, "d", change)["metadata"]["generation"] == 2
    assert patch(DEPLOYMENTS, NAMESPACE, "d", change)["metadata"]["generation"] == 2
    # A Deployment's annotations are handed on, so they count as well.
    notes = {"metadata": {"annotations": {"a": "b"}}}
    assert patch(DEPLOYMENTS, NAMESPACE, "d", notes)["metadata"]["generation"] == 3
    status = bench.client.patch_status(
        DEPLOYMENTS, NAMESPACE, "d", {"metadata": {"annotations": {"c": "d"}}}
    )
    assert status["metadata"]["generation"] == 3
    assert status["metadata"]["annotations"] == {"a": "b", "c": "d"}


def test_a_write_that_changes_nothing_is_none(bench: Bench) -> None:
    made = bench.config("a", k="1")
    before = bench.version
    changes: list[Any] = [{"data": {"k": "1"}}, {}, {"data": {"z": None}}]
    for change in (*changes, {"metadata": {"labels": {}}}):
        found = bench.client.patch(CONFIGMAPS, NAMESPACE, "a", change)
        assert found == made
    assert bench.client.replace(CONFIGMAPS, made) == made
    assert bench.version == before


# ---- the status


def test_the_status_is_written_apart(bench: Bench) -> None:
    value = pod("p")
    value["status"] = {"phase": "Running"}
    assert bench.client.create(PODS, value)["status"]["phase"] == "Pending"
    patch, patch_status = bench.client.patch, bench.client.patch_status
    unmoved = patch(PODS, NAMESPACE, "p", {"status": {"phase": "Failed"}})
    assert unmoved["status"]["phase"] == "Pending"
    moved = patch_status(
        PODS,
        NAMESPACE,
        "p",
        {
            "status": {"phase": "Running"},
            "spec": {"nodeName": "x"},
            "metadata": {"labels": {"a": "b"}},
        },
    )
    assert moved["status"]["phase"] == "Running"
    assert "nodeName" not in moved["spec"]
    # Labels of a pod may come with its status, those of a Deployment not.
    assert moved["metadata"]["labels"] == {"a": "b"}
    bench.client.create(DEPLOYMENTS, deployment())
    change: dict[str, Any] = {"metadata": {"labels": {"a": "b"}}, "status": {"replicas": 1}}
    told = patch_status(DEPLOYMENTS, NAMESPACE, "d", change)
    assert "labels" not in told["metadata"]
    assert told["status"] == {"replicas": 1}
    moved["status"] = {"phase": "Failed"}
    moved["metadata"]["resourceVersion"] = told["metadata"]["resourceVersion"]
    with pytest.raises(Refused) as refused:
        bench.client.replace_status(PODS, moved)
    assert refused.value.code == 409
    del moved["metadata"]["resourceVersion"]
    assert bench.client.replace_status(PODS, moved)["status"]["phase"] == "Failed"
    assert bench.ask("GET", f"{POD_PATH}/p/status").json["status"]["phase"] == "Failed"


def test_a_node_may_report_when_it_is_made(bench: Bench) -> None:
    value = {"metadata": {"name": "n"}, "status": {"capacity": {"cpu": "4"}}}
    assert bench.client.create(NODES, value)["status"] == {"capacity": {"cpu": "4"}}


def test_an_owner_reference_stays_when_a_pods_status_is_written(bench: Bench) -> None:
    owner = {"apiVersion": "v1", "kind": "X", "name": "o", "uid": "u"}
    value = pod("p")
    value["metadata"]["ownerReferences"] = [owner]
    bench.client.create(PODS, value)
    change = {"metadata": {"ownerReferences": None}, "status": {"phase": "Running"}}
    told = bench.client.patch_status(PODS, NAMESPACE, "p", change)
    assert told["metadata"]["ownerReferences"] == [owner]


# ---- defaults


def test_a_pod_is_filled_in(bench: Bench) -> None:
    container = {
        "name": "main",
        "image": "registry.example:5000/agent",
        "ports": [{"containerPort": 80}],
        "env": [{"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "readinessProbe": {"httpGet": {"port": 80}},
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
    }
    volumes = [{"name": "s", "secret": {"secretName": "x"}}, {"name": "e"}]
    value = named("p", spec={"containers": [container], "volumes": volumes})
    made = bench.client.create(PODS, value)
    spec, status = made["spec"], made["status"]
    [found] = spec["containers"]
    assert found["imagePullPolicy"] == "Always"
    assert found["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert found["env"][0]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
    assert found["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
    assert found["readinessProbe"] == {
        "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    token = spec["volumes"].pop()
    assert spec["volumes"] == [
        {"name": "s", "secret": {"secretName": "x", "defaultMode": 420}},
        {"name": "e", "emptyDir": {}},
    ]
    assert found["volumeMounts"][0]["name"] == token["name"]
    assert token["name"].startswith("kube-api-access-")
    assert (spec["serviceAccountName"], spec["serviceAccount"]) == ("default", "default")
    assert [one["tolerationSeconds"] for one in spec["tolerations"]] == [300, 300]
    assert status == {"phase": "Pending", "qosClass": "Guaranteed"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("a", "Always"),
        ("a:latest", "Always"),
        ("a:1", "IfNotPresent"),
        ("r:5/a", "Always"),
        ("r:5/a:1", "IfNotPresent"),
        ("a@sha256:00", "IfNotPresent"),
    ],
)
def test_an_image_without_a_tag_is_always_pulled(bench: Bench, image: str, policy: str) -> None:
    value = named("p", spec={"containers": [{"name": "a", "image": image}]})
    made = bench.client.create(PODS, value)
    assert made["spec"]["containers"][0]["imagePullPolicy"] == policy


def test_a_pod_may_do_without_a_token_and_tolerate_by_itself(bench: Bench) -> None:
    everything = [{"operator": "Exists"}]
    made = bench.pod("p", automountServiceAccountToken=False, tolerations=everything)
    assert "volumes" not in made["spec"]
    assert made["spec"]["tolerations"] == everything
    place = "/var/run/secrets/kubernetes.io/serviceaccount"
    mount = {"name": "own", "mountPath": place}
    container = {"name": "a", "image": "b:1", "volumeMounts": [mount]}
    spec: dict[str, Any] = {"containers": [container], "volumes": [{"name": "own"}]}
    own = bench.client.create(PODS, named("q", spec=spec))
    assert [volume["name"] for volume in own["spec"]["volumes"]] == ["own"]


def test_a_gated_pod_says_why_it_waits(bench: Bench) -> None:
    made = bench.pod("p", schedulingGates=[{"name": "example.com/wait"}])
    assert made["status"]["conditions"][0]["reason"] == "SchedulingGated"


def test_a_job_selects_its_own_pods(bench: Bench) -> None:
    made = bench.client.create(JOBS, named("j", spec=JOB_SPEC))
    uid = made["metadata"]["uid"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "j",
        "controller-uid": uid,
        "job-name": "j",
    }
    assert made["metadata"]["labels"] == labels
    assert made["spec"]["template"]["metadata"]["labels"] == labels
    assert made["spec"]["selector"] == {
        "matchLabels": {"batch.kubernetes.io/controller-uid": uid},
    }
    assert (made["spec"]["completions"], made["spec"]["parallelism"]) == (1, 1)
    several = bench.client.create(JOBS, named("k", spec={**JOB_SPEC, "parallelism": 3}))
    assert "completions" not in several["spec"]
    own = {**JOB_SPEC, "manualSelector": True, "selector": {"matchLabels": {"a": "b"}}}
    chosen = bench.client.create(JOBS, named("l", spec=own))
    assert chosen["spec"]["selector"] == {"matchLabels": {"a": "b"}}


def test_a_service_has_an_address_that_stays(bench: Bench) -> None:
    value = named("s", spec={"ports": [{"port": 80}]})
    made = bench.client.create(SERVICES, value)
    address = made["spec"]["clusterIP"]
    assert address.startswith("10.96.")
    assert bench.client.replace(SERVICES, value)["spec"]["clusterIP"] == address
    headless = named("h", spec={"clusterIP": "None"})
    assert bench.client.create(SERVICES, headless)["spec"]["clusterIP"] == "None"


def test_a_recreate_strategy_has_no_rolling_update(bench: Bench) -> None:
    made = bench.client.create(DEPLOYMENTS, deployment(strategy={"type": "Recreate"}))
    assert made["spec"]["strategy"] == {"type": "Recreate"}


def test_times_are_written_in_utc_and_whole_seconds(bench: Bench) -> None:
    about = {"kind": "Pod", "name": "p", "namespace": NAMESPACE}
    value = named("e", involvedObject=about, firstTimestamp="2026-01-01T01:00:00.7+01:00")
    assert bench.client.create(EVENTS, value)["firstTimestamp"] == "2026-01-01T00:00:00Z"


# ---- Secrets


def coded(text: bytes) -> str:
    return base64.b64encode(text).decode()


def test_a_secrets_text_is_written_and_never_read(bench: Bench) -> None:
    value = named("s", data={"a": coded(b"1")}, stringData={"a": "2", "b": "3"})
    made = bench.client.create(SECRETS, value)
    assert made["data"] == {"a": coded(b"2"), "b": coded(b"3")}
    assert (made["type"], "stringData" in made) == ("Opaque", False)
    changed = bench.client.patch(SECRETS, NAMESPACE, "s", {"stringData": {"c": "4"}})
    assert changed["data"]["c"] == coded(b"4")


@pytest.mark.parametrize(
    ("parts", "code", "text"),
    [
        ({"data": {"a": "!!"}}, 400, "illegal base64 data at input byte 0"),
        ({"data": {"a": "eA="}}, 400, "illegal base64 data at input byte"),
        ({"data": {"a": 5}}, 400, "cannot unmarshal number"),
        ({"data": {"a": coded(b"x" * 1_048_577)}}, 422, "may not be more than 1048576 bytes"),
        ({"data": {"..a": "eA=="}}, 422, "must not start with '..'"),
        ({"type": "kubernetes.io/tls"}, 422, "[data[tls.crt]: Required value, data[tls.key]"),
    ],
    ids=["base64", "padding", "number", "size", "key", "type"],
)
def test_secrets_have_rules(bench: Bench, parts: dict[str, Any], code: int, text: str) -> None:
    reply = bench.ask("POST", SECRETS.path(NAMESPACE), named("s", **parts)).refusal
    assert reply[0] == code
    assert text in reply[2]


def test_a_mebibyte_of_secret_is_not_too_much(bench: Bench) -> None:
    value = named("s", data={"a": coded(b"x" * 1_048_576)})
    assert bench.ask("POST", SECRETS.path(NAMESPACE), value).code == 201


@pytest.mark.parametrize(("kind", "field"), [(SECRETS, "data"), (CONFIGMAPS, "data")])
def test_what_is_immutable_stays(bench: Bench, kind: Any, field: str) -> None:
    bench.client.create(kind, named("a", data={"k": "eA=="}, immutable=True))
    for change in ({field: {"k": "eQ=="}}, {"immutable": None}, {"immutable": False}):
        reply = bench.ask("PATCH", kind.path(NAMESPACE, "a"), change, content_type=MERGE)
        assert reply.refusal[:2] == (422, "Invalid")
    labels = {"metadata": {"labels": {"a": "b"}}}
    assert bench.client.patch(kind, NAMESPACE, "a", labels)["immutable"] is True


# ---- rules


def problems(reply: Any) -> list[str]:
    assert reply.refusal[:2] == (422, "Invalid"), reply.body
    return [cause["field"] for cause in reply.json["details"]["causes"]]


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"containers": []}, ["spec.containers"]),
        ({"containers": [{}]}, ["spec.containers[0].name", "spec.containers[0].image"]),
        ({"containers": [{"name": "A_", "image": "a"}]}, ["spec.containers[0].name"]),
        ({"restartPolicy": "Sometimes"}, ["spec.restartPolicy"]),
        ({"activeDeadlineSeconds": 0}, ["spec.activeDeadlineSeconds"]),
        ({"volumes": [{}]}, ["spec.volumes[0].name"]),
        ({"volumes": [{"name": "A"}]}, ["spec.volumes[0].name"]),
        ({"volumes": [{"name": "a"}, {"name": "a"}]}, ["spec.volumes[1].name"]),
        (
            {"initContainers": [{"name": "main", "image": "a"}]},
            ["spec.initContainers[0].name"],
        ),
        (
            {
                "containers": [
                    {
                        "name": "a",
                        "image": "b",
                        "imagePullPolicy": "Maybe",
                        "volumeMounts": [{"name": "none"}],
                        "env": [{}],
                        "ports": [{}, {"containerPort": 70_000}],
                    }
                ]
            },
            [
                "spec.containers[0].imagePullPolicy",
                "spec.containers[0].volumeMounts[0].mountPath",
                "spec.containers[0].volumeMounts[0].name",
                "spec.containers[0].env[0].name",
                "spec.containers[0].ports[0].containerPort",
                "spec.containers[0].ports[1].containerPort",
            ],
        ),
    ],
    ids=[
        "none",
        "nameless",
        "name",
        "restart",
        "deadline",
        "volume",
        "volume-name",
        "twice",
        "init",
        "container",
    ],
)
def test_pods_have_rules(bench: Bench, spec: dict[str, Any], fields: list[str]) -> None:
    assert problems(bench.ask("POST", POD_PATH, pod("p", **spec))) == fields


@pytest.mark.parametrize(
    ("metadata", "fields"),
    [
        ({}, ["metadata.name"]),
        ({"name": "A"}, ["metadata.name"]),
        ({"name": "x" * 254}, ["metadata.name"]),
        ({"name": "a", "labels": {"a b": "c"}}, ["metadata.labels"]),
        ({"name": "a", "labels": {"A/a": "c"}}, ["metadata.labels"]),
        ({"name": "a", "labels": {"a": "x" * 64}}, ["metadata.labels"]),
        ({"name": "a", "labels": {"a": "-"}}, ["metadata.labels"]),
        ({"name": "a", "annotations": {"a b": "c"}}, ["metadata.annotations"]),
        ({"name": "a", "annotations": {"a": "x" * 262_145}}, ["metadata.annotations"]),
        ({"name": "a", "finalizers": ["plain"]}, ["metadata.finalizers[0]"]),
        ({"name": "a", "finalizers": ["a b/c"]}, ["metadata.finalizers[0]"]),
        (
            {"name": "a", "ownerReferences": [{}]},
            [f"metadata.ownerReferences.{word}" for word in ("apiVersion", "kind", "name", "uid")],
        ),
    ],
    ids=[
        "none",
        "name",
        "long",
        "key",
        "prefix",
        "value",
        "dash",
        "note",
        "notes",
        "plain",
        "odd",
        "owner",
    ],
)
def test_metadata_has_rules(bench: Bench, metadata: dict[str, Any], fields: list[str]) -> None:
    assert problems(bench.ask("POST", CONFIGS, {"metadata": metadata})) == fields


def test_one_owner_is_the_controller(bench: Bench) -> None:
    owners = [
        {"apiVersion": "v1", "kind": "X", "name": name, "uid": name, "controller": True}
        for name in "ab"
    ]
    reply = bench.ask("POST", CONFIGS, {"metadata": {"name": "a", "ownerReferences": owners}})
    assert problems(reply) == ["metadata.ownerReferences"]
    assert 'Found "true" in references for X/a and X/b' in reply.refusal[2]


@pytest.mark.parametrize(
    ("kind", "value", "fields"),
    [
        (NAMESPACES, {"metadata": {"name": "a.b"}}, ["metadata.name"]),
        (NAMESPACES, {"metadata": {"name": "A"}}, ["metadata.name"]),
        (CRONJOBS, cronjob(schedule=""), ["spec.schedule"]),
        (CRONJOBS, cronjob(schedule="x"), ["spec.schedule"]),
        (CRONJOBS, cronjob(schedule="TZ=UTC * * * * *"), ["spec.schedule"]),
        (CRONJOBS, cronjob(timeZone="Local"), ["spec.timeZone"]),
        (CRONJOBS, cronjob(timeZone=""), ["spec.timeZone"]),
        (CRONJOBS, cronjob(timeZone="No/Where"), ["spec.timeZone"]),
        (CRONJOBS, cronjob(concurrencyPolicy="X"), ["spec.concurrencyPolicy"]),
        (CRONJOBS, cronjob(startingDeadlineSeconds=-1), ["spec.startingDeadlineSeconds"]),
        (CRONJOBS, cronjob("x" * 53), ["metadata.name"]),
        (
            JOBS,
            named("j", spec={"template": TEMPLATE}),
            ["spec.template.spec.restartPolicy"],
        ),
        (JOBS, named("j", spec={**JOB_SPEC, "backoffLimit": -1}), ["spec.backoffLimit"]),
        (DEPLOYMENTS, deployment(replicas=-1), ["spec.replicas"]),
        (DEPLOYMENTS, deployment(strategy={"type": "X"}), ["spec.strategy"]),
        (
            DEPLOYMENTS,
            deployment(selector=None),
            ["spec.selector", "spec.template.metadata.labels"],
        ),
        (
            DEPLOYMENTS,
            deployment(selector={"matchLabels": {"app": "y"}}),
            ["spec.template.metadata.labels"],
        ),
        (EVENTS, named("e", involvedObject={"namespace": "x"}), ["involvedObject.namespace"]),
        (
            LEASES,
            named("l", spec={"leaseDurationSeconds": 0, "leaseTransitions": -1}),
            ["spec.leaseDurationSeconds", "spec.leaseTransitions"],
        ),
        (SERVICES, named("s"), ["spec.ports"]),
        (
            SERVICES,
            named("s", spec={"ports": [{"port": 1}, {"port": 2}]}),
            ["spec.ports[1].name"],
        ),
        (
            CONFIGMAPS,
            named("c", data={"k": "1"}, binaryData={"k": "eA=="}),
            ["data[k]"],
        ),
        (CONFIGMAPS, named("c", data={"k": "x" * 1_048_577}), ["[]"]),
    ],
)
def test_every_kind_has_rules(
    bench: Bench, kind: Any, value: dict[str, Any], fields: list[str]
) -> None:
    assert problems(bench.ask("POST", kind.path(NAMESPACE), value)) == fields


@pytest.mark.parametrize(
    ("kind", "value", "change", "fields"),
    [
        (PODS, pod("a"), {"spec": {"restartPolicy": "Never"}}, ["spec"]),
        (
            DEPLOYMENTS,
            deployment("a"),
            {
                "spec": {
                    "selector": {"matchLabels": {"b": "c"}},
                    "template": {"metadata": {"labels": {"b": "c"}}},
                }
            },
            ["spec.selector"],
        ),
        (SECRETS, named("a"), {"type": "other"}, ["type"]),
        (
            JOBS,
            named("a", spec=JOB_SPEC),
            {"spec": {"template": {"metadata": {"labels": {"x": "y"}}}, "completions": 2}},
            ["spec.template", "spec.completions"],
        ),
        (CONFIGMAPS, config("a"), {"metadata": {"uid": "other"}}, ["metadata.uid"]),
        (
            CONFIGMAPS,
            config("a"),
            {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}},
            ["metadata.deletionTimestamp"],
        ),
    ],
    ids=["pod", "deployment", "secret", "job", "uid", "deletion"],
)
def test_some_fields_never_change(
    bench: Bench, kind: Any, value: dict[str, Any], change: Any, fields: list[str]
) -> None:
    bench.client.create(kind, value)
    path = kind.path(NAMESPACE, "a")
    assert problems(bench.ask("PATCH", path, change, content_type=MERGE)) == fields


def test_a_pods_image_and_tolerations_may_change(bench: Bench) -> None:
    made = bench.pod("p")
    made["spec"]["containers"][0]["image"] = "agent:2"
    made["spec"]["tolerations"] = []
    assert bench.client.replace(PODS, made)["metadata"]["generation"] == 2


def test_a_job_that_waits_may_be_told_where_to_run(bench: Bench) -> None:
    bench.client.create(JOBS, named("j", spec={**JOB_SPEC, "suspend": True}))
    change = {"spec": {"template": {"metadata": {"labels": {"x": "y"}}}}}
    assert bench.client.patch(JOBS, NAMESPACE, "j", change)["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("renewed", "code"),
    [
        ("2026-11-23T22:40:00.000000Z", 201),
        ("2026-11-23T22:40:00Z", 400),
        ("2026-11-23T22:40:00.000Z", 400),
        ("yesterday", 400),
        (5, 400),
    ],
)
def test_a_leases_times_have_six_decimals(bench: Bench, renewed: Any, code: int) -> None:
    value = named("l", spec={"holderIdentity": "a", "renewTime": renewed})
    assert bench.ask("POST", LEASES.path(NAMESPACE), value).code == code


def test_a_leases_times_are_kept_in_utc(bench: Bench) -> None:
    value = named("l", spec={"renewTime": "2026-11-23T22:40:00.000001+01:00"})
    made = bench.client.create(LEASES, value)
    assert made["spec"]["renewTime"] == "2026-11-23T21:40:00.000001Z"
    refusal = bench.ask(
        "PATCH", LEASES.path(NAMESPACE, "l"), {"spec": {"renewTime": "x"}}, content_type=MERGE
    ).refusal
    assert refusal[:2] == (422, "Invalid")
    assert 'parsing time "x"' in refusal[2]


# ---- a PUT


def test_a_put_is_of_the_object_that_it_names(bench: Bench) -> None:
    made = bench.config("a", k="1")

    def put(**metadata: Any) -> Any:
        return bench.ask("PUT", f"{CONFIGS}/a", {"metadata": metadata})

    assert put().refusal[:2] == (400, "BadRequest")
    assert put(name="b").refusal[0] == 400
    assert put(name="a", namespace="other").refusal[0] == 400
    assert put(name="a", uid="other").refusal[:2] == (409, "Conflict")
    assert put(name="a", resourceVersion="1").refusal[:2] == (409, "Conflict")
    assert put(name="a", resourceVersion="x").refusal[:2] == (500, "")
    assert put(name="a", resourceVersion="0").code == 200
    assert "data" not in put(name="a").json
    gone = bench.ask("PUT", f"{CONFIGS}/none", {"metadata": {"name": "none"}})
    assert gone.refusal[:2] == (404, "NotFound")
    assert put(name="a", uid=made["metadata"]["uid"]).code == 200


def test_a_dry_write_changes_nothing(bench: Bench) -> None:
    bench.config("a", k="1")
    before = bench.version
    created = bench.ask("POST", CONFIGS, {"metadata": {"name": "b"}}, dryRun="All")
    assert (created.code, "resourceVersion" in created.json["metadata"]) == (201, False)
    change = {"data": {"k": "2"}}
    patched = bench.ask("PATCH", f"{CONFIGS}/a", change, content_type=MERGE, dryRun="All")
    assert patched.json["data"] == {"k": "2"}
    body = {"metadata": {"name": "a"}, "data": {"k": "3"}}
    assert bench.ask("PUT", f"{CONFIGS}/a", body, dryRun="All").json["data"] == {"k": "3"}
    assert bench.ask("POST", CONFIGS, body, dryRun="All").refusal[:2] == (409, "AlreadyExists")
    assert bench.ask("POST", CONFIGS, body, dryRun="Some").refusal[:2] == (422, "Invalid")
    assert bench.ask("POST", CONFIGS, body, fieldValidation="X").refusal[:2] == (422, "Invalid")
    assert bench.version == before
    assert bench.client.get(CONFIGMAPS, NAMESPACE, "a")["data"] == {"k": "1"}


def test_a_binding_is_the_schedulers_act(bench: Bench) -> None:
    made = bench.pod("p")
    client = bench.client
    with pytest.raises(Refused, match=r"target\.name: Required value"):
        client.bind(NAMESPACE, "p", node="")
    with pytest.raises(Refused, match="Precondition failed: UID") as wrong:
        client.bind(NAMESPACE, "p", node="n", uid="other")
    assert wrong.value.code == 409
    client.bind(NAMESPACE, "p", node="n", uid=made["metadata"]["uid"])
    found = client.get(PODS, NAMESPACE, "p")
    assert found["spec"]["nodeName"] == "n"
    assert found["metadata"]["generation"] == 1
    assert found["status"]["conditions"][0]["type"] == "PodScheduled"
    with pytest.raises(Refused, match='pod p is already assigned to node "n"'):
        client.bind(NAMESPACE, "p", node="m")
    client.delete(PODS, NAMESPACE, "p")
    with pytest.raises(Refused, match="is being deleted"):
        client.bind(NAMESPACE, "p", node="m")
