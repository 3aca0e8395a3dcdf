"""The shapes of an answer, byte for byte."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.model import (
    Data,
    ExecutionResponse,
    ObjectReference,
    Page,
    Problem,
    TimedOutRun,
    encode,
)

POD = ObjectReference(kind="Pod", namespace="agents", name="one")
RUN = ExecutionResponse(
    id="9b2f6c1e-3d4a-4b5c-8d6e-7f8091a2b3c4", status="timeout", exit_code=124, duration_ms=300_000
)


def test_success() -> None:
    assert encode(Data[ObjectReference](data=POD)) == (
        b'{"data":{"kind":"Pod","namespace":"agents","name":"one"},"success":true}'
    )


def test_success_of_several() -> None:
    assert encode(Data[tuple[ObjectReference, ...]](data=())) == b'{"data":[],"success":true}'


def test_a_page() -> None:
    page = Page[ObjectReference](data=(POD,), total=42, page=3, page_size=20)
    assert encode(page) == (
        b'{"data":[{"kind":"Pod","namespace":"agents","name":"one"}],'
        b'"total":42,"page":3,"pageSize":20}'
    )


def test_an_empty_page() -> None:
    page = Page[ObjectReference](data=(), total=0, page=1, page_size=200)
    assert encode(page) == b'{"data":[],"total":0,"page":1,"pageSize":200}'


@pytest.mark.parametrize(
    ("total", "page", "page_size"), [(-1, 1, 1), (0, 0, 1), (0, 1, 0), (0, 1, 201)]
)
def test_a_page_has_bounds(total: int, page: int, page_size: int) -> None:
    with pytest.raises(ValidationError):
        Page[ObjectReference](data=(), total=total, page=page, page_size=page_size)


def test_an_error() -> None:
    problem = Problem(error="no such pod", code=404, reason="not_found", request_id="r-1")
    assert encode(problem) == (
        b'{"error":"no such pod","success":false,"code":404,"reason":"not_found","requestId":"r-1"}'
    )


def test_the_code_of_an_error_is_a_number_of_an_error() -> None:
    for code in (200, 399, 600):
        with pytest.raises(ValidationError):
            Problem(error="", code=code)


def test_a_waited_run_that_timed_out_has_both() -> None:
    answer = TimedOutRun(data=RUN, error="the run took longer than 300 s", request_id="r-2")
    assert encode(answer) == (
        b'{"data":{"id":"9b2f6c1e-3d4a-4b5c-8d6e-7f8091a2b3c4","status":"timeout",'
        b'"exitCode":124,"durationMs":300000},"error":"the run took longer than 300 s",'
        b'"success":false,"code":504,"reason":"timeout","requestId":"r-2"}'
    )


def test_the_words_of_an_envelope_cannot_be_turned_around() -> None:
    with pytest.raises(ValidationError):
        Data[ObjectReference].model_validate({"data": POD, "success": False})
    with pytest.raises(ValidationError):
        Problem.model_validate({"error": "", "success": True})
