"""What a reader makes of messages, and what it refuses to believe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.cli.reader import Change, Reader, SilentLoss, Strange
from app.cli.sse import Message

EPOCH = "abcdefghij"
HELLO: dict[str, Any] = {
    "schema": "watchglass.stream/1",
    "epoch": EPOCH,
    "resumed": False,
    "reason": "fresh",
    "serverTime": "2026-01-01T00:00:00.000Z",
    "heartbeatMs": 10_000,
    "staleAfterMs": 30_000,
    "retryMs": 1_500,
    "topics": ["pods"],
    "build": "0.1.0",
}


def message(event: str, data: Any, seq: int | None = None, epoch: str = EPOCH) -> Message:
    return Message(event, json.dumps(data), None if seq is None else f"{epoch}-{seq}")


def snapshot(*keys: str, synced: bool = True, part: int = 0, parts: int = 1) -> dict[str, Any]:
    items = [{"key": key, "value": {"of": key}} for key in keys]
    return {"topic": "pods", "part": part, "parts": parts, "synced": synced, "items": items}


def change(op: str, key: str, **fields: Any) -> dict[str, Any]:
    return {"topic": "pods", "key": key, "op": op} | fields


def greeted(cursor: str | None = None, **hello: Any) -> Reader:
    reader = Reader(cursor)
    reader.connect()
    assert reader.receive(message("hello", HELLO | hello)) == []
    return reader


def settled() -> Reader:
    """A reader with `a` and `b` at position 5."""
    reader = greeted()
    reader.receive(message("snapshot", snapshot("a", "b"), 5))
    return reader


def marks(changes: list[Change]) -> list[tuple[str, str]]:
    return [(found.mark, found.key) for found in changes]


def test_hello_says_who_speaks_and_how_often() -> None:
    hello = greeted(heartbeatMs=2_000).hello
    assert hello is not None
    assert (hello.epoch, hello.reason, hello.build) == (EPOCH, "fresh", "0.1.0")
    assert hello.deadline_seconds == 5.0


def test_a_snapshot_brings_what_is_new_and_its_position() -> None:
    reader = greeted()
    found = reader.receive(message("snapshot", snapshot("a", "b"), 5))
    assert marks(found) == [("+", "a"), ("+", "b")]
    assert found[0].value == {"of": "a"}
    assert reader.cursor == f"{EPOCH}-5"


def test_a_snapshot_takes_effect_with_its_last_part() -> None:
    reader = greeted()
    assert reader.receive(message("snapshot", snapshot("a", parts=2))) == []
    assert reader.values == {}
    found = reader.receive(message("snapshot", snapshot("b", part=1, parts=2), 5))
    assert marks(found) == [("+", "a"), ("+", "b")]


def test_what_was_half_received_counts_for_nothing() -> None:
    reader = settled()
    reader.receive(message("snapshot", snapshot("c", parts=2)))
    reader.connect()
    assert reader.cursor == f"{EPOCH}-5"
    reader.receive(message("hello", HELLO))
    with pytest.raises(Strange, match="parts of a snapshot are missing"):
        reader.receive(message("snapshot", snapshot("d", part=1, parts=2), 6))


def test_a_snapshot_may_begin_anew() -> None:
    reader = settled()
    reader.receive(message("snapshot", snapshot("x", parts=3)))
    assert marks(reader.receive(message("snapshot", snapshot("a"), 6))) == [("-", "b")]


def test_a_later_snapshot_is_a_difference() -> None:
    reader = settled()
    told = snapshot("b", "c")
    told["items"][0]["value"] = {"of": "other"}
    found = reader.receive(message("snapshot", told, 9))
    assert marks(found) == [("-", "a"), ("~", "b"), ("+", "c")]


def test_a_server_that_knows_less_takes_nothing_away() -> None:
    """A restart must not blank what we hold."""
    reader = settled()
    reader.connect()
    reader.receive(message("hello", HELLO | {"epoch": "0000000000", "reason": "epoch"}))
    found = reader.receive(message("snapshot", snapshot("c", synced=False), 1, "0000000000"))
    assert marks(found) == [("+", "c")]
    assert set(reader.values["pods"]) == {"a", "b", "c"}
    found = reader.receive(message("snapshot", snapshot("a", "c"), 2, "0000000000"))
    assert marks(found) == [("-", "b")]


def test_changes_are_applied_in_order() -> None:
    reader = settled()
    changes = [
        change("upsert", "c", value=1),
        change("upsert", "a", value=2),
        change("remove", "b"),
        change("remove", "never"),
    ]
    found = reader.receive(message("change", {"changes": changes}, 9))
    assert marks(found) == [("+", "c"), ("~", "a"), ("-", "b"), ("-", "never")]
    assert reader.values == {"pods": {"a": 2, "c": 1}}
    assert reader.cursor == f"{EPOCH}-9"


@pytest.mark.parametrize("seq", [0, 4, 5])
def test_a_heartbeat_that_knows_no_more_is_fine(seq: int) -> None:
    reader = settled()
    assert reader.receive(message("heartbeat", {"seq": seq, "sources": {}})) == []
    assert reader.cursor == f"{EPOCH}-5"


def test_a_heartbeat_that_knows_more_is_loss() -> None:
    reader = settled()
    with pytest.raises(SilentLoss):
        reader.receive(message("heartbeat", {"seq": 6}))
    assert reader.cursor is None, "the way back begins with a snapshot"


def test_a_heartbeat_before_any_position_of_this_life_is_loss() -> None:
    reader = greeted("zzzzzzzzzz-900")
    with pytest.raises(SilentLoss):
        reader.receive(message("heartbeat", {"seq": 6}))


@pytest.mark.parametrize(
    ("reason", "final"),
    [("drain", False), ("limit", False), ("auth_expired", True), ("revoked", True)],
)
def test_a_goodbye_says_whether_to_come_back(reason: str, final: bool) -> None:
    reader = settled()
    reader.receive(message("goodbye", {"reason": reason, "retryMs": 1_500}))
    assert reader.goodbye is not None
    assert (reader.goodbye.retry_seconds, reader.goodbye.final) == (1.5, final)
    reader.connect()
    assert reader.goodbye is None


def test_unknown_events_and_fields_are_ignored() -> None:
    reader = settled()
    assert reader.receive(message("future", {"anything": [1]})) == []
    told = change("upsert", "c", value=1, more=True)
    assert marks(reader.receive(message("change", {"changes": [told], "x": 1}, 6))) == [("+", "c")]


@pytest.mark.parametrize(
    "first",
    [
        message("snapshot", snapshot("a"), 1),
        message("heartbeat", {"seq": 1}),
        Message("message", "hi"),
    ],
    ids=["snapshot", "heartbeat", "another program"],
)
def test_what_does_not_begin_with_hello_is_no_stream_of_ours(first: Message) -> None:
    with pytest.raises(Strange, match="does not begin with hello"):
        Reader().receive(first)


def test_another_schema_is_refused() -> None:
    with pytest.raises(Strange, match=r"it speaks 'watchglass\.stream/2'"):
        Reader().receive(message("hello", HELLO | {"schema": "watchglass.stream/2"}))


@pytest.mark.parametrize(
    "bad",
    [
        Message("hello", "{"),
        Message("hello", "[" * 100_000),
        message("hello", []),
        message("hello", HELLO | {"heartbeatMs": None}),
        message("hello", {"schema": "watchglass.stream/1"}),
    ],
    ids=["no JSON", "too deep", "a list", "no number", "fields missing"],
)
def test_a_hello_that_cannot_be_read_is_told(bad: Message) -> None:
    with pytest.raises(Strange, match="its 'hello' cannot be read"):
        Reader().receive(bad)


@pytest.mark.parametrize(
    "bad",
    [
        message("change", {}),
        message("change", {"changes": [{"topic": "pods"}]}),
        message("change", {"changes": [change("upsert", "a")]}),
        message("snapshot", {"topic": "pods"}),
        message("snapshot", snapshot("a") | {"items": [1]}),
        message("heartbeat", {"seq": "many"}),
        message("goodbye", {"reason": "drain", "retryMs": None}),
        Message("change", "null"),
    ],
)
def test_what_cannot_be_read_does_not_move_the_position(bad: Message) -> None:
    reader = settled()
    with pytest.raises(Strange, match="cannot be read"):
        reader.receive(Message(bad.event, bad.data, f"{EPOCH}-99"))
    assert reader.cursor == f"{EPOCH}-5"
