"""`watchglass demo` as a process: what it says, what it refuses, and that nothing of it remains."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from app.cli import main
from tests.cli.commands import PATIENCE, ROOT, Demo, Running, children, environment, watchglass
from tests.demo.process.living import await_truth, ignores, lives

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON = 30.0
"""Seconds in which a machine of any speed does what a person sees at once."""


def fetch(demo: Demo, path: str) -> Any:
    with urllib.request.urlopen(demo.url + path, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def states(demo: Demo) -> set[str]:
    """Of the sources, by /readyz."""
    try:
        with urllib.request.urlopen(demo.url + "readyz?verbose", timeout=PATIENCE) as answer:
            report = answer.read().decode()
    except urllib.error.HTTPError as error:
        report = error.read().decode()
    return {line.split()[1] for line in report.splitlines() if line.startswith("[")}


def pods(demo: Demo) -> set[str]:
    return {pod["name"] for pod in fetch(demo, "api/pods?pageSize=100")["data"]}


def ended(demo: Demo) -> list[dict[str, object]]:
    return [event for event in demo.events() if event["event"] == "simulator_ended"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One that tests leave as they found it."""
    with Demo(tmp_path_factory.mktemp("demo"), "--scenario=calm", "--no-key") as running:
        await_truth(lambda: states(running) == {"live"}, "the page is live")
        yield running


def test_it_says_where_it_is_and_what_to_try(demo: Demo) -> None:
    assert demo.announced == f"Watchglass shows prod-eu at {demo.url}\n"
    said = [line for line in demo.hints if line.startswith("kubectl ")]
    assert len(said) == 3
    assert (demo.kubeconfig.stat().st_mode & 0o777) == 0o600
    assert pods(demo)


def test_the_pages_are_served_with_the_least_rights(demo: Demo) -> None:
    (line,) = (event for event in demo.events() if event["event"] == "cluster_configuration")
    assert line["origin"] == f"--kubeconfig {demo.kubeconfig}"
    assert line["context"] == "viewer"
    assert line["namespaces"] == ["agents"]
    tokens = [
        user["user"]["token"] for user in yaml.safe_load(demo.kubeconfig.read_text())["users"]
    ]
    assert not any(token in demo.logged for token in tokens)


def test_a_second_one_beside_it_is_another_cluster(demo: Demo, tmp_path: Path) -> None:
    with Demo(tmp_path, "--scenario=calm", "--cluster-name=other") as second:
        await_truth(lambda: states(second) == {"live"}, "the second page is live")
        assert second.announced.startswith("Watchglass shows other at ")
        assert second.port != demo.port
        assert second.kubeconfig != demo.kubeconfig
    assert states(demo) == {"live"}


def test_the_simulator_killed_is_an_api_server_gone_that_comes_back(demo: Demo) -> None:
    before = demo.simulator
    os.kill(before, signal.SIGKILL)
    await_truth(lambda: "live" not in states(demo), "the page says that the API server is gone")
    assert pods(demo), "what was known stays on the page"
    await_truth(lambda: states(demo) == {"live"}, "the page is live again")
    assert demo.simulator != before
    (told,) = ended(demo)
    assert told["why"] == "the process has ended: SIGKILL"
    assert pods(demo)


@contextmanager
def follow(port: int) -> Iterator[None]:
    """A reader of the stream who has been greeted, and stays for the time of the block."""
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as reader,
        reader.makefile("rb") as stream,
    ):
        reader.sendall(b"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"event: hello\n" in iter(stream.readline, b"")
        yield


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name
)
def test_a_signal_ends_everything_quietly(tmp_path: Path, number: signal.Signals) -> None:
    with Demo(tmp_path, "--scenario=calm") as running, follow(running.port):
        simulator, folder = running.simulator, running.kubeconfig.parent
        begun = time.monotonic()
        assert running.end(number) == 0
        assert time.monotonic() - begun < SOON
        assert not lives(simulator)
        assert not folder.exists()
        assert "Traceback" not in running.logged
        assert {event["level"] for event in running.events()} <= {"info"}


ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def test_a_terminal_that_is_closed_ends_everything(tmp_path: Path) -> None:
    """The kernel sends SIGHUP, and whatever is written from then on fails."""
    demo = [sys.executable, "-m", "app", "demo", "--scenario=calm", "--port=0"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *demo],
        cwd=ROOT,
        env=environment(TMPDIR=str(tmp_path)),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as running:
        os.close(theirs)
        said = b""
        while b"Ctrl-C ends both." not in said:
            said += os.read(ours, 4_096)
        (simulator,) = children(running.pid)
        assert list(tmp_path.iterdir()), "the kubeconfig is there"
        os.close(ours)
        assert running.wait(PATIENCE) == 0
    assert not lives(simulator)
    assert list(tmp_path.iterdir()) == []


def test_nohup_is_heeded(tmp_path: Path) -> None:
    command = ["nohup", sys.executable, "-m", "app", "demo", "--scenario=calm"]
    with Running(tmp_path, command, variables={"TMPDIR": str(tmp_path)}) as running:
        (simulator,) = children(running.process.pid)
        running.process.send_signal(signal.SIGHUP)
        assert ignores(running.process.pid, signal.SIGHUP)
        assert lives(simulator)
        assert running.end(signal.SIGTERM) == 0
    assert not lives(simulator)


def test_make_demo_passes_flags_on_and_ends_quietly_with_ctrl_c(tmp_path: Path) -> None:
    """The terminal signals every process in the foreground: make, and the command below it."""
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    # As if what the demo needs were installed there.
    (tmp_path / ".runtime").touch()
    command = ["make", "demo", f"VENV={tmp_path}", "ARGS=--scenario calm --port 0"]
    with (tmp_path / "stderr").open("w+", encoding="utf-8") as errors:
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            encoding="utf-8",
        ) as running:
            assert running.stdout is not None
            assert running.stdout.readline().startswith("Watchglass shows prod-eu at http://")
            while not running.stdout.readline().startswith("Ctrl-C"):
                assert running.poll() is None
            (server,) = children(running.pid)
            (simulator,) = children(server)
            os.killpg(running.pid, signal.SIGINT)
            # make ends as whoever was interrupted does.
            assert running.wait(PATIENCE) in (-signal.SIGINT, 128 + signal.SIGINT)
        assert not lives(server)
        assert not lives(simulator)
        errors.seek(0)
        said = [json.loads(line) for line in errors if line.startswith("{")]
        errors.seek(0)
        assert "Traceback" not in errors.read()
    assert [event["event"] for event in said] == [
        "simulator_starting",
        "cluster_configuration",
        "draining",
    ]


def test_a_signal_before_anything_is_there_is_an_end_too(tmp_path: Path) -> None:
    """The simulator is stopped while it starts, so the command is certainly waiting for it."""
    command = [sys.executable, "-m", "app", "demo", "--port=0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:

        def is_there() -> bool:
            # Until it is that program it is a copy of ours, and we wait for it.
            started = children(running.pid)
            return any(b"app.demo" in Path(f"/proc/{n}/cmdline").read_bytes() for n in started)

        await_truth(is_there, "the simulator is started")
        (simulator,) = children(running.pid)
        os.kill(simulator, signal.SIGSTOP)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (0, b"")
    # Whether it has come to say so is a race.
    assert {json.loads(line)["event"] for line in err.splitlines()} <= {"simulator_starting"}
    assert not lives(simulator)


def test_killed_it_takes_the_simulator_along(tmp_path: Path) -> None:
    with Demo(tmp_path, "--scenario=calm") as running:
        simulator = running.simulator
        running.process.kill()
        running.process.wait(PATIENCE)
        await_truth(lambda: not lives(simulator), "the simulator ends")


def test_a_port_that_is_in_use_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        file = tmp_path / "kubeconfig"
        result = watchglass("demo", f"--port={port}", f"--kubeconfig-out={file}", code=2)
    assert result.stderr == (
        f"watchglass: Port {port} on 127.0.0.1 is in use; --port 0 takes a free one.\n"
    )
    assert result.stdout == ""
    assert not file.exists()


def test_the_kubeconfig_goes_where_it_is_wanted_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "its own place" / "kubeconfig"
    file.parent.mkdir()
    flags = ("--scenario=calm", f"--kubeconfig-out={file}")
    with Demo(tmp_path / "one", *flags) as running:
        assert running.kubeconfig == file
        older = server_of(file)
        result = watchglass("demo", "--port=0", flags[1], code=2)
        assert result.stderr == (
            f"watchglass: {file} is the kubeconfig of a demo that is running; name another file.\n"
        )
        running.process.kill()
        running.process.wait(PATIENCE)
    with Demo(tmp_path / "two", *flags) as running:
        assert server_of(file) != older
    assert file.exists()


def test_a_kubeconfig_of_somebody_else_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("clusters: [{name: real, cluster: {server: 'https://example.org'}}]\n")
    before = file.read_bytes()
    result = watchglass("demo", "--port=0", f"--kubeconfig-out={file}", code=2)
    assert result.stderr == (
        f"watchglass: {file} was not made by a demo, so it stays as it is; name another file.\n"
    )
    assert file.read_bytes() == before


def test_settings_that_name_another_cluster_have_no_say(tmp_path: Path) -> None:
    config = tmp_path / "w.toml"
    config.write_text('kubeconfig = "/nonexistent"\ncontext = "real"\nnamespaces = ["a"]\n')
    variables = {"WATCHGLASS_CONFIG": str(config), "KUBECONFIG": "/nonexistent/too"}
    with Demo(tmp_path, "--scenario=calm", variables=variables) as running:
        await_truth(lambda: states(running) == {"live"}, "the page is live")


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--scenario", "bsy"], "there is no scenario 'bsy': calm, busy, outage, late-cron, large"),
        (["--pods", "5"], "only the scenario large takes a number of pods"),
        (["--scenario=large", "--pods=0"], "--pods: must be a whole number from 1 to 10000, not"),
        (["--scenario=large", "--pods=10001"], "--pods: must be a whole number from 1 to 10000"),
        (["--scenario=large", "--pods=many"], "--pods: must be a whole number from 1 to 10000"),
        (["--speed", "0"], "the speed is from 0.01 to 1000, not 0"),
        (["--speed", "nan"], "the speed is from 0.01 to 1000, not nan"),
        (["--speed", "1e9"], "the speed is from 0.01 to 1000, not 1e+09"),
        (["--speed", "fast"], "--speed: must be a number, not 'fast'"),
        (["--seed", "1.5"], "--seed: must be a whole number from 0 to 1000000000, not '1.5'"),
        (["--seed=-1"], "--seed: must be a whole number from 0 to 1000000000, not '-1'"),
        (["--port", "70000"], "--port: must be at most 65535"),
        (["--cluster-name", "two words"], "the cluster's name is one printable word"),
        (["--kubeconfig", "x"], "unknown flag --kubeconfig (did you mean --kubeconfig-out?)"),
        (["--host", "0.0.0.0"], "--host: must be a loopback address"),
        (["now"], "unexpected argument 'now'"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], flags: list[str], line: str
) -> None:
    assert main(["demo", *flags]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"watchglass: {line}")
    assert told.err.count("\n") == 1


def test_the_help_says_that_there_is_no_key_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "--no-key" in told
    assert "there is no local key before sign-in exists" in told
    assert "calm, busy, outage, late-cron, large. Default: busy." in told
    assert "Default: 8420." in told


def server_of(kubeconfig: Path) -> int:
    """The port of the API server."""
    (cluster,) = yaml.safe_load(kubeconfig.read_text())["clusters"]
    return int(cluster["cluster"]["server"].rpartition(":")[2])
