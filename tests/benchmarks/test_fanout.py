"""What the fan-out benchmark does with its samples, and that its two readers agree."""

from __future__ import annotations

import pytest

from benchmarks.fanout import cells, reader
from benchmarks.fanout.contenders import ALL, EAGER, NCHAN, OURS, SSE_STARLETTE
from benchmarks.fanout.measure import Sample
from benchmarks.fanout.run import turned
from benchmarks.fanout.section import Samples, cell_table, goals, section


def sample(cell: str, contender: str, number: int, **figures: float) -> Sample:
    measured = {"cpu_us": 5.0, "per_second": 1000.0, "p50_ms": 1.0, "p99_ms": 2.0, "idle_kb": 12.0}
    return Sample(cell, contender, number, **{**measured, "delivered": 1.0, **figures})  # type: ignore[arg-type]


def rounds() -> list[Sample]:
    """Three rounds, the second on a machine that was half as fast."""
    return [
        made
        for number, slow in ((1, 1.0), (2, 2.0), (3, 1.0))
        for made in (
            sample("capacity", EAGER.name, number, cpu_us=6 * slow),
            sample("capacity", SSE_STARLETTE.name, number, cpu_us=20 * slow),
            sample("capacity", NCHAN.name, number, cpu_us=4 * slow),
            sample("calm", OURS.name, number, idle_kb=12),
            sample("storm", OURS.name, number, p99_ms=60 * slow, delivered=1),
            sample("stalled", OURS.name, number, p99_ms=66 * slow),
        )
    ]


def test_goals_are_ratios_of_the_same_round() -> None:
    found = {goal.what: goal for goal in goals(Samples(rounds()))}
    assert found["CPU per delivery, of sse-starlette's"].measured == pytest.approx(0.3)
    assert found["CPU per delivery, of nchan's"].measured == pytest.approx(1.5)
    assert found["CPU per delivery, of nchan's"].verdict == "**missed**"
    assert found["p99 of the others with 5 % stalled, of p99 without"].measured == pytest.approx(
        1.1
    )
    assert found["memory per idle connection"].measured == 12


def test_a_contender_that_never_ran_has_no_row() -> None:
    text = cell_table(Samples(rounds()), cells.CAPACITY)
    assert "nchan" in text
    assert "StreamingResponse" not in text


def test_failures_and_absences_are_told() -> None:
    failed = Sample("storm", OURS.name, 1, error="ended with 1:\n  Traceback")
    text = section([failed], cells.CELLS, {"nchan": "not installed"}, 1, compiled=False)
    assert "- Round 1, storm, ours: ended with 1: Traceback." in text
    assert "- Skipped: nchan: not installed." in text
    assert "not measured" in text
    assert "itself a bottleneck" in text


def test_every_contender_goes_first_once() -> None:
    firsts = [turned(list(ALL), number)[0] for number in range(len(ALL))]
    assert set(firsts) == set(ALL)
    assert turned([], 3) == []


def test_objects_outnumber_what_is_gathered() -> None:
    storm = cells.STORM.rate
    assert storm is not None
    assert storm * 0.05 < cells.KEYS / 10


def test_a_smoke_run_is_the_same_workload_in_small() -> None:
    small = cells.quick(cells.STALLED)
    assert small.rate == cells.STALLED.rate
    assert small.stalled / small.readers == cells.STALLED.stalled / cells.STALLED.readers
    assert small.seconds < cells.STALLED.seconds


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n", False),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nab", False),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nabc", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", True),
    ],
)
def test_the_publisher_knows_when_an_answer_is_whole(answer: bytes, whole: bool) -> None:
    assert reader.answered(answer) is whole
