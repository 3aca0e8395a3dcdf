"""The reflect benchmark on the real API server, on its stand-in, and on none."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.__main__ import main
from benchmarks.reflect import pods
from benchmarks.reflect.api_servers import ApiServer, configuration, replayed
from benchmarks.reflect.decode import Decoding, compare
from benchmarks.reflect.load import Refused, connected
from benchmarks.reflect.measure import Sample, Workload, measure
from benchmarks.reflect.reader import Reader
from benchmarks.reflect.replay import Kept
from benchmarks.reflect.section import goals, section
from benchmarks.report import sections
from tests.control_plane.users import ADMIN, USERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.control_plane.cluster import ControlPlane

TINY = Workload(pods=30, rate=100, seconds=0.2)


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[ApiServer]:
    with replayed(tmp_path, "a test") as server:
        yield server


async def play(server: ApiServer, work: Path) -> tuple[Sample, Decoding]:
    """One tiny round on an API server."""
    async with connected(server) as load:
        await load.create(TINY.pods)
        lines = await load.lines(TINY.pods)
        return await measure(server, load, TINY, 1, work), await compare(lines, 1)


def check(found: Sample, decoding: Decoding) -> None:
    assert found.error is None
    assert found.told == 1
    assert found.p50_ms is not None
    assert found.p99_ms is not None
    assert found.worst_ms is not None
    assert found.p50_ms <= found.p99_ms <= found.worst_ms
    assert found.whole_p99_ms is not None
    assert found.whole_p99_ms > max(0, found.p50_ms)
    for stall in (found.list_stall_ms, found.follow_stall_ms, found.join_stall_ms):
        assert stall is not None
        assert stall >= 0
    assert found.memory_mb is not None
    assert decoding.line_bytes > 5_000
    assert decoding.times_cheaper is not None


async def test_a_round_on_the_stand_in(stand_in: ApiServer, tmp_path: Path) -> None:
    check(*await play(stand_in, tmp_path))


async def test_a_round_on_the_real_api_server(control_plane: ControlPlane, tmp_path: Path) -> None:
    control_plane.create_namespace(pods.NAMESPACE)
    server = ApiServer(
        "the tests' own",
        control_plane.url,
        control_plane.kubeconfig(ADMIN, pods.NAMESPACE),
        USERS[ADMIN].token,
        control_plane.ca,
    )
    try:
        check(*await play(server, tmp_path))
    finally:
        control_plane.door.call("DELETE", f"/api/v1/namespaces/{pods.NAMESPACE}")


async def test_a_round_without_an_api_server_says_so(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("no: kubeconfig\n")
    nowhere = ApiServer("nowhere", "http://127.0.0.1:9", kubeconfig)
    async with connected(nowhere) as load:
        found = await measure(nowhere, load, TINY, 2, tmp_path)
        assert found.round == 2
        assert found.p99_ms is None
        assert found.error is not None
        assert "ConfigurationError" in found.error


async def test_a_refusal_of_the_api_server_is_told(stand_in: ApiServer) -> None:
    async with connected(stand_in) as load:
        with pytest.raises(ExceptionGroup) as refused:
            await load.change(1, 10, 0.1, 1)
    assert refused.group_contains(Refused, match="/status: 500")


def test_the_command_replaces_its_own_section_alone(tmp_path: Path) -> None:
    assert main(["reflect", "--quick", "--stand-in"], tmp_path) == 0
    found = sections((tmp_path / "build" / "benchmarks" / "quick.md").read_text())
    assert found["fanout"] == "Not measured yet: `python -m benchmarks fanout`."
    assert "The API server is a stand-in" in found["reflect"]
    assert "| longest stall of the event loop  |" in found["reflect"]
    assert not (tmp_path / "docs").exists()
    raw = json.loads((tmp_path / "build" / "benchmarks" / "reflect.json").read_text())
    assert [sample["round"] for sample in raw["samples"]] == [1]


class TestStandIn:
    def kept(self, count: int) -> Kept:
        made = Kept()
        for number in range(count):
            made.create(pods.manifest(number))
        return made

    def test_a_list_in_pages_has_everything_once_and_one_version(self) -> None:
        kept = self.kept(5)
        token, names, versions = "", [], set()
        for _ in range(3):
            page = json.loads(kept.page(2, token))
            token = page["metadata"].get("continue", "")
            versions.add(page["metadata"]["resourceVersion"])
            names += [item["metadata"]["name"] for item in page["items"]]
        assert names == [pods.name(number) for number in range(5)]
        assert (token, versions) == ("", {str(kept.version)})

    async def test_a_watch_goes_on_where_a_list_ended(self) -> None:
        kept = self.kept(2)
        lines = kept.lines(kept.version)
        soon = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        kept.patch(pods.name(1), {"status": pods.running(0)})
        kept.patch(pods.name(1), pods.restarted(3))
        first, second = json.loads(await soon), json.loads(await anext(lines))
        await lines.aclose()
        assert (first["type"], second["type"]) == ("MODIFIED", "MODIFIED")
        counts = [each["restartCount"] for each in second["object"]["status"]["containerStatuses"]]
        assert counts == [3, 0]
        assert second["object"]["status"]["phase"] == "Running"
        assert int(second["object"]["metadata"]["resourceVersion"]) == kept.version

    async def test_a_watch_from_the_past_tells_what_happened_since(self) -> None:
        kept = self.kept(3)
        lines = kept.lines(2)
        told = [json.loads(await anext(lines))["object"]["metadata"]["name"] for _ in range(2)]
        await lines.aclose()
        assert told == [pods.name(1), pods.name(2)]

    def test_its_kubeconfig_asks_for_nothing(self) -> None:
        assert configuration("http://127.0.0.1:1")["users"] == []


class TestReader:
    def part(self, number: int, count: int, *, synced: bool = True) -> bytes:
        items = [{"key": f"load/{number}", "value": {"restartCount": 0}}]
        body = {"topic": "pods", "part": number, "parts": count, "synced": synced, "items": items}
        return json.dumps(body).encode()

    async def test_it_is_synced_with_the_last_part_of_a_complete_snapshot(self) -> None:
        reader = Reader()
        reader.take("snapshot", self.part(0, 1, synced=False))
        reader.take("snapshot", self.part(0, 2))
        waiting = asyncio.create_task(reader.synced(30))
        await asyncio.sleep(0)
        assert not waiting.done()
        reader.take("snapshot", self.part(1, 2))
        await waiting
        assert set(reader.restarts) == {"load/0", "load/1"}

    async def test_a_change_is_dated_when_it_comes_first(self) -> None:
        reader = Reader()
        reader.take("snapshot", self.part(0, 1))
        change = {"key": "load/0", "value": {"restartCount": 1}}
        body = json.dumps({"changes": [change]}).encode()
        reader.take("change", body)
        first = reader.restarts["load/0"]
        reader.take("change", body)
        assert reader.restarts["load/0"] == first
        assert await reader.holds(["load/0"], 1, 30)

    async def test_what_does_not_come_is_not_waited_for_forever(self) -> None:
        reader = Reader()
        reader.take("snapshot", self.part(0, 1))
        assert not await reader.holds(["load/0"], 1, 0.01)


def samples() -> list[Sample]:
    return [
        Sample(1, list_stall_ms=30, follow_stall_ms=5, join_stall_ms=20, p99_ms=60, told=1),
        Sample(2, list_stall_ms=70, follow_stall_ms=5, join_stall_ms=20, p99_ms=200, told=1),
        Sample(3, list_stall_ms=10, follow_stall_ms=5, join_stall_ms=40, p99_ms=80, told=1),
    ]


def test_goals_are_medians_of_rounds_and_the_longest_stall_is_of_any_phase() -> None:
    found = {goal.what: goal for goal in goals(samples(), Decoding([50, 60], [1500, 900], 9_000))}
    assert found["longest stall of the event loop"].measured == 40
    assert found["API server to reader, p99"].measured == 80
    decode = found["times cheaper to decode an event"]
    assert (decode.measured, decode.verdict) == (22.5, "met")


def test_the_worst_round_and_a_failed_one_are_told() -> None:
    taken = [*samples(), Sample(4, error="TimeoutError\n  nobody listens")]
    text = section(taken, Decoding([50.0], [1500.0], 9_000), TINY, "a stand-in")
    assert "- Round 4: TimeoutError nobody listens." in text
    assert "| longest stall while listing, ms               |   30.0 |        70.0 |" in text
    assert "The API server is a stand-in." in text
