"""The API server over real sockets, TLS included."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import anyio
import pytest

from app.demo.api.asgi import LARGEST_BODY, Application
from app.demo.api.kinds import CONFIGMAPS
from app.demo.api.reviews import review
from app.demo.api.roles import NOBODY, bindings
from app.demo.api.rules import MASTERS, Rules, person
from app.demo.api.server import ApiServer
from app.demo.api.tables import table
from app.demo.film.identities import Identities
from tests.demo.api.bench import Bench
from tests.demo.api.served import CONFIG_MAPS
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from starlette.types import Message

    from app.demo.api.calls import Answer, Call
    from tests.demo.api.served import Served

PATIENCE = 30.0


async def until_left(simulated: Served) -> None:
    """Until nobody waits for ConfigMaps."""
    shelf = simulated.api.store.shelf(CONFIGMAPS)
    with anyio.fail_after(PATIENCE):
        while shelf.wakers:  # noqa: ASYNC110 - the server has no event for nobody
            await asyncio.sleep(0.01)


async def test_a_watch_begins_before_there_is_anything_to_tell(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        watch = await simulated.watch()
        assert watch.headers["transfer-encoding"] == "chunked"
        assert watch.headers["content-type"] == "application/json"
        assert watch.headers["cache-control"] == "no-cache, private"
        assert "content-length" not in watch.headers
        for name in ("a", "b"):
            simulated.make(name)
            word, found = await watch.event()
            assert (word, found["metadata"]["name"]) == ("ADDED", name)


async def test_a_watch_ends_cleanly_in_time(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        watch = await simulated.watch(query="&timeoutSeconds=1")
        assert await watch.line() == b""


async def test_a_reader_that_leaves_ends_its_watch(simulated: Served) -> None:
    shelf = simulated.api.store.shelf(CONFIGMAPS)
    with anyio.fail_after(PATIENCE):
        watches = [await simulated.watch() for _ in range(3)]
        simulated.make("a")
        for watch in watches:
            await watch.event()
        assert len(shelf.wakers) == 3
        for watch in watches:
            watch.writer.transport.abort()
        await until_left(simulated)


async def test_a_slow_reader_does_not_hold_up_others(simulated: Served) -> None:
    """One never reads, and more is written than any buffer between the two would take."""
    with anyio.fail_after(PATIENCE):
        idle = await simulated.request(f"{CONFIG_MAPS}?watch=1")
        busy = await simulated.watch()
        big = "x" * 400_000
        for number in range(40):
            body = {"metadata": {"name": f"c{number}"}, "data": {"big": big}}
            made = await simulated.ask(CONFIG_MAPS, method="POST", body=body)
            assert made.code == 201
            word, found = await busy.event()
            assert (word, found["metadata"]["name"]) == ("ADDED", f"c{number}")
        idle.writer.transport.abort()
        busy.writer.transport.abort()
        await until_left(simulated)


async def test_tokens_are_told_apart(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        for token, headers, code in (
            (None, {}, 403),
            (NOBODY, {}, 403),
            ("wrong", {}, 401),
            # Another scheme is no credential, and so it is nobody's.
            (None, {"Authorization": "Basic eDp5"}, 403),
            (None, {"Authorization": "Bearer"}, 403),
            (None, {"authorization": "bearer demo"}, 200),
        ):
            wire = await simulated.ask(CONFIG_MAPS, token=token, headers=headers)
            assert wire.code == code, (token, headers)
            status = await wire.json()
            assert status["kind"] == ("Status" if code != 200 else "ConfigMapList")
        assert (await simulated.ask("/version", token=None)).code == 200


async def test_a_body_that_is_too_large_is_not_read_to_its_end(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        size = str(LARGEST_BODY * 100)
        wire = await simulated.request(
            CONFIG_MAPS, method="POST", headers={"Content-Length": size, "Expect": ""}
        )
        wire.writer.write(b" " * (LARGEST_BODY + 1))
        assert await wire.head() == 413
        status = await wire.json()
        assert status["reason"] == "RequestEntityTooLarge"
        assert str(LARGEST_BODY) in status["message"]


async def test_the_largest_body_is_read(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        head = json.dumps({"metadata": {"name": "a"}}).encode()
        size = str(LARGEST_BODY)
        wire = await simulated.request(CONFIG_MAPS, method="POST", headers={"Content-Length": size})
        wire.writer.write(head + b" " * (LARGEST_BODY - len(head)))
        assert await wire.head() == 201


async def test_a_head_has_no_body(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        wire = await simulated.ask(CONFIG_MAPS, method="HEAD")
        assert wire.code == 405
        assert int(wire.headers["content-length"]) > 0


async def test_a_connection_is_used_again(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        wire = await simulated.ask(CONFIG_MAPS)
        first = await wire.json()
        wire.writer.write(
            f"GET {CONFIG_MAPS} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer demo\r\n\r\n".encode()
        )
        assert await wire.head() == 200
        assert await wire.json() == first


async def test_paths_and_queries_are_decoded(simulated: Served) -> None:
    with anyio.fail_after(PATIENCE):
        simulated.make("a")
        path = CONFIG_MAPS.replace("configmaps", "configm%61ps")
        wire = await simulated.ask(f"{path}?fieldSelector=metadata.name%3Da&labelSelector=")
        assert [one["metadata"]["name"] for one in (await wire.json())["items"]] == ["a"]
        bad = await simulated.ask(f"{CONFIG_MAPS}?labelSelector=%ff%fe")
        assert bad.code == 400


async def test_a_caller_that_leaves_in_its_request_is_forgotten() -> None:
    bench = Bench()
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    application = Application(bench.api, Rules({}, bindings()))
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    await application(scope, receive, send)
    assert sent == []
    with pytest.raises(TypeError, match="no application of websocket"):
        await application({"type": "websocket"}, receive, send)


async def test_a_fault_of_ours_is_told_as_one() -> None:
    def documents(call: Call, rules: Rules) -> Answer | None:
        raise ZeroDivisionError

    master = person("master", MASTERS)
    rules = Rules({"t": master}, bindings())
    api = ApiServer(
        ManualClock(),
        lambda _: Identities(),
        rules,
        tables=table,
        documents=documents,
        reviews=review,
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/version",
        "headers": [(b"authorization", b"Bearer t")],
        "query_string": b"",
    }
    await Application(api, rules)(scope, receive, send)
    assert sent[0]["status"] == 500
    status = json.loads(sent[1]["body"])
    assert (status["reason"], status["code"]) == ("InternalError", 500)
    assert "ZeroDivisionError" in status["message"]
