"""What is served; what the contract does not ask of both servers is asked here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.demo.api.kinds import KINDS, STORED
from app.demo.api.roles import NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.demo.api.served import Served

Json = dict[str, Any]

GROUPED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
OLD_GROUPED = GROUPED.replace("v=v2", "v=v2beta1")


async def read(
    simulated: Served, path: str, *, token: str | None = "demo", **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    wire = await simulated.ask(path, token=token, headers=headers)
    return wire.code, wire.headers, await wire.body()


async def test_health_in_many_words(simulated: Served) -> None:
    code, headers, body = await read(simulated, "/readyz?verbose")
    assert (code, headers["content-type"]) == (200, "text/plain; charset=utf-8")
    lines = body.decode().splitlines()
    assert lines[0] == "[+]ping ok"
    assert lines[-1] == "readyz check passed"
    assert (await read(simulated, "/livez/ping"))[2] == b"ok"
    assert (await read(simulated, "/livez/nothing"))[0] == 404
    assert (await read(simulated, "/readyz/"))[0] == 404


@pytest.mark.parametrize(
    ("path", "code", "body"),
    [
        ("/nothing", 404, b"404 page not found\n"),
        ("/apis/nothing", 404, b"404 page not found\n"),
        ("/apis/nothing/v1", 404, b"404 page not found\n"),
        ("/openapi", 404, b"404 page not found\n"),
        ("/openapi/v2", 404, b"404 page not found\n"),
        ("/openapi/v3/nothing", 404, b"404 page not found\n"),
        ("/openapi/v3/apis/batch/v2", 404, b"404 page not found\n"),
    ],
)
async def test_what_is_not_there(simulated: Served, path: str, code: int, body: bytes) -> None:
    found, headers, text = await read(simulated, path)
    assert (found, text) == (code, body)
    assert headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/apis/batch/v2", "/api/v2"])
async def test_a_version_that_a_group_does_not_have(simulated: Served, path: str) -> None:
    code, _, body = await read(simulated, path)
    status = json.loads(body)
    assert (code, status["reason"], status["details"]) == (404, "NotFound", {})
    assert status["message"] == "the server could not find the requested resource"


async def test_every_path_of_the_index_answers(simulated: Served) -> None:
    paths = json.loads((await read(simulated, "/"))[2])["paths"]
    assert {"/api/v1", "/apis/batch/v1", "/readyz", "/version", "/openapi/v3"} <= set(paths)
    for path in paths:
        assert (await read(simulated, path))[0] == 200, path
    assert (await read(simulated, "/", token=NOBODY))[0] == 403


@pytest.mark.parametrize(
    ("accept", "grouped"),
    [
        (f"{GROUPED},application/json", True),
        (f"{OLD_GROUPED},{GROUPED}", True),
        (f"application/vnd.kubernetes.protobuf, {GROUPED}", True),
        (f"application/json,{GROUPED}", False),
        (f"{OLD_GROUPED},application/json", False),
        ("*/*", False),
        ("", False),
        ("text/html", False),
    ],
)
async def test_the_form_is_what_the_client_reads(
    simulated: Served, accept: str, grouped: bool
) -> None:
    for path, plain in (("/api", "APIVersions"), ("/apis", "APIGroupList")):
        _, headers, body = await read(simulated, path, Accept=accept)
        found = json.loads(body)["kind"]
        assert found == ("APIGroupDiscoveryList" if grouped else plain)
        assert headers["content-type"] == (GROUPED if grouped else "application/json")


async def test_both_forms_say_the_same(simulated: Served) -> None:
    grouped: dict[str, Json] = {}
    for path in ("/api", "/apis"):
        items = json.loads((await read(simulated, path, Accept=GROUPED))[2])["items"]
        grouped |= {item["metadata"].get("name", ""): item for item in items}
    assert set(grouped) == {kind.group for kind in KINDS}
    for group, item in grouped.items():
        [version] = item["versions"]
        root = f"/apis/{group}/v1" if group else "/api/v1"
        listed = json.loads((await read(simulated, root))[2])["resources"]
        entries = {entry["name"]: entry for entry in listed}
        said = set()
        for resource in version["resources"]:
            entry = entries[resource["resource"]]
            said.add(entry["name"])
            assert entry["verbs"] == resource["verbs"]
            assert entry["kind"] == resource["responseKind"]["kind"]
            assert entry["singularName"] == resource["singularResource"]
            assert entry.get("shortNames") == resource.get("shortNames")
            for part in resource.get("subresources", []):
                found = entries[f"{resource['resource']}/{part['subresource']}"]
                said.add(found["name"])
                assert found["verbs"] == part["verbs"]
                assert found["kind"] == part["responseKind"]["kind"]
                assert found.get("group", "") == part["responseKind"]["group"]
        assert said == set(entries)


async def test_openapi_says_which_kinds_take_validated_patches(simulated: Served) -> None:
    paths = json.loads((await read(simulated, "/openapi/v3"))[2])["paths"]
    kinds = set()
    for place in paths.values():
        document = json.loads((await read(simulated, place["serverRelativeURL"]))[2])
        for found in document["paths"].values():
            said = found["patch"]["x-kubernetes-group-version-kind"]
            kinds.add((said["group"], said["version"], said["kind"]))
            assert "fieldValidation" in {one["name"] for one in found["patch"]["parameters"]}
    assert kinds == {(kind.group, kind.version, kind.kind) for kind in STORED}


async def test_the_address_is_the_one_that_was_asked(simulated: Served) -> None:
    [address] = json.loads((await read(simulated, "/api"))[2])["serverAddressByClientCIDRs"]
    assert address == {"clientCIDR": "0.0.0.0/0", "serverAddress": "here"}


async def test_who_shows_no_token_learns_that_it_lives(simulated: Served) -> None:
    for path in ("/readyz", "/livez", "/healthz", "/version"):
        assert (await read(simulated, path, token=None))[0] == 200
    code, _, body = await read(simulated, "/apis", token=None)
    assert code == 403
    assert json.loads(body)["message"] == (
        'forbidden: User "system:anonymous" cannot get path "/apis"'
    )
