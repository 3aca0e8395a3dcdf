"""A small kind for tests of what does not depend on a kind, and its objects as the server says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.cluster.metadata import RawObject
from app.cluster.projection import Projection, Resource

if TYPE_CHECKING:
    from app.errors import ClusterError


class RawThing(RawObject):
    """What is read of it."""

    data: dict[str, str]


@dataclass(frozen=True, slots=True)
class Thing:
    """Its record."""

    uid: str
    text: str


def thing(raw: RawThing) -> Thing:
    return Thing(raw["metadata"]["uid"], raw["data"].get("text", ""))


THINGS: Projection[Thing] = Projection(
    "things", Resource("", "v1", "configmaps", "ConfigMap"), RawThing, thing
)


def item(name: str, version: int, text: str = "", uid: str | None = None) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "a", "uid": uid or f"uid-{name}"}
    metadata["resourceVersion"] = str(version)
    return {"metadata": metadata, "data": {"text": text}}


def page(
    version: int, *items: dict[str, Any], token: str | None = None, remaining: int | None = None
) -> bytes:
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if token is not None:
        metadata |= {"continue": token, "remainingItemCount": remaining}
    return json.dumps({"kind": "ConfigMapList", "metadata": metadata, "items": items}).encode()


def event(kind: str, name: str, version: int, text: str = "", uid: str | None = None) -> bytes:
    told = item(name, version, text, uid) | {"kind": "ConfigMap", "apiVersion": "v1"}
    return json.dumps({"type": kind, "object": told}).encode() + b"\n"


def bookmark(version: int, *, initial: bool = False) -> bytes:
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    if initial:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    told = {"kind": "ConfigMap", "metadata": metadata}
    return json.dumps({"type": "BOOKMARK", "object": told}).encode() + b"\n"


def status(code: int, reason: str | None = None, message: str = "no", **details: Any) -> bytes:
    told: dict[str, Any] = {"kind": "Status", "code": code, "message": message}
    if reason is not None:
        told["reason"] = reason
    if details:
        told["details"] = details
    return json.dumps(told).encode()


def error(code: int | None, reason: str | None = None, **details: Any) -> bytes:
    told: dict[str, Any] = {"kind": "Status", "message": "no"}
    told |= {"code": code} if code is not None else {}
    told |= {"reason": reason} if reason is not None else {}
    told |= {"details": details} if details else {}
    return json.dumps({"type": "ERROR", "object": told}).encode() + b"\n"


class RecordingSink:
    """Holds what it was told, and in which words."""

    def __init__(self) -> None:
        self.held: dict[str, Thing] = {}
        self.verbs: list[str] = []
        self.seen: list[tuple[str, str | None]] = []

    def replace(self, records: Any) -> None:
        self.verbs.append("replace")
        for key in [key for key in self.held if key not in records]:
            self.seen.append((key, None))
        for key, record in records.items():
            if self.held.get(key) is not record:
                self.seen.append((key, record.text))
        self.held = dict(records)

    def upsert(self, key: str, record: Thing) -> None:
        self.verbs.append("upsert")
        self.seen.append((key, record.text))
        self.held[key] = record

    def remove(self, key: str) -> None:
        self.verbs.append("remove")
        self.seen.append((key, None))
        del self.held[key]

    def bookmark(self) -> None:
        self.verbs.append("bookmark")

    def synced(self) -> None:
        self.verbs.append("synced")

    def texts(self) -> dict[str, str]:
        return {key.partition("/")[2]: record.text for key, record in self.held.items()}


class RecordingMonitor:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.errors: list[ClusterError] = []

    def connecting(self) -> None:
        self.told.append("connecting")

    def proved(self, proof: str, objects: int) -> None:
        self.told.append(proof)

    def failed(self, error: ClusterError) -> None:
        self.told.append(type(error).__name__)
        self.errors.append(error)
