"""What the stream sends is what its schemas say, in both dialects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.cluster.projections.pods import PODS
from app.stream.writers import CLOSE_CODES
from app.web.openapi.stream import DATA, IDENTIFIED, name_of
from tests.cluster.projections.raw import pod
from tests.web.house import NAMESPACE, show
from tests.web.openapi.served_document import Document
from tests.web.reader import Reader

if TYPE_CHECKING:
    from tests.web.served import Served


@pytest.fixture
async def document(served: Served) -> Document:
    return await Document.of(served.application)


def ref(event: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name_of(event)}"}


async def test_every_event_is_as_described(served: Served, document: Document) -> None:
    """From hello to goodbye, with a change in the middle; each event's data by its schema."""
    seen: set[str] = set()
    async with Reader(served.port) as reader:
        await reader.follow()
        changed = False
        while seen != {"hello", "snapshot", "change", "heartbeat"}:
            event = await reader.event()
            assert event is not None
            seen.add(event.event)
            assert document.complaints(ref(event.event), event.data) == []
            assert event.id is None or event.event in IDENTIFIED
            assert event.retry is None or event.event == "hello"
            if event.event == "heartbeat" and not changed:
                changed = True
                served.call(
                    lambda: show(
                        served.application,
                        PODS,
                        pod("agent-0", status={"phase": "Failed"}),
                        namespace=NAMESPACE,
                    )
                )
    assert seen | {"goodbye"} == set(DATA)


@pytest.mark.parametrize("reason", sorted(CLOSE_CODES))
def test_every_goodbye_is_as_described(served: Served, document: Document, reason: str) -> None:
    frame = served.application.rooms.hub.greeting.goodbye(reason)
    assert document.complaints(ref("goodbye"), json.loads(frame.data)) == []


@pytest.mark.parametrize("reason", ["fresh", "resumed", "epoch", "gap", "ahead"])
def test_every_hello_is_as_described(served: Served, document: Document, reason: str) -> None:
    hub = served.application.rooms.hub
    frame = hub.greeting.hello(hub.readable("summary"), reason)
    assert document.complaints(ref("hello"), json.loads(frame.data)) == []


def test_a_value_of_another_topic_is_noticed(document: Document) -> None:
    """The proof that the schemas tell topics apart."""
    upsert = {"topic": "health", "key": "current", "op": "upsert", "value": {"name": "a"}}
    assert document.complaints(ref("change"), {"changes": [upsert]})
    remove = {"topic": "health", "key": "current", "op": "remove"}
    assert document.complaints(ref("change"), {"changes": [remove]}) == []
