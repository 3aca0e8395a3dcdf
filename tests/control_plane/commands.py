"""The command lines of the four parts, with the reason of every flag that is not obvious."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control_plane.keys import KeyFiles

# The kinds the tests use and what they lean on; every other controller stays off.
CONTROLLERS = (
    "cronjob-controller",
    "job-controller",
    "deployment-controller",
    "replicaset-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "serviceaccount-controller",
)


def etcd_command(assets: Path, directory: Path, port: int) -> list[str]:
    """One member whose data is thrown away: nothing is forced to disk."""
    client = f"http://127.0.0.1:{port}"
    peer = "http://127.0.0.1:0"
    return [
        str(assets / "etcd"),
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--socket-reuse-port=true",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver_command(
    assets: Path,
    keys: KeyFiles,
    tokens: Path,
    port: int,
    etcd_port: int,
    extra: tuple[str, ...],
) -> list[str]:
    """An API server on loopback with RBAC; `extra` comes last, so it wins."""
    return [
        str(assets / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing=true",
        # Without a default route the server finds no address of its own and ends.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={keys.certificate}",
        f"--tls-private-key-file={keys.key}",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys.accounts_public}",
        f"--service-account-signing-key-file={keys.accounts_private}",
        # Tests decide when history is forgotten (ControlPlane.compact).
        "--etcd-compaction-interval=0",
        # SIGTERM ends open watches after this; the default waits a minute for them.
        "--shutdown-watch-termination-grace-period=1s",
        *extra,
    ]


def kcm_command(assets: Path, kubeconfig: Path) -> list[str]:
    """The controllers, each with its own account: without that Jobs may create no pods."""
    return [
        str(assets / "kube-controller-manager"),
        f"--kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        "--use-service-account-credentials=true",
        f"--controllers={','.join(CONTROLLERS)}",
    ]


def kubelet_command(node: str, kubeconfig: Path, port: int) -> list[str]:
    """The stand-in, with the interpreter and the packages of the tests."""
    return [
        sys.executable,
        "-m",
        "tests.control_plane.kubelet",
        f"--kubeconfig={kubeconfig}",
        f"--node={node}",
        f"--port={port}",
    ]
