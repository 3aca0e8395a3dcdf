"""Every way a run can end: each code and none, under each choice of flags."""

from __future__ import annotations

from itertools import product

import pytest

from app.model import execution_status
from app.model.exits import BY_EXIT_CODE

CODES = [None, *range(256)]
BOTH = (False, True)


@pytest.mark.parametrize("code", range(256))
def test_a_run_left_to_itself_is_what_its_code_says(code: int) -> None:
    named = {0: "success", 57: "auth_failure", 124: "timeout"}
    assert execution_status(code) == named.get(code, "error")


def test_a_run_without_a_code_is_an_error() -> None:
    assert execution_status(None) == "error"


def test_a_run_that_says_it_is_signed_out_has_not_succeeded() -> None:
    assert {execution_status(code, signed_out=True) for code in CODES} == {"auth_failure"}


def test_a_run_that_we_ended_in_time_timed_out() -> None:
    statuses = {
        execution_status(code, timed_out=True, signed_out=signed_out)
        for code, signed_out in product(CODES, BOTH)
    }
    assert statuses == {"timeout"}


def test_a_run_that_a_person_ended_is_an_error() -> None:
    statuses = {
        execution_status(code, cancelled=True, timed_out=timed_out, signed_out=signed_out)
        for code, timed_out, signed_out in product(CODES, BOTH, BOTH)
    }
    assert statuses == {"error"}


def test_the_table_cannot_be_changed() -> None:
    assert dict(BY_EXIT_CODE) == {0: "success", 57: "auth_failure", 124: "timeout"}
    with pytest.raises(TypeError):
        BY_EXIT_CODE[1] = "success"  # type: ignore[index]
