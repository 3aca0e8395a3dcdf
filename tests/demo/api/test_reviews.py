"""Questions about oneself, with what is wrong with them; the answers are in the contract too."""

from __future__ import annotations

from typing import Any

import pytest

from app.demo.api.kinds import ACCESS_REVIEWS, RULES_REVIEWS, SUBJECT_REVIEWS, Kind
from app.demo.api.reviews import review
from app.demo.api.roles import DEMO, VIEWER, bindings, people
from app.demo.api.rules import Binding, Rule, Rules
from app.demo.api.statuses import Refused

Json = dict[str, Any]


@pytest.fixture
def rules() -> Rules:
    return Rules({}, bindings("agents"))


def ask(rules: Rules, kind: Kind, spec: Json | None = None, user: str = VIEWER) -> Json:
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "spec": spec}
    return review(kind, body, people()[user], rules)


def refusal(rules: Rules, kind: Kind, spec: Json) -> tuple[int, str, str]:
    with pytest.raises(Refused) as found:
        ask(rules, kind, spec)
    return found.value.code, found.value.reason, found.value.status["message"]


def test_a_path_can_be_asked_about(rules: Rules) -> None:
    spec = {"nonResourceAttributes": {"verb": "get", "path": "/version"}}
    assert ask(rules, ACCESS_REVIEWS, spec) == {
        "kind": "SelfSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {},
        "spec": spec,
        "status": {
            "allowed": True,
            "reason": 'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole '
            '"system:discovery" to Group "system:authenticated"',
        },
    }
    spec = {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}
    assert ask(rules, ACCESS_REVIEWS, spec)["status"] == {"allowed": False}


def test_who_may_everything_is_not_told_why(rules: Rules) -> None:
    spec = {"resourceAttributes": {"verb": "delete", "resource": "secrets", "group": ""}}
    found = ask(rules, ACCESS_REVIEWS, spec, DEMO)
    assert found["status"] == {"allowed": True}
    assert found["spec"]["resourceAttributes"] == {"verb": "delete", "resource": "secrets"}


def test_the_switch_is_seen_in_the_answers(rules: Rules) -> None:
    spec = {"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "agents"}}
    assert ask(rules, ACCESS_REVIEWS, spec)["status"]["allowed"] is True
    assert ask(rules, RULES_REVIEWS, {"namespace": "agents"})["status"]["incomplete"] is False
    rules.deny("", "pods")
    assert ask(rules, ACCESS_REVIEWS, spec)["status"] == {"allowed": False}
    assert ask(rules, RULES_REVIEWS, {"namespace": "agents"})["status"]["incomplete"] is True


def test_a_question_has_one_subject(rules: Rules) -> None:
    """The words are a real server's."""
    assert refusal(rules, ACCESS_REVIEWS, {}) == (
        422,
        "Invalid",
        (
            '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: '
            "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        ),
    )
    both = {
        "resourceAttributes": {"verb": "get", "resource": "pods"},
        "nonResourceAttributes": {"verb": "get", "path": "/x"},
    }
    assert refusal(rules, ACCESS_REVIEWS, both) == (
        422,
        "Invalid",
        (
            '.authorization.k8s.io "" is invalid: spec.nonResourceAttributes: Invalid value: '
            '{"Path":"/x","Verb":"get"}: cannot be specified in combination with resourceAttributes'
        ),
    )
    assert refusal(rules, RULES_REVIEWS, {}) == (400, "BadRequest", "no namespace on request")


def test_the_rules_with_names_say_the_names(rules: Rules) -> None:
    named = Rule(("get",), ("",), ("secrets",), names=("one",))
    rules.bind(Binding("more", (VIEWER,), (named,), "agents"))
    found = ask(rules, RULES_REVIEWS, {"namespace": "agents"})["status"]["resourceRules"]
    secrets = {
        "verbs": ["get"],
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": ["one"],
    }
    assert secrets in found
    elsewhere = ask(rules, RULES_REVIEWS, {"namespace": "default"})["status"]["resourceRules"]
    assert secrets not in elsewhere
    assert elsewhere


def test_one_is_who_one_is(rules: Rules) -> None:
    assert ask(rules, SUBJECT_REVIEWS)["status"] == {
        "userInfo": {"username": "viewer", "groups": ["system:authenticated"]}
    }
