"""The derive benchmark on a small board: what it counts is there, and what it says is counted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.cluster.projections.pods import PODS
from benchmarks.__main__ import main
from benchmarks.derive import cost
from benchmarks.derive.house import House
from benchmarks.derive.measure import REPLACED, Sample, measure
from benchmarks.derive.objects import JOBS_EACH, Amount, Objects, state_of
from benchmarks.derive.reader import AUDIENCES, EACH, attach
from benchmarks.derive.section import MOMENTS, goals, section
from benchmarks.derive.workload import Costs, Followed, Moment, Workload
from benchmarks.report import sections
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

TINY = Workload(pods=100, cronjobs=10, rate=100, seconds=0.2, block=20, blocks=2, settling=0.05)
NOW = datetime(2026, 11, 25, 12, 2, tzinfo=UTC)


def filled(*, derived: bool = True) -> tuple[House, Objects]:
    clock = ManualClock(NOW)
    house, objects = House(clock, derived=derived), Objects(Amount(100, 10), NOW)
    for projection, body in objects.pages():
        page = projection.page(body)
        assert page.unreadable == ()
        for item in page.items:
            house.show(projection, item)
    house.settle()
    return house, objects


class TestObjects:
    def test_the_board_has_all_of_them_and_their_troubles(self) -> None:
        house, objects = filled()
        counts = [len(house.board.values(kind)) for kind in ("pods", "cronjobs", "jobs")]
        assert counts == [100, 10, 10 * JOBS_EACH]
        assert sum(counts) == objects.amount.objects
        kinds = {incident.kind for _, incident in house.board.incidents.items()}
        assert kinds == {"pod_crash_loop", "pod_pending", "pod_lost", "node_lost", "pod_unready"}
        assert {info.state for _, info in house.board.cronjobs.items()} == {"on_time"}

    def test_without_derivations_nothing_is_judged(self) -> None:
        house, _ = filled(derived=False)
        assert (len(house.board.pods), len(house.board.cronjobs)) == (100, 10)
        assert (len(house.board.incidents), len(house.timer)) == (0, 0)
        assert {info.state for _, info in house.board.cronjobs.items()} == {None}

    def test_every_change_is_one(self) -> None:
        house, objects = filled()
        for told in objects.changes(200):
            item = told.item()
            assert house.board.records(told.projection).get(item.key) != item.record
            house.take(told.projection, item)

    def test_as_many_pods_change_among_many_as_among_few(self) -> None:
        few = Objects(Amount(1_000, 1), NOW).changing
        many = Objects(Amount(10_000, 1), NOW).changing
        assert len(few) == len(many) == len(set(many)) == 180
        assert {state_of(number) for number in (*few, *many)} == {"running"}
        assert max(many) > 9_000

    def test_another_version_is_another_pod(self) -> None:
        objects = Objects(Amount(5, 1), NOW)
        first, second = (
            [item.record for kind, body in objects.pages(version) if kind is PODS
             for item in kind.page(body).items]
            for version in (1, 2)
        )  # fmt: skip
        assert len(first) == 5
        assert all(one != other for one, other in zip(first, second, strict=True))
        some = [item.record for kind, body in objects.pages(2, every=3) if kind is PODS
                for item in kind.page(body).items]  # fmt: skip
        assert [one == other for one, other in zip(first, some, strict=True)] == [
            False, True, True, False, True
        ]  # fmt: skip


def test_readers_take_everything() -> None:
    house, _ = filled()
    takers = attach(house.hub)
    assert len(takers) == len(AUDIENCES) * EACH
    assert all(taker.frames > 5 and taker.bytes > 10_000 for taker in takers)
    assert takers[0].bytes > takers[-1].bytes


def test_the_command_plays_a_round_and_writes_its_own_section(tmp_path: Path) -> None:
    assert main(["derive", "--quick"], tmp_path) == 0
    text = sections((tmp_path / "build" / "benchmarks" / "quick.md").read_text())
    assert text["reflect"] == "Not measured yet: `python -m benchmarks reflect`."
    assert "| longest stall of the event loop " in text["derive"]
    assert not (tmp_path / "docs").exists()
    raw = json.loads((tmp_path / "build" / "benchmarks" / "derive.json").read_text())
    [found] = raw["samples"]
    assert (found["round"], found["error"]) == (1, None)
    assert found["derived"]["incidents"] > 0
    assert found["plain"]["incidents"] == found["plain"]["alarms"] == 0
    for board in (found["derived"], found["plain"]):
        assert board["objects"] == 200 + 20 * (1 + JOBS_EACH)
        assert 0 < board["share"] < 2
        assert board["cpu_us"] > 0
        assert board["frames"] > 0
        assert list(board["moments"]) == list(MOMENTS)
        assert all(one["wall"] > 0 and one["cpu"] > 0 for one in board["moments"].values())


def test_blocks_take_turns_and_the_first_is_not_counted() -> None:
    found = cost.compare(TINY)
    for costs in (found.few, found.many, found.plain_few, found.plain_many):
        assert len(costs) == 1
        assert costs[0] > 0


def test_a_round_that_fails_says_so(tmp_path: Path) -> None:
    found = measure(replace(TINY, cronjobs=0), 3, tmp_path)
    assert (found.round, found.derived) == (3, None)
    assert found.error is not None
    assert "follow ended with 1" in found.error


def board(share: float, stall: float, memory_kb: float) -> Followed:
    moments = dict.fromkeys(MOMENTS, Moment(stall / 2, stall / 4))
    moments["lost"] = Moment(stall, stall / 2)
    moments[REPLACED] = Moment(1_000, 1_000)
    return Followed(
        objects=1_000,
        share=share,
        cpu_us=800,
        memory_kb=memory_kb,
        incidents=3,
        alarms=4,
        frames=5,
        waited=0,
        moments=moments,
    )


def samples() -> list[Sample]:
    plain = board(0.05, 10, 3_000)
    return [
        Sample(1, board(0.1, 30, 4_000), plain, Costs([100], [110], [30], [40])),
        Sample(2, board(0.3, 70, 5_000), plain, Costs([100], [150], [30], [40])),
        Sample(3, board(0.15, 40, 9_000), plain, Costs([100], [120], [30], [30])),
    ]


def test_goals_are_medians_of_rounds() -> None:
    share, stall, among = goals(samples(), TINY)
    assert share.measured == pytest.approx(15)
    assert (stall.measured, stall.noted) == (40, "20.0 ms of CPU")
    assert among.measured == pytest.approx(1.2)
    assert {goal.verdict for goal in (share, stall, among)} == {"met"}


def test_the_section_says_what_derivations_add_and_what_failed() -> None:
    text = section([*samples(), Sample(4, error="ChildFailed\n  no core")], TINY)
    assert "- The derivations make a change cost 3.75 x, and an object 2.00 KB more" in text
    assert "- Round 4: ChildFailed no core." in text
    assert "| with derivations |           100 |            120 | 1.20 x |" in text
    lost = next(line for line in text.splitlines() if MOMENTS["lost"] in line)
    assert [cell.strip() for cell in lost.split("|")[2:5]] == ["40.0", "20.0", "5.00"]
