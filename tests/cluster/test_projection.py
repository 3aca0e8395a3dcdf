from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.metadata import RawObject
from app.cluster.projection import Projection, Resource, StatusObject
from app.cluster.projections.cronjobs import CRON_JOBS
from app.cluster.projections.events import WARNINGS
from app.cluster.projections.jobs import JOBS
from app.cluster.projections.pods import PODS
from app.errors import Unusable
from tests.cluster.projections.raw import line, metadata, page, pod

THINGS = Projection(
    "things",
    Resource("example.test", "v1", "things", "Thing"),
    RawObject,
    lambda raw: raw["metadata"]["name"],
)
EVERYWHERE = Projection(
    "wide",
    Resource("", "v1", "wides", "Wide", namespaced=False),
    RawObject,
    lambda raw: raw["metadata"]["name"],
)


def thing(name: str, **fields: Any) -> dict[str, Any]:
    return {"metadata": metadata(name, **fields)}


@pytest.mark.parametrize(
    ("resource", "namespace", "path"),
    [
        (Resource("", "v1", "pods", "Pod"), "a", "/api/v1/namespaces/a/pods"),
        (Resource("", "v1", "pods", "Pod"), None, "/api/v1/pods"),
        (Resource("batch", "v1", "jobs", "Job"), "a", "/apis/batch/v1/namespaces/a/jobs"),
        (Resource("", "v1", "nodes", "Node", namespaced=False), "a", "/api/v1/nodes"),
    ],
)
def test_a_resource_knows_its_path(resource: Resource, namespace: str | None, path: str) -> None:
    assert resource.path(namespace) == path


def test_a_page_gives_items_version_and_the_way_on() -> None:
    body = page(thing("a"), thing("b"), version="12", **{"continue": "t", "remainingItemCount": 3})
    read = THINGS.page(body)
    assert [(item.key, item.uid, item.resource_version, item.record) for item in read.items] == [
        ("agents/a", "uid-of-a", "7", "a"),
        ("agents/b", "uid-of-b", "7", "b"),
    ]
    assert (read.resource_version, read.continue_token) == ("12", "t")
    assert read.unreadable == ()


@pytest.mark.parametrize("end", [{"continue": ""}, {"continue": None}, {}])
def test_the_last_page_has_no_continue_token(end: dict[str, Any]) -> None:
    assert THINGS.page(page(**end)).continue_token is None


def test_a_list_without_items_is_empty() -> None:
    assert THINGS.page(b'{"metadata": {"resourceVersion": "1"}, "items": null}').items == []


def test_one_broken_object_never_costs_the_others() -> None:
    nameless = {"metadata": {"name": 3, "namespace": "agents"}}
    body = page(
        thing("a"),
        thing("b", labels={"x": ["no", "text"]}),
        {"metadata": {"name": "wide"}},
        nameless,
        {"metadata": "none"},
        "not an object",
        None,
        thing("c"),
    )
    read = THINGS.page(body)
    assert [item.key for item in read.items] == ["agents/a", "agents/c"]
    assert read.unreadable == ("agents/b", "wide", "?", "?", "?", "?")


def test_a_kind_without_namespaces_is_kept_by_name() -> None:
    assert EVERYWHERE.page(page(thing("a"))).items[0].key == "a"


@pytest.mark.parametrize("name", ["a/b", "", "a b", "a\u202eb", "a\nb", "x" * 254, "ä"])
def test_a_name_that_no_api_server_gives_is_unreadable(name: str) -> None:
    assert THINGS.page(page(thing(name))).items == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b'{"metadata": {"resourceVersion": "1"}, "items": [',
        b'{"kind": "Status", "metadata": {}, "status": "Failure"}',
        b'{"metadata": {}, "items": []}',
        b'{"metadata": {"resourceVersion": "1"}, "items": {}}',
        b"[]",
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_list_is_unusable(body: bytes) -> None:
    with pytest.raises(Unusable, match="The list of things cannot be read"):
        THINGS.page(body)


def test_an_unusable_answer_says_where_and_never_what() -> None:
    with pytest.raises(Unusable) as raised:
        THINGS.page(b'{"metadata": {"resourceVersion": ["hunter2"]}, "items": []}')
    assert raised.value.details == "metadata.resourceVersion: Input should be a valid string"
    assert "hunter2" not in f"{raised.value} {raised.value.details}"


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED", "DELETED"])
def test_an_event_carries_its_object(kind: str) -> None:
    event = THINGS.event(line(kind, thing("a", resourceVersion="8")))
    assert event.item is not None
    assert (event.type, event.item.key, event.resource_version) == (kind, "agents/a", "8")


def test_a_bookmark_carries_a_version_and_annotations() -> None:
    # This is how a real API server writes one: an empty spec whose containers are null.
    event = PODS.event(
        b'{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":'
        b'{"resourceVersion":"422","annotations":{"k8s.io/initial-events-end":"true"}},'
        b'"spec":{"containers":null},"status":{}}}'
    )
    assert (event.type, event.item, event.resource_version) == ("BOOKMARK", None, "422")
    assert event.annotations == {"k8s.io/initial-events-end": "true"}


def test_a_bookmark_may_look_like_a_whole_object() -> None:
    event = THINGS.event(line("BOOKMARK", thing("a", resourceVersion="5", annotations=None)))
    assert (event.item, event.resource_version, event.annotations) == (None, "5", {})


@pytest.mark.parametrize(
    "element",
    [
        {},
        {"metadata": {}},
        {"metadata": {"resourceVersion": ""}},
        {"metadata": {"resourceVersion": 5}},
        None,
    ],
)
def test_a_bookmark_without_a_version_is_unusable(element: object) -> None:
    with pytest.raises(Unusable, match="bookmark"):
        THINGS.event(line("BOOKMARK", element))


def test_a_bookmark_with_odd_annotations_has_none() -> None:
    element = {"metadata": {"resourceVersion": "5", "annotations": ["odd"]}}
    assert THINGS.event(line("BOOKMARK", element)).annotations == {}


def test_an_error_carries_the_status() -> None:
    element = {
        "kind": "Status",
        "metadata": {},
        "code": 410,
        "reason": "Expired",
        "message": "too old resource version: 294 (296)",
        "details": {"retryAfterSeconds": 2},
    }
    assert THINGS.event(line("ERROR", element)).status == StatusObject(
        410, "Expired", "too old resource version: 294 (296)", 2.0
    )


@pytest.mark.parametrize(
    "element", [{}, None, "text", 5, [], {"code": "410", "reason": 5, "details": "x"}]
)
def test_an_error_may_lack_everything(element: object) -> None:
    assert THINGS.event(line("ERROR", element)).status == StatusObject()


def test_an_unknown_type_of_event_is_told_by_its_type_alone() -> None:
    event = THINGS.event(line("TELEPORTED", thing("a")))
    assert (event.type, event.item, event.resource_version) == ("TELEPORTED", None, None)


@pytest.mark.parametrize(
    "text",
    [
        b'{"type": "ADDED"}',
        b'{"object": {}}',
        b'{"type": "ADDED", "object": {"metad',
        b"<html>",
        b'{"type": 3, "object": {}}',
    ],
)
def test_a_line_that_is_no_event_is_unusable(text: bytes) -> None:
    with pytest.raises(Unusable, match="The watch of things cannot be read"):
        THINGS.event(text)


def test_an_event_whose_object_cannot_be_read_is_unusable_and_named() -> None:
    with pytest.raises(Unusable) as raised:
        THINGS.event(line("MODIFIED", thing("a", labels=5)))
    assert raised.value.details == "agents/a"


def test_an_event_of_another_kind_is_unusable() -> None:
    with pytest.raises(Unusable, match="another kind"):
        THINGS.event(line("ADDED", {"kind": "Pod", **thing("a")}))


def test_managed_fields_and_versions_are_no_part_of_a_record() -> None:
    plain = pod()
    touched = pod(resourceVersion="8", managedFields=[{"manager": "kubelet"}])
    before, after = (PODS.page(page(raw)).items[0] for raw in (plain, touched))
    assert before.record == after.record
    assert before.resource_version != after.resource_version


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**12)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00", "Always"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)

WORDS = (
    "metadata name uid namespace resourceVersion labels annotations ownerReferences kind "
    "creationTimestamp deletionTimestamp spec status phase conditions type containerStatuses "
    "initContainerStatuses initContainers containers state lastState terminated waiting running "
    "exitCode restartCount finishedAt reason message schedule timeZone active series count "
    "lastObservedTime eventTime involvedObject startTime completionTime failed succeeded"
).split()

OBJECTS = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=8)
    ),
    max_leaves=40,
)


@given(element=OBJECTS, kind=st.sampled_from(["ADDED", "BOOKMARK", "ERROR", "NEW"]))
@pytest.mark.parametrize("projection", [PODS, JOBS, CRON_JOBS, WARNINGS], ids=repr)
def test_anything_is_either_read_or_unusable(
    projection: Projection[object], element: object, kind: str
) -> None:
    read = projection.page(page(element))
    assert len(read.items) + len(read.unreadable) == 1
    try:
        projection.event(json.dumps({"type": kind, "object": element}).encode())
    except Unusable:
        pass
