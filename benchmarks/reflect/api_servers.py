"""The API server that is watched: the real one where it is built, else the stand-in."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.children import READER_CPU, await_port, free_port, running
from benchmarks.reflect.pods import NAMESPACE
from tests.control_plane import build
from tests.control_plane.cluster import ControlPlane
from tests.control_plane.users import ADMIN, USERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


@dataclass(frozen=True, slots=True)
class ApiServer:
    """Where it is, how its administrator knocks, and what it is called in the report."""

    title: str
    url: str
    kubeconfig: Path
    token: str | None = None
    authority: Path | None = None


def started(work: Path, *, stand_in: bool = False) -> AbstractContextManager[ApiServer]:
    """One that runs until the block ends; `stand_in` takes the stand-in in any case."""
    if stand_in:
        return replayed(work, "asked for")
    try:
        assets = build.locate()
    except build.Missing as missing:
        return replayed(work, str(missing))
    return real(assets)


@contextmanager
def real(assets: Path) -> Iterator[ApiServer]:
    """kube-apiserver and etcd alone: nobody else acts on the pods or takes a share of the core."""
    pinned = build.versions((Path(build.__file__).parent / "go.mod").read_text())
    with ControlPlane(assets) as cluster:
        cluster.stop_part("kubelet")
        cluster.stop_part("kcm")
        cluster.create_namespace(NAMESPACE)
        yield ApiServer(
            title=f"kube-apiserver {pinned['kubernetes']} with etcd {pinned['etcd']}",
            url=cluster.url,
            kubeconfig=cluster.kubeconfig(ADMIN, NAMESPACE),
            token=USERS[ADMIN].token,
            authority=cluster.ca,
        )


@contextmanager
def replayed(work: Path, why: str) -> Iterator[ApiServer]:
    """The stand-in in a process of its own."""
    port, log = free_port(), work / "replay.log"
    url = f"http://127.0.0.1:{port}"
    kubeconfig = work / "kubeconfig.json"
    kubeconfig.write_text(json.dumps(configuration(url)))
    command = [sys.executable, "-m", "benchmarks.reflect.replay", str(port)]
    with running(command, cpu=READER_CPU, log=log) as child:
        await_port(port, child, log)
        yield ApiServer(f"a stand-in without etcd and TLS ({why})", url, kubeconfig)


def configuration(url: str) -> dict[str, object]:
    """A kubeconfig for a server that asks for nothing; JSON is YAML."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "benchmark",
        "clusters": [{"name": "benchmark", "cluster": {"server": url}}],
        "users": [],
        "contexts": [
            {"name": "benchmark", "context": {"cluster": "benchmark", "namespace": NAMESPACE}}
        ],
    }
