from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from app.errors import InvalidRequest
from app.web.parameters import chosen, names, number, one_of, page_of, search, shown

GOOD = ("pods", "cronjobs", "jobs")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", []),
        ("topics=", []),
        ("topics=,%20,", []),
        ("topics=pods", ["pods"]),
        ("topics=pods,jobs", ["pods", "jobs"]),
        ("topics=jobs&topics=pods", ["jobs", "pods"]),
        ("topics=pods,jobs&topics=%20pods%20", ["pods", "jobs"]),
        ("other=pods", []),
    ],
)
def test_a_list_is_comma_separated_and_repeatable(query: str, found: list[str]) -> None:
    assert names(QueryParams(query), "topics") == found
    assert chosen(QueryParams(query), "topics", GOOD, what="topic") == (found or None)


def test_an_unknown_item_is_told_with_the_good_ones() -> None:
    with pytest.raises(InvalidRequest) as caught:
        chosen(QueryParams("topics=pods,secrets,nodes"), "topics", GOOD, what="topic")
    assert caught.value.reason == "unknown_topic"
    assert str(caught.value) == "Unknown topic: secrets, nodes. Good ones: pods, cronjobs, jobs."


def test_what_a_reader_sent_is_short_and_harmless_in_a_message() -> None:
    query = QueryParams([("topics", ",".join(f"{n}\x1b[2J\u202e" + "x" * 90 for n in range(99)))])
    with pytest.raises(InvalidRequest) as caught:
        chosen(query, "topics", GOOD, what="topic")
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()
    assert shown("a\r\nb\x00") == "a??b?"


@pytest.mark.parametrize(
    ("text", "value"), [(None, 7), ("", 7), ("1", 1), ("007", 7), ("200", 200)]
)
def test_a_number(text: str | None, value: int) -> None:
    query = QueryParams({} if text is None else {"n": text})
    assert number(query, "n", 7, 1, 200) == value


@pytest.mark.parametrize(
    "text", ["0", "201", "-1", "+1", "1.0", "1e2", "0x1", "one", " ", "٣", "9" * 5_000]
)
def test_what_is_no_number_or_out_of_bounds(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^n is a whole number from 1 to 200\.$"):
        number(QueryParams({"n": text}), "n", 7, 1, 200)


def test_pages_have_bounds() -> None:
    assert page_of(QueryParams("")) == (1, 50)
    assert page_of(QueryParams("page=3&pageSize=200")) == (3, 200)
    for query in ("page=0", "pageSize=0", "pageSize=201", "page=a"):
        with pytest.raises(InvalidRequest):
            page_of(QueryParams(query))


def test_a_search_is_no_longer_than_a_name() -> None:
    assert search(QueryParams("")) == ""
    assert search(QueryParams("q=%20Agent%20")) == "agent"
    assert len(search(QueryParams({"q": "x" * 253}))) == 253
    with pytest.raises(InvalidRequest):
        search(QueryParams({"q": "x" * 254}))
    # Of such letters two come of one in lower case.
    assert search(QueryParams({"q": "\u0130" * 253})) == "i\u0307" * 253


def test_words_of_a_set() -> None:
    assert one_of(QueryParams(""), "state", GOOD) == set()
    assert one_of(QueryParams("state=pods,jobs"), "state", GOOD) == {"pods", "jobs"}
    with pytest.raises(InvalidRequest) as caught:
        one_of(QueryParams("state=c,b,pods"), "state", GOOD)
    assert str(caught.value) == "Unknown state: b, c. Good ones: cronjobs, jobs, pods."
