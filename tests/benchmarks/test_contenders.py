"""Every server that takes part gives every reader every event, and the two readers can tell."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.children import READER_CPU, SERVER_CPU, await_port, free_port, running
from benchmarks.fanout.cells import Cell
from benchmarks.fanout.contenders import ALL, EAGER, RAW, Contender
from benchmarks.fanout.measure import ReaderChild, measure
from benchmarks.fanout.servers.feed import POD, VALUE_BYTES, Feed, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRESENT = [one for one in ALL if one is not EAGER and one.missing() is None]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.mark.parametrize("contender", PRESENT, ids=lambda contender: contender.name)
def test_everybody_is_measured_the_same_way(contender: Contender, build: Path) -> None:
    cell = Cell("tiny", "Tiny", None, 0.2, (contender,), readers=12, warm=0.05)
    found = measure(contender, cell, 1, build, settle=0.05)
    assert found.error is None
    assert found.delivered == 1
    assert found.cpu_us is not None
    assert found.p50_ms is not None
    assert found.p99_ms is not None
    assert 0 < found.p50_ms <= found.p99_ms
    assert found.bytes_per_event is not None
    assert found.bytes_per_event > 300


def test_an_open_loop_with_stalled_readers_reaches_the_others(build: Path) -> None:
    cell = Cell("tiny", "Tiny", 100, 0.3, (EAGER,), readers=12, stalled=3, warm=0.05, drain=10)
    found = measure(EAGER, cell, 1, build, settle=0.05)
    assert found.error is None
    assert found.delivered == 1


def test_a_server_that_does_not_start_is_a_sample_that_says_why(build: Path) -> None:
    broken = Contender(
        "broken",
        "Broken",
        lambda port, work: [sys.executable, "-c", "raise SystemExit('not today')"],
        lambda: None,
    )
    found = measure(broken, Cell("tiny", "Tiny", None, 0.2, (broken,)), 3, build, settle=0)
    assert (found.contender, found.round, found.cpu_us) == ("broken", 3, None)
    assert found.error == "ended with 1: not today"


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[ReaderChild]:
    """The reader in Python, with ten readers and two stalled ones on the plainest server."""
    port, log = free_port(), tmp_path / "log"
    server = RAW.command(port, tmp_path)
    command = [sys.executable, "-m", "benchmarks.fanout.reader", str(port)]
    command += [RAW.subscribe, RAW.publish, "12", "2", "300", "16"]
    with running(server, cpu=SERVER_CPU, log=log) as child:
        await_port(port, child, log)
        with running(
            command, cpu=READER_CPU, log=log, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as reader:
            made = ReaderChild(reader, log)
            assert made.line(30) == "ready\n"
            yield made


@pytest.mark.parametrize("command", ["closed 0.2", "open 100 0.3 10"])
def test_the_readers_twin_in_python_finds_everything_too(twin: ReaderChild, command: str) -> None:
    found = twin.do(command, 30)
    assert found.deliveries == found.expected > 0
    assert found.deliveries % 10 == 0
    assert sum(count for _, count in found.histogram) == found.deliveries
    assert max(bound for bound, _ in found.histogram) <= found.worst
    assert (found.refused, found.closed) == (0, 0)


async def test_what_is_published_is_a_change_of_a_pod_with_a_value_of_the_payloads_size() -> None:
    feed = Feed()
    mark = "@@00000000000000000042"
    feed.publish(json.dumps({"key": "load/pod-00001", "mark": mark, "pad": "x" * 300}))
    lines = feed._told(feed._lines)
    value = value_of(await anext(lines))
    await lines.aclose()
    assert len(value) == VALUE_BYTES
    assert mark.encode() in value
    assert json.loads(value)["name"] == "pod-00001"


def test_a_line_without_a_pod_has_no_value() -> None:
    bookmark = b'{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"5"}}}'
    assert value_of(POD % (b"pod-00001", 5, b"")).startswith(b'{"name":"pod-00001"')
    with pytest.raises(ValueError, match="no pod"):
        value_of(bookmark)
