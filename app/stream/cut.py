"""Make a value that is too large fit, and say so in the value itself."""

from __future__ import annotations

import json
from typing import TypeAlias

VALUE_LIMIT = 49_152
"""Bytes of JSON that one value may have on the wire (48 KiB)."""

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_LONGEST_TEXT = 32_768
_SHORTEST_TEXT = 64
_LONGEST_LIST = 4_096


def cut(encoded: bytes, limit: int = VALUE_LIMIT) -> bytes:
    """`encoded` (one JSON value) in at most `limit` bytes.

    Long texts are shortened first, the longest most; then long lists. A shortened text ends in
    `… (cut, N characters)`, a shortened list in a text that counts what is left out.

    Raises:
        ValueError: It is too large without long texts or lists.
    """
    if len(encoded) <= limit:
        return encoded
    value: Json = json.loads(encoded)
    texts, lists = _LONGEST_TEXT, _LONGEST_LIST
    while lists:
        shortened = _shorten(value, texts, lists)
        text = json.dumps(shortened, ensure_ascii=False, separators=(",", ":"))
        # A lone surrogate has no UTF-8, and this way of writing it is JSON's own.
        smaller = text.encode(errors="backslashreplace")
        if len(smaller) <= limit:
            return smaller
        if texts > _SHORTEST_TEXT:
            texts //= 2
        else:
            lists //= 2
    raise ValueError(f"a value of {len(encoded):,} bytes cannot be cut to {limit:,}")


def _shorten(value: Json, texts: int, lists: int) -> Json:
    if isinstance(value, str):
        if len(value) <= texts:
            return value
        return f"{value[:texts]}… (cut, {len(value):,} characters)"
    if isinstance(value, list):
        kept: list[Json] = [_shorten(item, texts, lists) for item in value[:lists]]
        if len(value) > lists:
            kept.append(f"… (cut, {len(value):,} items)")
        return kept
    if isinstance(value, dict):
        return {key: _shorten(item, texts, lists) for key, item in value.items()}
    return value
