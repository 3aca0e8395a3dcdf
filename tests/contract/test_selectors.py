"""Line 6: selectors of lists and watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.client import bare_pod, config, said
from tests.control_plane.api import CONFIGMAPS, EVENTS, JOBS, PODS, SECRETS

if TYPE_CHECKING:
    from tests.contract.client import Client
    from tests.control_plane.objects import Json

LABELS = {
    "plain": {},
    "web-a": {"app": "web", "tier": "a"},
    "web-b": {"app": "web", "tier": "b"},
    "job": {"app": "job", "example.com/team": "x"},
}


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=web", ["web-a", "web-b"]),
        ("app==web", ["web-a", "web-b"]),
        ("app!=web", ["job", "plain"]),
        ("app", ["job", "web-a", "web-b"]),
        ("!app", ["plain"]),
        ("app in (web,job)", ["job", "web-a", "web-b"]),
        ("app notin (web)", ["job", "plain"]),
        ("app=web,tier=b", ["web-b"]),
        ("app = web , tier notin (b)", ["web-a"]),
        ("example.com/team=x", ["job"]),
        ("app=", []),
        ("app in (,web)", ["web-a", "web-b"]),
        ("", ["job", "plain", "web-a", "web-b"]),
    ],
)
async def test_line_06_labels_select(
    admin: Client, namespace: str, selector: str, names: list[str]
) -> None:
    for name, labels in LABELS.items():
        await admin.create(config(name, labels), namespace)
    found = await admin.list(CONFIGMAPS, namespace, labelSelector=selector)
    assert [item["metadata"]["name"] for item in found["items"]] == names


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("app in web", "unable to parse requirement: found 'web' expected: '('"),
        ("=web", "found '=', expected: !, identifier, or 'end of string'"),
        ("app in (web", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a=b=c", "found '=', expected: ',' or 'end of string'"),
        ("a,,b", "found ',', expected: identifier after ','"),
        ("-a", 'unable to parse requirement: <nil>: Invalid value: "-a": name part must consist'),
    ],
)
async def test_line_06_a_label_selector_that_is_none_is_refused(
    admin: Client, namespace: str, selector: str, message: str
) -> None:
    for query in ({}, {"watch": "true"}):
        reply = await admin.read(CONFIGMAPS, namespace, labelSelector=selector, **query)
        assert reply.refusal[:2] == (400, "BadRequest")
        assert reply.refusal[2].startswith(message)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("metadata.name=a", ["a"]),
        ("metadata.name!=a", ["b"]),
        ("metadata.name==b", ["b"]),
        ("metadata.namespace=NAMESPACE", ["a", "b"]),
        ("metadata.namespace=elsewhere", []),
        ("spec.nodeName=nowhere", ["a"]),
        ("spec.nodeName=", []),
        ("status.phase=Running", ["b"]),
        ("status.phase!=Running", ["a"]),
        ("status.phase=Running,metadata.name=a", []),
        ("spec.restartPolicy=Never", ["b"]),
        ("spec.schedulerName=default-scheduler", ["a", "b"]),
        ("spec.serviceAccountName=default", ["a", "b"]),
        ("status.podIP=", ["a", "b"]),
    ],
)
async def test_line_06_fields_select_pods(
    admin: Client, namespace: str, selector: str, names: list[str]
) -> None:
    await admin.create(bare_pod("a"), namespace)
    await admin.create(bare_pod("b", nodeName="elsewhere", restartPolicy="Never"), namespace)
    await admin.patch(PODS, "b", {"status": {"phase": "Running"}}, namespace, subresource="status")
    query = selector.replace("NAMESPACE", namespace)
    found = await admin.list(PODS, namespace, fieldSelector=query)
    assert [item["metadata"]["name"] for item in found["items"]] == names


async def test_line_06_fields_select_events_jobs_and_secrets(admin: Client, namespace: str) -> None:
    def told(name: str, about: str, reason: str, kind: str = "Normal") -> Json:
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name},
            "involvedObject": {
                "kind": "Pod",
                "apiVersion": "v1",
                "name": about,
                "namespace": namespace,
                "uid": f"uid-{about}",
            },
            "reason": reason,
            "type": kind,
            "source": {"component": "kubelet"},
        }

    await admin.create(told("e1", "p", "Started"), namespace)
    await admin.create(told("e2", "p", "BackOff", "Warning"), namespace)
    await admin.create(told("e3", "q", "Started"), namespace)

    async def chosen(selector: str) -> list[str]:
        found = await admin.list(EVENTS, namespace, fieldSelector=selector)
        return [item["metadata"]["name"] for item in found["items"]]

    assert await chosen("involvedObject.name=p") == ["e1", "e2"]
    assert await chosen("involvedObject.uid=uid-q") == ["e3"]
    assert await chosen("involvedObject.kind=Pod,reason=Started") == ["e1", "e3"]
    assert await chosen("type=Warning") == ["e2"]
    assert await chosen("type!=Normal,source=kubelet") == ["e2"]
    assert await chosen(f"involvedObject.namespace={namespace},involvedObject.name=q") == ["e3"]
    assert await chosen("involvedObject.apiVersion=v2") == []

    secret: Json = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "a/b"}
    await admin.create(secret, namespace)
    assert len((await admin.list(SECRETS, namespace, fieldSelector="type=a/b"))["items"]) == 1
    assert (await admin.list(JOBS, namespace, fieldSelector="status.successful=1"))["items"] == []


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("spec.color=red", "field label not supported: spec.color"),
        ("nonsense", "invalid selector: 'nonsense'; can't understand 'nonsense'"),
    ],
)
async def test_line_06_an_unknown_field_is_refused(
    admin: Client, namespace: str, selector: str, message: str
) -> None:
    for query in ({}, {"watch": "true"}):
        reply = await admin.read(PODS, namespace, fieldSelector=selector, **query)
        code, reason, text = reply.refusal
        assert (code, reason) == (400, "BadRequest")
        assert message in text


async def test_line_06_entering_a_selector_is_added_and_leaving_it_deleted(
    admin: Client, namespace: str
) -> None:
    await admin.create(config("a", {"app": "web"}, k="1"), namespace)
    start = (await admin.list(CONFIGMAPS, namespace))["metadata"]["resourceVersion"]
    query = {"labelSelector": "app=web", "resourceVersion": start}
    async with admin.watching(CONFIGMAPS, namespace, **query) as watch:
        await admin.create(config("b"), namespace)
        left = await admin.patch(
            CONFIGMAPS,
            "a",
            {"metadata": {"labels": {"app": "other"}}, "data": {"k": "2"}},
            namespace,
        )
        await admin.patch(CONFIGMAPS, "a", {"data": {"k": "3"}}, namespace)
        await admin.patch(CONFIGMAPS, "b", {"metadata": {"labels": {"app": "web"}}}, namespace)
        await admin.patch(CONFIGMAPS, "b", {"data": {"k": "4"}}, namespace)
        await admin.delete(CONFIGMAPS, "a", namespace)
        await admin.delete(CONFIGMAPS, "b", namespace)
        events = await watch.events(4)
    assert [said(event) for event in events] == [
        ("DELETED", "a"),
        ("ADDED", "b"),
        ("MODIFIED", "b"),
        ("DELETED", "b"),
    ]
    # What leaves is shown as it was while it fitted, with the version of its leaving.
    gone = events[0]["object"]
    assert gone["metadata"]["labels"] == {"app": "web"}
    assert gone["data"] == {"k": "1"}
    assert gone["metadata"]["resourceVersion"] == left["metadata"]["resourceVersion"]


async def test_line_06_a_field_selector_is_left_by_a_status(admin: Client, namespace: str) -> None:
    await admin.create(bare_pod("p"), namespace)
    async with admin.watching(PODS, namespace, fieldSelector="status.phase=Pending") as watch:
        assert said(await watch.event()) == ("ADDED", "p")
        status: Json = {"status": {"phase": "Running"}}
        await admin.patch(PODS, "p", status, namespace, subresource="status")
        assert said(await watch.event()) == ("DELETED", "p")


async def test_line_06_pages_and_selectors_go_together(admin: Client, namespace: str) -> None:
    for name, labels in LABELS.items():
        await admin.create(config(name, labels), namespace)
    query = {"labelSelector": "app", "limit": "2"}
    first = await admin.list(CONFIGMAPS, namespace, **query)
    # With a selector nobody knows how many remain.
    assert "remainingItemCount" not in first["metadata"]
    token = first["metadata"]["continue"]
    second = await admin.list(CONFIGMAPS, namespace, **query, **{"continue": token})
    names = [item["metadata"]["name"] for page in (first, second) for item in page["items"]]
    assert names == ["job", "web-a", "web-b"]
