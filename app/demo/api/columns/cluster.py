"""The columns of nodes, namespaces, Services, Leases and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.demo.api.columns.cells import (
    AGE,
    NAME,
    NONE,
    UNKNOWN,
    Column,
    Printer,
    age_of,
    labels,
    metadata,
    name_of,
    part,
    selector_column,
    since,
)

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.kinds import Json

ROLE_PREFIX = "node-role.kubernetes.io/"
ROLE_LABEL = "kubernetes.io/role"


def print_namespace(namespace: Json, now: datetime) -> list[Any]:
    """The cells of a Namespace."""
    phase = part(namespace, "status").get("phase") or ""
    return [name_of(namespace), phase, age_of(namespace, now)]


def print_node(node: Json, now: datetime) -> list[Any]:
    """The cells of a Node."""
    status = part(node, "status")
    info = part(status, "nodeInfo")
    kernel = info.get("kernelVersion") or UNKNOWN
    if info.get("architecture"):
        kernel += f" ({info['architecture']})"
    return [
        name_of(node),
        _node_status(node, status),
        ",".join(sorted(_roles(metadata(node).get("labels") or {}))) or NONE,
        age_of(node, now),
        info.get("kubeletVersion") or "",
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        kernel,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _node_status(node: Json, status: Json) -> str:
    # Of several conditions of one type the last one counts.
    found = {one["type"]: one.get("status") for one in status.get("conditions") or []}
    word = "Unknown"
    if "Ready" in found:
        word = "Ready" if found["Ready"] == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if part(node, "spec").get("unschedulable") else word


def _roles(found: Json) -> set[str]:
    roles = set()
    for key, value in found.items():
        if key.startswith(ROLE_PREFIX):
            roles.add(key.removeprefix(ROLE_PREFIX))
        elif key == ROLE_LABEL:
            roles.add(value)
    return roles - {""}


def _address(status: Json, kind: str) -> str:
    for one in status.get("addresses") or []:
        if one.get("type") == kind:
            return str(one.get("address"))
    return NONE


def print_service(service: Json, now: datetime) -> list[Any]:
    """The cells of a Service."""
    spec = part(service, "spec")
    inside = (spec.get("clusterIPs") or [spec.get("clusterIP")])[0]
    ports = ",".join(
        f"{one['port']}{':' + str(one['nodePort']) if one.get('nodePort') else ''}"
        f"/{one.get('protocol') or 'TCP'}"
        for one in spec.get("ports") or []
    )
    return [
        name_of(service),
        spec.get("type") or "",
        inside or NONE,
        _outside(service, spec),
        ports or NONE,
        age_of(service, now),
        labels(spec.get("selector")),
    ]


def _outside(service: Json, spec: Json) -> str:
    addresses = spec.get("externalIPs") or []
    match spec.get("type"):
        case "ClusterIP" | "NodePort":
            return ",".join(addresses) or NONE
        case "LoadBalancer":
            ingress = part(service, "status", "loadBalancer").get("ingress") or []
            given = {one.get("ip") or one.get("hostname") for one in ingress} - {None, ""}
            return ",".join([*sorted(given), *addresses]) or "<pending>"
        case "ExternalName":
            return str(spec.get("externalName") or "")
    return UNKNOWN


def print_lease(lease: Json, now: datetime) -> list[Any]:
    """The cells of a Lease."""
    return [name_of(lease), part(lease, "spec").get("holderIdentity") or "", age_of(lease, now)]


def print_event(event: Json, now: datetime) -> list[Any]:
    """The cells of an Event."""
    first = since(event.get("firstTimestamp") or event.get("eventTime"), now)
    last = event.get("lastTimestamp")
    seen = since(last, now) if last else first
    count = event.get("count") or 1
    series = event.get("series")
    if series is not None:
        seen, count = since(series.get("lastObservedTime"), now), series.get("count") or 0
    about, source = part(event, "involvedObject"), part(event, "source")
    target = (about.get("kind") or "").lower()
    if about.get("name"):
        target = f"{target}/{about['name']}"
    component = source.get("component") or event.get("reportingComponent") or ""
    instance = source.get("host") or event.get("reportingInstance") or ""
    return [
        seen,
        event.get("type") or "",
        event.get("reason") or "",
        target,
        about.get("fieldPath") or "",
        f"{component}, {instance}" if instance else component,
        (event.get("message") or "").strip(),
        first,
        count,
        name_of(event),
    ]


NAMESPACES = Printer(
    (NAME, Column("Status", "Whether the namespace is there to stay."), AGE), print_namespace
)
NODES = Printer(
    (
        NAME,
        Column("Status", "Whether the node is ready, and takes pods."),
        Column("Roles", "What the node is for."),
        AGE,
        Column("Version", "The version of its kubelet."),
        Column("Internal-IP", "Its address inside the cluster.", priority=1),
        Column("External-IP", "Its address outside.", priority=1),
        Column("OS-Image", "Its operating system.", priority=1),
        Column("Kernel-Version", "Its kernel.", priority=1),
        Column("Container-Runtime", "What runs its containers.", priority=1),
    ),
    print_node,
)
SERVICES = Printer(
    (
        NAME,
        Column("Type", "How the Service is reached."),
        Column("Cluster-IP", "Its address inside the cluster."),
        Column("External-IP", "Its addresses outside."),
        Column("Port(s)", "Its ports."),
        AGE,
        selector_column("Which pods answer for the Service."),
    ),
    print_service,
)
LEASES = Printer((NAME, Column("Holder", "Who holds the Lease."), AGE), print_lease)
EVENTS = Printer(
    (
        Column("Last Seen", "The time since it last happened."),
        Column("Type", "Normal or Warning."),
        Column("Reason", "What happened, in one word."),
        Column("Object", "What it happened to."),
        Column("Subobject", "Which part of that.", priority=1),
        Column("Source", "Who says so.", priority=1),
        Column("Message", "What happened."),
        Column("First Seen", "The time since it first happened.", priority=1),
        Column("Count", "How often it happened.", priority=1),
        Column("Name", "What the event is called.", format="name", priority=1),
    ),
    print_event,
)
