from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stream.cut import VALUE_LIMIT, Json, cut


def encode(value: Json, *, ascii: bool = False) -> bytes:
    return json.dumps(value, ensure_ascii=ascii, separators=(",", ":")).encode()


def test_what_fits_is_left_alone() -> None:
    exactly = encode("x" * (VALUE_LIMIT - 2))
    assert len(exactly) == VALUE_LIMIT == 48 * 1024
    assert cut(exactly) is exactly


def test_a_long_text_is_cut_and_says_so() -> None:
    text = "x" * 49_151
    cut_value = json.loads(cut(encode({"name": "run", "text": text})))
    assert cut_value == {"name": "run", "text": "x" * 32_768 + "… (cut, 49,151 characters)"}


def test_the_longest_text_is_cut_most() -> None:
    value: Json = {"short": "s" * 1_000, "deep": [{"long": "l" * 200_000}, "m" * 40_000]}
    smaller = json.loads(cut(encode(value)))
    assert smaller["short"] == "s" * 1_000
    assert smaller["deep"][0]["long"] == "l" * 16_384 + "… (cut, 200,000 characters)"
    assert smaller["deep"][1] == "m" * 16_384 + "… (cut, 40,000 characters)"


def test_a_long_list_is_cut_when_its_texts_are_short_already() -> None:
    smaller = json.loads(cut(encode([f"item {n:05}" for n in range(20_000)])))
    assert smaller[:2] == ["item 00000", "item 00001"]
    assert smaller[-1] == "… (cut, 20,000 items)"
    assert len(smaller) == 2_049


def test_a_short_text_beside_a_list_that_must_be_cut_stays_readable() -> None:
    value: Json = {"title": "t" * 64, "numbers": list(range(100_000)), "flag": True, "none": None}
    smaller = json.loads(cut(encode(value)))
    assert (smaller["title"], smaller["flag"], smaller["none"]) == ("t" * 64, True, None)
    assert smaller["numbers"][-1] == "… (cut, 100,000 items)"


@pytest.mark.parametrize("text", ["\0" * 30_000, '"' * 30_000, "\U0001f600" * 20_000, "é" * 30_000])
def test_the_limit_is_one_of_bytes_on_the_wire(text: str) -> None:
    smaller = cut(encode(text))
    assert len(smaller) <= VALUE_LIMIT
    assert json.loads(smaller).endswith(f"(cut, {len(text):,} characters)")


def test_a_lone_surrogate_survives_a_cut() -> None:
    smaller = cut(encode({"odd": "\ud800", "text": "x" * 60_000}, ascii=True))
    assert smaller.isascii() is False  # the ellipsis
    assert json.loads(smaller)["odd"] == "\ud800"


def test_what_cannot_be_cut_is_refused() -> None:
    members: Json = {f"member {n}": n for n in range(10_000)}
    with pytest.raises(ValueError, match=r"a value of [\d,]+ bytes cannot be cut to 49,152"):
        cut(encode(members))


texts = st.text(st.characters(codec=None), max_size=40).map(lambda text: text * 8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.sampled_from("abcd"), inner),
    max_leaves=30,
)


@given(values, st.integers(600, 4_000))
def test_a_cut_value_is_json_on_one_line_within_the_limit(value: Json, limit: int) -> None:
    encoded = encode(value, ascii=True)
    try:
        smaller = cut(encoded, limit)
    except ValueError:
        # Nothing but nested members and numbers is left of it.
        assert len(encoded) > limit
        return
    assert len(smaller) <= limit
    assert b"\n" not in smaller
    if len(encoded) <= limit:
        assert smaller == encoded
    elif smaller != encoded:
        assert "(cut, " in smaller.decode() or json.loads(smaller) == value
