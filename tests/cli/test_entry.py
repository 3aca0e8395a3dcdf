"""The command itself: which command, which help, how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

import app
from app.cli import main
from app.cli.entry import COMMANDS
from app.settings import Settings
from app.settings.description import describe
from tests.cli.commands import PATIENCE, ROOT, environment, watchglass

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [name for name, _ in COMMANDS]


def test_the_version_is_one_line() -> None:
    result = watchglass("version")
    assert result.stdout.startswith(f"watchglass {app.__version__} (Python 3.")
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


@pytest.mark.parametrize(
    "arguments", [["version"], ["--help"], ["serve", "--help"], ["demo", "--help"]]
)
def test_what_needs_no_cluster_loads_no_cluster(arguments: list[str]) -> None:
    """kubernetes_asyncio takes longer to import than a person waits for a version."""
    program = (
        "import sys; from app.cli import main; code = main(sys.argv[1:]); "
        "heavy = {'kubernetes_asyncio', 'starlette', 'uvicorn', 'aiohttp', 'cryptography'} "
        "& set(sys.modules); "
        "sys.exit(f'loaded {heavy}' if heavy else code)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr


def test_the_version_loads_no_settings_either() -> None:
    program = (
        "import sys; from app.cli import main; main(['version']); "
        "sys.exit('pydantic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=PATIENCE)


@pytest.mark.parametrize("arguments", [["--version"], ["-V"]])
def test_the_version_has_other_names(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("watchglass ")


def test_the_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["help"], ["-h"]):
        assert main(arguments) == 0
        told = capsys.readouterr().out
        assert all(f"\n  {name} " in told for name in NAMES)


def test_nothing_at_all_is_a_mistake_that_explains(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "usage: watchglass COMMAND" in told.err


@pytest.mark.parametrize("name", NAMES)
def test_each_command_explains_itself(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main([name, "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"usage: watchglass {name} [flags]")
    assert "-h, --help" in told
    assert max(map(len, told.splitlines())) <= 100
    assert main(["help", name]) == 0
    assert capsys.readouterr().out == told


def test_the_help_of_serve_has_every_setting_in_its_own_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serve", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for section in Settings.SECTIONS:
        for setting in describe(Settings, section):
            assert ", ".join(setting.flags) in told
            assert setting.text.replace("`", "") in told


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["serv"], "unknown command serv (did you mean serve?)"),
        (["docter"], "unknown command docter (did you mean doctor?)"),
        (["xyzzy"], "unknown command xyzzy;"),
        (["--port", "1"], "unknown flag --port;"),
        (["serve", "--prot", "80"], "unknown flag --prot (did you mean --port?)"),
        (["serve", "--prot=80"], "unknown flag --prot (did you mean --port?)"),
        (["tail", "--topic", "pods"], "unknown flag --topic (did you mean --topics?)"),
        (["doctor", "--kube-config", "x"], "unknown flag --kube-config (did you mean --kubecon"),
        (["serve", "-x"], "unknown flag -x"),
        (["version", "now"], "unexpected argument 'now'"),
        (["serve", "--port"], "--port: expected one argument"),
        (["tail", "--max-events", "0"], "--max-events: must be a whole number from 1 to 10"),
        (["doctor", "--seconds", "soon"], "--seconds: must be a whole number from 1 to 50, not"),
        (["healthcheck", "--timeout", "1.5"], "--timeout: must be a whole number from 1 to 60"),
        (["doctor", "--stream-only"], "--stream-only needs --url"),
        (["tail", "127.0.0.1:8420"], "'127.0.0.1:8420' is no URL such as http://127.0.0.1:8420/"),
        (["tail", "ftp://a/"], "'ftp://a/' is no URL"),
        (["tail", "http://"], "'http://' is no URL"),
        (["tail", "http://[::1/"], "'http://[::1/' is no URL: "),
        (["tail", "http://a:port/"], "'http://a:port/' is no URL: "),
        (["tail", "http://a/?topics=pods"], "'http://a/?topics=pods' has a query"),
        (["tail", "--port", "0"], "port 0 is any free port: name the server by its URL"),
        (["healthcheck", "--base-path", "x"], "--base-path: must be a path such as"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], line: str
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"watchglass: {line}")
    assert told.err.count("\n") == 1


def test_a_mistake_cannot_steer_the_terminal_it_is_told_on(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "w.toml"
    file.write_text('"a\\nb\\u001b[2J" = 1\n')
    assert main(["serve", "--config", str(file)]) == 2
    told = capsys.readouterr().err
    assert told == f"watchglass: a\\x0ab\\x1b[2J in {file} is not a setting\n"


def test_a_name_that_is_shortened_is_not_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    """`--all` would be one flag today and another one tomorrow."""
    assert main(["serve", "--all"]) == 2
    assert "unknown flag --all" in capsys.readouterr().err


def test_several_unknown_flags_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--hots", "a", "--prot", "b"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "watchglass: unknown flag --hots (did you mean --host?)",
        "watchglass: unknown flag --prot (did you mean --port?)",
    ]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    """`watchglass serve --help | head -1`, with a reader that is gone before the first byte."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        result = subprocess.run(
            [sys.executable, "-m", "app", "serve", "--help"],
            cwd=ROOT,
            env=environment(),
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
        )
    finally:
        os.close(writing)
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_terminal_without_utf_8_gets_escapes() -> None:
    result = watchglass(
        "serve",
        "--print-config",
        variables={
            "PYTHONIOENCODING": "ascii",
            "WATCHGLASS_CLUSTER_NAME": "größer",
        },
    )
    assert 'cluster_name = "gr\\xf6\\xdfer"' in result.stdout


def test_an_installed_command_is_this_one() -> None:
    for entry in entry_points(group="console_scripts", name="watchglass"):
        assert entry.load() is main
