"""Build the control plane's binaries from `go.mod` into a cache outside the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
GO_NEEDED = (1, 26)
BINARIES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
ADVICE = "build it once with `make control-plane` (needs Go >= 1.26)"


class Missing(Exception):
    """One line: what is missing and how to get it."""


def versions(text: str) -> dict[str, str]:
    """The versions that a go.mod pins: `{"kubernetes": "1.36.3", "etcd": "3.6.8"}`."""
    patterns = {
        "kubernetes": r"^\s*(?:require\s+)?k8s\.io/kubernetes v(\S+)",
        "etcd": r"^\s*(?:require\s+)?go\.etcd\.io/etcd/server/v3 v(\S+)",
    }
    found = {name: re.search(p, text, re.MULTILINE) for name, p in patterns.items()}
    if missing := [name for name, match in found.items() if match is None]:
        raise Missing(f"go.mod pins no version of {', '.join(missing)}")
    return {name: match[1] for name, match in found.items() if match is not None}


def cache_directory() -> Path:
    """Where the binaries of these versions are kept."""
    pinned = versions((HERE / "go.mod").read_text())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = f"{pinned['kubernetes']}-etcd{pinned['etcd']}"
    return base / "watchglass" / "control-plane" / name


def locate() -> Path:
    """The directory that holds every binary; `KUBEBUILDER_ASSETS` wins where it is set.

    Raises:
        Missing: With one line that says what is not there and how to get it.
    """
    chosen = os.environ.get("KUBEBUILDER_ASSETS")
    directory = Path(chosen) if chosen else cache_directory()
    absent = [name for name in BINARIES if not os.access(directory / name, os.X_OK)]
    if not absent:
        return directory
    if chosen:
        raise Missing(
            f"KUBEBUILDER_ASSETS={chosen} has no {', '.join(absent)}: unset it and {ADVICE}"
        )
    raise Missing(f"the Kubernetes control plane is not built: {ADVICE}")


def go_version(text: str) -> tuple[int, int]:
    """Major and minor of what `go version` prints, (0, 0) when it prints something else."""
    match = re.search(r"go(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def build() -> Path:
    """Build what is not built yet and give the directory.

    Raises:
        Missing: There is no Go, or one that is too old.
    """
    if os.environ.get("KUBEBUILDER_ASSETS"):
        return locate()
    directory = cache_directory()
    wanted = {
        name: package
        for name, package in BINARIES.items()
        if not os.access(directory / name, os.X_OK)
    }
    if not wanted:
        return directory
    go = shutil.which("go")
    if go is None:
        raise Missing("the control plane is built with Go >= 1.26, and there is no `go` here")
    told = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    if go_version(told) < GO_NEEDED:
        raise Missing(f"the control plane is built with Go >= 1.26; this is {told.strip()}")
    directory.mkdir(parents=True, exist_ok=True)
    for name, package in wanted.items():
        started = time.monotonic()
        print(f"building {name} ...", flush=True)
        # Built beside its place and moved there whole: an interrupted build is no binary.
        partial = directory / f".{name}.{os.getpid()}"
        command = [go, "build", "-trimpath", "-ldflags", linker_flags(name), "-o", str(partial)]
        environment = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly -buildvcs=false"}
        try:
            subprocess.run([*command, package], cwd=HERE, env=environment, check=True)
            partial.replace(directory / name)
        finally:
            partial.unlink(missing_ok=True)
        print(f"built {name} in {time.monotonic() - started:.0f} s", flush=True)
    return directory


def linker_flags(name: str) -> str:
    """Stripped, and for Kubernetes with the version that `/version` is to tell."""
    if name == "etcd":
        return "-s -w"
    version = versions((HERE / "go.mod").read_text())["kubernetes"]
    major, minor, *_ = version.split(".")
    told = {
        "gitVersion": f"v{version}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    package = "k8s.io/component-base/version"
    return " ".join(["-s -w", *(f"-X {package}.{key}={value}" for key, value in told.items())])


def main() -> int:
    """Build, print the directory; 2 when that cannot be done here."""
    try:
        print(build())
    except Missing as problem:
        print(problem, file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as problem:
        print(f"go build failed with exit code {problem.returncode}", file=sys.stderr)
        return 1
    return 0
