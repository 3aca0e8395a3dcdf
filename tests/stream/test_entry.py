from __future__ import annotations

import json

from app.stream.cut import VALUE_LIMIT
from app.stream.entry import Entry, Tombstones


def test_a_value_is_encoded_once_for_each_audience() -> None:
    calls: list[str] = []

    def encoder(value: str) -> bytes:
        calls.append(value)
        return json.dumps(value).encode()

    entry = Entry(7, "value")
    first = entry.encode("detail", encoder)
    assert (entry.seq, entry.value, first) == (7, "value", b'"value"')
    assert entry.encode("detail", encoder) is first
    assert entry.encode("summary", lambda value: b'"less"') == b'"less"'
    assert entry.encode("summary", encoder) == b'"less"'
    assert calls == ["value"]


def test_a_value_that_is_too_large_is_cut_and_says_so() -> None:
    entry = Entry(1, "x" * 100_000)
    encoded = entry.encode("detail", lambda value: json.dumps(value).encode())
    assert len(encoded) <= VALUE_LIMIT
    assert json.loads(encoded).endswith("… (cut, 100,000 characters)")


def removed(*seqs: int, horizon: float = 60.0, most: int = 10) -> Tombstones:
    """One removal a second, named by its seq."""
    tombstones = Tombstones(horizon, most)
    for seq in seqs:
        tombstones.add(f"key {seq}", seq, float(seq))
    return tombstones


def test_the_last_removal_is_told_first() -> None:
    tombstones = removed(1, 4, 9)
    assert list(tombstones.newest()) == [("key 9", 9), ("key 4", 4), ("key 1", 1)]
    assert list(tombstones) == ["key 1", "key 4", "key 9"]
    assert len(tombstones) == 3


def test_a_removal_is_forgotten_after_the_horizon_and_not_at_it() -> None:
    tombstones = removed(1, 4, 9)
    assert tombstones.expire(61.0) == 0
    assert tombstones.expire(64.5) == 4
    assert list(tombstones) == ["key 9"]
    assert tombstones.expire(64.5) == 0
    assert tombstones.expire(1e9) == 9
    assert len(tombstones) == 0


def test_the_oldest_removals_beyond_the_number_are_forgotten() -> None:
    tombstones = removed(*range(1, 14))
    assert tombstones.expire(13.0) == 3
    assert len(tombstones) == 10
    assert next(iter(tombstones)) == "key 4"


def test_a_key_that_has_a_value_again_is_no_longer_removed() -> None:
    tombstones = removed(1, 2)
    assert tombstones.discard("key 1") == 1
    assert tombstones.discard("key 1") == 0
    assert list(tombstones) == ["key 2"]
    assert tombstones.expire(1e9) == 2


def test_a_key_removed_again_counts_from_its_last_removal() -> None:
    tombstones = removed(1, 2)
    tombstones.discard("key 1")
    tombstones.add("key 1", 3, 3.0)
    assert list(tombstones.newest()) == [("key 1", 3), ("key 2", 2)]
