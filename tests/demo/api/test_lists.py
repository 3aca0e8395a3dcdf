"""Lists: selectors, pages, versions and forms."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from app.demo.api.kinds import CONFIGMAPS, EVENTS, JOBS, NAMESPACES, NODES, PODS, SECRETS
from tests.demo.api.bench import CONFIGS, NAMESPACE, POD_PATH, STRANGER, TABLE, Bench

PARTIAL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@pytest.fixture
def bench() -> Bench:
    found = Bench()
    for name, labels in (
        ("a", {"app": "x", "n": "1"}),
        ("b", {"app": "y", "n": "5"}),
        ("c", {"app": "x", "tier": "one"}),
        ("d", {}),
    ):
        found.config(name, labels)
    return found


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("", "abcd"),
        (" ", "abcd"),
        ("app=x", "ac"),
        ("app==x", "ac"),
        ("app!=x", "bd"),
        ("app", "abc"),
        ("!app", "d"),
        ("app in (x, y)", "abc"),
        ("app in (x,)", "ac"),
        ("app notin (x)", "bd"),
        ("app=x,tier", "c"),
        ("app=x,!tier", "a"),
        ("n>1", "b"),
        ("n<5", "a"),
        ("n>-3,app", "ab"),
        ("tier=one,app in (x)", "c"),
        ("app=", ""),
        ("app=,n", ""),
        ("example.com/app=x", ""),
    ],
)
def test_labels_are_selected_by(bench: Bench, selector: str, names: str) -> None:
    assert bench.ask("GET", CONFIGS, labelSelector=selector).names == list(names)


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a===", "unable to parse requirement: found '=', expected: identifier"),
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("a in (x", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in (x y)", "unable to parse requirement: found 'y', expected: ',' or ')'"),
        ("a in x", "unable to parse requirement: found 'x' expected: '('"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("!!a", "unable to parse requirement: found '!', expected: identifier"),
        ("-a", 'unable to parse requirement: <nil>: Invalid value: "-a": name part must'),
        ("a=-b", 'unable to parse requirement: values[0][a]: Invalid value: "-b": a valid label'),
        ("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt'"),
    ],
)
def test_selectors_that_cannot_be_read(bench: Bench, selector: str, message: str) -> None:
    code, reason, said = bench.ask("GET", CONFIGS, labelSelector=selector).refusal
    assert (code, reason) == (400, "BadRequest")
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("metadata.name=a", "a"),
        ("metadata.name==a,", "a"),
        ("metadata.name!=a", "bcd"),
        (f"metadata.namespace={NAMESPACE},metadata.name!=b", "acd"),
        ("metadata.namespace=other", ""),
        ("metadata.name=a\\,b", ""),
        ("metadata.name=a\\\\", ""),
    ],
)
def test_fields_are_selected_by(bench: Bench, selector: str, names: str) -> None:
    assert bench.ask("GET", CONFIGS, fieldSelector=selector).names == list(names)


@pytest.mark.parametrize(
    ("path", "selector", "message"),
    [
        (CONFIGS, "spec.x=1", '"spec.x" is not a known field selector: only'),
        (POD_PATH, "spec.x=1", "field label not supported: spec.x"),
        (JOBS.path(NAMESPACE), "spec.x=1", 'field label "spec.x" not supported for Job'),
        (NODES.path(), "metadata.namespace=x", "field label not supported: metadata.namespace"),
        (CONFIGS, "metadata.name", "invalid selector: 'metadata.name'; can't understand"),
        (CONFIGS, "metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
        (CONFIGS, "metadata.name=a\\b", "invalid field selector: invalid escape sequence: \\b"),
    ],
)
def test_fields_that_cannot_be_selected_by(
    bench: Bench, path: str, selector: str, message: str
) -> None:
    code, _, said = bench.ask("GET", path, fieldSelector=selector).refusal
    assert code == 400
    assert said.startswith(message)


def test_each_kind_has_fields_of_its_own(bench: Bench) -> None:
    bench.pod("p", nodeName="n1")
    bench.pod("q")
    about = {"kind": "Pod", "name": "p", "namespace": NAMESPACE, "uid": "u"}
    event: dict[str, Any] = {"metadata": {"name": "e", "namespace": NAMESPACE}}
    event |= {"involvedObject": about, "reason": "Started", "reportingComponent": "kubelet"}
    bench.client.create(EVENTS, event)
    job = {
        "template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "b"}]}
        }
    }
    bench.client.create(JOBS, {"metadata": {"name": "j", "namespace": NAMESPACE}, "spec": job})
    bench.client.create(SECRETS, {"metadata": {"name": "s", "namespace": NAMESPACE}})
    bench.client.create(NODES, {"metadata": {"name": "n1"}, "spec": {"unschedulable": True}})
    for kind, selector, names in (
        (PODS, "spec.nodeName=n1", ["p"]),
        (PODS, "spec.nodeName=", ["q"]),
        (PODS, "status.phase!=Running,spec.hostNetwork=false", ["p", "q"]),
        (EVENTS, "involvedObject.name=p,involvedObject.kind=Pod,reason=Started", ["e"]),
        (EVENTS, "source=kubelet", ["e"]),
        (EVENTS, "involvedObject.uid=v", []),
        (JOBS, "status.successful=0", ["j"]),
        (SECRETS, "type=Opaque", ["s"]),
        (NODES, "spec.unschedulable=true", ["n1"]),
        (NAMESPACES, "status.phase=Active,name=ns", ["ns"]),
    ):
        namespace = NAMESPACE if kind.namespaced else None
        reply = bench.ask("GET", kind.path(namespace), fieldSelector=selector)
        assert reply.names == names, selector


# ---- pages


def test_pages_are_of_the_first_ones_moment(bench: Bench) -> None:
    first = bench.ask("GET", CONFIGS, limit="2")
    meta = first.json["metadata"]
    assert (first.names, meta["remainingItemCount"]) == (["a", "b"], 2)
    token = json.loads(base64.urlsafe_b64decode(meta["continue"] + "=="))
    assert token == {"v": "meta.k8s.io/v1", "rv": bench.version, "start": "/b\0"}
    bench.config("bb")
    bench.client.delete(CONFIGMAPS, NAMESPACE, "c")
    second = bench.ask("GET", CONFIGS, limit="2", continue_=meta["continue"])
    assert second.names == ["c", "d"]
    assert second.json["metadata"] == {"resourceVersion": meta["resourceVersion"]}


def test_pages_go_through_all_namespaces(bench: Bench) -> None:
    bench.client.create(NAMESPACES, {"metadata": {"name": "other"}})
    bench.client.create(CONFIGMAPS, {"metadata": {"name": "a", "namespace": "other"}})
    names: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = bench.ask("GET", CONFIGMAPS.path(), limit="3", **token)
        names += [
            f"{i['metadata']['namespace']}/{i['metadata']['name']}" for i in page.json["items"]
        ]
        if "continue" not in page.json["metadata"]:
            break
        token = {"continue_": page.json["metadata"]["continue"]}
    assert names == ["ns/a", "ns/b", "ns/c", "ns/d", "other/a"]


def test_a_selection_has_pages_without_a_count(bench: Bench) -> None:
    first = bench.ask("GET", CONFIGS, limit="1", labelSelector="app=x")
    assert first.names == ["a"]
    meta = first.json["metadata"]
    assert "remainingItemCount" not in meta
    second = bench.ask("GET", CONFIGS, limit="1", labelSelector="app=x", continue_=meta["continue"])
    assert (second.names, "continue" in second.json["metadata"]) == (["c"], False)


def test_a_token_from_before_the_history_is_gone() -> None:
    bench = Bench(history=2)
    for name in "abc":
        bench.config(name)
    token = bench.ask("GET", CONFIGS, limit="1").json["metadata"]["continue"]
    for number in range(9):
        bench.client.patch(CONFIGMAPS, NAMESPACE, "a", {"data": {"n": str(number)}})
    gone = bench.ask("GET", CONFIGS, limit="1", continue_=token)
    assert gone.refusal[:2] == (410, "Expired")
    fresh = gone.json["metadata"]["continue"]
    rest = bench.ask("GET", CONFIGS, limit="9", continue_=fresh)
    assert rest.names == ["b", "c"]
    assert rest.json["metadata"]["resourceVersion"] == str(bench.version)


@pytest.mark.parametrize(
    "said",
    [
        b"x",
        b"{}",
        b"[]",
        b'{"v":"meta.k8s.io/v1","rv":1}',
        b'{"v":"other","rv":1,"start":"/a"}',
        b'{"v":"meta.k8s.io/v1","rv":"1","start":"/a"}',
        b'{"v":"meta.k8s.io/v1","rv":true,"start":"/a"}',
        b'{"v":"meta.k8s.io/v1","rv":-2,"start":"/a"}',
        b'{"v":"meta.k8s.io/v1","rv":1,"start":5}',
    ],
)
def test_tokens_that_are_none(bench: Bench, said: bytes) -> None:
    token = base64.urlsafe_b64encode(said).decode()
    assert bench.ask("GET", CONFIGS, continue_=token).refusal[:2] == (400, "BadRequest")


def test_a_token_of_the_future_is_gone_and_a_version_beside_one_is_refused(bench: Bench) -> None:
    said = json.dumps({"v": "meta.k8s.io/v1", "rv": 10**6, "start": "/a\0"}).encode()
    ahead = base64.urlsafe_b64encode(said).decode()
    assert bench.ask("GET", CONFIGS, continue_=ahead).refusal[0] == 410
    token = bench.ask("GET", CONFIGS, limit="1").json["metadata"]["continue"]
    both = bench.ask("GET", CONFIGS, continue_=token, resourceVersion="3")
    assert both.refusal[:2] == (400, "BadRequest")


# ---- versions


def test_a_list_says_the_version_of_everything(bench: Bench) -> None:
    bench.pod("p")
    found = bench.ask("GET", CONFIGS).json["metadata"]
    assert found == {"resourceVersion": str(bench.version)}


def test_versions_of_lists(bench: Bench) -> None:
    then = str(bench.version)
    bench.config("e")
    ask = bench.ask
    assert ask("GET", CONFIGS, resourceVersion="0", limit="1").names == list("abcde")
    assert ask("GET", CONFIGS, resourceVersion=then).names == list("abcde")
    exact = {"resourceVersion": then, "resourceVersionMatch": "Exact"}
    found = ask("GET", CONFIGS, **exact)
    assert (found.names, found.json["metadata"]["resourceVersion"]) == (list("abcd"), then)
    limited = ask("GET", CONFIGS, resourceVersion=then, limit="3")
    assert limited.json["metadata"]["resourceVersion"] == then
    newer = {"resourceVersion": then, "resourceVersionMatch": "NotOlderThan"}
    assert ask("GET", CONFIGS, **newer).names == list("abcde")
    refused = ask("GET", CONFIGS, resourceVersion=str(bench.version + 1))
    assert refused.refusal[:2] == (504, "Timeout")
    assert refused.headers["Retry-After"] == "1"
    assert refused.json["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    bench.api.forget()
    bench.config("f")
    assert ask("GET", CONFIGS, **exact).refusal[:2] == (410, "Expired")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"resourceVersion": "x"}, 400),
        ({"resourceVersion": "-1"}, 400),
        ({"limit": "x"}, 400),
        ({"limit": "-1"}, 200),
        ({"timeoutSeconds": "x"}, 400),
        ({"resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersion": "0", "resourceVersionMatch": "Exact"}, 422),
        ({"resourceVersion": "1", "resourceVersionMatch": "X"}, 422),
        ({"continue_": "x", "resourceVersionMatch": "Exact"}, 422),
        ({"sendInitialEvents": "true"}, 422),
        ({"watch": "1", "resourceVersion": "x"}, 500),
        ({"watch": "1", "sendInitialEvents": "true"}, 422),
        ({"watch": "1", "sendInitialEvents": "true", "resourceVersionMatch": "Exact"}, 422),
        ({"watch": "1", "resourceVersionMatch": "NotOlderThan"}, 422),
        ({"watch": "1", "continue_": "x"}, 422),
        ({"watch": "1", "fieldSelector": "x=y"}, 400),
    ],
)
def test_parameters_that_do_not_fit(bench: Bench, query: dict[str, str], code: int) -> None:
    assert bench.ask("GET", CONFIGS, **query).code == code


@pytest.mark.parametrize(("version", "code"), [("0", 200), ("1", 200), ("999", 504), ("x", 500)])
def test_versions_of_one_object(bench: Bench, version: str, code: int) -> None:
    assert bench.ask("GET", f"{CONFIGS}/a", resourceVersion=version).code == code


# ---- forms


def test_items_do_not_say_what_they_are(bench: Bench) -> None:
    found = bench.ask("GET", CONFIGS).json
    assert (found["kind"], found["apiVersion"]) == ("ConfigMapList", "v1")
    assert not found["items"][0].keys() & {"kind", "apiVersion"}
    assert bench.ask("GET", f"{CONFIGS}/a").json["kind"] == "ConfigMap"
    assert bench.ask("GET", POD_PATH).json["items"] == []


def test_a_list_may_be_a_table_metadata_or_yaml(bench: Bench) -> None:
    rows = bench.ask("GET", CONFIGS, accept=TABLE, limit="2").json
    assert (rows["kind"], rows["metadata"]["remainingItemCount"]) == ("Table", 2)
    assert [row["cells"][0] for row in rows["rows"]] == ["a", "b"]
    assert rows["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    whole = bench.ask("GET", f"{CONFIGS}/a", accept=TABLE, includeObject="Object").json
    assert whole["rows"][0]["object"]["kind"] == "ConfigMap"
    bare = bench.ask("GET", f"{CONFIGS}/a", accept=TABLE, includeObject="None").json
    assert bare["rows"][0]["object"] is None
    assert bench.ask("GET", CONFIGS, accept=TABLE, includeObject="X").refusal[0] == 400
    partial = bench.ask("GET", CONFIGS, accept=PARTIAL).json
    assert partial["kind"] == "PartialObjectMetadataList"
    assert partial["items"][0].keys() == {"kind", "apiVersion", "metadata"}
    one = bench.ask("GET", f"{CONFIGS}/a", accept="application/yaml")
    assert (one.content_type, one.body[:15]) == ("application/yaml", b"apiVersion: v1\n")
    several = bench.ask("GET", CONFIGS, accept="application/yaml")
    assert b"kind: ConfigMapList" in several.body
    assert several.body.count(b"kind:") == 1


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/*;q=0.3", 200),
        ("text/html, application/json", 200),
        ("application/vnd.kubernetes.protobuf,application/json", 200),
        ("application/vnd.kubernetes.protobuf", 406),
        ("text/html", 406),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", 406),
        ("application/json;as=Picture;v=v1;g=meta.k8s.io", 406),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", 200),
    ],
)
def test_the_first_form_that_exists_is_taken(bench: Bench, accept: str, code: int) -> None:
    assert bench.ask("GET", CONFIGS, accept=accept).code == code


def test_a_deletion_that_is_done_is_a_status_in_every_form(bench: Bench) -> None:
    assert bench.ask("DELETE", f"{CONFIGS}/a", accept=TABLE).json["kind"] == "Status"
    created = bench.ask("POST", CONFIGS, {"metadata": {"name": "z"}}, accept=TABLE)
    assert (created.code, created.json["kind"]) == (201, "Table")


def test_a_stranger_may_not_list(bench: Bench) -> None:
    code, reason, message = bench.ask("GET", CONFIGS, user=STRANGER).refusal
    assert (code, reason) == (403, "Forbidden")
    assert message == (
        'configmaps is forbidden: User "stranger" cannot list resource "configmaps" in API group '
        f'"" in the namespace "{NAMESPACE}"'
    )
