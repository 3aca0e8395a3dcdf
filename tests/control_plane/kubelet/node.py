"""The Node object: the only way the API server learns where logs and exec are."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tests.control_plane.api import NODES, Api, ApiFailure

if TYPE_CHECKING:
    from tests.control_plane.objects import Json

# The fields a NodeSystemInfo must have.
NODE_INFO = (
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
)


async def register(api: Api, name: str, port: int) -> None:
    """Create the Node, or tell an existing one the new port."""
    reported = node_status(port)
    meta: Json = {"name": name}
    try:
        await api.create({"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": reported})
    except ApiFailure as failure:
        if failure.reason != "AlreadyExists":
            raise
        await api.patch(
            NODES, name, {"status": reported}, strategy="strategic", subresource="status"
        )


def node_status(port: int) -> Json:
    """A ready node with room for every test. No lease and no heartbeat: nothing asks for them."""
    room = {"cpu": "64", "memory": "64Gi", "pods": "20000"}
    moment = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        # With this the API server passes WebSocket exec on as it is, instead of asking for SPDY.
        "declaredFeatures": ["ExtendWebSocketsToKubelet"],
        "capacity": room,
        "allocatable": room,
        "nodeInfo": dict.fromkeys(NODE_INFO, "") | {"kubeletVersion": "v1.36.3-stand-in"},
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "KubeletReady",
                "lastHeartbeatTime": moment,
                "lastTransitionTime": moment,
            }
        ],
    }
