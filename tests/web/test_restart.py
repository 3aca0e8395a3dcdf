"""From an API server's socket to a reader's, through a death of the server between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.projections.raw import pod
from tests.web.cluster import Cluster
from tests.web.process import process
from tests.web.reader import Reader, exchange, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.web.reader import Seen

TARGET = "/api/stream?topics=pods,sources"


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    made = Cluster()
    made.apply("pods", pod("kept"), pod("doomed"))
    async with made.running():
        yield made


def keys(event: Seen) -> set[str]:
    return {item["key"] for item in event.items}


async def held(reader: Reader) -> Seen:
    """The first complete snapshot of the pods."""
    wanted = await reader.until(
        lambda event: (
            event.event == "snapshot" and event.data["topic"] == "pods" and event.data["synced"]
        )
    )
    return wanted[-1]


async def test_a_change_goes_from_the_api_server_to_a_reader(cluster: Cluster) -> None:
    async with process(server=cluster.url) as running, Reader(running.port) as reader:
        await reader.follow(TARGET)
        assert keys(await held(reader)) == {"agents/kept", "agents/doomed"}
        cluster.apply("pods", pod("kept", status={"phase": "Failed", "reason": "Evicted"}))
        cluster.delete("pods", "doomed")
        seen = {}
        while "agents/doomed" not in seen:
            for change in (await reader.named("change")).changes:
                seen[change["key"]] = change
        assert seen["agents/kept"]["value"]["reason"] == "Evicted"
        assert seen["agents/doomed"] == {
            "topic": "pods",
            "key": "agents/doomed",
            "op": "remove",
        }


async def test_a_restart_without_an_api_server_takes_nothing_from_who_held_it(
    cluster: Cluster,
) -> None:
    async with process(server=cluster.url) as first, Reader(first.port) as reader:
        await reader.follow(TARGET)
        await held(reader)
        cluster.apply("pods", pod("late"))
        change = await reader.until(
            lambda event: (
                event.event == "change"
                and any(change["key"] == "agents/late" for change in event.changes)
            )
        )
        last = change[-1].id
        await first.kill()
    cluster.go_down()

    async with process(port=first.port, server=cluster.url) as second:
        async with Reader(second.port) as reader:
            await reader.follow(TARGET, f"Last-Event-ID: {last}")
            hello, pods, sources = await reader.snapshot()
            assert (hello.data["reason"], hello.data["resumed"]) == ("epoch", False)
            # Nothing is known yet, and this says so: a page keeps what it has.
            assert (pods.data["synced"], pods.items) == (False, [])
            # Not one snapshot is complete while nobody answers, and the sources say why.
            states = {item["key"]: item["value"]["state"] for item in sources.items}
            while "connecting" in states.values():
                told = await reader.event()
                assert told is not None
                assert told.event != "snapshot"
                if told.event == "change":
                    states |= {item["key"]: item["value"]["state"] for item in told.changes}
            assert states["pods/agents"] == "late"
            assert (await exchange(second.port, request("/readyz"))).status == 200

            cluster.delete("pods", "doomed")
            cluster.down = False
            assert keys(await held(reader)) == {"agents/kept", "agents/late"}
