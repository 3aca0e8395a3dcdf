"""Line 9: every refusal has the code, the reason and the form that clients decide by."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.client import JSON_PATCH, bare_pod, config
from tests.control_plane.api import CONFIGMAPS, CRONJOBS, DEPLOYMENTS, JOBS, PODS
from tests.control_plane.grants import rule
from tests.control_plane.objects import cronjob, deployment, job

if TYPE_CHECKING:
    from tests.contract.client import Client, Reply
    from tests.contract.server import Server
    from tests.control_plane.objects import Json


async def test_line_09_created_is_201_and_the_rest_200(admin: Client, namespace: str) -> None:
    made = await admin.send("POST", CONFIGMAPS.path(namespace), config("a"))
    assert made.code == 201
    assert made.headers["content-type"] == "application/json"
    put = await admin.send("PUT", CONFIGMAPS.path(namespace, "a"), config("a", k="1"))
    assert put.code == 200
    assert (await admin.read(CONFIGMAPS, namespace, "a")).code == 200
    assert (await admin.remove(CONFIGMAPS, namespace, "a")).code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
async def test_line_09_what_is_not_there_is_404(admin: Client, namespace: str, method: str) -> None:
    body: Json | None = {"spec": {"suspend": True}} if method == "PATCH" else None
    reply = await admin.send(
        method, CRONJOBS.path(namespace, "x"), body, content_type="application/merge-patch+json"
    )
    assert reply.refusal == (404, "NotFound", 'cronjobs.batch "x" not found')
    assert reply.json["details"] == {"name": "x", "group": "batch", "kind": "cronjobs"}


async def test_line_09_replacing_what_is_not_there_is_404(admin: Client, namespace: str) -> None:
    sent = config("x")
    sent["metadata"]["resourceVersion"] = "1"
    reply = await admin.send("PUT", CONFIGMAPS.path(namespace, "x"), sent)
    assert reply.refusal == (404, "NotFound", 'configmaps "x" not found')


@pytest.mark.parametrize(
    "path", ["/apis/example.com/v1/namespaces/default/things", "/nothing", "/apis/example.com"]
)
async def test_line_09_an_unknown_path_is_404_in_plain_text(admin: Client, path: str) -> None:
    reply = await admin.send("GET", path)
    assert (reply.code, reply.text) == (404, "404 page not found\n")
    assert reply.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/default/things",
        "/apis/batch/v1/namespaces/default/pods",
        "/apis/batch/v9/jobs",
        "/api/v2",
    ],
)
async def test_line_09_an_unknown_kind_of_a_known_group_is_404_without_details(
    admin: Client, path: str
) -> None:
    reply = await admin.send("GET", path)
    message = "the server could not find the requested resource"
    assert reply.refusal == (404, "NotFound", message)
    assert reply.json["details"] == {}


async def test_line_09_the_same_name_twice_is_409(admin: Client, namespace: str) -> None:
    await admin.create(config("a"), namespace)
    reply = await admin.send("POST", CONFIGMAPS.path(namespace), config("a"))
    assert reply.refusal == (409, "AlreadyExists", 'configmaps "a" already exists')
    assert reply.json["details"] == {"name": "a", "kind": "configmaps"}


async def test_line_09_a_stale_write_is_409_of_another_kind(admin: Client, namespace: str) -> None:
    made = await admin.create(config("a"), namespace)
    await admin.patch(CONFIGMAPS, "a", {"data": {"k": "1"}}, namespace)
    reply = await admin.send("PUT", CONFIGMAPS.path(namespace, "a"), made)
    assert reply.refusal == (
        409,
        "Conflict",
        (
            'Operation cannot be fulfilled on configmaps "a": the object has been modified; please '
            "apply your changes to the latest version and try again"
        ),
    )
    assert reply.json["details"] == {"name": "a", "kind": "configmaps"}
    # Without a version it is written blindly.
    blind = await admin.send("PUT", CONFIGMAPS.path(namespace, "a"), config("a", k="2"))
    assert (blind.code, blind.json["data"]) == (200, {"k": "2"})


async def test_line_09_a_put_under_another_uid_is_409(admin: Client, namespace: str) -> None:
    made = await admin.create(config("a"), namespace)
    made["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000"
    del made["metadata"]["resourceVersion"]
    reply = await admin.send("PUT", CONFIGMAPS.path(namespace, "a"), made)
    assert reply.refusal[:2] == (409, "Conflict")
    assert "Precondition failed: UID in precondition: 0000" in reply.refusal[2]


BAD: list[tuple[str, Json, str, str]] = [
    ("name", config("Not_A_Name"), "metadata.name", "FieldValueInvalid"),
    ("no-name", config(""), "metadata.name", "FieldValueRequired"),
    ("label-key", config("a", {"a b": "c"}), "metadata.labels", "FieldValueInvalid"),
    ("label-value", config("a", {"a": "b c"}), "metadata.labels", "FieldValueInvalid"),
    ("data-key", config("a", None, **{"a/b": "c"}), "data[a/b]", "FieldValueInvalid"),
    (
        "no-containers",
        bare_pod("p", containers=[]),
        "spec.containers",
        "FieldValueRequired",
    ),
    (
        "two-containers-of-a-name",
        bare_pod("p", containers=[{"name": "a", "image": "i"}, {"name": "a", "image": "i"}]),
        "spec.containers[1].name",
        "FieldValueDuplicate",
    ),
    (
        "no-image",
        bare_pod("p", containers=[{"name": "a"}]),
        "spec.containers[0].image",
        "FieldValueRequired",
    ),
    (
        "restart-policy",
        bare_pod("p", restartPolicy="Sometimes"),
        "spec.restartPolicy",
        "FieldValueNotSupported",
    ),
    ("schedule", cronjob("c", schedule="often"), "spec.schedule", "FieldValueInvalid"),
    (
        "concurrency",
        cronjob("c", concurrencyPolicy="Maybe"),
        "spec.concurrencyPolicy",
        "FieldValueNotSupported",
    ),
    ("time-zone", cronjob("c", timeZone="Mars/Olympus"), "spec.timeZone", "FieldValueInvalid"),
    (
        "zone-in-schedule",
        cronjob("c", schedule="TZ=UTC 0 * * * *"),
        "spec.schedule",
        "FieldValueInvalid",
    ),
    (
        "job-restarts-always",
        job("j", {"template": {"spec": {"containers": [{"name": "a", "image": "i"}]}}}),
        "spec.template.spec.restartPolicy",
        "FieldValueRequired",
    ),
]
COLLECTIONS = {"ConfigMap": CONFIGMAPS, "Pod": PODS, "CronJob": CRONJOBS, "Job": JOBS}


@pytest.mark.parametrize(
    ("body", "field", "word"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
async def test_line_09_what_breaks_a_rule_is_422_and_says_where(
    admin: Client, namespace: str, body: Json, field: str, word: str
) -> None:
    reply = await admin.send("POST", COLLECTIONS[body["kind"]].path(namespace), body)
    code, reason, message = reply.refusal
    assert (code, reason) == (422, "Invalid")
    details = reply.json["details"]
    assert details["kind"] == body["kind"]
    assert details.get("name", "") == body["metadata"]["name"]
    causes = [(cause["field"], cause["reason"]) for cause in details["causes"]]
    assert (field, word) in causes
    kind = body["kind"] if body["apiVersion"] == "v1" else f"{body['kind']}.batch"
    assert message.startswith(f'{kind} "{body["metadata"]["name"]}" is invalid: ')


async def test_line_09_fields_that_never_change_are_422(admin: Client, namespace: str) -> None:
    async def refused(reply: Reply) -> tuple[str, str]:
        assert reply.refusal[:2] == (422, "Invalid")
        [cause] = reply.json["details"]["causes"]
        return cause["field"], cause["message"].rpartition(": ")[2]

    await admin.create(deployment("d", replicas=0), namespace)
    selector: Json = {
        "spec": {
            "selector": {"matchLabels": {"app": "other"}},
            "template": {"metadata": {"labels": {"app": "other"}}},
        }
    }
    reply = await admin.change(DEPLOYMENTS, namespace, "d", selector)
    assert await refused(reply) == ("spec.selector", "field is immutable")

    await admin.create(bare_pod("p"), namespace)
    reply = await admin.change(PODS, namespace, "p", {"spec": {"nodeName": "elsewhere"}})
    code, reason, message = reply.refusal
    assert (code, reason) == (422, "Invalid")
    assert "spec: Forbidden: pod updates may not change fields other than" in message
    image = [{"op": "replace", "path": "/spec/containers/0/image", "value": "agent:2"}]
    reply = await admin.change(PODS, namespace, "p", image, JSON_PATCH)
    assert (reply.code, reply.json["spec"]["containers"][0]["image"]) == (200, "agent:2")

    suspended = job("j")
    suspended["spec"]["suspend"] = True
    await admin.create(suspended, namespace)
    reply = await admin.change(JOBS, namespace, "j", {"spec": {"completions": 3}})
    assert await refused(reply) == ("spec.completions", "field is immutable")


UNREAD = (
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind"
)
UNHANDLED = 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal '
BAD_BODIES = [
    ("empty", b"", UNREAD),
    ("not-json", b"{", UNREAD),
    ("a-list", b"[]", UNREAD),
    ("a-word", b'"x"', UNREAD),
    ("a-number-as-name", b'{"metadata":{"name":3}}', UNHANDLED),
    ("a-list-as-data", b'{"metadata":{"name":"a"},"data":[]}', UNHANDLED),
    ("no-such-kind", b'{"kind":"Foo","apiVersion":"v1"}', 'Foo in version "v1" cannot be handled'),
    ("no-such-version", b'{"kind":"ConfigMap","apiVersion":"v2"}', "cannot be handled"),
]


@pytest.mark.parametrize(
    ("body", "said"), [case[1:] for case in BAD_BODIES], ids=[case[0] for case in BAD_BODIES]
)
async def test_line_09_a_body_that_cannot_be_read_is_400(
    admin: Client, namespace: str, body: bytes, said: str
) -> None:
    reply = await admin.send("POST", CONFIGMAPS.path(namespace), body)
    code, reason, message = reply.refusal
    assert (code, reason) == (400, "BadRequest")
    assert said in message


async def test_line_09_a_body_need_not_say_what_it_is(admin: Client, namespace: str) -> None:
    """The path does."""
    body = b'{"metadata":{"name":"a"},"data":{"k":"1"}}'
    reply = await admin.send("POST", CONFIGMAPS.path(namespace), body)
    assert (reply.code, reply.json["kind"], reply.json["apiVersion"]) == (201, "ConfigMap", "v1")


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (
            CONFIGMAPS.path("NS"),
            {**config("a"), "metadata": {"name": "a", "namespace": "other"}},
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            CONFIGMAPS.path("NS", "a"),
            config("b"),
            "the name of the object (b) does not match the name on the URL (a)",
        ),
        (
            CONFIGMAPS.path("NS"),
            {**config("a"), "kind": "Secret"},
            'Secret in version "v1" cannot be handled as a ConfigMap',
        ),
        (
            CONFIGMAPS.path("NS"),
            {**config("a"), "apiVersion": "batch/v1", "kind": "Job"},
            'Job in version "v1" cannot be handled as a ConfigMap',
        ),
    ],
    ids=["namespace", "name", "kind", "version"],
)
async def test_line_09_a_body_that_contradicts_its_path_is_400(
    admin: Client, namespace: str, path: str, body: Json, said: str
) -> None:
    where = path.replace("NS", namespace)
    method = "PUT" if where.endswith("/a") else "POST"
    if method == "PUT":
        await admin.create(config("a"), namespace)
    code, reason, message = (await admin.send(method, where, body)).refusal
    assert (code, reason) == (400, "BadRequest")
    assert said in message


@pytest.mark.parametrize("parameter", ["limit", "timeoutSeconds"])
async def test_line_09_a_number_that_is_none_is_400(
    admin: Client, namespace: str, parameter: str
) -> None:
    reply = await admin.read(CONFIGMAPS, namespace, **{parameter: "many"})
    assert reply.refusal[:2] == (400, "BadRequest")


async def test_line_09_versions_that_are_none_are_refused(admin: Client, namespace: str) -> None:
    listed = await admin.read(CONFIGMAPS, namespace, resourceVersion="abc")
    assert listed.refusal[:2] == (400, "BadRequest")
    problem = (
        'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'
    )
    assert listed.refusal[2] == f"invalid resource version: {problem}"
    # For a watch it is a fault of the server's, without a reason.
    watched = await admin.read(CONFIGMAPS, namespace, watch="true", resourceVersion="abc")
    assert watched.refusal == (500, "", problem)
    bad = await admin.read(CONFIGMAPS, namespace, limit="1", **{"continue": "garbage"})
    assert bad.refusal[:2] == (400, "BadRequest")
    assert bad.refusal[2].startswith("invalid continue token: continue key is not valid: ")


async def test_line_09_a_method_that_is_none_is_405(admin: Client, namespace: str) -> None:
    for method, path in (
        ("POST", CONFIGMAPS.path(namespace, "a")),
        ("PUT", CONFIGMAPS.path(namespace)),
        ("PATCH", CONFIGMAPS.path(namespace)),
        ("DELETE", "/api/v1/namespaces"),
        ("POST", CONFIGMAPS.path()),
    ):
        reply = await admin.send(method, path, config("a"))
        message = "the server does not allow this method on the requested resource"
        assert reply.refusal == (405, "MethodNotAllowed", message), (method, path)


async def test_line_09_a_form_that_is_not_read_is_415(admin: Client, namespace: str) -> None:
    posted = await admin.send(
        "POST", CONFIGMAPS.path(namespace), config("a"), content_type="text/plain"
    )
    code, reason, message = posted.refusal
    assert (code, reason) == (415, "UnsupportedMediaType")
    assert message.startswith(
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json"
    )
    await admin.create(config("a"), namespace)
    patched = await admin.change(CONFIGMAPS, namespace, "a", {}, "application/json")
    assert patched.refusal == (415, "UnsupportedMediaType", "415: Unsupported Media Type")


async def test_line_09_a_form_that_is_not_written_is_406(admin: Client, namespace: str) -> None:
    reply = await admin.send("GET", CONFIGMAPS.path(namespace), accept="text/html")
    code, reason, message = reply.refusal
    assert (code, reason) == (406, "NotAcceptable")
    assert message.startswith("406: Not Acceptable\n\nAvailable representations: application/json")
    mixed = await admin.send(
        "GET", CONFIGMAPS.path(namespace), accept="text/html,application/json;q=0.5"
    )
    assert mixed.code == 200


async def test_line_09_what_is_too_large_is_413(admin: Client, namespace: str) -> None:
    """The API server reads three mebibytes."""
    body = config("a", k="x" * (3 * 1024 * 1024))
    reply = await admin.send("POST", CONFIGMAPS.path(namespace), body)
    assert reply.refusal == (
        413,
        "RequestEntityTooLarge",
        "Request entity too large: limit is 3145728",
    )


async def test_line_09_objects_go_into_namespaces_that_are(admin: Client) -> None:
    reply = await admin.send("POST", CONFIGMAPS.path("no-such-namespace"), config("a"))
    assert reply.refusal == (404, "NotFound", 'namespaces "no-such-namespace" not found')
    empty = await admin.read(CONFIGMAPS, "no-such-namespace")
    assert (empty.code, empty.json["items"]) == (200, [])


async def test_line_09_a_version_of_the_future_is_504_for_a_list(
    admin: Client, namespace: str
) -> None:
    """The server waits some seconds for it before it says so."""
    reply = await admin.read(CONFIGMAPS, namespace, resourceVersion="999999999")
    code, reason, message = reply.refusal
    assert (code, reason) == (504, "Timeout")
    assert message.startswith("Timeout: Too large resource version: 999999999, current: ")
    assert reply.json["details"] == {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    assert reply.headers["retry-after"] == "1"


async def test_line_09_too_many_requests_are_429_in_plain_text(
    server: Server, visitor: Client, namespace: str
) -> None:
    with server.granted(rule("list", "configmaps"), namespace=namespace):
        context = server.throttled()
        await asyncio.to_thread(context.__enter__)
        try:
            refused = None
            for _ in range(20):
                asked = (visitor.read(CONFIGMAPS, namespace) for _ in range(50))
                replies = await asyncio.gather(*asked)
                refused = next((reply for reply in replies if reply.code == 429), None)
                if refused is not None:
                    break
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)
        assert refused is not None
        assert refused.text.strip() == "Too many requests, please try again later."
        assert refused.headers["content-type"].startswith("text/plain")
        assert refused.headers["retry-after"] == "1"
        assert int(refused.headers["retry-after"]) >= 1


async def test_line_09_a_status_is_json_whatever_was_asked_for(
    admin: Client, namespace: str
) -> None:
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    reply = await admin.send("GET", PODS.path(namespace, "x"), accept=accept)
    assert reply.refusal == (404, "NotFound", 'pods "x" not found')
    assert json.loads(reply.body)["details"] == {"name": "x", "kind": "pods"}
