"""The demo's kubeconfig: an ordinary file, its owner's alone, and nobody else's is lost by it."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.clock import SystemClock
from app.cluster.configuration import load
from app.demo.kubeconfig import document, written
from app.demo.papers import make_papers
from app.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
SERVER = "https://127.0.0.1:40443"
ADMIN = "http://127.0.0.1:40444"
PAPERS = make_papers(datetime.now(UTC))


def content() -> dict[str, Any]:
    return document(PAPERS, SERVER, cluster="prod-eu", namespace="agents", admin=ADMIN)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize(
    ("context", "user"), [(None, "demo"), ("demo", "demo"), ("viewer", "viewer")]
)
async def test_the_ordinary_code_reads_it(tmp_path: Path, context: str | None, user: str) -> None:
    file = tmp_path / "kubeconfig"
    with written(file, content()):
        found = load(SystemClock(), kubeconfig=file, context=context)
    assert (found.server, found.context, found.namespace) == (SERVER, user, "agents")
    assert found.tls.authority == PAPERS.certificate.authority.encode()
    assert found.tls.verify
    assert await found.credential.authorization() == f"Bearer {PAPERS.tokens[user]}"


def test_it_is_its_owners_alone_and_stays_when_the_demo_ends(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    with written(file, content()):
        assert mode(file) == 0o600
    assert yaml.safe_load(file.read_text())["current-context"] == "demo"


def test_it_says_where_the_fault_switches_are(tmp_path: Path) -> None:
    (entry,) = content()["clusters"]
    (ours,) = entry["cluster"]["extensions"]
    assert ours["extension"] == {"admin": ADMIN, "token": PAPERS.admin_token}
    bare = document(PAPERS, SERVER, cluster="a", namespace="b")
    assert PAPERS.admin_token not in str(bare)
    with written(tmp_path / "kubeconfig", bare), pytest.raises(ConfigurationError, match="running"):
        with written(tmp_path / "kubeconfig", bare):
            pass


def test_one_of_an_earlier_demo_is_replaced_and_closed_to_others(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    with written(file, content()):
        pass
    file.chmod(0o644)
    older = file.read_text()
    newer = document(make_papers(datetime.now(UTC)), SERVER, cluster="b", namespace="agents")
    with written(file, newer):
        assert mode(file) == 0o600
        assert file.read_text() != older
        assert yaml.safe_load(file.read_text()) == newer


def test_one_that_a_tool_has_written_again_is_still_known(tmp_path: Path) -> None:
    """As `kubectl config set-context --current --namespace=other`: other order, no comments."""
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(content() | {"preferences": {}, "current-context": "viewer"}))
    with written(file, content()):
        assert "current-context: demo" in file.read_text()


def test_an_empty_file_is_nobodys(tmp_path: Path) -> None:
    """mktemp makes such files."""
    file = tmp_path / "kubeconfig"
    file.write_text("\n")
    with written(file, content()):
        assert yaml.safe_load(file.read_text()) == content()


def merged() -> str:
    other = {"name": "real", "cluster": {"server": "https://example.org"}}
    told = content()
    told["clusters"].append(other)
    return yaml.safe_dump(told)


@pytest.mark.parametrize(
    "text",
    [
        "my notes",
        "clusters: []",
        "clusters: {a: b}",
        "- a list",
        "a: [unclosed",
        "when: 2001-99-99",
        '!!int "abc"',
        "\0\1\2",
        "\udcff",
        "[" * 5000,
        "clusters: [{name: real, cluster: {server: 'https://example.org'}}]",
        "clusters: [{name: real, cluster: {server: 'https://a', extensions: [{name: other}]}}]",
        merged(),
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_a_file_of_somebody_else_stays_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_bytes(text.encode(errors="surrogateescape"))
    file.chmod(0o640)
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="was not made by a demo") as told:
        with written(file, content()):
            pass
    assert str(file) in str(told.value)
    assert (file.read_bytes(), mode(file)) == (before, 0o640)


def test_one_of_a_running_demo_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    with written(file, content()):
        before = file.read_bytes()
        with pytest.raises(ConfigurationError, match="of a demo that is running"):
            with written(file, document(PAPERS, SERVER, cluster="b", namespace="agents")):
                pass
        assert file.read_bytes() == before
    with written(file, content()):
        pass


def test_a_demo_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from app.demo.kubeconfig import written\n"
        "from tests.demo.process.test_kubeconfig import content\n"
        "with written(Path(sys.argv[1]), content()):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", program, str(file)]
    assert subprocess.run(command, cwd=ROOT, timeout=60).returncode == -9
    assert file.stat().st_size > 0
    with written(file, content()):
        pass


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing/kubeconfig", "No such file or directory"),
        (".", "Is a directory"),
        ("link", "Too many levels of symbolic links"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(ConfigurationError, match=f"Cannot write the kubeconfig .*: {words}"):
        with written(tmp_path / name, content()):
            pass


def test_a_device_is_no_file() -> None:
    with pytest.raises(ConfigurationError, match="/dev/null is no file"):
        with written(Path("/dev/null"), content()):
            pass
