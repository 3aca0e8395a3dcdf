"""Which call goes where: paths, verbs, rights, and the client that controllers have."""

from __future__ import annotations

from typing import Any

import pytest

from app.demo.api.kinds import CONFIGMAPS, NAMESPACES, PODS
from app.demo.api.requests import resource_of
from app.demo.api.rules import ANONYMOUS, Binding, Rule, Rules
from app.demo.api.statuses import Refused
from tests.demo.api.bench import CONFIGS, NAMESPACE, POD_PATH, STRANGER, Bench


@pytest.fixture
def bench() -> Bench:
    found = Bench()
    found.config("a")
    found.pod("p")
    return found


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/apis/example.com/v1/things", 404),
        ("GET", "/apis/batch/v9/jobs", 404),
        ("GET", "/apis/batch/v1/things", 404),
        ("GET", "/api/v1//configmaps", 404),
        ("GET", f"{CONFIGS}/", 200),
        ("GET", f"{CONFIGS}/a/b/c", 404),
        ("GET", f"{CONFIGS}/a/status", 404),
        ("GET", f"{POD_PATH}/p/exec", 404),
        ("POST", f"{POD_PATH}/p/attach", 404),
        ("GET", f"{POD_PATH}/p/binding", 405),
        ("GET", f"{POD_PATH}/p/eviction", 405),
        ("DELETE", f"{POD_PATH}/p/status", 405),
        ("GET", "/api/v1/configmaps/a", 404),
        ("GET", f"/api/v1/namespaces/{NAMESPACE}/nodes", 404),
        ("GET", f"/api/v1/namespaces/{NAMESPACE}/status", 200),
        ("GET", f"/api/v1/namespaces/{NAMESPACE}/finalize", 405),
        ("POST", "/api/v1/configmaps", 405),
        ("PUT", CONFIGS, 405),
        ("PATCH", CONFIGS, 405),
        ("POST", f"{CONFIGS}/a", 405),
        ("HEAD", CONFIGS, 405),
        ("OPTIONS", CONFIGS, 405),
        ("GET", "/version", 200),
        ("HEAD", "/version", 405),
        ("POST", "/api/v1", 405),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews/x", 405),
    ],
)
def test_paths_and_methods(bench: Bench, method: str, path: str, code: int) -> None:
    reply = bench.ask(method, path)
    assert reply.code == code, reply.body
    if reply.body[:1] == b"{" and code >= 400:
        assert reply.json["code"] == code


def test_an_unknown_group_is_refused_in_plain_text(bench: Bench) -> None:
    reply = bench.ask("GET", "/apis/example.com/v1/things")
    assert (reply.content_type, reply.body) == (
        "text/plain; charset=utf-8",
        b"404 page not found\n",
    )


def test_who_is_asking_comes_before_what_is_there(bench: Bench) -> None:
    for path in ("/apis/example.com/v1/things", "/api/v1/things", "/nothing", "/metrics<b>"):
        assert bench.ask("GET", path, user=STRANGER).refusal[:2] == (403, "Forbidden")
        assert bench.ask("GET", path, user=ANONYMOUS).refusal[:2] == (403, "Forbidden")
        assert bench.ask("GET", path, user=None).refusal == (401, "Unauthorized", "Unauthorized")
    assert "&lt;b&gt;" in bench.ask("GET", "/metrics<b>", user=STRANGER).refusal[2]
    assert bench.ask("GET", "/version", user=ANONYMOUS).code == 200


@pytest.mark.parametrize(
    ("method", "path", "query", "needed"),
    [
        ("GET", CONFIGS, {}, ("list", "configmaps")),
        ("GET", CONFIGS, {"watch": "true"}, ("watch", "configmaps")),
        ("GET", CONFIGS, {"watch": "false"}, ("list", "configmaps")),
        ("GET", f"{CONFIGS}/a", {}, ("get", "configmaps")),
        ("POST", CONFIGS, {}, ("create", "configmaps")),
        ("PUT", f"{CONFIGS}/a", {}, ("update", "configmaps")),
        ("PATCH", f"{CONFIGS}/a", {}, ("patch", "configmaps")),
        ("DELETE", f"{CONFIGS}/a", {}, ("delete", "configmaps")),
        ("DELETE", CONFIGS, {}, ("deletecollection", "configmaps")),
        ("GET", f"{POD_PATH}/p/log", {}, ("get", "pods/log")),
        ("PATCH", f"{POD_PATH}/p/status", {}, ("patch", "pods/status")),
        ("POST", f"{POD_PATH}/p/eviction", {}, ("create", "pods/eviction")),
    ],
)
def test_each_call_needs_its_own_right(
    bench: Bench, method: str, path: str, query: dict[str, str], needed: tuple[str, str]
) -> None:
    verb, resource = needed
    refusal = bench.ask(method, path, user=STRANGER, **query).refusal
    assert refusal[:2] == (403, "Forbidden")
    assert f'cannot {verb} resource "{resource}"' in refusal[2]
    rule = Rule(verbs=(verb,), groups=("",), resources=(resource,))
    bench.api.rules = Rules({}, [Binding("r", (STRANGER.name,), (rule,), NAMESPACE)])
    call = bench.call(method, path, None, "", None, STRANGER, query)
    assert bench.api.answer(call).code != 403


def test_a_right_to_one_object_lists_it_by_its_name(bench: Bench) -> None:
    rule = Rule(verbs=("list", "get"), groups=("",), resources=("configmaps",), names=("a",))
    bench.api.rules = Rules({}, [Binding("r", (STRANGER.name,), (rule,), NAMESPACE)])

    def ask(selector: str) -> int:
        return bench.ask("GET", CONFIGS, user=STRANGER, fieldSelector=selector).code

    assert ask("metadata.name=a") == 200
    assert ask("metadata.name=b") == 403
    assert ask("metadata.name!=b") == 403
    assert bench.ask("GET", CONFIGS, user=STRANGER).code == 403
    assert bench.ask("GET", f"{CONFIGS}/a", user=STRANGER).code == 200


def test_a_resource_that_is_denied_is_denied_to_masters_too(bench: Bench) -> None:
    bench.rules.deny("", "configmaps")
    assert bench.ask("GET", CONFIGS).refusal[0] == 403
    bench.rules.undeny("", "configmaps")
    assert bench.ask("GET", CONFIGS).code == 200


def test_reviews_are_answered_and_not_kept(bench: Bench) -> None:
    before = bench.version
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    wanted = {"verb": "list", "resource": "pods", "namespace": NAMESPACE}
    asked = {"spec": {"resourceAttributes": wanted}}
    assert bench.ask("POST", path, asked).json["status"]["allowed"] is True
    refused = bench.ask("POST", path, asked, user=STRANGER)
    assert (refused.code, refused.json["status"]["allowed"]) == (201, False)
    assert refused.json["kind"] == "SelfSubjectAccessReview"
    assert bench.ask("POST", path, {"spec": []}).refusal[0] == 400
    assert bench.ask("POST", path, {"kind": "Pod", "apiVersion": "v1"}).refusal[0] == 400
    assert bench.version == before


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api", None),
        ("/api/v1", None),
        ("/apis/batch/v1", None),
        ("/version", None),
        ("/api/v1/namespaces", ("namespaces", "", "", "")),
        ("/api/v1/namespaces/n", ("namespaces", "n", "n", "")),
        ("/api/v1/namespaces/n/status", ("namespaces", "n", "n", "status")),
        ("/api/v1/namespaces/n/pods", ("pods", "n", "", "")),
        ("/api/v1/namespaces/n/pods/p/log", ("pods", "n", "p", "log")),
        ("/api/v1/nodes/n/status", ("nodes", "", "n", "status")),
        ("/apis/batch/v1/watch/jobs", ("jobs", "", "", "")),
        ("/api/v1/watch", ("watch", "", "", "")),
    ],
)
def test_paths_are_read(path: str, expected: Any) -> None:
    found = resource_of(path)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found.plural, found.namespace, found.name, found.subresource) == expected


# ---- what the store tells


def test_listeners_hear_in_order_even_what_they_write_themselves(bench: Bench) -> None:
    heard: list[tuple[str, str]] = []

    def write(word: str, kind: Any, found: dict[str, Any]) -> None:
        if word == "ADDED" and found["metadata"]["name"] == "first":
            bench.config("second")

    def hear(word: str, kind: Any, found: dict[str, Any]) -> None:
        heard.append((word, found["metadata"]["name"]))

    bench.api.store.subscribe(write)
    bench.api.store.subscribe(hear)
    bench.config("first")
    assert heard == [("ADDED", "first"), ("ADDED", "second")]
    bench.api.store.unsubscribe(hear)
    bench.config("third")
    assert len(heard) == 2


def test_an_object_read_is_the_readers_own(bench: Bench) -> None:
    found = bench.client.get(CONFIGMAPS, NAMESPACE, "a")
    found["metadata"]["name"] = "changed"
    assert bench.client.get(CONFIGMAPS, NAMESPACE, "a")["metadata"]["name"] == "a"


# ---- the client


def test_a_client_raises_what_it_is_refused(bench: Bench) -> None:
    with pytest.raises(Refused) as refused:
        bench.client.get(CONFIGMAPS, NAMESPACE, "none")
    assert (refused.value.code, refused.value.reason) == (404, "NotFound")
    assert str(refused.value) == 'configmaps "none" not found'
    bench.api.rules = Rules({}, [])
    bench.client.user = STRANGER
    with pytest.raises(Refused) as refused:
        bench.client.list(PODS)
    assert refused.value.code == 403


def test_a_client_lists_by_selectors(bench: Bench) -> None:
    bench.config("b", {"app": "x"})
    found = bench.client.list(CONFIGMAPS, NAMESPACE, labelSelector="app=x")
    assert [one["metadata"]["name"] for one in found] == ["b"]
    assert len(bench.client.list(CONFIGMAPS)) == 2
    assert [one["metadata"]["name"] for one in bench.client.list(NAMESPACES)] == [NAMESPACE]


def test_a_client_does_not_watch(bench: Bench) -> None:
    with pytest.raises(TypeError, match="a watch is no call"):
        bench.client.list(CONFIGMAPS, NAMESPACE, watch="true")
