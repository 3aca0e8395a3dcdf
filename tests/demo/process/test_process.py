"""The simulated cluster as a process: it comes back, and never outlives whoever started it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from app.clock import SystemClock
from app.demo.__main__ import read
from app.demo.certificate import VALID
from app.demo.options import Options
from app.demo.process import Reserved, Simulator, StartFailed, command
from tests.demo.process.living import PATIENCE, ask, await_truth, ignores, lives
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BERLIN = timezone(timedelta(hours=1))
ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "app.demo"]
CALM = Options(scenario="calm")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """One that tests leave as they found it."""
    with Simulator(CALM, SystemClock()) as started:
        started.wait_ready()
        yield started


def pid_of(simulator: Simulator) -> int:
    assert simulator.pid is not None
    return simulator.pid


@contextmanager
def standalone(
    *flags: str, before: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The process by itself, and its first line."""
    with subprocess.Popen(
        [*before, *COMMAND, "--scenario=calm", *flags],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_it_answers_on_the_reserved_ports(simulator: Simulator) -> None:
    papers = simulator.papers
    assert simulator.server == f"https://127.0.0.1:{papers.port}"
    told = ask(papers.port, papers.certificate.authority)
    assert told["gitVersion"].startswith("v1.")
    with socket.create_connection(("127.0.0.1", papers.admin_port), PATIENCE):
        pass


def test_what_the_ready_line_says_is_enough_to_use_it(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    with standalone(f"--kubeconfig-out={file}", "--cluster-name=lab") as (process, told):
        port = int(told["server"].rpartition(":")[2])
        assert ask(port, told["authority"])["gitVersion"].startswith("v1.")
        assert set(told["tokens"]) == {"demo", "viewer", "nobody"}
        assert told["admin"].startswith("http://127.0.0.1:")
        assert len(told["adminToken"]) >= 32
        assert f"server: {told['server']}\n" in file.read_text()
        assert "name: lab\n" in file.read_text()
        assert (file.stat().st_mode & 0o777) == 0o600
        assert process.poll() is None


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda n: n.name
)
def test_a_signal_is_an_end_without_a_word_though_somebody_reads(number: signal.Signals) -> None:
    with standalone() as (process, told):
        port = int(told["server"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as reader:
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE)
            reader.settimeout(PATIENCE)
            assert reader.recv(1) == b""
    assert (process.returncode, out, err) == (0, "", "")


def test_nohup_is_heeded() -> None:
    with standalone(before=["nohup"]) as (process, told):
        process.send_signal(signal.SIGHUP)
        assert ignores(process.pid, signal.SIGHUP)
        port = int(told["server"].rpartition(":")[2])
        assert ask(port, told["authority"])["gitVersion"].startswith("v1.")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_the_end_of_its_standard_input_is_its_end() -> None:
    with standalone() as (process, _):
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (0, "", "")


PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children on Linux only")
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_its_parents_end_is_its_end_though_its_standard_input_is_open(stopped: bool) -> None:
    """The other end of its input is ours, so nothing but the kernel can have told it."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *COMMAND, "--scenario=calm"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert lives(pid)
        if stopped:
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
        await_truth(lambda: not lives(pid), "the simulator ends")


OWNER = """
import sys, time
from app.clock import SystemClock
from app.demo.__main__ import read
from app.demo.options import Options
from app.demo.process import Simulator
with Simulator(Options(scenario="calm"), SystemClock()) as simulator:
    simulator.wait_ready()
    print(simulator.pid, flush=True)
    time.sleep(600)
"""


def test_whoever_starts_it_may_be_killed_at_any_time() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert lives(pid)
        owner.kill()
        await_truth(lambda: not lives(pid), "the simulator ends")


def test_leaving_ends_it() -> None:
    with Simulator(CALM, SystemClock()) as simulator:
        simulator.wait_ready()
        pid = pid_of(simulator)
        assert lives(pid)
    assert not lives(pid)
    assert simulator.pid is None


def test_leaving_before_it_is_ready_ends_it_too() -> None:
    with Simulator(CALM, SystemClock()) as simulator:
        await_truth(lambda: simulator.pid is not None, "it is started")
        pid = pid_of(simulator)
    assert not lives(pid)


def test_one_that_does_not_listen_is_ended_too() -> None:
    with Simulator(CALM, SystemClock()) as simulator:
        simulator.wait_ready()
        pid = pid_of(simulator)
        os.kill(pid, signal.SIGSTOP)
    assert not lives(pid)


def test_killed_it_comes_back_as_the_same_cluster(simulator: Simulator) -> None:
    papers, before = simulator.papers, pid_of(simulator)
    os.kill(before, signal.SIGKILL)
    await_truth(lambda: simulator.pid not in (None, before), "it is started again")

    # The authority of the first life is the one that is trusted.
    authority = papers.certificate.authority
    await_truth(lambda: answers(simulator, authority), "it answers")
    assert simulator.papers is papers


def answers(simulator: Simulator, authority: str) -> bool:
    try:
        ask(simulator.papers.port, authority)
    except ConnectionError:
        return False
    return True


def test_a_certificate_that_runs_out_is_renewed_when_it_comes_back() -> None:
    """It was started almost a year ago; whoever has its kubeconfig notices nothing."""
    now = datetime.now(UTC)
    clock = ManualClock(now - VALID + timedelta(hours=12))
    with Simulator(CALM, clock) as simulator:
        simulator.wait_ready()
        papers, before = simulator.papers, pid_of(simulator)
        assert papers.certificate.runs_out < now + timedelta(days=1)
        assert answers(simulator, papers.certificate.authority)
        clock.advance((now - clock.now()).total_seconds())
        os.kill(before, signal.SIGKILL)
        await_truth(lambda: simulator.pid not in (None, before), "it is started again")
        await_truth(lambda: answers(simulator, papers.certificate.authority), "it answers")
        assert simulator.papers.certificate.runs_out > now + timedelta(days=360)
        assert simulator.papers.tokens == papers.tokens


TOO_LONG = "x" * 4_000_000
"""No system starts a process with such a variable."""


def test_a_process_that_cannot_be_started_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUCH", TOO_LONG)
    failed = pytest.raises(StartFailed, match=r"^Cannot start a process: Argument list too long\.$")
    with Simulator(CALM, SystemClock()) as simulator, failed:
        simulator.wait_ready()
    assert simulator.pid is None


def test_one_that_cannot_be_started_again_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with capture_logs() as logged, Simulator(CALM, SystemClock()) as simulator:
        simulator.wait_ready()
        before = pid_of(simulator)
        monkeypatch.setenv("MUCH", TOO_LONG)
        os.kill(before, signal.SIGKILL)
        why = "Cannot start a process: Argument list too long."
        await_truth(lambda: any(one.get("why") == why for one in logged), "a start fails")
        assert simulator.pid is None
        monkeypatch.delenv("MUCH")
        authority = simulator.papers.certificate.authority
        await_truth(lambda: answers(simulator, authority), "it answers")
    assert [one["event"] for one in logged][-1] == "simulator_back"


@pytest.mark.parametrize(
    ("word", "shown"),
    [("hello", "'hello'"), ("[1]", r"'\[1\]'"), ("\\xff", "'\ufffd'")],
    ids=["words", "list", "bytes"],
)
def test_a_line_that_nobody_expects_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, shown: str
) -> None:
    """Whatever Python is told to load first may print."""
    code = f"import sys; sys.stdout.buffer.write(b'{word}\\n'); sys.stdout.buffer.flush()"
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    failed = pytest.raises(StartFailed, match=f"was to say that it is ready and said {shown}")
    with Simulator(CALM, SystemClock()) as simulator, failed:
        simulator.wait_ready()
    assert simulator.pid is None


def test_nobody_else_gets_its_port_while_it_is_away() -> None:
    with closing(Reserved()) as reserved:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", reserved.number), PATIENCE)
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", reserved.number))


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(StartFailed) as told:
        port = other.getsockname()[1]
        simulator = Simulator(CALM, SystemClock())
        simulator.papers = replace(simulator.papers, port=port)
        with simulator:
            simulator.wait_ready()
    assert str(told.value) == f"Cannot listen on port {port} of 127.0.0.1: Address already in use."


def test_an_end_before_it_is_ready_is_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    """What the process says of it goes to our own standard error."""
    simulator = Simulator(CALM, SystemClock())
    keyless = replace(simulator.papers.certificate, key="")
    simulator.papers = replace(simulator.papers, certificate=keyless)
    failed = pytest.raises(StartFailed, match=r"ended before it was ready \(exit code 1\)\.")
    with simulator, failed:
        simulator.wait_ready()
    assert "SSLError" in capfd.readouterr().err
    assert simulator.pid is None


def test_the_folder_we_are_in_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many projects have a package called app."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    with Simulator(CALM, SystemClock()) as simulator:
        simulator.wait_ready()


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options("large", 7, 0.5, 42, datetime(2026, 1, 31, 9, 5, tzinfo=UTC), "-a"),
        Options("outage", start=datetime(2026, 1, 31, 9, 5, 1, 500, tzinfo=BERLIN)),
    ],
    ids=["default", "all", "zone"],
)
def test_it_is_asked_for_what_we_were_asked_for(options: Options) -> None:
    arguments = command(options)
    given = read(arguments[arguments.index("app.demo") + 1 :])
    assert given.options == options
    assert given.handed


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--scenario=bsy"], "there is no scenario 'bsy'"),
        (["--scenario=calm", "--pods=3"], "only the scenario large"),
        (["--start=2026-01-31T09:05:00"], "the start is a time with its offset"),
        (["--speed=fast"], "invalid float value: 'fast'"),
    ],
)
def test_a_mistake_is_told(flags: list[str], words: str) -> None:
    done = subprocess.run(
        [*COMMAND, *flags],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert words in done.stderr.decode()
