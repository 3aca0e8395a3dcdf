"""Guarantee 6: what objects carry besides the fields that are shown never reaches a reader."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.board import Board
from app.derive.cronjobs import CronJobs
from app.derive.timer import Timer
from app.stream import Hub, WriterClosed
from tests.fakes.clock import ManualClock
from tests.stream.wire import FakeWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "sk-ant-oat01-never-to-be-seen"

Json = dict[str, Any]

METADATA: Json = {
    "namespace": "agents",
    "resourceVersion": "7",
    "creationTimestamp": "2026-01-01T09:00:00Z",
    "labels": {"team": SECRET},
    # kubectl apply keeps the whole object here, Secrets' data and env values included.
    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET},
    "managedFields": [{"manager": SECRET, "fieldsV1": {SECRET: {}}}],
    "finalizers": [SECRET],
}

CONTAINER: Json = {
    "name": "main",
    "image": f"agent:{SECRET}",
    "command": ["claude", SECRET],
    "args": ["--token", SECRET],
    "env": [{"name": "TOKEN", "value": SECRET}],
    "envFrom": [{"secretRef": {"name": SECRET}}],
    "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": SECRET}]}},
    "lifecycle": {"preStop": {"exec": {"command": [SECRET]}}},
    "volumeMounts": [{"name": SECRET, "mountPath": SECRET}],
}

POD_SPEC: Json = {
    "containers": [CONTAINER],
    "initContainers": [CONTAINER | {"name": "init", "restartPolicy": "Always"}],
    "ephemeralContainers": [CONTAINER | {"name": "debug"}],
    "volumes": [{"name": SECRET, "secret": {"secretName": SECRET}}],
    "imagePullSecrets": [{"name": SECRET}],
    "serviceAccountName": SECRET,
    "hostname": SECRET,
    "nodeName": "node-1",
}

STATUS: Json = {
    "name": "main",
    "ready": True,
    "restartCount": 1,
    "image": SECRET,
    "imageID": SECRET,
    "containerID": SECRET,
    "state": {"running": {"startedAt": "2026-01-01T09:00:00Z"}},
    # What a container wrote into its termination log, or last to its output: an agent's own words.
    "lastState": {"terminated": {"exitCode": 1, "message": SECRET, "containerID": SECRET}},
}

FAILED: Json = {
    "name": "agent",
    "ready": False,
    "state": {"terminated": {"exitCode": 1, "message": SECRET}},
}

OBJECTS: dict[str, Json] = {
    "pods": {
        "spec": POD_SPEC,
        "status": {
            "phase": "Running",
            "podIP": SECRET,
            "containerStatuses": [STATUS, FAILED],
            "conditions": [{"type": "Ready", "status": "True", "message": SECRET}],
        },
    },
    "jobs": {
        "spec": {"template": {"metadata": METADATA, "spec": POD_SPEC}},
        "status": {
            "conditions": [{"type": "Failed", "status": "True", "message": SECRET}],
            "failed": 1,
        },
    },
    "cronjobs": {
        "spec": {
            "schedule": "0 * * * *",
            "suspend": False,
            "jobTemplate": {"metadata": METADATA, "spec": {"template": {"spec": POD_SPEC}}},
        },
        "status": {"active": [{"name": SECRET, "uid": SECRET}]},
    },
    "events": {
        "kind": "Event",
        "type": "Warning",
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "source": {"component": SECRET, "host": SECRET},
        "reportingComponent": SECRET,
        "involvedObject": {"kind": "Pod", "name": "pods-1", "fieldPath": SECRET},
    },
}


def board() -> tuple[Hub, Board]:
    """A board on which each kind has one object, as an API server sent it."""
    clock = ManualClock()
    hub = Hub(clock)
    made = Board(hub)
    CronJobs(made, clock, Timer(clock), zone="UTC")
    for kind in made.watched:
        projection = kind.projection
        name = f"{projection.topic}-1"
        raw = OBJECTS[projection.topic] | {"metadata": METADATA | {"name": name, "uid": name}}
        sent = json.dumps({"metadata": {"resourceVersion": "9"}, "items": [raw]}).encode()
        found = projection.page(sent)
        assert found.unreadable == ()
        sink = made.sink(projection.topic, "agents")
        sink.replace({item.key: item.record for item in found.items})
        sink.synced()
    return hub, made


def stream(hub: Hub, audience: str) -> Iterator[bytes]:
    """All that a reader of everything is sent, in both dialects."""
    for dialect in ("sse", "websocket"):
        writer = FakeWriter(dialect, closed=WriterClosed)
        hub.attach(topics=hub.readable(audience), namespaces=None, audience=audience, writer=writer)
        yield from writer.pipe


@pytest.mark.parametrize("audience", ["detail", "summary"])
def test_no_reader_sees_what_is_not_shown(audience: str) -> None:
    hub, _ = board()
    sent = b"".join(stream(hub, audience))
    assert SECRET.encode() not in sent
    assert b'"pods-1"' in sent
    assert b'"cronjobs-1"' in sent


def test_the_objects_do_carry_it() -> None:
    """The other test would fail if these objects were not seen at all."""
    hub, made = board()
    assert all(SECRET in json.dumps(raw) for raw in OBJECTS.values())
    assert {kind.projection.topic for kind in made.watched} == OBJECTS.keys()
    assert all(len(made.values(name)) == 1 for name in OBJECTS)
    watched = tuple(kind.projection.topic for kind in made.watched)
    assert hub.readable("detail") == (*watched, "sources", "incidents", "health")


@pytest.mark.parametrize("audience", ["detail", "summary", "none", ""])
def test_records_are_no_readers_business(audience: str) -> None:
    hub, made = board()
    assert not [name for name in hub.readable(audience) if name.endswith(".records")]
    for kind in made.watched:
        records = made.records(kind.projection).name
        with pytest.raises(LookupError):
            hub.attach(
                topics=[records],
                namespaces=None,
                audience=audience,
                writer=FakeWriter(closed=WriterClosed),
            )
