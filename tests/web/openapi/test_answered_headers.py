"""The headers of answers that are no JSON, and what a replay puts on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.tape import Mark
from tests.fakes.clock import START
from tests.web.house import fill, house
from tests.web.openapi.served_document import Document
from tests.web.probe import ask

if TYPE_CHECKING:
    from app.web.front import Application


@pytest.fixture
def application() -> Application:
    made = house()
    fill(made)
    return made


@pytest.fixture
async def document(application: Application) -> Document:
    return await Document.of(application)


async def test_every_header_of_the_stream_is_described(
    application: Application, document: Document
) -> None:
    for target, method in (("/api/stream", "HEAD"), ("/api/stream?topics=none", "GET")):
        answer = await ask(application, target, method=method)
        described = document.operations["/api/stream"]["responses"][str(answer.status)]
        assert document.wrong_headers(described, answer) == []


async def test_a_replay_says_so_in_every_answer(document: Document) -> None:
    application = house()
    application.rooms.replay = Mark(START, 10, anonymised=False)
    for target, status in (("/api/pods", 200), ("/api/pods?page=0", 400), ("/nothing", 404)):
        answer = await ask(application, target)
        assert answer.status == status
        assert answer.header("watchglass-replay") == "2026-01-01T00:00:00.000Z"
    answer = await ask(application, "/api/stream", method="HEAD")
    assert answer.header("watchglass-replay") == "2026-01-01T00:00:00.000Z"
    described = document.operations["/version"]["responses"]["200"]
    answer = await ask(application, "/version")
    assert document.wrong_headers(described, answer) == []
    schema = described["content"]["application/json"]["schema"]
    assert document.complaints(schema, answer.json()) == []
    assert answer.json()["data"]["replay"]["speed"] == 10


async def test_a_header_that_nobody_described_is_noticed(
    application: Application, document: Document
) -> None:
    """The proof that the tests of headers can fail."""
    answer = await ask(application, "/api/pods")
    described = document.operations["/api/pods"]["responses"]["200"]
    assert document.wrong_headers(described, answer) == []
    answer.headers.append(("x-more", "1"))
    assert document.wrong_headers(described, answer) == ["x-more is not described"]
    bare = document.operations["/livez"]["responses"]["200"]
    told = document.wrong_headers(bare, await ask(application, "/api/pods"))
    assert told == ["etag is not described"]
    told = document.wrong_headers(described, await ask(application, "/livez"))
    assert told == ["etag is missing"]
