"""Objects in which a few things are not what they should be."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

SURPRISES = st.sampled_from(
    [
        None,
        "",
        "text",
        "\u202egnp\x1b[31m",
        "2026-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        -1,
        0,
        10**30,
        1.5,
        True,
        [],
        [None],
        {},
        {"reason": None},
    ]
)


def places(raw: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of the object that a value can be put into."""
    pairs = list(raw.items() if isinstance(raw, dict) else enumerate(raw))
    found = [(raw, key) for key, _ in pairs]
    for _, inner in pairs:
        if isinstance(inner, dict | list):
            found += places(inner)
    return found


@st.composite
def twisted(draw: st.DrawFn, originals: list[Json]) -> Json:
    raw = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(0, 3))):
        inner, key = draw(st.sampled_from(places(raw)))
        inner[key] = copy.deepcopy(draw(SURPRISES))
    return raw
