"""Line 13: who asks, and what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.client import Client, bare_pod, config, said
from tests.control_plane.api import CONFIGMAPS, CRONJOBS, JOBS, NODES, PODS, SECRETS
from tests.control_plane.grants import rule

if TYPE_CHECKING:
    from tests.contract.server import Server
    from tests.control_plane.objects import Json

REVIEWS = "/apis/authorization.k8s.io/v1"


async def test_line_13_an_unknown_token_is_401(server: Server) -> None:
    async with Client(server.url, server.ca, "nonsense") as stranger:
        for path in ("/api/v1/pods", "/version", "/readyz", "/apis/nothing"):
            reply = await stranger.send("GET", path)
            assert reply.refusal == (401, "Unauthorized", "Unauthorized"), path


async def test_line_13_without_a_token_one_is_anonymous(server: Server, admin: Client) -> None:
    bare = {"Authorization": ""}
    reply = await admin.send("GET", "/api/v1/pods", headers=bare)
    assert reply.refusal == (
        403,
        "Forbidden",
        (
            'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group '
            '"" at the cluster scope'
        ),
    )
    # Whether the server lives, everybody may know.
    assert (await admin.send("GET", "/readyz", headers=bare)).text == "ok"
    assert (await admin.send("GET", "/version", headers=bare)).code == 200
    assert (await admin.send("GET", "/apis", headers=bare)).code == 403
    assert server.url


CASES: list[tuple[str, str, str, Json | None, str, Json]] = [
    (
        "list",
        "GET",
        CRONJOBS.path("NS"),
        None,
        (
            'cronjobs.batch is forbidden: User "ME" cannot list resource "cronjobs" in API group '
            '"batch" in the namespace "NS"'
        ),
        {"group": "batch", "kind": "cronjobs"},
    ),
    (
        "get",
        "GET",
        SECRETS.path("NS", "s"),
        None,
        (
            'secrets "s" is forbidden: User "ME" cannot get resource "secrets" in API group "" in '
            'the namespace "NS"'
        ),
        {"name": "s", "kind": "secrets"},
    ),
    (
        "everywhere",
        "GET",
        PODS.path(),
        None,
        (
            'pods is forbidden: User "ME" cannot list resource "pods" in API group "" at the '
            "cluster scope"
        ),
        {"kind": "pods"},
    ),
    (
        "cluster",
        "GET",
        NODES.path(None, "n"),
        None,
        (
            'nodes "n" is forbidden: User "ME" cannot get resource "nodes" in API group "" at the '
            "cluster scope"
        ),
        {"name": "n", "kind": "nodes"},
    ),
    (
        "create",
        "POST",
        JOBS.path("NS"),
        {},
        (
            'jobs.batch is forbidden: User "ME" cannot create resource "jobs" in API group "batch" '
            'in the namespace "NS"'
        ),
        {"group": "batch", "kind": "jobs"},
    ),
    (
        "update",
        "PUT",
        PODS.path("NS", "p") + "/status",
        {},
        (
            'pods "p" is forbidden: User "ME" cannot update resource "pods/status" in API group "" '
            'in the namespace "NS"'
        ),
        {"name": "p", "kind": "pods"},
    ),
    (
        "logs",
        "GET",
        PODS.path("NS", "p") + "/log",
        None,
        (
            'pods "p" is forbidden: User "ME" cannot get resource "pods/log" in API group "" in '
            'the namespace "NS"'
        ),
        {"name": "p", "kind": "pods"},
    ),
    (
        "collection",
        "DELETE",
        PODS.path("NS"),
        None,
        (
            'pods is forbidden: User "ME" cannot deletecollection resource "pods" in API group "" '
            'in the namespace "NS"'
        ),
        {"kind": "pods"},
    ),
    (
        "namespace",
        "GET",
        "/api/v1/namespaces/NS",
        None,
        (
            'namespaces "NS" is forbidden: User "ME" cannot get resource "namespaces" in API group '
            '"" in the namespace "NS"'
        ),
        {"name": "NS", "kind": "namespaces"},
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "message", "details"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
async def test_line_13_what_is_not_allowed_is_403_and_says_what(
    server: Server,
    visitor: Client,
    namespace: str,
    method: str,
    path: str,
    body: Json | None,
    message: str,
    details: Json,
) -> None:
    def filled(text: str) -> str:
        return text.replace("NS", namespace).replace("ME", server.visitor)

    reply = await visitor.send(method, filled(path), body)
    assert reply.refusal == (403, "Forbidden", filled(message))
    expected = {key: filled(value) for key, value in details.items()}
    assert reply.json["details"] == expected


async def test_line_13_a_watch_is_refused_with_403_and_no_event(
    server: Server, visitor: Client, namespace: str
) -> None:
    with server.granted(rule("list", "pods"), namespace=namespace):
        assert (await visitor.read(PODS, namespace)).code == 200
        reply = await visitor.read(PODS, namespace, watch="true")
    code, reason, message = reply.refusal
    assert (code, reason) == (403, "Forbidden")
    assert "cannot watch resource" in message


async def test_line_13_a_grant_holds_where_it_was_given_until_it_is_taken(
    admin: Client, server: Server, visitor: Client, namespace: str
) -> None:
    await admin.create(config("a"), namespace)
    assert (await visitor.read(CONFIGMAPS, namespace)).code == 403
    with server.granted(rule("get list watch", "configmaps"), namespace=namespace):
        assert (await visitor.read(CONFIGMAPS, namespace, "a")).code == 200
        assert (await visitor.read(CONFIGMAPS, None)).code == 403
        assert (await visitor.read(CONFIGMAPS, "default")).code == 403
        assert (await visitor.read(SECRETS, namespace)).code == 403
        assert (await visitor.remove(CONFIGMAPS, namespace, "a")).code == 403
    assert (await visitor.read(CONFIGMAPS, namespace, "a")).code == 403
    with server.granted(rule("list", "configmaps"), namespace=None):
        assert (await visitor.read(CONFIGMAPS, None)).code == 200
        assert (await visitor.read(CONFIGMAPS, namespace)).code == 200
        assert (await visitor.read(CONFIGMAPS, namespace, "a")).code == 403
    assert (await visitor.read(CONFIGMAPS, None)).code == 403


async def test_line_13_an_open_watch_outlives_the_right_to_it(
    admin: Client, server: Server, visitor: Client, namespace: str
) -> None:
    with server.granted(rule("watch", "configmaps"), namespace=namespace):
        opening = visitor.watching(CONFIGMAPS, namespace)
        watch = await opening.__aenter__()
    try:
        assert (await visitor.read(CONFIGMAPS, namespace, watch="true")).code == 403
        await admin.create(config("a"), namespace)
        assert said(await watch.event()) == ("ADDED", "a")
    finally:
        await opening.__aexit__(None, None, None)


async def test_line_13_a_right_to_one_name_is_one_to_select_it(
    admin: Client, server: Server, visitor: Client, namespace: str
) -> None:
    for name in ("mine", "yours"):
        await admin.create(config(name), namespace)
    only = rule("get list watch", "configmaps", names=["mine"])
    with server.granted(only, namespace=namespace):
        assert (await visitor.read(CONFIGMAPS, namespace, "mine")).code == 200
        assert (await visitor.read(CONFIGMAPS, namespace, "yours")).code == 403
        assert (await visitor.read(CONFIGMAPS, namespace)).code == 403
        query = {"fieldSelector": "metadata.name=mine"}
        found = await visitor.read(CONFIGMAPS, namespace, **query)
        assert [item["metadata"]["name"] for item in found.json["items"]] == ["mine"]
        async with visitor.watching(CONFIGMAPS, namespace, **query) as watch:
            assert said(await watch.event()) == ("ADDED", "mine")
        other = await visitor.read(CONFIGMAPS, namespace, fieldSelector="metadata.name=yours")
        assert other.code == 403


async def test_line_13_a_subresource_is_a_right_of_its_own(
    admin: Client, server: Server, visitor: Client, namespace: str
) -> None:
    await admin.create(bare_pod("p"), namespace)
    path = PODS.path(namespace, "p")
    running: Json = {"status": {"phase": "Running"}}
    with server.granted(rule("get patch", "pods/status"), namespace=namespace):
        assert (await visitor.send("GET", path)).code == 403
        assert (await visitor.send("GET", f"{path}/status")).code == 200
        changed = await visitor.change(PODS, namespace, "p", running, subresource="status")
        assert changed.code == 200
    with server.granted(rule("get", "pods"), namespace=namespace):
        assert (await visitor.send("GET", path)).code == 200
        assert (await visitor.send("GET", f"{path}/log")).code == 403


async def ask(client: Client, **attributes: str) -> Json:
    """What a SelfSubjectAccessReview answers."""
    body: Json = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    reply = await client.send("POST", f"{REVIEWS}/selfsubjectaccessreviews", body)
    assert reply.code == 201
    answer = reply.json
    assert answer["kind"] == "SelfSubjectAccessReview"
    said = answer["spec"]["resourceAttributes"]
    assert said == {key: value for key, value in attributes.items() if value}
    status: Json = answer["status"]
    return status


async def test_line_13_reviews_answer_by_the_same_rules(
    admin: Client, server: Server, visitor: Client, namespace: str
) -> None:
    wanted = {"verb": "list", "resource": "jobs", "group": "batch", "namespace": namespace}
    assert await ask(visitor, **wanted) == {"allowed": False}
    assert (await ask(admin, **wanted))["allowed"] is True
    with server.granted(rule("list watch", "jobs", group="batch"), namespace=namespace):
        allowed = await ask(visitor, **wanted)
        assert allowed["allowed"] is True
        assert allowed["reason"].startswith("RBAC: allowed by RoleBinding ")
        assert allowed["reason"].endswith(f' to User "{server.visitor}"')
        for change in (
            {"verb": "delete"},
            {"namespace": "default"},
            {"group": ""},
            {"resource": "cronjobs"},
            {"subresource": "status"},
        ):
            assert await ask(visitor, **{**wanted, **change}) == {"allowed": False}
    assert await ask(visitor, **wanted) == {"allowed": False}


async def test_line_13_the_rules_that_count_can_be_listed(
    server: Server, visitor: Client, namespace: str
) -> None:
    body: Json = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    given = rule("list watch", "jobs", group="batch")
    with server.granted(given, namespace=namespace):
        reply = await visitor.send("POST", f"{REVIEWS}/selfsubjectrulesreviews", body)
    assert reply.code == 201
    status = reply.json["status"]
    assert status["incomplete"] is False
    mine = [one for one in status["resourceRules"] if one["apiGroups"] == ["batch"]]
    assert mine == [{"verbs": ["list", "watch"], "apiGroups": ["batch"], "resources": ["jobs"]}]
    reviews = {tuple(one["resources"]) for one in status["resourceRules"]}
    assert ("selfsubjectaccessreviews", "selfsubjectrulesreviews") in reviews
    urls = {url for one in status["nonResourceRules"] for url in one["nonResourceURLs"]}
    assert urls >= {"/api", "/apis", "/version", "/healthz"}


async def test_line_13_a_client_can_ask_who_it_is(server: Server, visitor: Client) -> None:
    body: Json = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    reply = await visitor.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body)
    assert reply.code == 201
    who = reply.json["status"]["userInfo"]
    assert who["username"] == server.visitor
    assert "system:authenticated" in who["groups"]


async def test_line_13_who_may_can_act_as_somebody_else(
    admin: Client, server: Server, visitor: Client, namespace: str
) -> None:
    as_visitor = {"Impersonate-User": server.visitor}
    path = PODS.path(namespace)
    assert (await admin.send("GET", path, headers=as_visitor)).code == 403
    with server.granted(rule("list", "pods"), namespace=namespace):
        assert (await admin.send("GET", path, headers=as_visitor)).code == 200
    as_master = {"Impersonate-User": "somebody", "Impersonate-Group": "system:masters"}
    assert (await admin.send("GET", path, headers=as_master)).code == 200
    code, reason, message = (await visitor.send("GET", path, headers=as_master)).refusal
    assert (code, reason) == (403, "Forbidden")
    assert message == (
        f'pods is forbidden: User "{server.visitor}" cannot impersonate-on:user-info:list resource '
        f'"pods" in API group "" in the namespace "{namespace}"'
    )
    body: Json = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    reviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    who = (await admin.send("POST", reviews, body, headers=as_master)).json["status"]["userInfo"]
    assert who["username"] == "somebody"
    assert sorted(who["groups"]) == ["system:authenticated", "system:masters"]


async def test_line_13_an_answer_that_nobody_may_have_comes_before_all_others(
    visitor: Client, namespace: str
) -> None:
    """Whoever may not ask learns neither that a thing is missing nor that it is wrong."""
    assert (await visitor.read(CONFIGMAPS, namespace, "missing")).code == 403
    assert (await visitor.send("POST", CONFIGMAPS.path(namespace), b"{")).code == 403
    assert (await visitor.read(CONFIGMAPS, namespace, fieldSelector="a.b=c")).code == 403
    assert (await visitor.send("GET", "/apis/nothing.example.com/v1/things")).code == 403
