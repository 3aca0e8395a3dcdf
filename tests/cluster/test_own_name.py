"""Who are we: what the API server calls us, if it says."""

from __future__ import annotations

import json

import pytest

from app.cluster.access import IDENTITY_PATH, own_name
from app.errors import ServerFault, Unauthorized
from tests.cluster.objects import status
from tests.fakes.transport import Answer, ScriptedTransport

NAME = "system:serviceaccount:agents:watchglass"


def told(user: object) -> Answer:
    return Answer([json.dumps({"status": {"userInfo": user}}).encode()], status=201)


async def test_it_is_asked_and_told() -> None:
    transport = ScriptedTransport([told({"username": NAME, "groups": ["a"]})])
    assert await own_name(transport) == NAME
    (call,) = transport.calls
    assert (call.verb, call.path, call.namespace) == ("create", IDENTITY_PATH, None)
    assert json.loads(call.body or b"") == {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "SelfSubjectReview",
    }


@pytest.mark.parametrize(
    "answer",
    [
        told({}),
        told({"username": ""}),
        told({"username": 7}),
        told(None),
        Answer([b"<html>"]),
        Answer([b"[]"]),
        Answer([b"[" * 100_000]),
        Answer([status(403, "Forbidden")], status=403),
        Answer([status(404, "NotFound")], status=404),
        Answer([status(405, "MethodNotAllowed")], status=405),
    ],
    ids=[
        "no name", "empty", "number", "nobody", "html", "list", "deep", "403", "404", "405",
    ],
)  # fmt: skip
async def test_an_api_server_that_does_not_say_is_no_error(answer: Answer) -> None:
    assert await own_name(ScriptedTransport([answer])) is None


@pytest.mark.parametrize(("code", "error"), [(401, Unauthorized), (500, ServerFault)])
async def test_no_answer_at_all_is_one(code: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await own_name(ScriptedTransport([Answer([status(code)], status=code)]))
