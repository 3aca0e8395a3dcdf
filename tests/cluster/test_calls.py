"""The requests themselves, and the rule that one of them may be missing."""

from __future__ import annotations

import pytest
import yaml

from app.cluster.calls import Calls
from app.cluster.projections.events import WARNINGS
from app.cluster.projections.jobs import JOBS
from app.cluster.rule import missing_rule
from tests.cluster.objects import THINGS


def test_paths_of_groups_and_namespaces() -> None:
    assert Calls(THINGS, "a").page(500, None).path == "/api/v1/namespaces/a/configmaps"
    assert Calls(THINGS, None).page(500, None).path == "/api/v1/configmaps"
    assert Calls(JOBS, "a").page(500, None).path == "/apis/batch/v1/namespaces/a/jobs"


def test_a_selection_goes_with_every_request() -> None:
    calls = Calls(WARNINGS, "a")
    for call in (calls.page(500, None), calls.page(500, "t"), calls.watch("7", 300)):
        assert call.params["fieldSelector"] == WARNINGS.field_selector
    assert calls.watch_list(300).params["fieldSelector"] == WARNINGS.field_selector


def test_no_list_carries_a_version() -> None:
    calls = Calls(THINGS, "a")
    for call in (calls.page(500, None), calls.page(500, "token"), calls.page(None, None)):
        assert not {"resourceVersion", "resourceVersionMatch"} & call.params.keys()
    assert "resourceVersion" not in calls.watch_list(300).params


def test_what_a_refusal_is_explained_with() -> None:
    listed, watched = Calls(JOBS, "a").page(1, None), Calls(JOBS, None).watch("7", 300)
    assert (listed.verb, listed.group, listed.plural, listed.namespace) == (
        *("list", "batch"),
        *("jobs", "a"),
    )
    assert (watched.verb, watched.namespace) == ("watch", None)


def test_the_namespace_itself_is_asked_for_where_there_is_one() -> None:
    call = Calls(THINGS, "a").namespace()
    assert call is not None
    assert call.path == "/api/v1/namespaces/a"
    assert Calls(THINGS, None).namespace() is None


@pytest.mark.parametrize(
    ("namespace", "kind", "metadata"),
    [
        ("agents", "Role", {"name": "watchglass-view-jobs", "namespace": "agents"}),
        (None, "ClusterRole", {"name": "watchglass-view-jobs"}),
        ("no", "Role", {"name": "watchglass-view-jobs", "namespace": "no"}),
    ],
    ids=["one", "all", "a name that YAML takes for a word"],
)
def test_a_missing_rule_is_yaml_that_can_be_applied(
    namespace: str | None, kind: str, metadata: dict[str, str]
) -> None:
    assert yaml.safe_load(missing_rule("batch", "jobs", namespace)) == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": metadata,
        "rules": [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list", "watch"]}],
    }


def test_the_core_group_is_an_empty_text() -> None:
    rule = yaml.safe_load(missing_rule("", "pods", "a", ("get",)))["rules"][0]
    assert rule == {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
