"""What a simulated cluster is known by: made once, handed on as one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.demo.certificate import VALID, Authority
from app.demo.papers import USERS, Papers, make_papers, renewed

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


DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        (timedelta(0), True),
        (VALID - DAY - MINUTE, True),
        (VALID - DAY + MINUTE, False),
        (VALID + 30 * DAY, False),
    ],
    ids=["new", "two-days-left", "less-than-a-day-left", "run-out"],
)
def test_a_certificate_is_renewed_when_it_has_run_out_or_soon_will(
    later: timedelta, kept: bool
) -> None:
    authority = Authority(NOW)
    papers = make_papers(NOW, authority, port=1, admin_port=2)
    found = renewed(papers, authority, NOW + later)
    assert (found is papers) is kept
    assert found.certificate.runs_out > NOW + later + DAY - MINUTE
    # To everybody who holds the kubeconfig it is the same cluster.
    assert found.certificate.authority == papers.certificate.authority
    assert (found.tokens, found.admin_token) == (papers.tokens, papers.admin_token)
    assert (found.port, found.admin_port) == (1, 2)
