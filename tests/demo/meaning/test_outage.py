"""A bad day as an operator sees it: one red thing at a time, with what it explains under it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.model import format_time
from tests.demo.film.worlds import START
from tests.demo.meaning.glass import Glass, glass
from tests.derive.incidents.scene import lost_node

pytestmark = pytest.mark.looptime

NODE = lost_node("eu-agents-03")
RIGHT = "source_forbidden/agents/cronjobs"


def state_of(seen: Glass, beginning: str) -> str | None:
    board = seen.application.rooms.board
    found = [one.state for key, one in board.incidents.items() if key.startswith(beginning)]
    return found[0] if found else None


async def test_a_node_is_lost_and_comes_back() -> None:
    async with glass("outage") as seen:
        await seen.play(20)
        assert await seen.incidents() == {}
        assert (await seen.health())["status"] == "healthy"
        # The API server goes away for 20 s: less than anybody calls an incident.
        await seen.play(64)
        assert await seen.active() == {}
        assert {one["state"] for one in (await seen.incidents()).values()} == {"new"}
        assert (await seen.health())["status"] != "unhealthy"

        await seen.play(70)
        lost = await seen.incidents()
        [key_of_node] = [key for key in lost if key.startswith(NODE)]
        node = lost.pop(key_of_node)
        assert "causedBy" not in node
        assert (node["state"], node["severity"]) == ("active", "critical")
        assert node["title"] == "A node is lost"
        pods = sum(len(one["objects"]) for one in lost.values())
        assert node["reason"] == f"{pods} pods on it are not heard of."
        # Since the node controller said so, 50 s after the last word of the kubelet.
        assert node["since"] == format_time(START + timedelta(seconds=50))
        assert node["lastChange"] == format_time(START + timedelta(seconds=65))
        assert [(one["kind"], one["name"]) for one in node["objects"]] == [("Node", "eu-agents-03")]
        assert "kubectl describe node eu-agents-03" in {one["command"] for one in node["actions"]}
        assert len(lost) > 1
        for key, one in lost.items():
            assert key.startswith("pod_lost/agents/")
            assert (one["state"], one["causedBy"]) == ("active", key_of_node)
            assert one["title"] == f"{key.rpartition('/')[2]} is not heard of"
        health = await seen.health()
        assert health["status"] == "unhealthy"
        assert len(health["pods"]) >= 41
        summary = seen.words[-1][1]
        assert summary.reasons == ("A node is lost",)
        assert (summary.counts.critical, summary.counts.warning) == (1, 0)
        assert format_time(summary.since) == node["lastChange"]

        await seen.until(lambda: state_of(seen, NODE) == "resolved", 130)
        # The kubelet was heard of again at 150 s, and nobody is called well before 30 s more.
        assert 180 <= seen.clock.monotonic() <= 190
        assert await seen.incidents() == {}
        assert (await seen.health())["status"] == "healthy"
        over = await seen.incidents(state="resolved")
        assert over.keys() == {key_of_node, *lost}
        for key, one in {key_of_node: node, **lost}.items():
            assert over[key] == {**one, "state": "resolved", "lastChange": over[key]["lastChange"]}
            assert over[key]["lastChange"] > one["lastChange"]


async def test_a_right_is_taken_and_given_back() -> None:
    async with glass("outage") as seen:
        await seen.until(lambda: state_of(seen, RIGHT) == "active", 260)
        assert await seen.active() == {RIGHT: None}
        found = (await seen.incidents())[RIGHT]
        assert found["title"] == "No right to read cronjobs in agents"
        assert found["severity"] == "warning"
        assert "cronjobs.batch is forbidden" in found["message"]
        health = await seen.health()
        assert health["status"] == "degraded"
        page = await seen.get("/api/cronjobs", pageSize="100")
        assert page["total"] == 6
        # What nobody may read is not known, and none of it is called well or late.
        assert {one["state"] for one in page["data"]} == {"unknown"}
        await seen.until(lambda: state_of(seen, RIGHT) == "resolved", 130)
        assert await seen.incidents() == {}
        assert (await seen.health())["status"] == "healthy"
        page = await seen.get("/api/cronjobs", pageSize="100")
        assert {one["state"] for one in page["data"]} == {"on_time", "suspended"}


async def test_half_an_hour_of_outages_is_one_red_thing_after_another() -> None:
    """Nothing is left of a round, and nothing is red beside what explains it."""
    async with glass("outage") as seen:
        await seen.play(1_800)
        heads = [keys for _, keys in seen.heads]
        assert max(map(len, heads)) == 1
        kinds = [next(iter(keys)).partition("/")[0] for keys in heads if keys]
        assert kinds == ["node_lost", "source_forbidden"] * 6
        for _, summary in seen.words:
            assert summary.counts.critical <= 1
        assert heads[-1] == frozenset()
