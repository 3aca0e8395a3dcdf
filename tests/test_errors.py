"""The tree of errors is the one that its docstring draws."""

from __future__ import annotations

import re
from http import HTTPStatus

import pytest

from app import errors
from app.errors import (
    AccessDenied,
    ClusterError,
    Conflict,
    Gone,
    Internal,
    InvalidRequest,
    ServerFault,
    Throttled,
    Unreachable,
    WatchglassError,
)

BRANCH = re.compile(r"^ {4}((?:│   |    )*)[├└]── (\w+)(?: +(\d{3}))?(?: +([a-z_]+)(?= |$))?")

CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, WatchglassError)
]


def drawn() -> dict[str, tuple[str, str | None, str | None]]:
    """Name to parent, status and reason, as the docstring draws them."""
    assert errors.__doc__
    tree: dict[str, tuple[str, str | None, str | None]] = {}
    path = ["WatchglassError"]
    for line in errors.__doc__.splitlines():
        if branch := BRANCH.match(line):
            indent, name, status, reason = branch.groups()
            path = [*path[: len(indent) // 4 + 1], name]
            tree[name] = (path[-2], status, reason)
    return tree


def test_the_drawing_holds_every_class() -> None:
    assert set(drawn()) == {one.__name__ for one in CLASSES} - {"WatchglassError"}


@pytest.mark.parametrize("one", CLASSES[1:], ids=lambda one: one.__name__)
def test_a_class_stands_where_it_is_drawn(one: type[WatchglassError]) -> None:
    parent, status, reason = drawn()[one.__name__]
    assert one.__bases__[0].__name__ == parent
    if status is not None:
        assert one.status == int(status)
        if one is not ClusterError:
            assert one.reason == reason


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.__name__)
def test_a_class_says_what_it_means(one: type[WatchglassError]) -> None:
    assert one.__doc__
    assert 400 <= HTTPStatus(one.status) <= 599
    assert re.fullmatch(r"[a-z_]+", one.reason)


def test_reason_words_are_not_shared() -> None:
    words = [one.reason for one in CLASSES if one not in (WatchglassError,)]
    assert len(set(words)) == len(words)


def test_what_is_shown_and_what_is_logged_are_two_things() -> None:
    error = InvalidRequest("no such topic", details="topics=podz from 10.0.0.7")
    assert str(error) == "no such topic"
    assert error.details == "topics=podz from 10.0.0.7"
    assert Internal("something failed").details is None


def test_a_narrower_word_is_that_error_alone() -> None:
    assert InvalidRequest("no such topic", reason="unknown_topic").reason == "unknown_topic"
    assert Conflict("running", reason="refresh_running").status == 409
    assert InvalidRequest("other").reason == "invalid_request"


def test_a_cluster_error_keeps_what_the_api_server_said() -> None:
    assert Unreachable("no answer").code is None
    gone = Gone("too old", code=410, details="resourceVersion 12 is too old")
    assert (gone.code, gone.details) == (410, "resourceVersion 12 is too old")


def test_a_denial_says_what_was_asked_for() -> None:
    denied = AccessDenied(
        "may not list pods", verb="list", group="", resource="pods", namespace=None, details="d"
    )
    assert (denied.code, denied.verb, denied.group) == (403, "list", "")
    assert (denied.resource, denied.namespace, denied.details) == ("pods", None, "d")


def test_a_wait_is_in_seconds_when_the_server_named_one() -> None:
    assert Throttled("too many").retry_after is None
    assert Throttled("too many", retry_after=1.5).retry_after == 1.5
    assert Throttled("too many").code == 429


def test_a_fault_of_the_server_keeps_its_words() -> None:
    fault = ServerFault(
        "the API server failed",
        code=504,
        status_reason="Timeout",
        causes=("ResourceVersionTooLarge",),
        retry_after=1,
    )
    assert (fault.code, fault.status_reason, fault.retry_after) == (504, "Timeout", 1)
    assert fault.causes == ("ResourceVersionTooLarge",)
    assert ServerFault("failed", code=500).causes == ()
