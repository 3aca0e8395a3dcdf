"""Raw objects for tests, as an API server sends them."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]

CREATED = "2026-01-01T09:00:00Z"


def metadata(name: str, **fields: Any) -> Json:
    found = {
        "name": name,
        "namespace": "agents",
        "uid": f"uid-of-{name}",
        "resourceVersion": "7",
        "creationTimestamp": CREATED,
    }
    return found | fields


def pod(
    name: str = "agent",
    *,
    status: Json | None = None,
    spec: Json | None = None,
    **fields: Any,
) -> Json:
    return {
        "kind": "Pod",
        "metadata": metadata(name, **fields),
        "spec": {"containers": [{"name": "main"}]} if spec is None else spec,
        "status": {"phase": "Running"} if status is None else status,
    }


def container(name: str = "main", **fields: Any) -> Json:
    return {"name": name, "ready": True, "restartCount": 0} | fields


def running(**fields: Any) -> Json:
    return {"state": {"running": {"startedAt": CREATED}}} | fields


def waiting(reason: str, message: str | None = None) -> Json:
    return {"state": {"waiting": {"reason": reason, "message": message}}, "ready": False}


def terminated(code: int, **fields: Any) -> Json:
    return {"state": {"terminated": {"exitCode": code} | fields}, "ready": False}


def condition(kind: str, status: str = "True", **fields: Any) -> Json:
    return {"type": kind, "status": status, "lastTransitionTime": CREATED} | fields


def owned_by(kind: str, name: str, uid: str, *, controller: bool | None = True) -> Json:
    return {"ownerReferences": [{"kind": kind, "name": name, "uid": uid, "controller": controller}]}


def page(*items: Any, version: str = "9", **fields: Any) -> bytes:
    return json.dumps(
        {"metadata": {"resourceVersion": version} | fields, "items": list(items)}
    ).encode()


def line(kind: str, element: Any) -> bytes:
    return json.dumps({"type": kind, "object": element}).encode()
