"""Bytes to messages, by the rules of the HTML standard; many of its own examples."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.sse import LONGEST_EVENT, EventParser, Message, TooLong
from app.stream.frame import Frame


def parse(*chunks: bytes) -> list[Message]:
    parser = EventParser()
    return [message for chunk in chunks for message in parser.feed(chunk)]


def texts(*chunks: bytes) -> list[str]:
    return [message.data for message in parse(*chunks)]


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Message("message", "YHOO\n+2\n10")]),
        (
            b": remark\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
            [
                Message("message", "first", "1"),
                Message("message", "second", ""),
                Message("message", " third"),
            ],
        ),
        (b"data\n\ndata\ndata\n\ndata:", [Message("message", ""), Message("message", "\n")]),
        (b"data:test\n\ndata: test\n\n", [Message("message", "test"), Message("message", "test")]),
        (b"event: a\n\nevent: b\ndata: x\n\n", [Message("b", "x")]),
        (b"event: add\ndata: 7\n\ndata: 8\n\n", [Message("add", "7"), Message("message", "8")]),
        (b"event: a\nevent\ndata: x\n\n", [Message("message", "x")]),
        (b"data: a:b: c\n\n", [Message("message", "a:b: c")]),
        (b"DATA: x\ndata : x\n data: x\nfoo: x\n\n", []),
        (b"data: unfinished\n", []),
        (b"data: unfinished", []),
        (b"", []),
        (b"\n\n\n", []),
    ],
)
def test_blocks_become_messages(stream: bytes, messages: list[Message]) -> None:
    assert parse(stream) == messages


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"], ids=["LF", "CR", "CRLF"])
def test_lines_end_in_three_ways(end: bytes) -> None:
    stream = b"event: a%sdata: 1%sdata: 2%s%sdata: 3%s%s".replace(b"%s", end)
    assert parse(stream) == [Message("a", "1\n2"), Message("message", "3")]


def test_the_ways_to_end_a_line_may_be_mixed() -> None:
    assert texts(b"data: 1\rdata: 2\r\ndata: 3\n\r\rdata: 4\r\n\n") == ["1\n2\n3", "4"]


def test_a_carriage_return_ends_a_line_at_once_and_its_line_feed_is_no_second_end() -> None:
    parser = EventParser()
    assert [*parser.feed(b"data: 1\r")] == []
    assert [m.data for m in parser.feed(b"\r")] == ["1"], "no waiting for what may follow"
    assert [*parser.feed(b"\ndata: 2\r")] == []
    assert [*parser.feed(b"\n")] == []
    assert [m.data for m in parser.feed(b"\r\n")] == ["2"]


def test_one_byte_order_mark_is_dropped() -> None:
    mark = b"\xef\xbb\xbf"
    assert texts(mark + b"data: 1\n\n") == ["1"]
    assert texts(mark[:1], mark[1:] + b"data: 1\n\n") == ["1"]
    assert texts(mark + mark + b"data: 1\n\n") == []
    assert texts(b"data: 1\n\n" + mark + b"data: 2\n\n") == ["1"]


def test_bytes_that_are_no_utf_8_become_replacements() -> None:
    assert texts(b"data: \xff\xe2\x82\n\n") == ["\ufffd\ufffd"]
    assert texts(b"data: \xe2", b"\x82", b"\xac\n\n") == ["\u20ac"]


def test_only_three_bytes_end_lines() -> None:
    text = "a\x0bb\x0cc\x85d\u2028e\u2029f\x1cg"
    assert texts(f"data: {text}\n\n".encode()) == [text]


def test_an_id_holds_until_another_one_comes() -> None:
    parser = EventParser()
    seen = [
        (message.id, parser.last_id)
        for message in parser.feed(b"data: 0\n\nid: 1\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n")
    ]
    assert seen == [(None, None), ("1", "1"), (None, "1"), ("", "")]


def test_an_id_of_a_block_without_data_counts_too() -> None:
    parser = EventParser()
    assert [*parser.feed(b"id: 7\n\nid: 8\n")] == []
    assert parser.last_id == "7"


def test_an_id_with_nul_is_ignored() -> None:
    parser = EventParser()
    assert [m.id for m in parser.feed(b"id: 1\ndata: 1\n\nid: 2\x00\ndata: 2\n\n")] == ["1", None]
    assert parser.last_id == "1"


@pytest.mark.parametrize(
    ("value", "taken"),
    [(b"1500", 1500), (b"0", 0), (b"15x", None), (b"-1", None), (b"", None), (b"\xd9\xa1", None)],
)
def test_a_retry_time_is_digits_and_nothing_else(value: bytes, taken: int | None) -> None:
    parser = EventParser()
    assert [*parser.feed(b"retry: " + value + b"\n")] == []
    assert parser.retry_ms == taken


def test_an_event_that_does_not_end_is_given_up() -> None:
    piece = b"x" * 65_536
    parser = EventParser()
    with pytest.raises(TooLong):
        for _ in range(LONGEST_EVENT // len(piece) + 2):
            assert [*parser.feed(piece)] == []
    parser = EventParser()
    with pytest.raises(TooLong):
        for _ in range(LONGEST_EVENT // len(piece) + 2):
            assert [*parser.feed(b"data: " + piece + b"\n")] == []


def test_many_events_together_may_be_longer_than_one() -> None:
    block = b"data: " + b"x" * 65_536 + b"\n\n"
    assert len(texts(block * (LONGEST_EVENT // len(block) + 5))) > LONGEST_EVENT // len(block)


PIECES = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"data", b": ", b":", b"id", b"event", b"1", b"\xe2\x82\xac", b"\0"]
    ),
    max_size=60,
).map(b"".join)


@given(stream=PIECES, cuts=st.lists(st.integers(0, 200), max_size=12))
def test_where_chunks_are_cut_makes_no_difference(stream: bytes, cuts: list[int]) -> None:
    places = sorted({0, *(min(cut, len(stream)) for cut in cuts), len(stream)})
    chunks = [stream[a:b] for a, b in pairwise(places)]
    assert parse(*chunks) == parse(stream)
    assert parse(*(bytes([byte]) for byte in stream)) == parse(stream)


@given(data=st.dictionaries(st.text(), st.text()), seq=st.integers(0, 10**15))
def test_what_the_server_writes_is_what_is_read(data: dict[str, str], seq: int) -> None:
    payload = json.dumps(data, ensure_ascii=False).encode(errors="replace")
    frame = Frame("change", payload, id=f"0123456789-{seq}", seq=seq, retry=7)
    assert parse(frame.sse) == [Message("change", payload.decode(), f"0123456789-{seq}")]
