"""A tape is read as it was written, and one that is damaged or foreign is refused with its line."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model import PodHealth, Source
from app.tape import TapeError, open_tape
from app.tape.checking import Checker
from app.tape.forms import LINE_LIMIT, LONGEST_MS
from app.tape.holding import EACH, HELD_LIMIT, Holding
from app.tape.moments import Beat, Change, Changes, Whole, Word
from tests.tape.made import (
    beat,
    change,
    header,
    hello,
    line,
    opening,
    pod,
    remove,
    snapshot,
    source,
    text,
    upsert,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.tape.moments import What

GOOD = [
    header(),
    *opening("agent-0"),
    change(900, upsert("pods", "agents/agent-1", pod("agent-1"))),
    beat(1000, pods=250),
    change(1000, remove("pods", "agents/agent-0")),
    line(2000, "goodbye", reason="drain", retryMs=1000),
    line(2000, "gap", reason="drain"),
    hello(4000),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


def played(path: Path) -> list[tuple[int, What]]:
    return [(moment.at_ms, moment.what) for moment in open_tape(path).moments()]


def test_what_a_tape_says_of_itself(path: Path) -> None:
    tape = open_tape(write(path, *GOOD))
    assert tape.header.cluster == "prod-eu"
    assert (tape.messages, tape.gaps, tape.length_ms) == (12, 1, 4000)
    assert tape.namespaces == ("agents",)
    assert tape.opening == 7
    assert tape.note is None


def test_its_moments_in_their_order(path: Path) -> None:
    found = played(write(path, *GOOD))
    agent = PodHealth.model_validate(pod())
    assert [at for at, _ in found] == [0, 1, 1, 1, 1, 2, 900, 1000, 1000, 2000, 2000, 4000]
    whats = [what for _, what in found]
    assert whats[0] == Word("hello")
    assert whats[1] == Whole("pods", True, {"agents/agent-0": agent})
    last = agent.model_copy(update={"name": "agent-1"})
    assert whats[6] == Changes((Change("pods", "agents/agent-1", last),))
    assert isinstance(whats[7], Beat)
    assert whats[7].vitals["pods/agents"].age_ms == 250
    assert whats[8] == Changes((Change("pods", "agents/agent-0", None),))
    assert whats[9:] == [Word("goodbye"), Word("gap"), Word("hello")]


def test_parts_make_one_snapshot_and_half_of_one_makes_none(path: Path) -> None:
    parts = [
        snapshot(0, "pods", {f"agents/p-{n}": pod(f"p-{n}")}, part=n, parts=3) for n in range(3)
    ]
    found = played(write(path, header(), hello(), *parts[:2], hello(), *parts))
    assert [isinstance(what, Whole) for _, what in found].count(True) == 1
    assert isinstance(found[-1][1], Whole)
    assert sorted(found[-1][1].values) == ["agents/p-0", "agents/p-1", "agents/p-2"]


def test_without_sources_all_namespaces_are_meant(path: Path) -> None:
    assert open_tape(write(path, header(), hello())).namespaces is None
    everywhere = {"pods/*": source() | {"namespace": "*"}}
    tape = write(path, header(), *opening(), snapshot(9, "sources", everywhere))
    assert open_tape(tape).namespaces is None


def test_the_opening_ends_where_everything_is_known(path: Path) -> None:
    first = [hello(), snapshot(0, "pods", synced=False), snapshot(0, "jobs", synced=False)]
    tape = write(path, header(), *first, snapshot(9, "pods"), snapshot(10, "pods"))
    assert open_tape(tape).opening == 5


def test_plain_text_is_a_tape_too(path: Path) -> None:
    path.write_bytes(text(*GOOD))
    assert open_tape(path).messages == 12


def test_gzip_may_have_several_members(path: Path) -> None:
    path.write_bytes(b"".join(gzip.compress(text(one)) for one in GOOD))
    tape = open_tape(path)
    assert (tape.messages, tape.note) == (12, None)


def test_a_list_that_the_stream_has_cut_is_shorter(path: Path) -> None:
    runs = [{"name": "a", "status": "failed"}, "… (cut, 1,200 items)"]
    job = {"name": "a", "schedule": "@daily", "activeJobs": 0, "suspended": False}
    tape = write(
        path, header(), hello(), snapshot(0, "cronjobs", {"agents/a": job | {"recentRuns": runs}})
    )
    (_, _), (_, whole) = played(tape)
    assert isinstance(whole, Whole)
    (value,) = whole.values.values()
    assert "cut" not in value.model_dump_json()


@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_however_it_breaks_off_what_is_before_is_read(path: Path, packed: bool) -> None:
    """Many lengths of a file whose writer was killed, as it flushed after every line."""
    packer = zlib.compressobj(wbits=31)
    content, ends = b"", {}
    for number, one in enumerate(GOOD, 1):
        told = text(one)
        content += packer.compress(told) + packer.flush(zlib.Z_SYNC_FLUSH) if packed else told
        ends[number] = len(content)
    lengths = {*range(ends[2], len(content), 7), *ends.values()} - {ends[1], len(content)}
    for length in sorted(lengths):
        path.write_bytes(content[:length])
        tape = open_tape(path)
        # zlib may give a line before its flush is whole.
        whole = max(number for number, end in ends.items() if end <= length + 5)
        assert whole - 2 <= tape.messages <= whole - 1 + packed
        if packed or length not in ends.values():
            assert tape.note is not None
            assert tape.note.startswith("it breaks off ")
        else:
            assert tape.note is None


SAID = text(*GOOD)
SHREDS = st.sampled_from(
    [
        b'"',
        b"{",
        b"]",
        b"null",
        b"1e999",
        b"-1",
        b"NaN",
        b"\xff",
        b"\n",
        b"true",
        b'"\\ud800"',
        b"/",
    ]
)
TEARS = st.lists(st.tuples(st.integers(0, len(SAID)), st.integers(0, 9), SHREDS), max_size=3)


@settings(deadline=None, max_examples=200)
@given(tears=TEARS, packed=st.booleans())
def test_whatever_is_in_a_file_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, tears: list[tuple[int, int, bytes]], packed: bool
) -> None:
    torn = gzip.compress(SAID) if packed else SAID
    for place, length, shred in tears:
        torn = torn[:place] + shred + torn[place + length :]
    path = tmp_path_factory.getbasetemp() / "torn"
    path.write_bytes(torn)
    try:
        tape = open_tape(path)
    except TapeError as error:
        assert str(error).startswith(f"line {error.line}: ")
        assert str(error).isprintable()
    else:
        assert len(list(tape.moments())) == tape.messages


def damaged(path: Path, kind: str) -> None:
    whole = gzip.compress(text(*GOOD))
    match kind:
        case "a flipped byte":
            middle = len(whole) // 2
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
        case "a wrong checksum":
            path.write_bytes(whole[:-8] + bytes(8))
        case "something behind it":
            path.write_bytes(whole + b"something else")


@pytest.mark.parametrize("kind", ["a flipped byte", "a wrong checksum", "something behind it"])
def test_damaged_gzip_is_refused(path: Path, kind: str) -> None:
    damaged(path, kind)
    with pytest.raises(
        TapeError, match=r"^line \d+: the gzip data is damaged, here or a little further on$"
    ):
        open_tape(path)


STRANGE = "\u202e"
DEEP = "[" * 100_000

REFUSED: dict[str, tuple[list[Any], str]] = {
    # The first line.
    "not JSON": (["PK\x03\x04"], "line 1: it is not JSON"),
    "not an object": (["[]"], "line 1: it is no JSON object"),
    "nested": ([DEEP], "line 1: it is not JSON"),
    "no schema": ([{}], "line 1: this is no tape: its schema is null, not watchglass.tape/1"),
    "a later schema": (
        [header(schema="watchglass.tape/2")],
        "line 1: this is no tape: its schema is 'watchglass.tape/2', not watchglass.tape/1",
    ),
    "a message first": (
        [hello()],
        "line 1: this is no tape: its schema is null, not watchglass.tape/1",
    ),
    "a strange field": ([header(more=1)], "line 1: unknown field more"),
    "no time": ([header(recordedAt="yesterday")], "line 1: recordedAt: .*"),
    "the end of time": (
        [header(recordedAt="9999-12-31T23:59:59.000Z")],
        "line 1: recordedAt: is too late for a calendar",
    ),
    "a strange cluster": (
        [header(cluster=STRANGE)],
        "line 1: it holds characters that no screen may be given",
    ),
    "nothing else": ([header()], "line 2: it ends before anything was recorded"),
    # Any line.
    "an empty line": ([header(), ""], "line 2: it is not JSON"),
    "bytes": ([header(), b"\xff\xfe"], "line 2: it is not JSON"),
    "a number of any length": ([header(), '{"t": ' + "9" * 5000 + "}"], "line 2: it is not JSON"),
    "too long": (
        [header(), hello(), "x" * (LINE_LIMIT + 1), hello()],
        "line 3: it is longer than 1 MiB",
    ),
    "no t": ([header(), {"event": "hello", "data": {}}], "line 2: t must be a whole number .*"),
    "t below 0": ([header(), hello(-1)], "line 2: t must be a whole number from 0 to .*"),
    "t in words": ([header(), hello() | {"t": "1"}], "line 2: t must be a whole number .*"),
    "t true": ([header(), hello() | {"t": True}], "line 2: t must be a whole number .*"),
    "t beyond all": ([header(), hello(LONGEST_MS + 1)], "line 2: t must be a whole number .*"),
    "backwards": (
        [header(), hello(70), hello(69)],
        "line 3: time goes backwards, from 70 to 69 ms",
    ),
    "no event": ([header(), {"t": 0, "data": {}}], "line 2: event must be a text"),
    "no data": ([header(), {"t": 0, "event": "hello"}], "line 2: data must be an object"),
    "an id": ([header(), hello() | {"id": 7}], "line 2: id must be a text"),
    "a strange key": ([header(), hello() | {"x": 7}], "line 2: unknown field 'x'"),
    "no hello": ([header(), beat(0)], "line 2: it begins with 'heartbeat', not with hello"),
    "another stream": (
        [header(), line(0, "hello", schema="other/1")],
        "line 2: it speaks 'other/1', not watchglass.stream/1",
    ),
    "an unknown event": ([header(), hello(), line(0, "note")], "line 3: unknown event 'note'"),
    "strange characters": (
        [header(), hello(), line(0, "gap", reason=STRANGE)],
        "line 3: it holds characters that no screen may be given",
    ),
    "half a character": (
        [header(), hello(), '{"t": 0, "event": "gap", "data": {"reason": "\\ud800"}}'],
        "line 3: it holds characters that no screen may be given",
    ),
    "no reason": ([header(), hello(), line(0, "goodbye")], "line 3: reason must be a text"),
    "deep data": (
        [header(), hello(), f'{{"t": 0, "event": "gap", "data": {{"x": {"[" * 900}{"]" * 900}}}}}'],
        "line 3: (it is nested too deeply|reason must be a text)",
    ),
    # Snapshots.
    "an unknown topic": ([header(), hello(), snapshot(0, "x")], "line 3: unknown topic 'x'"),
    "no synced": (
        [header(), hello(), snapshot(0, "pods", synced=1)],
        "line 3: synced must be true or false",
    ),
    "a part too many": (
        [header(), hello(), snapshot(0, "pods", part=1, parts=1)],
        "line 3: part 1 of 1 of pods does not follow what is before it",
    ),
    "a part too late": (
        [header(), hello(), snapshot(0, "pods", parts=3), snapshot(0, "pods", part=2, parts=3)],
        "line 4: part 2 of 3 of pods does not follow what is before it",
    ),
    "a part of another": (
        [header(), hello(), snapshot(0, "pods", parts=2), snapshot(0, "jobs", part=1, parts=2)],
        "line 4: part 1 of 2 of jobs does not follow what is before it",
    ),
    "a part after a gap": (
        [
            header(),
            hello(),
            snapshot(0, "pods", parts=2),
            line(0, "gap", reason="lost"),
            snapshot(0, "pods", part=1, parts=2),
        ],
        "line 5: part 1 of 2 of pods does not follow what is before it",
    ),
    "no items": (
        [header(), hello(), snapshot(0, "pods", items={})],
        "line 3: items must be a list",
    ),
    "no item": (
        [header(), hello(), snapshot(0, "pods", items=[1])],
        "line 3: an item must be an object",
    ),
    "a key that is none": (
        [header(), hello(), snapshot(0, "pods", {"agent-0": pod()})],
        "line 3: 'agent-0' is no key of pods",
    ),
    "an empty namespace": (
        [header(), hello(), snapshot(0, "pods", {"/agent-0": pod()})],
        "line 3: '/agent-0' is no key of pods",
    ),
    "a long key": (
        [header(), hello(), snapshot(0, "pods", {"a/" + "b" * 1100: pod()})],
        "line 3: 'a/b+…' is no key of pods",
    ),
    "an incident's key": (
        [header(), hello(), change(0, remove("incidents", "a/b"))],
        "line 3: 'a/b' is no key of incidents",
    ),
    "a value that is none": (
        [header(), hello(), snapshot(0, "pods", {"a/b": pod(phase="Lost")})],
        "line 3: pods 'a/b': phase: .*",
    ),
    "a value without a name": (
        [header(), hello(), change(0, upsert("jobs", "a/b", {"status": "failed"}))],
        "line 3: jobs 'a/b': name is required; cronJobName is required",
    ),
    "another source": (
        [header(), hello(), snapshot(0, "sources", {"jobs/agents": source("pods")})],
        "line 3: sources 'jobs/agents': it is the source pods/agents",
    ),
    # Changes and heartbeats.
    "no changes": ([header(), hello(), line(0, "change")], "line 3: changes must be a list"),
    "no change": (
        [header(), hello(), line(0, "change", changes=["x"])],
        "line 3: a change must be an object",
    ),
    "an unknown op": (
        [header(), hello(), change(0, {"topic": "pods", "key": "a/b", "op": "patch"})],
        "line 3: op must be upsert or remove, not 'patch'",
    ),
    "no sources": (
        [header(), hello(), line(0, "heartbeat", sources=[])],
        "line 3: sources must be an object",
    ),
    "an age below 0": ([header(), hello(), beat(0, pods=-1)], "line 3: ageMs: .*"),
    "a state that is none": (
        [header(), hello(), beat(0, pods=("fine", 1))],
        "line 3: state: .*",
    ),
}


@pytest.mark.parametrize(("lines", "why"), REFUSED.values(), ids=REFUSED)
def test_a_foreign_tape_is_refused(path: Path, lines: list[Any], why: str) -> None:
    with pytest.raises(TapeError, match=f"^{why}$"):
        open_tape(write(path, *lines))


def test_no_file_is_no_tape(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_tape(path)
    path.write_bytes(b"")
    with pytest.raises(TapeError, match=r"^line 1: it ends before its first line does$"):
        open_tape(path)


def test_a_line_without_end_takes_no_memory(path: Path) -> None:
    """64 MiB of one character are 64 kB of gzip."""
    packer = zlib.compressobj(9, wbits=31)
    with path.open("wb") as file:
        for _ in range(64):
            file.write(packer.compress(b"x" * 2**20))
        file.write(packer.flush())
    tracemalloc.start()
    try:
        with pytest.raises(TapeError, match=r"^line 1: it is longer than 1 MiB$"):
            open_tape(path)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_a_tape_of_few_bytes_does_not_fill_the_memory(path: Path) -> None:
    """140 MB of values are some kB of gzip, and without a bound there is no end to them."""
    large = pod(message="x" * 1_000_000)
    lines = (snapshot(0, "pods", {f"agents/{n}": large}, part=n, parts=999) for n in range(140))
    write(path, header(), hello(), *lines)
    with pytest.raises(TapeError, match=f"^line 137: {TOO_MUCH}$"):
        open_tape(path)


TOO_MUCH = "by here it holds more values at once than may be replayed"
SMALL = pod(message="x" * 1_000)
SMALL_SIZE = len(json.dumps(SMALL)) + len("agents/1") + EACH


def readings(*lines: Any) -> int:
    """How many lines pass where ten small values may be held."""
    checker = Checker(10 * SMALL_SIZE)
    for number, one in enumerate([hello(), *lines]):
        try:
            checker.read(number, json.dumps(one).encode())
        except TapeError as error:
            assert TOO_MUCH in str(error)
            return number - 1
    return len(lines)


def several(make: Callable[[str, int], Any], most: int = 20) -> list[Any]:
    """With keys of the same length."""
    return [make(f"agents/{chr(97 + n)}", n) for n in range(most)]


@pytest.mark.parametrize(
    "make",
    [
        lambda key, n: snapshot(0, "pods", {key: SMALL}, part=n, parts=1000),
        lambda key, n: change(0, upsert("pods", key, SMALL)),
        lambda key, n: snapshot(0, "pods", {key: SMALL}, synced=False),
    ],
    ids=["parts", "changes", "snapshots that are not whole"],
)
def test_what_is_held_at_once_is_bounded(make: Callable[[str, int], Any]) -> None:
    assert readings(*several(make)) == 10


def test_what_is_gone_is_not_held() -> None:
    replaced = [change(0, upsert("pods", "agents/a", SMALL))] * 20
    begun = several(lambda key, n: snapshot(0, "pods", {key: SMALL}, parts=2))
    lost = [told for one in begun for told in (one, line(0, "gap", reason="lost"), hello())]
    whole = several(lambda key, n: snapshot(0, "pods", {key: SMALL}))
    upserts = several(lambda key, n: change(0, upsert("jobs", key, JOB)))
    removes = several(lambda key, n: change(0, remove("jobs", key)))
    passing = [told for pair in zip(upserts, removes, strict=True) for told in pair]
    lines = [*replaced, *begun, *lost, *whole, *passing]
    assert readings(*lines) == len(lines)


JOB = {"name": "j" * 1_000, "cronJobName": "", "status": "running"}


def test_many_small_values_count_for_what_they_take() -> None:
    held = Holding()
    for n in range(HELD_LIMIT // EACH):
        held.put("pods", f"agents/{n}", 0)
    assert held.total == HELD_LIMIT
    held.put("pods", "agents/more", 1)
    assert held.full
    held.move("pods", "jobs")
    held.put("pods", "agents/more", 1)
    held.move("pods", "jobs")
    assert held.total == HELD_LIMIT + EACH + 1
    held.clear("jobs")
    assert held.total == 0


def test_more_namespaces_than_anybody_watches_are_refused(path: Path) -> None:
    def sources(line: int) -> Any:
        return snapshot(
            0,
            "sources",
            {f"pods/{line}-{n}": source() | {"namespace": f"{line}-{n}"} for n in range(1000)},
        )

    write(path, header(), hello(), *(sources(line) for line in range(10)))
    namespaces = open_tape(path).namespaces
    assert namespaces is not None
    assert len(namespaces) == 10_000
    write(path, header(), hello(), *(sources(line) for line in range(11)))
    with pytest.raises(TapeError, match=r"^line 13: it names more than 10,000 namespaces$"):
        open_tape(path)


def test_texts_of_several_lines_pass_where_the_cluster_gives_them(path: Path) -> None:
    rule = "rules:\n- apiGroups: ['']\n"
    told = source(state="forbidden", missingRule=rule)
    tape = write(path, header(), hello(), snapshot(0, "sources", {"pods/agents": told}))
    _, (_, whole) = played(tape)
    assert isinstance(whole, Whole)
    (value,) = whole.values.values()
    assert isinstance(value, Source)
    assert value.missing_rule == rule
