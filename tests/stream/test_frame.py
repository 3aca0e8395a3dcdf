from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.stream import CHUNK, Frame
from tests.stream.wire import parse_sse, parse_websocket

TEXTS = [
    "\u2028 and \u2029",
    "a\r\nb\nc\rd",
    "\0",
    "\ufeffbom",
    "\U0001f600",
    "data: x\n\nevent: y\n\n",
    '"\\/\b\f\t',
    "\x85\x1c\x1d\x1e\v",
    "x" * 60_000,
]


def json_bytes(value: object, *, ascii: bool = False) -> bytes:
    return json.dumps(value, ensure_ascii=ascii, separators=(",", ":")).encode()


def test_an_event_as_sse() -> None:
    frame = Frame("change", b'{"a":1}', id="0123456789-7", seq=7)
    assert frame.sse == b'event: change\nid: 0123456789-7\ndata: {"a":1}\n\n'
    assert frame.seq == 7


def test_an_event_as_a_websocket_message() -> None:
    frame = Frame("change", b'{"a":1}', id="0123456789-7", seq=7)
    assert frame.websocket == b'{"event":"change","id":"0123456789-7","data":{"a":1}}'


def test_an_event_that_moves_nobody_has_no_id() -> None:
    frame = Frame("heartbeat", b"{}")
    assert frame.sse == b"event: heartbeat\ndata: {}\n\n"
    assert frame.websocket == b'{"event":"heartbeat","data":{}}'


def test_the_time_to_reconnect_is_a_field_of_sse_alone() -> None:
    frame = Frame("hello", b"{}", retry=1_500)
    assert frame.sse == b"retry: 1500\nevent: hello\ndata: {}\n\n"
    assert frame.websocket == b'{"event":"hello","data":{}}'


def test_what_a_server_is_given_is_made_once_for_each_dialect() -> None:
    frame = Frame("change", b"{}", id="0123456789-7")
    assert frame.sse is frame.sse
    assert frame.websocket is frame.websocket
    assert frame.body is frame.body
    assert frame.text is frame.text


def test_the_message_of_a_response_has_the_body_and_the_same_as_a_chunk() -> None:
    frame = Frame("heartbeat", b"{}")
    assert frame.body == {
        "type": "http.response.body",
        "body": b"event: heartbeat\ndata: {}\n\n",
        "more_body": True,
        CHUNK: b"1b\r\nevent: heartbeat\ndata: {}\n\n\r\n",
    }


def test_the_message_of_a_websocket_is_text() -> None:
    frame = Frame("heartbeat", '{"é":1}'.encode())
    assert frame.text == {
        "type": "websocket.send",
        "text": '{"event":"heartbeat","data":{"é":1}}',
    }


@pytest.mark.parametrize("mark", ["\r", "\n", "\0"], ids=["CR", "LF", "NUL"])
def test_no_field_carries_what_would_end_or_void_it(mark: str) -> None:
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        Frame(f"change{mark}", b"{}")
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        Frame("change", b"{}", id=f"0123456789-7{mark}")
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        Frame("change", b'{"a":%b1}' % mark.encode())


@pytest.mark.parametrize("ascii", [True, False], ids=["escaped", "raw"])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_any_text_arrives_as_it_was(text: str, ascii: bool) -> None:
    frame = Frame("change", json_bytes({"text": text}, ascii=ascii), id="0123456789-7")
    assert frame.sse.count(b"\n") == 4
    for event in (*parse_sse(frame.sse), *parse_websocket(frame.websocket)):
        assert event.data == {"text": text}
        assert (event.event, event.id) == ("change", "0123456789-7")


values = st.recursive(
    # Every code point, lone surrogates too: JSON can write them, UTF-8 cannot.
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    max_leaves=8,
)


@given(values)
@example(["\ud800", "\udfff\ud800", {"\0": "\r\n\u2028"}])
def test_any_value_arrives_as_it_was(value: object) -> None:
    frame = Frame("change", json_bytes({"value": value}, ascii=True))
    (as_sse,) = parse_sse(frame.sse)
    (as_websocket,) = parse_websocket(frame.websocket)
    assert as_sse.data == as_websocket.data == {"value": value}
