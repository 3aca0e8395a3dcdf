"""Whatever a server answers, it becomes one error that is safe to show."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.answers import MESSAGE_LIMIT, Call, error_in_stream, error_of
from app.cluster.faults import Refused
from app.cluster.projection import StatusObject
from app.errors import (
    Absent,
    AccessDenied,
    ClusterError,
    Gone,
    ServerFault,
    Throttled,
    Unauthorized,
    Unusable,
)
from app.model.text import clean
from tests.cluster.objects import THINGS, error, status

CALL = Call("list", "/api/v1/namespaces/a/pods", "", "pods", "a")


def answered(code: int, body: bytes = b"", **headers: str) -> ClusterError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return error_of(CALL, code, named, body)


def streamed(line: bytes) -> ClusterError:
    found = THINGS.event(line).status
    assert found is not None
    return error_in_stream(CALL, found)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (301, None, Unusable),
        (400, "BadRequest", Refused),
        (400, "Expired", Gone),
        (401, "Unauthorized", Unauthorized),
        (403, "Forbidden", AccessDenied),
        (404, "NotFound", Absent),
        (405, "MethodNotAllowed", Refused),
        (410, None, Gone),
        (410, "Gone", Gone),
        (415, None, Refused),
        (422, "Invalid", Refused),
        (429, None, Throttled),
        (500, "TooManyRequests", Throttled),
        (500, "InternalError", ServerFault),
        (503, None, ServerFault),
        (504, "Timeout", ServerFault),
        (599, None, ServerFault),
    ],
)
def test_a_code_and_a_word_are_one_error(
    code: int, reason: str | None, expected: type[ClusterError]
) -> None:
    found = answered(code, status(code, reason))
    assert type(found) is expected
    assert str(found)


def test_a_proxys_page_is_not_repeated() -> None:
    found = answered(502, b"  <html><body><h1>502 Bad Gateway</h1></body></html>")
    assert str(found) == "the API server answered 502"


def test_plain_text_is_repeated() -> None:
    assert str(answered(404, b"404 page not found\n")) == "404 page not found"
    assert str(answered(503, b"\xff\xfe upstream\n")) == "\ufffd\ufffd upstream"


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"7", b'"text"', b"{}", b"[" * 70_000], ids=lambda body: repr(body[:9])
)
def test_other_json_says_nothing(body: bytes) -> None:
    assert isinstance(answered(500, body), ServerFault)


def test_a_message_is_clean_and_short() -> None:
    found = answered(500, status(500, message="a\x1b[31m\u202eb\n" + "x" * 1000))
    assert str(found).startswith("ab x")
    assert len(str(found).encode()) <= MESSAGE_LIMIT


def test_a_refusal_says_what_was_refused() -> None:
    found = answered(403, status(403, "Forbidden", "pods is forbidden"))
    assert isinstance(found, AccessDenied)
    assert (found.verb, found.group, found.resource, found.namespace) == ("list", "", "pods", "a")


@pytest.mark.parametrize(
    ("header", "details", "expected"),
    [
        ("7", None, 7.0),
        ("7", 3, 7.0),
        (None, 3, 3.0),
        ("soon", 3, 3.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None, None),
        ("0", None, None),
        ("-5", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("1e400", None, None),
        ("86400", None, None),
        (None, 10**400, None),
        (None, "soon", None),
        (None, [1], None),
        (None, None, None),
    ],
)
def test_how_long_to_wait_is_a_sensible_time_or_none(
    header: str | None, details: Any, expected: float | None
) -> None:
    body = status(429, "TooManyRequests", retryAfterSeconds=details)
    found = answered(429, body, **({} if header is None else {"Retry_After": header}))
    assert isinstance(found, Throttled)
    assert found.retry_after == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(7, 7.0), (1e9, None), (10**400, None), (float("inf"), None)]
)
def test_a_stream_cannot_make_us_wait_for_ever_either(
    seconds: float, expected: float | None
) -> None:
    found = streamed(error(429, "TooManyRequests", retryAfterSeconds=seconds))
    assert isinstance(found, Throttled)
    assert found.retry_after == expected


def test_causes_are_the_same_in_an_answer_and_in_a_stream() -> None:
    causes = [{"reason": "ResourceVersionTooLarge"}, "nonsense", {}]
    for found in (
        answered(504, status(504, "Timeout", causes=causes)),
        streamed(error(504, "Timeout", causes=causes)),
    ):
        assert isinstance(found, ServerFault)
        assert found.causes == ("ResourceVersionTooLarge", "None")
        assert found.status_reason == "Timeout"


def test_an_error_without_a_reason_is_not_understood() -> None:
    assert type(error_in_stream(CALL, StatusObject(message="hm"))) is Unusable
    assert type(error_in_stream(CALL, StatusObject(reason="InternalError"))) is ServerFault
    assert type(error_in_stream(CALL, StatusObject(reason="Whatever"))) is Refused


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
STATUSES = st.fixed_dictionaries(
    {},
    optional={
        "code": JSON,
        "reason": JSON | st.sampled_from(["Expired", "Timeout", "Forbidden"]),
        "message": JSON,
        "details": JSON
        | st.fixed_dictionaries({}, optional={"retryAfterSeconds": JSON, "causes": JSON}),
    },
)


@given(
    code=st.integers(300, 999),
    body=st.binary(max_size=200) | (STATUSES | JSON).map(lambda told: json.dumps(told).encode()),
    retry=st.text(max_size=10),
)
def test_anything_is_an_error_that_is_safe_to_show(code: int, body: bytes, retry: str) -> None:
    found = error_of(CALL, code, {"Retry-After": retry}, body)
    assert isinstance(found, ClusterError)
    check(found)


@given(told=STATUSES)
def test_anything_in_a_stream_is_as_well(told: Any) -> None:
    line = json.dumps({"type": "ERROR", "object": told}).encode()
    check(streamed(line))


def check(found: ClusterError) -> None:
    assert str(found)
    assert clean(str(found), MESSAGE_LIMIT) == str(found)
    wait = getattr(found, "retry_after", None)
    assert wait is None or 0 < wait < 3600
