"""The admin port, over real sockets: who may turn a switch, and what it takes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from tests.demo.api.served import ADMIN_TOKEN, CONFIG_MAPS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.demo.api.served import Json, Served

KNOCK = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


class Panel:
    """The admin's client."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
    ) -> tuple[int, Json]:
        told = {"Content-Type": kind} | (KNOCK if headers is None else headers)
        async with self._session.request(
            method, self._url + path, data=body, headers=told
        ) as answer:
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["cache-control"] == "no-store"
            assert "access-control-allow-origin" not in answer.headers
            return answer.status, await answer.json()

    async def put(self, name: str, **wishes: Any) -> tuple[int, Json]:
        return await self.send("PUT", f"/faults/{name}", json.dumps(wishes).encode())


@pytest_asyncio.fixture
async def panel(simulated: Served) -> AsyncIterator[Panel]:
    async with aiohttp.ClientSession() as session:
        yield Panel(session, f"http://127.0.0.1:{simulated.admin_door.port}")


async def test_a_switch_is_turned_on_and_off(panel: Panel, simulated: Served) -> None:
    code, found = await panel.put("throttle", retryAfter=3, count=2, resource="configmaps")
    assert code == 200
    assert {key: found[key] for key in found if key not in ("about", "parameters")} == {
        "name": "throttle",
        "on": True,
        "hits": 0,
        "resource": "configmaps",
        "count": 2,
        "retryAfter": 3,
    }
    assert (await simulated.ask(CONFIG_MAPS)).code == 429
    code, found = await panel.send("GET", "/faults/throttle")
    assert (code, found["count"], found["hits"]) == (200, 1, 1)
    code, found = await panel.send("DELETE", "/faults/throttle")
    assert (code, found["on"]) == (200, False)
    assert (await simulated.ask(CONFIG_MAPS)).code == 200


async def test_all_switches_are_listed_and_turned_off_at_once(panel: Panel) -> None:
    for name in ("gone", "truncate"):
        assert (await panel.put(name))[0] == 200
    code, found = await panel.send("GET", "/faults")
    assert code == 200
    assert {one["name"] for one in found["faults"] if one["on"]} == {"gone", "truncate"}
    assert all(one["about"] and one["parameters"] for one in found["faults"])
    code, found = await panel.send("DELETE", "/faults")
    assert code == 200
    assert not any(one["on"] for one in found["faults"])


async def test_a_switch_needs_no_body(panel: Panel) -> None:
    assert (await panel.send("PUT", "/faults/duplicate"))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer switche"},
        {"Authorization": f"Basic {ADMIN_TOKEN}"},
        {"Authorization": ADMIN_TOKEN},
        {"Authorization": "Bearer \u00fc"},
    ],
    ids=["none", "empty", "wrong", "basic", "bare", "latin"],
)
async def test_without_the_token_nobody_comes_in(panel: Panel, headers: dict[str, str]) -> None:
    for method, path in (("GET", "/faults"), ("PUT", "/faults/gone"), ("GET", "/nothing")):
        code, found = await panel.send(method, path, headers=headers)
        assert code == 401
        assert ADMIN_TOKEN not in found["error"]
    assert not any(one["on"] for one in (await panel.send("GET", "/faults"))[1]["faults"])


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8420", "null", ""])
async def test_pages_may_not_turn_switches(panel: Panel, origin: str) -> None:
    code, found = await panel.send("PUT", "/faults/gone", headers={**KNOCK, "Origin": origin})
    assert (code, found["error"]) == (403, "Pages of a browser may not turn switches.")
    assert not (await panel.send("GET", "/faults/gone"))[1]["on"]


@pytest.mark.parametrize(
    ("name", "wishes", "message"),
    [
        ("gone", {"count": 0}, "count is between 1 and 1e+06."),
        ("gone", {"count": 1.5}, "count is a whole number."),
        ("gone", {"count": True}, "count is a whole number."),
        ("gone", {"count": "1"}, "count is a whole number."),
        ("gone", {"count": 10**400}, "count is between 1 and 1e+06."),
        ("gone", {"seconds": 0}, "seconds is between 0.001 and 86400."),
        ("gone", {"seconds": float("nan")}, "seconds is between 0.001 and 86400."),
        ("gone", {"seconds": float("inf")}, "seconds is between 0.001 and 86400."),
        ("gone", {"seconds": [1]}, "seconds is a number."),
        ("gone", {"delay": 1}, "gone takes count, seconds, resource; not 'delay'."),
        ("refuse", {"count": 1}, "refuse takes seconds; not 'count'."),
        ("slow-headers", {"delay": -1}, "delay is between 0 and 3600."),
        ("truncate", {"clean": 1}, "clean is true or false."),
        ("clock", {"offset": 1e9}, "offset is between -1e+08 and 1e+08."),
        ("clock", {"offset": -(10**400)}, "offset is between -1e+08 and 1e+08."),
        ("clock", {"offset": float("nan")}, "offset is between -1e+08 and 1e+08."),
        ("clock", {"offset": float("-inf")}, "offset is between -1e+08 and 1e+08."),
        ("forbidden", {}, "forbidden needs resource."),
        ("forbidden", {"resource": None}, "forbidden needs resource."),
        ("gone", {"resource": 7}, "resource is one of pods, events,"),
        ("gone", {"resource": "cronjobs"}, "resource is one of pods, events,"),
    ],
)
async def test_what_a_switch_does_not_take(
    panel: Panel, name: str, wishes: Json, message: str
) -> None:
    assert (await panel.put("gone", resource="pods"))[0] == 200
    code, found = await panel.put(name, **wishes)
    assert code == 400
    assert found["error"].startswith(message)
    # What was on before stays on.
    assert (await panel.send("GET", "/faults/gone"))[1]["resource"] == "pods"


async def test_what_is_no_switch_and_no_json(panel: Panel) -> None:
    for method in ("GET", "PUT", "DELETE", "POST"):
        code, found = await panel.send(method, "/faults/nothing")
        assert code == 404
        assert found["error"].startswith("There is no switch 'nothing'; there are refuse, reset,")
    cases: list[tuple[str, str, bytes | None, str, int]] = [
        ("GET", "/", None, "application/json", 404),
        ("GET", "/faultsand", None, "application/json", 404),
        ("POST", "/faults", None, "application/json", 405),
        ("PATCH", "/faults/gone", b"{}", "application/json", 405),
        ("PUT", "/faults/gone", b"{}", "text/plain", 415),
        ("PUT", "/faults/gone", b"{}", "application/x-www-form-urlencoded", 415),
        ("PUT", "/faults/gone", b"{", "application/json", 400),
        ("PUT", "/faults/gone", b"[]", "application/json", 400),
        ("PUT", "/faults/gone", b"\xff", "application/json", 400),
        ("PUT", "/faults/gone", b"[" * 4_000, "application/json", 400),
        ("PUT", "/faults/gone", b" " * 4_097, "application/json", 413),
    ]
    for method, path, body, kind, expected in cases:
        code, found = await panel.send(method, path, body, kind=kind)
        assert (code, bool(found["error"])) == (expected, True), (method, path, body)
    assert not (await panel.send("GET", "/faults/gone"))[1]["on"]


async def test_a_caller_that_leaves_in_the_middle_turns_nothing(simulated: Served) -> None:
    door = simulated.admin_door.port
    _, writer = await asyncio.open_connection("127.0.0.1", door)
    head = f"PUT /faults/throttle HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {ADMIN_TOKEN}\r\n"
    writer.write(f"{head}content-type: application/json\r\ncontent-length: 9\r\n\r\n".encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{door}/faults"
        # What was asked before has been answered by now: it is one loop, and it came first.
        for _ in range(20):
            async with session.get(url, headers=KNOCK) as answer:
                found = await answer.json()
            assert not any(one["on"] for one in found["faults"])
