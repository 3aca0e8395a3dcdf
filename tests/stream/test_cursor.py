from __future__ import annotations

import re
from random import Random

import pytest

from app.stream.cursor import ALPHABET, Cursor, new_epoch


@pytest.mark.parametrize("seq", [0, 1, 9, 10, 123_456, 999_999_999_999_999])
def test_a_cursor_reads_what_it_writes(seq: int) -> None:
    cursor = Cursor("0az9876543", seq)
    assert str(cursor) == f"0az9876543-{seq}"
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "-",
        "0123456789",
        "0123456789-",
        "012345678-1",
        "01234567890-1",
        "012345678A-1",
        "0123456789-01",
        "0123456789-00",
        "0123456789--1",
        "0123456789-+1",
        "0123456789-1.0",
        "0123456789-1e3",
        "0123456789-0x1",
        "0123456789-1_0",
        "0123456789-1 ",
        " 0123456789-1",
        "0123456789-1\n",
        "0123456789-1-1",
        # U+0661 is a digit to Python, and not to the protocol.
        "0123456789-\u0661",
        "\u0661123456789-1",
        # One more digit than a page can hold exactly.
        "0123456789-1000000000000000",
        "0123456789-" + "9" * 5_000,
    ],
)
def test_anything_else_is_no_cursor(text: str | None) -> None:
    assert Cursor.parse(text) is None


def test_the_longest_cursor_needs_no_preflight_and_is_exact_in_a_page() -> None:
    text = str(Cursor("z" * 10, 999_999_999_999_999))
    assert len(text) < 100
    assert re.fullmatch(r"[0-9a-z-]+", text)
    assert 999_999_999_999_999 < 2**53


def test_an_epoch_is_ten_characters_of_the_alphabet() -> None:
    epochs = {new_epoch(Random(seed)) for seed in range(1_000)}
    assert len(epochs) == 1_000
    assert all(len(epoch) == 10 and set(epoch) <= set(ALPHABET) for epoch in epochs)
    assert all(Cursor.parse(f"{epoch}-0") for epoch in epochs)
    assert new_epoch(Random(7)) == new_epoch(Random(7))
