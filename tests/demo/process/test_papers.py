"""What a simulated cluster is known by: made once, handed on as one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from app.demo.papers import USERS, Papers, make_papers

NOW = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)


def test_what_is_written_is_read() -> None:
    papers = make_papers(NOW, port=1, admin_port=2)
    line = papers.written()
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert Papers.read(line) == papers


def test_no_two_demos_share_a_token() -> None:
    one, other = make_papers(NOW), make_papers(NOW)
    tokens = [*one.tokens.values(), one.admin_token, *other.tokens.values(), other.admin_token]
    assert len(set(tokens)) == 2 * (len(USERS) + 1)
    assert all(len(token) >= 32 for token in tokens)
    assert tuple(one.tokens) == USERS
    assert not any(token in repr(one) for token in tokens)


@pytest.mark.parametrize(
    "line",
    [b"", b"no json", b"[]", b"null", b"{}", b'{"certificate": {}}', b'{"certificate": 1}'],
)
def test_something_else_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        Papers.read(line)


def test_a_field_too_many_is_refused() -> None:
    told = json.loads(make_papers(NOW).written()) | {"more": 1}
    with pytest.raises(ValueError, match="no papers"):
        Papers.read(json.dumps(told).encode())
