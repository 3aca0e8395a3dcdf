"""One node of the cluster, and what its kubelet says about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.kinds import LEASES, NODES, Json
from app.demo.controllers.reading import condition_of, micro_stamp, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.client import Client
    from app.demo.controllers.kubelet.script import Casting
    from app.demo.controllers.recorder import Recorder
    from app.demo.film.film import Film

VERSION = "v1.36.3"
MOST_IMAGES = 50
LEASE_NAMESPACE = "kube-node-lease"
HEALTHY = {
    "MemoryPressure": (
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}


class Node:
    """A machine that runs pods; `lost`, it goes on running them, but nobody hears of it."""

    def __init__(
        self,
        film: Film,
        client: Client,
        recorder: Recorder,
        cast: Casting,
        name: str,
        number: int,
        pods: int,
    ) -> None:
        self.film = film
        self.client = client
        self.recorder = recorder
        self.cast = cast
        self.name = name
        self.address = f"10.20.{number // 200}.{number % 200 + 11}"
        self.images: dict[str, None] = {}
        """The one unused the longest comes first."""
        self.lost = False
        self._pods = pods

    def register(self) -> None:
        """Make the Node object and its Lease."""
        created = self.film.now()
        self.client.create(NODES, self._object())
        self.client.patch_status(NODES, "", self.name, {"status": self._status(created)})
        self.client.create(LEASES, self._lease())

    def keep(self, image: str) -> None:
        """Have an image; of too many goes the one that was not used for the longest time."""
        self.images.pop(image, None)
        self.images[image] = None
        if len(self.images) > MOST_IMAGES:
            del self.images[next(iter(self.images))]

    def beat(self) -> None:
        """Renew the Lease: the proof of life, each ten seconds."""
        if not self.lost:
            renewed = {"spec": {"renewTime": micro_stamp(self.film.now())}}
            self.client.patch(LEASES, LEASE_NAMESPACE, self.name, renewed)

    def post(self, node: Json) -> None:
        """Write the conditions, changed or not: each five minutes, and when it is back."""
        if not self.lost:
            now = self.film.now()
            told = [self._condition(node, kind, now) for kind in HEALTHY]
            self.client.patch_status(NODES, "", self.name, {"status": {"conditions": told}})

    def _condition(self, node: Json | None, kind: str, now: datetime) -> Json:
        value, reason, message = HEALTHY[kind]
        known = None if node is None else condition_of(node, kind)
        same = known is not None and known["status"] == value
        return {
            "type": kind,
            "status": value,
            "lastHeartbeatTime": stamp(now),
            "lastTransitionTime": known["lastTransitionTime"] if known and same else stamp(now),
            "reason": reason,
            "message": message,
        }

    def _object(self) -> Json:
        return {
            "apiVersion": NODES.api_version,
            "kind": NODES.kind,
            "metadata": {
                "name": self.name,
                "labels": {
                    "beta.kubernetes.io/arch": "amd64",
                    "beta.kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "kubernetes.io/hostname": self.name,
                    "kubernetes.io/os": "linux",
                    "node.kubernetes.io/instance-type": "c7.4xlarge",
                },
            },
            "spec": {"podCIDR": "10.244.0.0/16", "podCIDRs": ["10.244.0.0/16"]},
        }

    def _status(self, now: datetime) -> Json:
        room = {
            "cpu": "16",
            "memory": "64926Mi",
            "ephemeral-storage": "202Gi",
            "pods": str(self._pods),
        }
        return {
            "capacity": room,
            "allocatable": {**room, "cpu": "15800m", "memory": "62878Mi"},
            "conditions": [self._condition(None, kind, now) for kind in HEALTHY],
            "addresses": [
                {"type": "InternalIP", "address": self.address},
                {"type": "Hostname", "address": self.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
                "kernelVersion": "6.12.48",
                "osImage": "Debian GNU/Linux 13 (trixie)",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": VERSION,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        }

    def _lease(self) -> Json:
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": self.name, "namespace": LEASE_NAMESPACE},
            "spec": {
                "holderIdentity": self.name,
                "leaseDurationSeconds": 40,
                "renewTime": micro_stamp(self.film.now()),
            },
        }
