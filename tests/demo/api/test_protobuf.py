"""kubectl's own notation, written by hand here and read there."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from app.demo.api.kinds import BY_NAME, CONFIGMAPS, JOBS, SECRETS
from app.demo.api.protobuf import MAGIC, NotProtobuf, decode
from app.demo.api.protobuf_fields import MESSAGES
from tests.demo.api.bench import NAMESPACE, POD_PATH, Bench

PROTOBUF = "application/vnd.kubernetes.protobuf"


def varint(number: int) -> bytes:
    number %= 1 << 64
    found = b""
    while number >= 0x80:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def part(number: int, value: Any) -> bytes:
    """One field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def written(message: str, value: dict[str, Any]) -> bytes:
    """A message from JSON, by the table that the reader has too."""
    return b"".join(
        _field(number, field, value)
        for number, field in MESSAGES[message].items()
        if field.mark == "^" or field.name in value
    )


def _field(number: int, field: Any, value: dict[str, Any]) -> bytes:
    if field.mark == "^":
        return part(number, written(field.type, value))
    found = value[field.name]
    if field.mark == "*":
        return b"".join(part(number, _scalar(field, one)) for one in found)
    if field.mark == "{":
        return b"".join(
            part(number, part(1, key) + part(2, _scalar(field, one))) for key, one in found.items()
        )
    return part(number, _scalar(field, found))


def _scalar(field: Any, value: Any) -> Any:
    match field.type.lower():
        case "s":
            return value
        case "i" | "b":
            return int(value)
        case "y":
            return base64.b64decode(value)
        case "q":
            return part(1, value)
        case "o":
            return part(1, 1) + part(3, value) if isinstance(value, str) else part(2, value)
    return written(field.type, value)


def envelope(api: str, kind: str, body: bytes) -> bytes:
    meta = part(1, api) + part(2, kind)
    return MAGIC + part(1, meta) + part(2, body) + part(4, "")


JOB: dict[str, Any] = {
    "metadata": {"name": "j", "annotations": {"cronjob.kubernetes.io/instantiate": "manual"}},
    "spec": {
        "backoffLimit": 0,
        "suspend": False,
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "restartPolicy": "Never",
                "volumes": [{"name": "s", "secret": {"secretName": "x"}}],
                "containers": [
                    {
                        "name": "main",
                        "image": "agent:1",
                        "args": ["-x", "ä"],
                        "env": [
                            {
                                "name": "K",
                                "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}},
                            }
                        ],
                        "livenessProbe": {"httpGet": {"port": "web"}, "periodSeconds": 3},
                        "readinessProbe": {"tcpSocket": {"port": 80}},
                        "resources": {"limits": {"cpu": "500m"}},
                        "stdin": True,
                    }
                ],
            },
        },
    },
}


def test_a_job_is_what_it_is_in_json() -> None:
    found = decode(envelope("batch/v1", "Job", written("Job", JOB)))
    assert found == {"kind": "Job", "apiVersion": "batch/v1", **JOB}


def test_a_job_is_created() -> None:
    bench = Bench()
    body = envelope("batch/v1", "Job", written("Job", JOB))
    reply = bench.ask("POST", JOBS.path(NAMESPACE), body, content_type=PROTOBUF)
    assert reply.code == 201
    assert reply.json["spec"]["backoffLimit"] == 0
    assert reply.json["spec"]["template"]["spec"]["containers"][0]["args"] == ["-x", "ä"]


def test_bytes_numbers_and_times() -> None:
    seconds = 1_767_225_600
    moment = part(1, seconds) + part(2, 5_000)
    meta = part(1, "s") + part(8, moment) + part(10, -1) + part(4, "") + part(9, b"")
    body = part(1, meta) + part(2, part(1, "k") + part(2, b"\xff\x00")) + part(5, 0)
    found = decode(envelope("v1", "Secret", body))
    assert found["data"] == {"k": "/wA="}
    # A pointer to false is kept, a number that is nothing would not be.
    assert found["immutable"] is False
    assert found["metadata"] == {
        "name": "s",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "deletionGracePeriodSeconds": -1,
    }
    lease = part(2, part(1, "") + part(2, 15) + part(4, moment) + part(3, part(1, -1)))
    assert decode(envelope("coordination.k8s.io/v1", "Lease", lease))["spec"] == {
        "leaseDurationSeconds": 15,
        "renewTime": "2026-01-01T00:00:00.000005Z",
        "acquireTime": "1969-12-31T23:59:59.000000Z",
    }


def test_fields_that_nobody_reads_are_passed_over() -> None:
    odd = varint(900 << 3 | 1) + b"8bytes!!" + varint(901 << 3 | 5) + b"four" + part(902, "x")
    found = decode(envelope("v1", "ConfigMap", odd + part(2, part(1, "k") + part(2, "v"))))
    assert found == {"kind": "ConfigMap", "apiVersion": "v1", "data": {"k": "v"}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"k8s",
        b"{}",
        MAGIC,
        envelope("v1", "Unknown", b""),
        MAGIC + b"\x0a",
        MAGIC + b"\x0a\x7f",
        MAGIC + b"\x0b",
        MAGIC + b"\xff" * 12,
        MAGIC + part(1, 5),
        envelope("v1", "ConfigMap", part(1, 5)),
        envelope("v1", "ConfigMap", part(4, "x")),
    ],
)
def test_bytes_that_are_no_message(body: bytes) -> None:
    with pytest.raises(NotProtobuf):
        decode(body)
    reply = Bench().ask("POST", CONFIGMAPS.path(NAMESPACE), body, content_type=PROTOBUF)
    assert reply.refusal[:2] == (400, "BadRequest")


def test_options_of_a_deletion_are_read_too() -> None:
    bench = Bench()
    bench.pod("p", nodeName="n")
    options = written("DeleteOptions", {"gracePeriodSeconds": 0})
    body = envelope("v1", "DeleteOptions", options)
    assert bench.ask("DELETE", f"{POD_PATH}/p", body, content_type=PROTOBUF).code == 200
    assert bench.ask("GET", f"{POD_PATH}/p").code == 404


def test_the_table_is_closed() -> None:
    """Each message that a field holds is there, and kinds are called as elsewhere."""
    plain = set("sibytuqo")
    for fields in MESSAGES.values():
        for field in fields.values():
            assert field.type.lower() in plain or field.type in MESSAGES
    kinds = {kind for _, kind in BY_NAME}
    assert {"Job", "Secret", "SelfSubjectAccessReview"} <= kinds & MESSAGES.keys()
    assert SECRETS.kind in MESSAGES
