"""May we? Asked of a server that knows, one that does not, and one that says nonsense."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.cluster.access import PATH, REMEMBERED_SECONDS, AccessReview, Need
from app.errors import AccessDenied, Unreachable, Unusable
from tests.cluster.objects import status
from tests.fakes.clock import ManualClock
from tests.fakes.transport import REFUSED, Answer, ScriptedTransport

if TYPE_CHECKING:
    from collections.abc import Sequence

PODS = Need("list", "", "pods", "agents")


def reviewed(allowed: object, **more: object) -> Answer:
    return Answer([json.dumps({"status": {"allowed": allowed} | more}).encode()], status=201)


def asking(*answers: Answer | None) -> tuple[ScriptedTransport, AccessReview, ManualClock]:
    transport, clock = ScriptedTransport(answers), ManualClock()
    return transport, AccessReview(transport, clock), clock


@pytest.mark.parametrize(
    ("need", "attributes"),
    [
        (PODS, {"verb": "list", "group": "", "resource": "pods", "namespace": "agents"}),
        (
            Need("watch", "batch", "jobs", None),
            {"verb": "watch", "group": "batch", "resource": "jobs"},
        ),
    ],
    ids=["one namespace", "all of them"],
)
async def test_what_is_asked(need: Need, attributes: dict[str, str]) -> None:
    transport, access, _ = asking(reviewed(True))
    assert await access.allowed(need) is True
    (call,) = transport.calls
    assert (call.verb, call.path, call.plural) == ("create", PATH, "selfsubjectaccessreviews")
    assert call.body is not None
    assert json.loads(call.body) == {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reviewed(True), True),
        (reviewed(True, evaluationError="one webhook is down"), True),
        (reviewed(False), False),
        (reviewed(False, denied=True, reason="no rule"), False),
        (reviewed(False, evaluationError="the webhook is down"), None),
    ],
    ids=["yes", "yes though", "no", "denied", "not known"],
)
async def test_what_is_answered(answer: Answer, expected: bool | None) -> None:
    _, access, _ = asking(answer)
    assert await access.allowed(PODS) is expected


async def test_an_answer_is_remembered_for_a_minute() -> None:
    transport, access, clock = asking(reviewed(False), reviewed(True))
    assert await access.allowed(PODS) is False
    clock.advance(REMEMBERED_SECONDS - 1)
    assert await access.allowed(PODS) is False
    clock.advance(1)
    assert await access.allowed(PODS) is True
    assert await access.allowed(Need("list", "", "pods", "other")) is True
    assert len(transport.calls) == 3


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b"{}", b'{"status": null}', b'{"status": {}}', b"[" * 100_000],
    ids=["nothing", "html", "list", "null", "empty", "status null", "no answer", "deep"],
)
async def test_what_cannot_be_read_is_said_and_not_remembered(body: bytes) -> None:
    transport, access, _ = asking(Answer([body]), reviewed(True))
    with pytest.raises(Unusable, match="access review"):
        await access.allowed(PODS)
    assert await access.allowed(PODS) is True
    assert len(transport.calls) == 2


async def test_an_error_is_not_remembered_either() -> None:
    refusals: Sequence[tuple[Any, type[Exception]]] = [
        (REFUSED, Unreachable),
        (Answer([status(403, "Forbidden")], status=403), AccessDenied),
    ]
    for answer, expected in refusals:
        _, access, _ = asking(answer, reviewed(True))
        with pytest.raises(expected):
            await access.allowed(PODS)
        assert await access.allowed(PODS) is True
