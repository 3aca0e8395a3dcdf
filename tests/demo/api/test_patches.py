"""The three notations of a change, by the examples of their own documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.demo.api.kinds import CONFIGMAPS, DEPLOYMENTS, NODES, PODS
from app.demo.api.patches import apply, json_patch, merge
from app.demo.api.statuses import Refused
from app.demo.api.strategic import strategic_merge
from tests.demo.api.bench import (
    CONFIGS,
    JSON_PATCH,
    MERGE,
    NAMESPACE,
    POD_PATH,
    STRATEGIC,
    Bench,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# ---- RFC 7396, appendix A, for patches that are objects


@pytest.mark.parametrize(
    ("value", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches(value: Any, patch: Any, result: Any) -> None:
    assert merge(value, patch) == result


# ---- RFC 6902, appendix A


@pytest.mark.parametrize(
    ("value", "operations", "result"),
    [
        ({"foo": "bar"}, [["add", "/baz", "qux"]], {"foo": "bar", "baz": "qux"}),
        ({"foo": ["bar", "baz"]}, [["add", "/foo/1", "qux"]], {"foo": ["bar", "qux", "baz"]}),
        ({"baz": "qux", "foo": "bar"}, [["remove", "/baz"]], {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, [["remove", "/foo/1"]], {"foo": ["bar", "baz"]}),
        ({"baz": "qux"}, [["replace", "/baz", "boo"]], {"baz": "boo"}),
        ({"foo": [1, 2]}, [["replace", "/foo/1", 3]], {"foo": [1, 3]}),
        (
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [["move", "/qux/thud", "/foo/waldo"]],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
        ),
        (
            {"foo": ["all", "grass", "cows", "eat"]},
            [["move", "/foo/3", "/foo/1"]],
            {"foo": ["all", "cows", "eat", "grass"]},
        ),
        (
            {"baz": "qux", "foo": ["a", 2, "c"]},
            [["test", "/baz", "qux"], ["test", "/foo/1", 2]],
            {"baz": "qux", "foo": ["a", 2, "c"]},
        ),
        ({"foo": "bar"}, [["add", "/child", {"a": {}}]], {"foo": "bar", "child": {"a": {}}}),
        ({"/": 9, "~1": 10}, [["test", "/~01", 10]], {"/": 9, "~1": 10}),
        ({"foo": ["bar"]}, [["add", "/foo/-", ["abc"]]], {"foo": ["bar", ["abc"]]}),
        (
            {"a": {"b": 1}},
            [["copy", "/c", "/a"], ["replace", "/c/b", 2]],
            {"a": {"b": 1}, "c": {"b": 2}},
        ),
        ({"a": 1}, [["replace", "/new", 2]], {"a": 1, "new": 2}),
        ({"a": 1}, [["add", "", {"b": 2}]], {"b": 2}),
        ({"a": [1, {"x": None}]}, [["test", "/a", [1, {"x": None}]]], {"a": [1, {"x": None}]}),
    ],
)
def test_json_patches(value: Any, operations: list[Any], result: Any) -> None:
    assert json_patch(value, [spelt(one) for one in operations]) == result


@pytest.mark.parametrize(
    "operations",
    [
        [["test", "/baz", "bar"]],
        [["test", "/one", True]],
        [["test", "/list", [1]]],
        [["test", "/none", None]],
        [["add", "/a/b/c", 1]],
        [["add", "/list/9", 1]],
        [["add", "/baz/x", 1]],
        [["remove", "/none"]],
        [["remove", ""]],
        [["remove", "/list/-"]],
        [["remove", "/list/2"]],
        [["replace", "/list/2", 1]],
        [["move", "/obj/in", "/obj"]],
        [["frobnicate", "/baz", 1]],
        [["add", "baz", 1]],
        [["add", "", 5]],
        [{"op": "add", "value": 1}],
        [{"path": "/a"}],
        ["add"],
        [5],
    ],
)
def test_json_patches_that_cannot_be_applied(operations: list[Any]) -> None:
    value = {"baz": "qux", "one": 1, "list": [1, True], "obj": {}}
    with pytest.raises(Refused) as refused:
        json_patch(value, [spelt(one) for one in operations])
    assert refused.value.code == 422


def spelt(operation: Any) -> Any:
    if not isinstance(operation, list):
        return operation
    word, path, *rest = operation
    name = "from" if word in ("move", "copy") else "value"
    return {"op": word, "path": path} | ({name: rest[0]} if rest else {})


def test_a_patch_has_at_most_so_many_operations() -> None:
    operation = {"op": "test", "path": "/a", "value": 1}
    assert json_patch({"a": 1}, [operation] * 10_000) == {"a": 1}
    with pytest.raises(Refused) as refused:
        json_patch({"a": 1}, [operation] * 10_001)
    assert refused.value.code == 413


# ---- strategic merge


def containers(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"containers": list(parts)}


@pytest.mark.parametrize(
    ("value", "patch", "result"),
    [
        (
            containers({"name": "a", "image": "1"}, {"name": "b", "image": "1"}),
            containers({"name": "b", "image": "2"}, {"name": "c", "image": "3"}),
            containers(
                {"name": "a", "image": "1"},
                {"name": "b", "image": "2"},
                {"name": "c", "image": "3"},
            ),
        ),
        (
            containers({"name": "a", "env": [{"name": "X", "value": "1"}]}),
            containers({"name": "a", "env": [{"name": "Y", "value": "2"}]}),
            containers(
                {"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]}
            ),
        ),
        (
            containers({"name": "a"}, {"name": "b"}),
            containers({"name": "a", "$patch": "delete"}),
            containers({"name": "b"}),
        ),
        (
            containers({"name": "a"}, {"name": "b"}),
            containers({"$patch": "replace"}, {"name": "c"}),
            containers({"name": "c"}),
        ),
        (
            containers({"name": "a", "image": "1", "tty": True}),
            containers({"name": "a", "$patch": "replace", "image": "2"}),
            containers(),
        ),
        ({"args": ["a", "b"]}, {"args": ["c"]}, {"args": ["c"]}),
        ({"finalizers": ["a"]}, {"finalizers": ["b", "a"]}, {"finalizers": ["a", "b"]}),
        (
            {"finalizers": ["a", "b"]},
            {"$deleteFromPrimitiveList/finalizers": ["a"]},
            {"finalizers": ["b"]},
        ),
        ({"spec": {"a": 1, "b": 2}}, {"spec": {"$patch": "replace", "c": 3}}, {"spec": {"c": 3}}),
        ({"spec": {"a": 1}}, {"spec": {"$patch": "delete"}}, {"spec": {}}),
        ({"spec": {"a": 1}}, {"spec": {"$patch": "merge", "b": 2}}, {"spec": {"a": 1, "b": 2}}),
        (
            {"strategy": {"type": "RollingUpdate", "rollingUpdate": {}}},
            {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}},
            {"strategy": {"type": "Recreate"}},
        ),
        (
            containers({"name": "a"}, {"name": "b"}),
            {
                "$setElementOrder/containers": [{"name": "c"}, {"name": "b"}, {"name": "a"}],
                "containers": [{"name": "c"}],
            },
            containers({"name": "c"}, {"name": "b"}, {"name": "a"}),
        ),
        (
            {"finalizers": ["a", "b"]},
            {"$setElementOrder/finalizers": ["b", "a"]},
            {"finalizers": ["b", "a"]},
        ),
        (
            {"ports": [{"containerPort": 80, "name": "a"}]},
            {"ports": [{"containerPort": 80, "name": "b"}, {"containerPort": 81}]},
            {"ports": [{"containerPort": 80, "name": "b"}, {"containerPort": 81}]},
        ),
        (
            {"ports": [{"port": 80, "targetPort": 1}]},
            {"ports": [{"port": 80, "targetPort": 2}]},
            {"ports": [{"port": 80, "targetPort": 2}]},
        ),
        ({"ports": ["odd"]}, {"ports": ["other"]}, {"ports": ["other"]}),
        ({"a": {"b": 1}}, {"a": {"b": None, "c": {"d": None}}}, {"a": {"c": {}}}),
        ({"list": 5}, {"list": [{"x": None, "$patch": 1}]}, {"list": [{}]}),
        ({"a": 1}, {"$setElementOrder/a": ["x"], "b": 2}, {"a": 1, "b": 2}),
    ],
)
def test_strategic_merges(value: Any, patch: Any, result: Any) -> None:
    assert strategic_merge(value, patch) == result


@pytest.mark.parametrize(
    ("patch", "code"),
    [
        ({"containers": [{"image": "x"}]}, 500),
        ({"containers": ["x"]}, 400),
        ({"spec": {"$patch": "frobnicate"}}, 400),
    ],
)
def test_strategic_merges_that_make_no_sense(patch: Any, code: int) -> None:
    with pytest.raises(Refused) as refused:
        strategic_merge({"spec": {}}, patch)
    assert refused.value.code == code


# ---- as requests


@pytest.mark.parametrize(
    ("notation", "body", "code"),
    [
        (MERGE, b"{", 400),
        (MERGE, b"[]", 400),
        (MERGE, b"null", 400),
        (STRATEGIC, b"{", 400),
        (STRATEGIC, b'"x"', 400),
        (STRATEGIC, b"null", 200),
        (JSON_PATCH, b"{}", 400),
        (JSON_PATCH, b"", 400),
        ("application/json", b"{}", 415),
        ("application/apply-patch+yaml", b"{}", 415),
        (MERGE, b'{"kind":"Secret"}', 422),
        (MERGE, b'{"data":{"k":5}}', 422),
        (MERGE, b'{"metadata":{"name":"b"}}', 400),
        (MERGE, b'{"metadata":{"namespace":"b"}}', 400),
        (MERGE, b'{"metadata":{"resourceVersion":"1"}}', 409),
        (MERGE, b'{"metadata":{"resourceVersion":"x"}}', 500),
        (MERGE, b'{"metadata":{"resourceVersion":null}}', 200),
        (f"{MERGE}; charset=utf-8", b"{}", 200),
    ],
)
def test_patches_are_checked(bench: Bench, notation: str, body: bytes, code: int) -> None:
    bench.config("a", k="1")
    assert bench.ask("PATCH", f"{CONFIGS}/a", body, content_type=notation).code == code
    assert bench.ask("PATCH", f"{CONFIGS}/none", b"{}", content_type=MERGE).refusal[0] == 404


def test_a_version_in_a_patch_is_a_condition(bench: Bench) -> None:
    seen = bench.config("a", k="1")["metadata"]["resourceVersion"]
    change: dict[str, Any] = {"metadata": {"resourceVersion": seen}, "data": {"k": "2"}}
    assert bench.client.patch(CONFIGMAPS, NAMESPACE, "a", change)["data"] == {"k": "2"}
    with pytest.raises(Refused, match="the object has been modified") as refused:
        bench.client.patch(CONFIGMAPS, NAMESPACE, "a", change)
    assert (refused.value.code, refused.value.reason) == (409, "Conflict")


def test_a_kubelets_report_merges_conditions_by_their_type(bench: Bench) -> None:
    bench.pod("p")
    for name in ("Ready", "Initialized", "Ready"):
        change = {"status": {"conditions": [{"type": name, "status": "True"}]}}
        bench.client.patch_status(PODS, NAMESPACE, "p", change, STRATEGIC)
    found = bench.client.get(PODS, NAMESPACE, "p")["status"]["conditions"]
    assert [one["type"] for one in found] == ["Ready", "Initialized"]
    assert found[0]["lastProbeTime"] is None


def test_a_container_is_patched_by_its_name(bench: Bench) -> None:
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "x", "image": "a:1"}, {"name": "y", "image": "b:1"}]},
    }
    selector = {"matchLabels": {"a": "b"}}
    value = {
        "metadata": {"name": "d", "namespace": NAMESPACE},
        "spec": {"selector": selector, "template": template},
    }
    bench.client.create(DEPLOYMENTS, value)
    change = {"spec": {"template": {"spec": {"containers": [{"name": "y", "image": "b:2"}]}}}}
    made = bench.client.patch(DEPLOYMENTS, NAMESPACE, "d", change, STRATEGIC)
    images = [one["image"] for one in made["spec"]["template"]["spec"]["containers"]]
    assert images == ["a:1", "b:2"]


def test_taints_are_replaced_as_a_whole(bench: Bench) -> None:
    bench.client.create(NODES, {"metadata": {"name": "n"}})
    taints = [{"key": "k", "effect": effect} for effect in ("NoSchedule", "NoExecute")]
    for wanted in (taints, taints[:1]):
        change = {"spec": {"taints": wanted}}
        made = bench.client.patch(NODES, "", "n", change, STRATEGIC)
        assert made["spec"]["taints"] == wanted


def test_a_failing_test_leaves_the_object_as_it_was(bench: Bench) -> None:
    made = bench.pod("p")
    operations = [
        {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}},
        {"op": "test", "path": "/metadata/name", "value": "q"},
    ]
    reply = bench.ask("PATCH", f"{POD_PATH}/p", operations, content_type=JSON_PATCH)
    assert reply.refusal == (
        422,
        "Invalid",
        "the server rejected our request due to an error in our request",
    )
    assert bench.client.get(PODS, NAMESPACE, "p") == made


def test_an_unknown_notation_is_refused_by_itself() -> None:
    with pytest.raises(Refused) as refused:
        apply("text/plain", b"{}", {})
    assert refused.value.code == 415
    assert json.dumps(refused.value.status)
