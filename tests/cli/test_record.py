"""`watchglass record` on real servers: what is on the tape, how it ends, what it refuses."""

from __future__ import annotations

import gzip
import json
import re
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from app.cli import main, record
from app.cli.lasting import lasting
from app.clock import SystemClock
from app.tape import Anonymiser, TapeError, open_tape
from app.tape.moments import Whole
from tests.cli.commands import PATIENCE, ROOT, environment, watchglass
from tests.cli.scripted_stream import ScriptedStream, event, hello, snapshot
from tests.demo.process.living import await_truth
from tests.web.house import fill, house
from tests.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.web.served import Served


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A real server whose board was filled by hand."""
    application = house(clock=SystemClock(), heartbeat_seconds=1)
    with serving(application) as running:
        running.call(lambda: fill(application))
        yield running


@contextmanager
def recording(out: Path, url: str, *flags: str, **limits: Any) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, once there is something in its file."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "record", "--out", str(out), "--url", url, *flags],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        **limits,
    )
    with process:
        try:
            await_truth(lambda: lines_in(out) >= 8, "the recorder has written the snapshots")
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def lines_in(out: Path) -> int:
    try:
        return open_tape(out).messages
    except (TapeError, OSError):
        return 0  # there is no tape yet, or not enough of one


def told(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(out.read_bytes()).splitlines()]


def test_a_time_of_the_stream_is_recorded(
    served: Served, tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", "--out", str(tape), "--url", served.url, "--for", "1.5s"]) == 0
    said = capsys.readouterr()
    assert re.fullmatch(
        rf"Recorded [12] s of kind-test: \d+ messages, \d\.\d kB in {tape}\n", said.out
    )
    assert said.err == ""
    first, *lines = told(tape)
    topics = served.call(lambda: served.rooms.hub.readable("detail"))
    assert first["schema"] == "watchglass.tape/1"
    assert first["cluster"] == "kind-test"
    assert first["topics"] == list(topics)
    assert first["anonymised"] is False
    events = [line["event"] for line in lines]
    assert events[: len(topics) + 1] == ["hello", *["snapshot"] * len(topics)]
    assert "heartbeat" in events
    assert lines[len(topics)]["id"].startswith("0123456789-")
    recorded = open_tape(tape)
    assert recorded.namespaces == ("agents",)
    assert recorded.note is None
    held = dict(served.rooms.board.pods.items())
    (pods,) = (
        moment.what.values
        for moment in recorded.moments()
        if isinstance(moment.what, Whole) and moment.what.topic == "pods"
    )
    assert pods == held


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_a_signal_ends_it_well(served: Served, tape: Path, number: signal.Signals) -> None:
    with recording(tape, served.url) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert out.startswith("Recorded ")
    assert err == ""
    assert open_tape(tape).note is None


def test_one_that_is_killed_leaves_a_tape(served: Served, tape: Path) -> None:
    with recording(tape, served.url) as process:
        process.kill()
    assert process.returncode == -signal.SIGKILL
    recorded = open_tape(tape)
    assert recorded.note is not None
    assert recorded.messages >= 8


def test_names_are_others_on_an_anonymous_tape(served: Served, tape: Path) -> None:
    flags = ["--url", served.url, "--for", "1s", "--anonymise"]
    assert main(["record", "--out", str(tape), *flags]) == 0
    text = gzip.decompress(tape.read_bytes()).decode()
    for name in ("kind-test", "agents", "agent-0", "web-0", "node-1", "paused", "broken", "uid-of"):
        assert name not in text
    recorded = open_tape(tape)
    assert recorded.header.anonymised
    assert recorded.header.cluster is not None
    assert re.fullmatch(r"[a-z]{4}-[a-z]{4}", recorded.header.cluster)


async def run(out: Path, server: ScriptedStream, **flags: Any) -> tuple[int, record.Recorder]:
    """Record a script until it says that coming back is of no use."""
    recorder = record.Recorder(out, SystemClock(), **flags)
    with anyio.fail_after(PATIENCE):
        return await record.record(recorder, server.url, None), recorder


REVOKED = event("goodbye", reason="revoked", retryMs=10)
VERSION = (200, {"data": {"cluster": "lab"}})


def greeting(**fields: Any) -> bytes:
    """A hello that says which topics come."""
    return hello(**fields).replace(b'"build"', b'"topics": ["pods"], "build"')


async def test_connections_are_parted_by_gaps(
    tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = [
        VERSION,
        [greeting(), snapshot(seq=5), ScriptedStream.RESET],
        [greeting(reason="resumed"), event("goodbye", reason="drain", retryMs=1)],
        (503, {"error": "Not now.", "success": False}),
        [greeting(), event("note", text="of another time"), REVOKED],
    ]
    async with ScriptedStream(script).running() as server:
        code, _ = await run(tape, server)
    assert code == 1
    assert server.cursors == [None, None, "abcdefghij-5", "abcdefghij-5", "abcdefghij-5"]
    _, *lines = told(tape)
    assert [line["event"] for line in lines] == [
        "hello",
        "snapshot",
        "gap",
        "hello",
        "goodbye",
        "gap",
        "hello",
        "goodbye",
    ]
    assert [line["data"] for line in lines if line["event"] == "gap"] == [
        {"reason": "lost"},
        {"reason": "drain"},
    ]
    recorded = open_tape(tape)
    assert (recorded.gaps, recorded.note, recorded.header.cluster) == (2, None, "lab")
    said = capsys.readouterr()
    assert "8 messages, 2 gaps, " in said.out
    assert "ended the stream: revoked" in said.err


async def test_a_reason_that_is_a_text_is_not_repeated(tape: Path) -> None:
    goodbye = event("goodbye", reason="agents", retryMs=1)
    script = [VERSION, [greeting(), goodbye], [greeting(), REVOKED]]
    async with ScriptedStream(script).running() as server:
        await run(tape, server, anonymiser=Anonymiser(b"k" * 32))
    assert [line["data"] for line in told(tape) if line.get("event") == "gap"] == [
        {"reason": "lost"}
    ]


@pytest.mark.parametrize(
    "version",
    [(404, "none"), (200, "none"), (200, {"data": None}), (302, "none"), b"HTTP/1.1 20"],
    ids=["404", "no JSON", "no name", "elsewhere", "broken"],
)
async def test_a_cluster_without_a_name_has_none(tape: Path, version: Any) -> None:
    async with ScriptedStream([version, [greeting(), REVOKED]]).running() as server:
        _, recorder = await run(tape, server)
    assert open_tape(tape).header.cluster is None
    assert recorder.summary.startswith("Recorded 0 s: 2 messages, ")


async def test_what_is_no_stream_makes_no_file(
    tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with ScriptedStream([VERSION, (403, {"error": "No.", "success": False})]).running() as s:
        code, _ = await run(tape, s)
    assert code == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "answered 403: No." in said.err
    assert not tape.exists()


@pytest.mark.parametrize("anonymous", [False, True], ids=["named", "anonymous"])
async def test_a_stream_that_no_tape_has_lines_for_ends_it(
    tape: Path, capsys: pytest.CaptureFixture[str], anonymous: bool
) -> None:
    script = [VERSION, [hello()]]
    anonymiser = Anonymiser(b"k" * 32) if anonymous else None
    async with ScriptedStream(script).running() as server:
        code, _ = await run(tape, server, anonymiser=anonymiser)
    assert code == 1
    assert capsys.readouterr().err == (
        f"watchglass: {tape}: the server tells what no tape has lines for\n"
    )


async def test_a_message_that_is_too_long_ends_it(
    tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = event("change", seq=2, changes=[], more="-")
    long = short.replace(b'"-"', b'"%b"' % ("€" * 400_000).encode())
    async with ScriptedStream([VERSION, [greeting(), snapshot(seq=1), long]]).running() as server:
        code, _ = await run(tape, server)
    assert code == 1
    assert "line 4: a message is longer than 1 MiB" in capsys.readouterr().err
    assert open_tape(tape).messages == 2


def test_a_file_that_exists_is_left_alone(served: Served, tape: Path) -> None:
    tape.write_text("mine")
    result = watchglass("record", "--out", str(tape), "--url", served.url, code=2)
    assert result.stderr == (
        f"watchglass: there is a file {tape} already; --force writes over it\n"
    )
    assert tape.read_text() == "mine"
    flags = ["--url", served.url, "--for", "0.5s", "--force"]
    assert main(["record", "--out", str(tape), *flags]) == 0
    assert open_tape(tape).messages >= 6


async def test_a_file_that_comes_meanwhile_is_left_alone(
    tape: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = record.Recorder(tape, SystemClock())
    tape.write_text("mine")
    async with ScriptedStream([VERSION, [greeting(), REVOKED]]).running() as server:
        assert await record.record(recorder, server.url, None) == 1
    assert capsys.readouterr().err == f"watchglass: {tape}: File exists\n"
    assert tape.read_text() == "mine"


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("/dev/full", "No space left on device"),
        ("/nowhere/tape.jsonl.gz", "No such file or directory"),
        ("/", "Is a directory"),
    ],
)
def test_a_disk_that_takes_nothing_is_one_line(
    served: Served, capsys: pytest.CaptureFixture[str], out: str, why: str
) -> None:
    assert main(["record", "--out", out, "--force", "--url", served.url, "--for", "60s"]) == 1
    assert capsys.readouterr().err == f"watchglass: {out}: {why}\n"


def test_a_disk_that_is_full_ends_it_with_what_there_is(served: Served, tape: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    numbers = iter(range(10_000))

    def changed() -> bool:
        """Whether another change was too much."""
        name = f"agent-{next(numbers)}"
        known = served.rooms.board.pods.get("agents/agent-0")
        assert known is not None
        other = known.model_copy(update={"name": name})
        served.call(lambda: served.rooms.board.pods.upsert(f"agents/{name}", other))
        return process.poll() is not None

    with recording(tape, served.url, preexec_fn=small) as process:
        await_truth(changed, "the recorder has ended")
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert err == f"watchglass: {tape}: File too large\n"
    assert out.startswith("Recorded ")
    assert open_tape(tape).messages >= 8


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ([], "the following arguments are required: --out"),
        (["--for", "10"], "--for: must be such as 90s, 10m or 1.5h, not '10'"),
        (["--for", "0s"], "--for: must be such as 90s, 10m or 1.5h, not '0s'"),
        (["--for=-1m"], "--for: must be such as 90s, 10m or 1.5h, not '-1m'"),
        (["--url", "ftp://x"], "'ftp://x' is no URL such as http://127.0.0.1:8420/"),
        (["--port", "0"], "port 0 is any free port: name the server by its URL"),
    ],
    ids=["no file", "no unit", "no time", "below none", "no URL", "no port"],
)
def test_what_is_wrong_is_said(
    tape: Path, capsys: pytest.CaptureFixture[str], flags: list[str], why: str
) -> None:
    out = ["--out", str(tape)] if flags else []
    assert main(["record", *out, *flags]) == 2
    assert why in capsys.readouterr().err
    assert not tape.exists()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59, "59 s"), (250, "4 min 10 s"), (7500, "2 h 5 min")],
    ids=["0", "59", "250", "7500"],
)
def test_how_long_it_was_is_said_in_words(seconds: float, words: str) -> None:
    assert lasting(seconds) == words
