"""Tapes made by hand: lines of any kind, packed in any way."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = "2026-11-25T09:14:00.000Z"
TOPICS = ["pods", "cronjobs", "jobs", "events", "sources"]
EPOCH = "abcdefghij"

Json = dict[str, Any]


def header(**fields: Any) -> Json:
    return {
        "schema": "watchglass.tape/1",
        "recordedAt": RECORDED,
        "build": "0.1.0",
        "cluster": "prod-eu",
        "topics": TOPICS,
        "anonymised": False,
    } | fields


def line(t: int, event: str, **data: Any) -> Json:
    return {"t": t, "event": event, "data": data}


def hello(t: int = 0, **data: Any) -> Json:
    return line(t, "hello", schema="watchglass.stream/1", epoch=EPOCH, reason="fresh", **data)


def snapshot(t: int, topic: str, values: Json | None = None, **data: Any) -> Json:
    items = [{"key": key, "value": value} for key, value in (values or {}).items()]
    fields: Json = {"topic": topic, "part": 0, "parts": 1, "synced": True, "items": items} | data
    return line(t, "snapshot", **fields)


def change(t: int, *changes: Json) -> Json:
    return line(t, "change", changes=list(changes))


def upsert(topic: str, key: str, value: Json) -> Json:
    return {"topic": topic, "key": key, "op": "upsert", "value": value}


def remove(topic: str, key: str) -> Json:
    return {"topic": topic, "key": key, "op": "remove"}


def beat(t: int, **sources: Any) -> Json:
    """`pods=1200` is a live source of `agents` with that age, a pair has another state."""
    told = {
        f"{kind}/agents": {"state": "live", "ageMs": vital}
        if isinstance(vital, int)
        else {"state": vital[0], "ageMs": vital[1]}
        for kind, vital in sources.items()
    }
    return line(t, "heartbeat", serverTime=RECORDED, seq=1, sources=told)


def pod(name: str = "agent-0", **fields: Any) -> Json:
    return {
        "name": name,
        "namespace": "agents",
        "phase": "Running",
        "readyContainers": 1,
        "totalContainers": 1,
        "restartCount": 0,
    } | fields


def source(kind: str = "pods", state: str = "live", **fields: Any) -> Json:
    return {"kind": kind, "namespace": "agents", "state": state, "objects": 1} | fields


def opening(*names: str) -> list[Json]:
    """What a recording begins with, everything live and synced."""
    pods = {f"agents/{name}": pod(name) for name in names}
    return [
        hello(),
        snapshot(1, "pods", pods),
        *(snapshot(1, topic) for topic in ("cronjobs", "jobs", "events")),
        snapshot(2, "sources", {"pods/agents": source(provedAt=RECORDED, proof="list")}),
    ]


def text(*lines: Json | str | bytes) -> bytes:
    """One line each: JSON of objects, everything else as it is."""
    told = (json.dumps(one) if isinstance(one, dict) else one for one in lines)
    return b"".join((one if isinstance(one, bytes) else one.encode()) + b"\n" for one in told)


def write(path: Path, *lines: Json | str | bytes) -> Path:
    """A good file of any lines."""
    path.write_bytes(gzip.compress(text(*lines)))
    return path
