"""Other names: of the same shape, one for one, none as it was, and no way back without the key."""

from __future__ import annotations

import re
from itertools import product
from string import ascii_lowercase, digits
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.tape.names import Names

KEY, ANOTHER = b"k" * 32, b"l" * 32
NAMES = st.from_regex(r"[a-z0-9]{1,12}([-./][a-z0-9]{1,12}){0,4}", fullmatch=True)


def shape(name: str) -> str:
    return re.sub("[A-Z]", "A", re.sub("[0-9]", "9", re.sub("[a-z]", "a", name)))


@settings(deadline=None, max_examples=60)
@given(name=NAMES, key=st.binary(min_size=32, max_size=32))
def test_no_word_is_as_it_was_and_the_shape_is(name: str, key: bytes) -> None:
    other = Names(key).other(name)
    assert shape(other) == shape(name)
    assert Names(key).other(name) == other
    for word, before in zip(re.split("[-./]", other), re.split("[-./]", name), strict=True):
        assert word != before


@pytest.mark.parametrize(
    "alphabets",
    [(digits,), (ascii_lowercase,), (digits, digits), (ascii_lowercase, digits), (digits,) * 3],
    ids=["1", "a", "11", "a1", "111"],
)
def test_all_words_of_a_shape_become_all_words_of_it(alphabets: tuple[str, ...]) -> None:
    names = Names(KEY)
    words = {"".join(word) for word in product(*alphabets)}
    assert {names.other(word) for word in words} == words


@settings(deadline=None, max_examples=60)
@given(one=NAMES, two=NAMES)
def test_two_names_never_become_one(one: str, two: str) -> None:
    names = Names(KEY)
    assert (names.other(one) == names.other(two)) == (one == two)


def test_what_begins_alike_still_does() -> None:
    names = Names(KEY)
    owner, pod = names.other("queue-worker"), names.other("queue-worker-7d9f8b6c5-x2k4j")
    assert pod.startswith(f"{owner}-")
    assert names.other("agents/queue-worker") == f"{names.other('agents')}/{owner}"
    assert names.other("*") == "*"
    assert names.other("") == ""


def test_another_key_gives_other_names() -> None:
    words = [f"queue-worker-{number}" for number in range(100)]
    one, two = Names(KEY), Names(ANOTHER)
    assert sum(one.other(word) == two.other(word) for word in words) == 0


def test_words_that_are_no_ascii_become_letters() -> None:
    other = Names(KEY).other("Prüfung №7 東京")
    assert re.fullmatch(r"[A-Z][a-z]{6} №[0-9] [a-z]{2}", other)


def test_a_word_of_any_length_has_another() -> None:
    assert shape(Names(KEY).other("x" * 1000)) == "a" * 1000


def test_uids_stay_uids() -> None:
    names = Names(KEY)
    found = {names.uid(f"uid-of-{number}") for number in range(1000)}
    assert len(found) == 1000
    assert all(str(UUID(uid)) == uid for uid in found)
    assert names.uid("uid-of-1") == names.uid("uid-of-1")
    assert names.uid("uid-of-1") != Names(ANOTHER).uid("uid-of-1")
