"""The wheel is whole: installed into a clean environment elsewhere, it serves, and has a demo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import venv
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
# A port of loopback where nothing listens: the API server is unreachable, which is a state to show.
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{name: nowhere, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: nobody, user: {}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody, namespace: agents}}]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (built,) = out.glob("watchglass-*.whl")
    return built


@pytest.mark.xdist_group("packaging")
def test_the_wheel_carries_every_template_and_static_file(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("static", "templates"):
        wanted = {
            f"app/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert wanted
        assert wanted <= packed


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment of its own, with nothing but what it needs at run time."""
    home = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    locked = ["--require-hashes", "-r", str(ROOT / "requirements.txt")]
    subprocess.run([*pip, *locked], check=True, timeout=250, cwd=home)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, timeout=60, cwd=home)
    return home / "bin" / "watchglass"


@contextmanager
def running(command: Path, *arguments: str, folder: Path) -> Iterator[str]:
    """The URL that a command serves; it must end well."""
    with subprocess.Popen(
        [str(command), *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            yield announced_url(server)
        finally:
            server.terminate()
            assert server.wait(timeout=15) == 0


@pytest.mark.xdist_group("packaging")
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_wheel_serves_from_a_clean_environment(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)

    def run(*arguments: str, says: str) -> None:
        done = subprocess.run(
            [str(installed), *arguments],
            cwd=tmp_path,
            env=ENVIRONMENT,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout.startswith(says)
        assert done.stderr == ""

    flags = ("serve", "--port", "0", "--kubeconfig", str(tmp_path / "kubeconfig"))
    with running(installed, *flags, folder=tmp_path) as url:
        with urllib.request.urlopen(url, timeout=10) as page:
            html = page.read().decode()
        scripts = re.findall(r'<script[^>]+src="([^"]+)"', html)
        assert scripts
        for script in scripts:
            with urllib.request.urlopen(urllib.parse.urljoin(url, script), timeout=10) as got:
                assert got.status == 200
        run("version", says="watchglass ")
        run("healthcheck", "--url", url, says="ok: ")


@pytest.mark.xdist_group("packaging")
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_wheel_has_a_cluster_to_show(installed: Path, tmp_path: Path) -> None:
    """In a folder with a package of the same name, as many projects have one."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')")
    with running(installed, "demo", "--port=0", "--scenario=calm", folder=tmp_path) as url:
        deadline = time.monotonic() + 60
        pods: list[dict[str, object]] = []
        while not pods:
            assert time.monotonic() < deadline, "no pod in a minute"
            with urllib.request.urlopen(f"{url}api/pods", timeout=10) as answer:
                pods = json.loads(answer.read())["data"]
        assert {pod["namespace"] for pod in pods} == {"agents"}


def announced_url(server: subprocess.Popen[str]) -> str:
    """The URL in the first line of output that has one."""
    assert server.stdout is not None
    seen: list[str] = []
    for line in server.stdout:
        seen.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found.group()
    raise AssertionError("no URL was announced:\n" + "".join(seen))
