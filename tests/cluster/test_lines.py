"""Lines out of chunks, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.faults import Truncated
from app.cluster.lines import LineSplitter
from app.errors import Unusable


def split(*chunks: bytes, limit: int = 100) -> list[bytes]:
    splitter = LineSplitter(limit)
    found = [line for chunk in chunks for line in splitter.feed(chunk)]
    splitter.end()
    return found


@given(
    text=st.lists(st.sampled_from([b"a", b"bc", b"\n", b" ", b"\r\n", b"\x00"])).map(b"".join),
    cuts=st.lists(st.integers(0, 60)),
)
def test_it_does_not_matter_where_they_are_cut(text: bytes, cuts: list[int]) -> None:
    text += b"\n"
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[start:end] for start, end in pairwise(places)]
    assert split(*chunks) == [line for line in text.split(b"\n") if line.strip()]


def test_an_end_within_a_line_is_told() -> None:
    with pytest.raises(Truncated):
        split(b"one\ntw")
    assert split(b"one\n \r") == [b"one"], "white space is no line"


@pytest.mark.parametrize(
    "chunks", [(b"x" * 101,), (b"x" * 60, b"x" * 41), (b"x" * 101 + b"\n",), (b"y\n" + b"x" * 101,)]
)
def test_a_line_beyond_the_limit_is_refused_before_it_is_whole(chunks: tuple[bytes, ...]) -> None:
    with pytest.raises(Unusable, match="more than 100 bytes"):
        split(*chunks)


def test_the_limit_is_for_one_line_alone() -> None:
    assert split(b"x" * 100 + b"\n" + b"y" * 100 + b"\n") == [b"x" * 100, b"y" * 100]


def test_a_long_line_in_many_chunks_is_searched_once() -> None:
    """16 MiB in chunks of 1 KiB: a search from the start of the line each time takes minutes."""
    splitter = LineSplitter()
    for _ in range(16 * 1024 - 1):
        assert list(splitter.feed(b"x" * 1024)) == []
    assert [len(line) for line in splitter.feed(b"\n")] == [(16 * 1024 - 1) * 1024]
