"""The messages of `watchglass.stream/1` as schemas, with the values of every topic."""

from __future__ import annotations

from typing import Any, get_args

from app.model import HealthSummary, Source, SourceState, SourceSummary, Wire
from app.stream.greeting import SCHEMA
from app.web.listings import LISTINGS
from app.web.openapi.schemas import either, ref

Json = dict[str, Any]

TOPICS: dict[str, tuple[type[Wire], type[Wire] | None]] = {
    listing.name: (listing.detail, listing.summary) for listing in LISTINGS
} | {"sources": (Source, SourceSummary), "health": (HealthSummary, HealthSummary)}
"""What the detail and the summary audience read of each topic."""

TWINS = {
    summary.__name__: detail.__name__
    for detail, summary in TOPICS.values()
    if summary is not None and summary is not detail
}
"""For each model of the summary audience that of the detail audience."""


def _told(schema: Json, about: str) -> Json:
    return schema | {"description": about}


ID = {
    "type": "string",
    "pattern": "^[0-9a-z]{10}-(0|[1-9][0-9]*)$",
    "examples": ["k3v9x0q2ma-39"],
    "description": "The reader's position after this event: epoch and seq.",
}
EPOCH = {
    "type": "string",
    "pattern": "^[0-9a-z]{10}$",
    "description": "The name of this life of the server.",
}
SEQ = {
    "type": "integer",
    "minimum": 0,
    "maximum": 2**53 - 1,
    "description": "Of the last change given to readers of the same choice.",
}
NOW = {"type": "string", "format": "date-time", "description": "The server's time."}
SPAN = {"type": "integer", "minimum": 0, "description": "Milliseconds."}
RETRY = {
    "type": "integer",
    "minimum": 0,
    "description": "Milliseconds to wait before coming back.",
}
KEY = {"type": "string", "description": "The key of a value, such as `namespace/name`."}
TOPIC: Json = {"type": "string", "enum": list(TOPICS), "description": "A topic's name."}


def _object(about: str, optional: tuple[str, ...] = (), **properties: Json) -> Json:
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _value(topic: str) -> Json:
    return _told(either(*dict.fromkeys(TOPICS[topic])), "The whole value.")


def _snapshot(topic: str) -> Json:
    item = _object("One key and its value.", key=KEY, value=_value(topic))
    return _object(
        f"A part of all that is known of the topic `{topic}`.",
        topic={"const": topic},
        part={"type": "integer", "minimum": 0, "description": "Its number, from 0."},
        parts={"type": "integer", "minimum": 1, "description": "How many there are."},
        synced={
            "type": "boolean",
            "description": "Whether it is the whole topic. If not, nothing is taken away by it.",
        },
        items={"type": "array", "items": item, "description": "Keys and values."},
    )


def _upsert(topic: str) -> Json:
    return _object(
        f"The new value of a key of `{topic}`.",
        topic={"const": topic},
        key=KEY,
        op={"const": "upsert"},
        value=_value(topic),
    )


DATA: dict[str, Json] = {
    "hello": _object(
        "The first event: what follows, and why it starts where it does.",
        schema={"const": SCHEMA},
        epoch=EPOCH,
        resumed={
            "type": "boolean",
            "description": "Whether the reader keeps what it holds, in part at least.",
        },
        reason={
            "enum": ["fresh", "resumed", "epoch", "gap", "ahead"],
            "description": "Why the stream starts where it does.",
        },
        serverTime=NOW,
        heartbeatMs=_told(SPAN, "Milliseconds between heartbeats."),
        staleAfterMs=_told(SPAN, "Milliseconds without an event after which all is old."),
        retryMs=RETRY,
        topics={
            "type": "array",
            "items": TOPIC,
            "description": "Those that will come, in this order.",
        },
        build={"type": "string", "description": "The server's version."},
    ),
    "snapshot": {"oneOf": [_snapshot(topic) for topic in TOPICS]},
    "change": _object(
        "The last values of keys that changed, in the order of their changes.",
        changes={
            "type": "array",
            "minItems": 1,
            "description": "One for each key.",
            "items": {
                "oneOf": [
                    *(_upsert(topic) for topic in TOPICS),
                    _object("A key that is gone.", topic=TOPIC, key=KEY, op={"const": "remove"}),
                ]
            },
        },
    ),
    "heartbeat": _object(
        "A sign of life: the time, the position, and how fresh the sources are.",
        serverTime=NOW,
        seq=SEQ,
        sources={
            "type": "object",
            "description": "By `kind/namespace`.",
            "additionalProperties": _object(
                "How one source is.",
                state={"enum": list(get_args(SourceState)), "description": "How fresh it is."},
                ageMs=_told(SPAN, "Milliseconds since the last proof, at `serverTime`."),
            ),
        },
    ),
    "goodbye": _object(
        "The server ends the stream.",
        reason={
            "enum": ["drain", "auth_expired", "revoked", "limit"],
            "description": "Why, which says whether to come back.",
        },
        retryMs=RETRY,
    ),
}
"""The data of each event, by its name."""

IDENTIFIED = frozenset({"snapshot", "change"})
"""Events that may carry an id."""


def name_of(event: str) -> str:
    """The component that describes the data of an event."""
    return f"Stream{event.capitalize()}"


def components() -> dict[str, Json]:
    """A schema for the data of each event, and one for each event as it is on the wire."""
    return {name_of(event): data for event, data in DATA.items()} | {
        f"{name_of(event)}Event": _event(event) for event in DATA
    }


def _event(event: str) -> Json:
    properties: Json = {
        "event": {"const": event},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": ref(name_of(event)),
            "description": "JSON on one line.",
        },
    }
    if event in IDENTIFIED:
        properties["id"] = ID
    if event == "hello":
        properties["retry"] = RETRY
    return {"type": "object", "required": ["event", "data"], "properties": properties}


ITEM: Json = {"oneOf": [ref(f"{name_of(event)}Event") for event in DATA]}
"""One server-sent event."""
