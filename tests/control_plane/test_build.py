"""The build says in one line what it lacks, and never leaves half a binary."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.control_plane import build

CHECKOUT = Path(__file__).parents[2]
GO_MOD = """
module example.test/plane

go 1.26.0

require (
	go.etcd.io/etcd/server/v3 v3.6.8
	k8s.io/kubernetes v1.36.3
)

require go.etcd.io/etcd/client/v3 v3.9.9 // indirect

replace k8s.io/api => k8s.io/api v0.36.3
"""
# Stands in for the toolchain: tells its version, and writes what it was asked to build.
GO = """#!/bin/sh
if [ "$1" = version ]; then echo "go version go{version} linux/amd64"; exit 0; fi
while [ "$1" != -o ]; do shift; done
echo "built $3" > "$2"
chmod +x "$2"
exit {code}
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the machine's own settings are out of the way."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return build.cache_directory()


def install_go(directory: Path, version: str = "1.26.8", code: int = 0) -> dict[str, str]:
    """Put a stand-in for Go on a path of its own; returns the environment to use."""
    directory.mkdir()
    go = directory / "go"
    go.write_text(GO.format(version=version, code=code))
    go.chmod(0o755)
    return os.environ | {"PATH": f"{directory}:/usr/bin:/bin"}


def run_build(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", RUN, str(CHECKOUT)],
        env=environ,
        capture_output=True,
        text=True,
    )


# Isolated (-I) and without site-packages (-S): only the standard library and the checkout.
RUN = """
import runpy, sys
sys.path.append(sys.argv[1])
sys.argv[1:] = ["build"]
runpy.run_module("tests.control_plane", run_name="__main__")
"""


def test_versions_are_those_that_go_mod_requires() -> None:
    assert build.versions(GO_MOD) == {"kubernetes": "1.36.3", "etcd": "3.6.8"}
    assert build.versions(
        "require k8s.io/kubernetes v1.1.0\nrequire go.etcd.io/etcd/server/v3 v3.1.0"
    ) == {
        "kubernetes": "1.1.0",
        "etcd": "3.1.0",
    }


def test_a_go_mod_without_a_version_is_refused() -> None:
    with pytest.raises(build.Missing, match="no version of etcd"):
        build.versions(GO_MOD.replace("go.etcd.io/etcd/server/v3", "example.test/other"))


def test_the_cache_is_named_after_the_versions(cache: Path) -> None:
    pinned = build.versions((CHECKOUT / "tests/control_plane/go.mod").read_text())
    assert cache.name == f"{pinned['kubernetes']}-etcd{pinned['etcd']}"
    assert cache.parts[-3:-1] == ("watchglass", "control-plane")


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26)),
        ("go version go1.9 darwin/arm64", (1, 9)),
        ("go version devel", (0, 0)),
    ],
)
def test_the_toolchain_tells_its_version(told: str, version: tuple[int, int]) -> None:
    assert build.go_version(told) == version


def test_what_is_not_built_is_missing_with_advice(cache: Path) -> None:
    with pytest.raises(build.Missing, match="make control-plane") as missing:
        build.locate()
    assert "\n" not in str(missing.value)


def test_assets_win_where_they_are_set(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    for name in build.BINARIES:
        with pytest.raises(build.Missing, match=f"has no .*{name}"):
            build.locate()
        (assets / name).write_text("")
        (assets / name).chmod(0o755)
    assert build.locate() == assets
    assert build.build() == assets


def test_the_build_needs_nothing_but_python_and_go(cache: Path, tmp_path: Path) -> None:
    environ = install_go(tmp_path / "bin")
    done = run_build(environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(cache)
    assert {path.name for path in cache.iterdir()} == set(build.BINARIES)
    before = (cache / "etcd").stat().st_mtime_ns
    again = run_build(environ | {"PATH": "/nowhere"})
    assert (again.returncode, again.stdout) == (0, f"{cache}\n")
    assert (cache / "etcd").stat().st_mtime_ns == before


def test_a_failed_build_leaves_nothing(cache: Path, tmp_path: Path) -> None:
    done = run_build(install_go(tmp_path / "bin", code=1))
    assert done.returncode == 1
    assert "go build failed" in done.stderr
    assert list(cache.iterdir()) == []


def test_an_old_toolchain_is_named_in_one_line(cache: Path, tmp_path: Path) -> None:
    done = run_build(install_go(tmp_path / "bin", version="1.19.8"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Go >= 1.26" in done.stderr
    assert "1.19.8" in done.stderr


def test_no_toolchain_is_one_line(cache: Path) -> None:
    done = run_build(os.environ | {"PATH": "/nowhere"})
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no `go`" in done.stderr
