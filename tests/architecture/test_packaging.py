"""The wheel is whole: installed into a clean environment elsewhere, it serves its page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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


@pytest.mark.xdist_group("packaging")
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_wheel_serves_from_a_clean_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    locked = ["--require-hashes", "-r", str(ROOT / "requirements.txt")]
    subprocess.run([*pip, *locked], check=True, timeout=250, cwd=tmp_path)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True, timeout=60, cwd=tmp_path)
    (tmp_path / "kubeconfig").write_text(KUBECONFIG)
    command = [str(home / "bin" / "watchglass"), "serve", "--port", "0"]
    command += ["--kubeconfig", str(tmp_path / "kubeconfig")]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}

    def run(*arguments: str, says: str) -> None:
        done = subprocess.run(
            [str(home / "bin" / "watchglass"), *arguments],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout.startswith(says)
        assert done.stderr == ""

    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        try:
            url = announced_url(server)
            with urllib.request.urlopen(url, timeout=10) as page:
                html = page.read().decode()
            scripts = re.findall(r'<script[^>]+src="([^"]+)"', html)
            assert scripts
            for script in scripts:
                with urllib.request.urlopen(urllib.parse.urljoin(url, script), timeout=10) as got:
                    assert got.status == 200
            run("version", says="watchglass ")
            run("healthcheck", "--url", url, says="ok: ")
        finally:
            server.terminate()
            assert server.wait(timeout=15) == 0


def announced_url(server: subprocess.Popen[str]) -> str:
    """The URL in the first line of output that has one."""
    assert server.stdout is not None
    seen: list[str] = []
    for line in server.stdout:
        seen.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found.group()
    raise AssertionError("no URL was announced:\n" + "".join(seen))
