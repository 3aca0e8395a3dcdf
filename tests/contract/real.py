"""The reference: kube-apiserver, kube-controller-manager, and the stand-in for the kubelet."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.control_plane.users import ADMIN, STRANGER, USERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.objects import Json

FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1"


class RealServer:
    """A `Server` over the worker's cluster."""

    simulated = False
    speed = 1.0
    visitor = STRANGER

    def __init__(self, cluster: ControlPlane) -> None:
        self._cluster = cluster
        self.url = cluster.url
        self.ca = cluster.ca
        self.admin_token = USERS[ADMIN].token
        self.visitor_token = USERS[STRANGER].token

    def kubeconfig(self, namespace: str, *, visiting: bool = False) -> Path:
        """The admin's, or the visitor's, with a default namespace."""
        return self._cluster.kubeconfig(self.visitor if visiting else ADMIN, namespace)

    def create_namespace(self, name: str) -> None:
        """It takes pods on return."""
        self._cluster.create_namespace(name)

    @contextmanager
    def granted(self, *rules: Json, namespace: str | None) -> Iterator[None]:
        """The visitor has these rights, in a namespace or everywhere, until the end."""
        given = self._cluster.grant(self.visitor, rules, namespace)
        try:
            yield
        finally:
            given.revoke()

    def forget(self) -> None:
        """etcd forgets, and so does the watch cache when the API server starts again."""
        self._cluster.compact()
        self._cluster.restart_apiserver(signal.SIGKILL)
        self._cluster.heal()

    @contextmanager
    def throttled(self) -> Iterator[None]:
        """A priority level without any seats, for the visitor alone."""
        name = "contract-no-seats"
        api = {"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "metadata": {"name": name}}
        level: Json = {
            **api,
            "kind": "PriorityLevelConfiguration",
            "spec": {
                "type": "Limited",
                "limited": {
                    "nominalConcurrencyShares": 0,
                    "lendablePercent": 0,
                    "borrowingLimitPercent": 0,
                    "limitResponse": {"type": "Reject"},
                },
            },
        }
        flow: Json = {
            **api,
            "kind": "FlowSchema",
            "spec": {
                "matchingPrecedence": 2,
                "priorityLevelConfiguration": {"name": name},
                "rules": [
                    {
                        "subjects": [{"kind": "User", "user": {"name": self.visitor}}],
                        "resourceRules": [
                            {
                                "verbs": ["*"],
                                "apiGroups": ["*"],
                                "resources": ["*"],
                                "namespaces": ["*"],
                                "clusterScope": True,
                            }
                        ],
                    }
                ],
            },
        }
        door = self._cluster.door
        door.call("POST", f"{FLOW}/prioritylevelconfigurations", level)
        door.call("POST", f"{FLOW}/flowschemas", flow)
        try:
            yield
        finally:
            door.call("DELETE", f"{FLOW}/flowschemas/{name}")
            door.call("DELETE", f"{FLOW}/prioritylevelconfigurations/{name}")
