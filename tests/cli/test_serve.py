"""`watchglass serve` as a process: what it says, what it refuses, how it leaves."""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from app.cli import main
from app.settings import Settings, load
from tests.cli.commands import (
    NOWHERE,
    PATIENCE,
    ROOT,
    Running,
    Serving,
    environment,
    watchglass,
    write_kubeconfig,
)
from tests.cli.scripted_cluster import ScriptedCluster

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = "cluster_configuration"
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return bytes(answer.read())


def configuration_line(serving: Serving) -> dict[str, object]:
    (line,) = (event for event in serving.events() if event["event"] == CONFIGURATION)
    return line


def test_the_first_line_announces_where_and_one_log_line_says_which_cluster(
    tmp_path: Path,
) -> None:
    file = write_kubeconfig(tmp_path / "kube.yaml")
    with Serving(
        tmp_path, "--base-path", "/glass", "-n", "a", "-n", "b,c", "--no-key", kubeconfig=file
    ) as serving:
        assert re.fullmatch(
            r"Watchglass shows lab at http://127\.0\.0\.1:\d+/glass/\n", serving.announced
        )
        assert b"<html" in fetch(serving.url)
        told = json.loads(fetch(serving.url + "version"))["data"]
        assert told["cluster"] == "lab"
        line = configuration_line(serving)
        assert line["origin"] == f"--kubeconfig {file}"
        assert (line["context"], line["server"]) == ("lab", NOWHERE)
        assert line["namespaces"] == ["a", "b", "c"]
        assert "t0ken-of-a-test" not in serving.logged
        assert serving.end(signal.SIGTERM) == 0
        assert "Traceback" not in serving.logged


def test_all_namespaces_and_a_name_for_the_cluster(tmp_path: Path) -> None:
    config = tmp_path / "w.toml"
    config.write_text('namespaces = ["other"]\ncluster_name = "from file"\n')
    flags = ("-A", "--cluster-name", "the \x1b[31mred one", "--config", str(config))
    with Serving(tmp_path, *flags) as serving:
        assert serving.announced.startswith("Watchglass shows the \\x1b[31mred one at http://")
        assert configuration_line(serving)["namespaces"] == "all"
        assert serving.end(signal.SIGINT) == 0
        assert "Traceback" not in serving.logged


def test_the_limit_of_open_files_is_raised_for_the_readers(tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with Serving(tmp_path, "--streams-max=300", open_files="-Sn 200") as serving:
        assert resource.prlimit(serving.process.pid, resource.RLIMIT_NOFILE) == (428, hard)
        assert "streams_limited" not in serving.logged


def test_where_files_are_few_readers_find_no_room_instead_of_a_reset(tmp_path: Path) -> None:
    with Serving(tmp_path, open_files="-n 200") as serving, ExitStack() as readers:
        (line,) = (event for event in serving.events() if event["event"] == "streams_limited")
        assert (line["streams_max"], line["wanted"]) == (72, 2000)
        seconds: list[bytes] = []
        for _ in range(80):
            reader = socket.create_connection(("127.0.0.1", serving.port), PATIENCE)
            readers.enter_context(reader)
            reader.sendall(b"GET /api/stream?topics=sources HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            stream = readers.enter_context(reader.makefile("rb"))
            events = (line for line in iter(stream.readline, b"") if line.startswith(b"event: "))
            assert next(events) == b"event: hello\n"
            seconds.append(next(events))
        assert seconds == [b"event: snapshot\n"] * 72 + [b"event: goodbye\n"] * 8


@pytest.mark.parametrize("number", ENDS, ids=lambda n: n.name)
def test_a_signal_with_a_reader_attached_is_an_end_without_traceback(
    tmp_path: Path, number: signal.Signals
) -> None:
    with Serving(tmp_path) as serving:
        with socket.create_connection(("127.0.0.1", serving.port), PATIENCE) as reader:
            reader.sendall(b"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            with reader.makefile("rb") as stream:
                assert b"event: hello\n" in iter(stream.readline, b"")
                assert serving.end(number) == 0
                assert b"event: goodbye\n" in iter(stream.readline, b"")
        assert "Traceback" not in serving.logged
        assert all(event["level"] != "error" for event in serving.events())


def test_it_leaves_without_a_last_look_for_rubbish(tmp_path: Path) -> None:
    """That would take most of a second: Ctrl-C is for people, who wait for it."""
    program = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print('frozen', gc.get_freeze_count() > 0, file=sys.stderr))\n"
        "from app.cli import main\n"
        "sys.exit(main())\n"
    )
    file = write_kubeconfig(tmp_path / "kubeconfig")
    command = [sys.executable, "-c", program, "serve", "--kubeconfig", str(file)]
    with Running(tmp_path, command) as running:
        assert running.end(signal.SIGINT) == 0
        assert running.logged.splitlines()[-1] == "frozen True"


@pytest.mark.parametrize("number", ENDS, ids=lambda n: n.name)
def test_a_signal_before_the_server_is_there_is_an_end_too(
    tmp_path: Path, number: signal.Signals
) -> None:
    """A container that is stopped while it starts: as process 1 it has no default action.

    The kubeconfig is a pipe, so the process is certainly there, and certainly not serving.
    """
    file = tmp_path / "kubeconfig"
    os.mkfifo(file)
    command = [sys.executable, "-m", "app", "serve", "--port=0", "--kubeconfig", str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        pipe = opened_by_the_reader(file, server)
        server.send_signal(number)
        out, err = server.communicate(timeout=PATIENCE)
        os.close(pipe)
    assert (server.returncode, out, err) == (0, b"", b"")


def opened_by_the_reader(pipe: Path, reader: subprocess.Popen[bytes]) -> int:
    """The writing end, which exists from the moment when the process reads the other one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert reader.poll() is None, reader.stderr and reader.stderr.read()
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.01)
    raise AssertionError("the process does not read its kubeconfig")


async def test_a_fault_of_ours_ends_the_server_with_1(tmp_path: Path) -> None:
    """A kind whose objects break us: half a house would lie, so the process ends."""
    program = (
        "import sys\n"
        "from app.cli.serve import run\n"
        "from tests.cli.broken_kind import BROKEN\n"
        "sys.exit(run(sys.argv[1:], watched=(BROKEN,)))\n"
    )
    async with ScriptedCluster().running() as cluster:
        file = write_kubeconfig(tmp_path / "kubeconfig", cluster.url)
        result = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", program, "--port=0", "--kubeconfig", str(file)],
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
    assert result.returncode == 1, result.stderr
    events = [json.loads(line) for line in result.stderr.splitlines()]
    (fault,) = (event for event in events if event["event"] == "room_ended")
    assert "ZeroDivisionError" in str(fault["exception"])


def test_a_port_that_is_in_use_is_one_line(tmp_path: Path) -> None:
    file = write_kubeconfig(tmp_path / "kubeconfig")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = watchglass("serve", "--kubeconfig", str(file), f"--port={port}", code=2)
    last = result.stderr.splitlines()[-1]
    assert last == (f"watchglass: Port {port} on 127.0.0.1 is in use; --port 0 takes a free one.")
    assert result.stdout == ""


def test_an_address_that_others_reach_is_one_sentence() -> None:
    result = watchglass("serve", "--host", "0.0.0.0", code=2)
    assert result.stderr == (
        "watchglass: --host: must be a loopback address (without a sign-in Watchglass listens "
        "for this machine only), not '0.0.0.0'\n"
    )


def test_each_mistake_in_the_settings_is_one_line() -> None:
    result = watchglass("serve", "--port", "x", code=2, variables={"WATCHGLASS_LOG_LEVL": "info"})
    assert sorted(result.stderr.splitlines()) == [
        "watchglass: --port: must be a whole number, not 'x'",
        "watchglass: WATCHGLASS_LOG_LEVL is not a setting (did you mean WATCHGLASS_LOG_LEVEL?)",
    ]


def test_no_cluster_at_all_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    result = watchglass("serve", "--port=0", "--kubeconfig", str(missing), code=2)
    assert result.stderr.startswith("watchglass: There is no kubeconfig")
    assert str(missing) in result.stderr
    assert result.stderr.count("\n") == 1


def test_nobody_reading_its_output_is_no_reason_not_to_serve(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    file = write_kubeconfig(tmp_path / "kubeconfig")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app", "serve", f"--port={port}", "--kubeconfig", str(file)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=writing, stderr=subprocess.PIPE
    ) as server:
        os.close(writing)
        assert server.stderr is not None
        for line in server.stderr:
            # The first news of a source comes from a server that is up.
            if b"cluster_error" in line:
                break
        assert fetch(f"http://127.0.0.1:{port}/livez") == b"ok\n"
        server.terminate()
        assert server.wait(PATIENCE) == 0


# ---- --print-config: in this process, as it starts nothing


def printed(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    assert main(["serve", "--print-config", *flags]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return told.out


def test_every_setting_is_printed_with_its_value_and_origin(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "w.toml"
    config.write_text("tick_ms = 20\n")
    monkeypatch.setenv("WATCHGLASS_PORT", "9000")
    told = printed(capsys, "--config", str(config), "-n", "a", "--watch-list", "--no-key=false")
    lines = [re.split(r"  +# ", line) for line in told.splitlines()]
    shown = {line.split(" = ")[0]: (line, origin) for line, origin in lines}
    assert shown["port"] == ("port = 9000", "WATCHGLASS_PORT")
    assert shown["tick_ms"] == ("tick_ms = 20", f"tick_ms in {config}")
    assert shown["namespaces"] == ('namespaces = ["a"]', "--namespace")
    assert shown["watch_list"] == ("watch_list = true", "--watch-list")
    assert shown["no_key"] == ("no_key = false", "--no-key")
    assert shown["host"] == ('host = "127.0.0.1"', "default")
    assert shown["# kubeconfig is not set"][1] == "default"
    assert len(lines) == len(Settings.model_fields)


def test_what_is_printed_is_a_file_that_gives_the_same_settings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    flags = {
        "base_path": "/a",
        "trusted_proxies": "10.0.0.0/8",
        "cluster_name": 'quo"ted \u202e',
        "connect_seconds": "1.5",
    }
    told = printed(capsys, *(f"--{k.replace('_', '-')}={v}" for k, v in flags.items()))
    (tmp_path / "w.toml").write_text(told, encoding="utf-8")
    assert tomllib.loads(told)["cluster_name"] == flags["cluster_name"]
    assert all(line.isprintable() for line in told.splitlines())
    again = load(Settings, {"config": str(tmp_path / "w.toml")}, {}).settings
    assert again == load(Settings, flags, {}).settings


def test_printing_tells_mistakes_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--print-config", "--port", "-5"]) == 2
    assert capsys.readouterr().out == ""
