"""Who may do what; the same rules over HTTP are in the contract."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from app.demo.api.roles import DEMO, NOBODY, VIEWER, bindings, people
from app.demo.api.rules import ANONYMOUS, Binding, Rule, Rules, controller, node, person

MANIFEST = Path(__file__).parents[3] / "deploy" / "rbac-view.yaml"
SOMEBODY = person("somebody")


def rules(*given: Rule, namespace: str | None = None) -> Rules:
    return Rules({}, [Binding("given", ("somebody",), given, namespace)])


def test_the_viewer_has_what_the_manifest_grants() -> None:
    documents = list(yaml.safe_load_all(MANIFEST.read_text()))
    [role] = [one for one in documents if one["kind"] == "Role"]
    [binding] = [one for one in bindings("agents") if VIEWER in one.subjects]
    assert binding.role == role["metadata"]["name"]
    assert binding.namespace == "agents"
    assert [
        {
            "apiGroups": list(rule.groups),
            "resources": list(rule.resources),
            "verbs": list(rule.verbs),
        }
        for rule in binding.rules
    ] == role["rules"]


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        (Rule(("list",), ("",), ("pods",)), ("list", "", "pods"), True),
        (Rule(("list",), ("",), ("pods",)), ("watch", "", "pods"), False),
        (Rule(("list",), ("",), ("pods",)), ("list", "batch", "pods"), False),
        (Rule(("get",), ("",), ("pods",)), ("get", "", "pods", "log"), False),
        (Rule(("get",), ("",), ("pods/log",)), ("get", "", "pods", "log"), True),
        (Rule(("get",), ("",), ("pods/log",)), ("get", "", "pods"), False),
        (Rule(("get",), ("",), ("*/log",)), ("get", "", "pods", "log"), True),
        (Rule(("get",), ("",), ("*/log",)), ("get", "", "pods", "slog"), False),
        (Rule(("get",), ("",), ("*/log",)), ("get", "", "log"), False),
        (Rule(("get",), ("",), ("pods/*",)), ("get", "", "pods", "log"), False),
        (Rule(("*",), ("*",), ("*",)), ("exec", "any", "thing", "sub"), True),
        (Rule(("get",), ("",), ("secrets",), ("a",)), ("get", "", "secrets", "", "ns", "a"), True),
        (Rule(("get",), ("",), ("secrets",), ("a",)), ("get", "", "secrets", "", "ns", "b"), False),
        (Rule(("list",), ("",), ("secrets",), ("a",)), ("list", "", "secrets", "", "ns"), False),
    ],
)
def test_a_rule_is_read_as_rbac_reads_it(rule: Rule, asked: tuple[str, ...], allowed: bool) -> None:
    assert rules(rule).allows(SOMEBODY, *asked) is allowed


@pytest.mark.parametrize(
    ("url", "path", "allowed"),
    [
        ("/version", "/version", True),
        ("/version", "/version/", False),
        ("/api/*", "/api/v1", True),
        ("/api/*", "/api", False),
        ("/apis*", "/apis/batch", True),
        ("*", "/anything", True),
    ],
)
def test_a_rule_about_urls(url: str, path: str, allowed: bool) -> None:
    assert rules(Rule(("get",), urls=(url,))).allows_url(SOMEBODY, "get", path) is allowed


def test_rights_in_a_namespace_end_at_it() -> None:
    found = rules(Rule(("list",), ("",), ("pods",)), namespace="here")
    assert found.allows(SOMEBODY, "list", "", "pods", None, "here")
    assert not found.allows(SOMEBODY, "list", "", "pods", None, "there")
    assert not found.allows(SOMEBODY, "list", "", "pods")


def test_who_allowed_it_is_named() -> None:
    everywhere = rules(Rule(("list",), ("",), ("pods",)))
    assert everywhere.reason(SOMEBODY, "list", "", "pods") == (
        'RBAC: allowed by ClusterRoleBinding "given" of ClusterRole "given" to User "somebody"'
    )
    here = rules(Rule(("list",), ("",), ("pods",)), namespace="here")
    assert here.reason(SOMEBODY, "list", "", "pods", "", "here") == (
        'RBAC: allowed by RoleBinding "given/here" of Role "given" to User "somebody"'
    )
    found = Rules({}, bindings())
    assert found.url_reason(SOMEBODY, "get", "/apis") == (
        'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" '
        'to Group "system:authenticated"'
    )
    assert found.reason(people()[DEMO], "list", "", "pods") == ""
    assert found.url_reason(people()[DEMO], "get", "/metrics") == ""


def test_tokens_say_who_it_is() -> None:
    found = Rules({"t": SOMEBODY}, ())
    assert found.user_of("t") == SOMEBODY
    assert found.user_of(None) == ANONYMOUS
    assert found.user_of("") is None
    assert found.user_of("unknown") is None
    del found.tokens["t"]
    assert found.user_of("t") is None


def test_what_is_denied_is_denied_to_everybody_outside() -> None:
    found = Rules({}, bindings())
    users = people()
    asked = ("list", "batch", "jobs")
    assert found.allows(users[DEMO], *asked)
    found.deny("batch", "jobs")
    assert found.denying
    assert not found.allows(users[DEMO], *asked)
    assert not found.allows(users[DEMO], "get", "batch", "jobs", "status")
    assert found.allows(users[DEMO], "list", "batch", "cronjobs")
    assert found.allows(controller("job"), *asked)
    assert found.allows(node("node-1"), *asked)
    found.undeny("batch", "jobs")
    found.undeny("batch", "jobs")
    assert found.allows(users[DEMO], *asked)
    assert not found.denying


def test_rights_are_given_and_taken() -> None:
    found = Rules({}, ())
    given = Binding("more", ("somebody",), (Rule(("get",), ("",), ("pods",)),))
    assert not found.allows(SOMEBODY, "get", "", "pods")
    found.bind(given)
    assert found.allows(SOMEBODY, "get", "", "pods")
    found.unbind(given)
    assert not found.allows(SOMEBODY, "get", "", "pods")
    with pytest.raises(ValueError):
        found.unbind(given)


def test_the_people_of_the_demo() -> None:
    found = Rules({}, bindings("agents"))
    users = people()
    assert found.allows(users[DEMO], "delete", "", "secrets", None, "kube-system", "x")
    for verb in ("list", "watch"):
        for group, resource in (("", "pods"), ("", "events"), ("batch", "jobs")):
            assert found.allows(users[VIEWER], verb, group, resource, None, "agents")
            assert not found.allows(users[VIEWER], verb, group, resource, None, "default")
            assert not found.allows(users[NOBODY], verb, group, resource, None, "agents")
    assert not found.allows(users[VIEWER], "get", "", "pods", None, "agents", "x")
    assert not found.allows(users[VIEWER], "get", "", "pods", "log", "agents", "x")
    assert not found.allows(users[VIEWER], "list", "apps", "deployments", None, "agents")
    for user in (users[VIEWER], users[NOBODY]):
        assert found.allows_url(user, "get", "/apis/batch/v1")
        assert not found.allows_url(user, "get", "/metrics")
    assert found.allows_url(ANONYMOUS, "get", "/readyz")
    assert not found.allows_url(ANONYMOUS, "get", "/apis")
