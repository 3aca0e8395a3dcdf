"""Line 11: Secrets."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tests.contract.client import JSON_PATCH
from tests.control_plane.api import SECRETS

if TYPE_CHECKING:
    from tests.contract.client import Client, Reply
    from tests.control_plane.objects import Json

LIMIT = 1024 * 1024


def secret(name: str, **fields: object) -> Json:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **fields}


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def cause(reply: Reply) -> tuple[str, str]:
    """Where the one thing wrong is, and what it is."""
    assert reply.refusal[:2] == (422, "Invalid")
    [found] = reply.json["details"]["causes"]
    return found["field"], found["reason"]


async def test_line_11_data_is_base64_and_nothing_else(admin: Client, namespace: str) -> None:
    made = await admin.create(secret("s", data={"a": coded("1")}), namespace)
    assert made["data"] == {"a": coded("1")}
    assert made["type"] == "Opaque"
    path = SECRETS.path(namespace)
    bad = await admin.send("POST", path, secret("bad", data={"a": "not base64!"}))
    assert bad.refusal[:2] == (400, "BadRequest")
    assert "illegal base64 data" in bad.refusal[2]
    patched = await admin.change(SECRETS, namespace, "s", {"data": {"a": "%%%"}})
    # A patch that makes a bad object is another refusal than a bad object.
    assert patched.refusal[:2] == (422, "Invalid")
    assert "illegal base64 data" in patched.refusal[2]
    # Padding may not be left out.
    unpadded = await admin.send("POST", path, secret("bad", data={"a": "MQ"}))
    assert unpadded.code == 400


async def test_line_11_string_data_is_written_and_never_read(admin: Client, namespace: str) -> None:
    made = await admin.create(
        secret("s", data={"a": coded("1"), "b": coded("2")}, stringData={"b": "3", "c": "é"}),
        namespace,
    )
    expected = {"a": coded("1"), "b": coded("3"), "c": coded("é")}
    assert "stringData" not in made
    assert made["data"] == expected
    read = await admin.get(SECRETS, "s", namespace)
    assert (read.get("stringData"), read["data"]) == (None, expected)
    reply = await admin.change(SECRETS, namespace, "s", {"stringData": {"a": "4"}})
    assert reply.json["data"] == {**expected, "a": coded("4")}


async def test_line_11_one_mebibyte_fits_and_a_byte_more_does_not(
    admin: Client, namespace: str
) -> None:
    full = coded("x" * LIMIT)
    made = await admin.send("POST", SECRETS.path(namespace), secret("full", data={"a": full}))
    assert made.code == 201
    # The sum counts.
    over = secret("over", data={"a": coded("x" * (LIMIT - 1)), "b": coded("xy")})
    reply = await admin.send("POST", SECRETS.path(namespace), over)
    assert cause(reply) == ("data", "FieldValueTooLong")
    reply = await admin.change(SECRETS, namespace, "full", {"data": {"b": coded("y")}})
    assert cause(reply) == ("data", "FieldValueTooLong")


async def test_line_11_immutable_means_it(admin: Client, namespace: str) -> None:
    await admin.create(secret("s", data={"a": coded("1")}, immutable=True), namespace)
    reply = await admin.change(SECRETS, namespace, "s", {"data": {"a": coded("2")}})
    assert cause(reply) == ("data", "FieldValueForbidden")
    for value in (False, None):
        reply = await admin.change(SECRETS, namespace, "s", {"immutable": value})
        assert cause(reply) == ("immutable", "FieldValueForbidden")
    labelled = await admin.change(SECRETS, namespace, "s", {"metadata": {"labels": {"x": "1"}}})
    assert labelled.code == 200
    assert (await admin.remove(SECRETS, namespace, "s")).code == 200


async def test_line_11_the_type_stays_and_has_its_keys(admin: Client, namespace: str) -> None:
    await admin.create(secret("s"), namespace)
    reply = await admin.change(SECRETS, namespace, "s", {"type": "example.com/other"})
    assert cause(reply) == ("type", "FieldValueInvalid")
    path = SECRETS.path(namespace)
    reply = await admin.send("POST", path, secret("t", type="kubernetes.io/tls"))
    assert reply.refusal[:2] == (422, "Invalid")
    fields = {found["field"] for found in reply.json["details"]["causes"]}
    assert fields == {"data[tls.crt]", "data[tls.key]"}


async def test_line_11_keys_are_file_names(admin: Client, namespace: str) -> None:
    for key in ("a/b", "..", "x" * 254):
        reply = await admin.send(
            "POST", SECRETS.path(namespace), secret("s", data={key: coded("1")})
        )
        assert cause(reply)[0] == f"data[{key}]"
    good = {".hidden": "", "a-b_c.d": ""}
    made = await admin.create(secret("s", data=good), namespace)
    assert made["data"] == good


async def test_line_11_a_conditional_write_loses_to_an_earlier_one(
    admin: Client, namespace: str
) -> None:
    """The rule that a credential's update leans on."""
    made = await admin.create(secret("s", data={"a": coded("1")}), namespace)
    version = made["metadata"]["resourceVersion"]
    mine: Json = {"metadata": {"resourceVersion": version}, "data": {"a": coded("2")}}
    first = await admin.change(SECRETS, namespace, "s", mine)
    assert first.code == 200
    second = await admin.change(SECRETS, namespace, "s", mine)
    assert second.refusal[:2] == (409, "Conflict")
    put = await admin.send("PUT", SECRETS.path(namespace, "s"), made)
    assert put.refusal[:2] == (409, "Conflict")
    test = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/data/a", "value": coded("3")},
    ]
    third = await admin.change(SECRETS, namespace, "s", test, JSON_PATCH)
    assert third.refusal[:2] == (422, "Invalid")
    options: Json = {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "preconditions": {"resourceVersion": version},
    }
    gone = await admin.remove(SECRETS, namespace, "s", options)
    assert gone.refusal[:2] == (409, "Conflict")
