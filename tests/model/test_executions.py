"""What may be asked of an agent."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from app.errors import InvalidRequest
from app.model import PROMPT_LIMIT, ExecutionRequest, decode

EMOJI = "😀"


def test_the_limit_is_100_kb() -> None:
    assert PROMPT_LIMIT == 102_400


@pytest.mark.parametrize(
    "prompt",
    [
        "a" * 102_400,
        "é" * 51_200,
        EMOJI * 25_600,
        "a" * 102_396 + EMOJI,
    ],
    ids=["ascii", "two bytes each", "four bytes each", "an emoji up to the border"],
)
def test_a_prompt_of_the_limit_passes(prompt: str) -> None:
    body = json.dumps({"prompt": prompt}).encode()
    assert ExecutionRequest(prompt=prompt).prompt == prompt
    assert decode(ExecutionRequest, body).prompt == prompt


@pytest.mark.parametrize(
    ("prompt", "size"),
    [
        ("a" * 102_401, "102,401"),
        ("é" * 51_201, "102,402"),
        (EMOJI * 25_601, "102,404"),
        ("a" * 102_397 + EMOJI, "102,401"),
        ("a" * 102_399 + EMOJI, "102,403"),
    ],
    ids=["ascii", "two bytes each", "four bytes each", "an emoji by a byte", "an emoji by three"],
)
def test_a_prompt_over_the_limit_is_refused_with_both_numbers(prompt: str, size: str) -> None:
    sentence = f"the prompt has {size} bytes of UTF-8; at most 102,400"
    with pytest.raises(ValidationError, match=sentence):
        ExecutionRequest(prompt=prompt)
    with pytest.raises(InvalidRequest, match=sentence):
        decode(ExecutionRequest, json.dumps({"prompt": prompt}).encode())


@pytest.mark.parametrize("prompt", ["", " ", "\n\t \r\n", "\u00a0\u2003\u3000"])
def test_a_blank_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(ValidationError, match="the prompt is empty"):
        ExecutionRequest(prompt=prompt)


@pytest.mark.parametrize("prompt", ["a\ud800", "\udfffa", "\ude00\ud83d"])
def test_half_a_surrogate_pair_is_refused(prompt: str) -> None:
    with pytest.raises(ValidationError, match="half of a surrogate pair"):
        ExecutionRequest(prompt=prompt)


@pytest.mark.parametrize("prompt", ["  list the pods\n", "a\x00b", "\x1b[31mred", "\u202eabc"])
def test_a_prompt_is_kept_as_it_is(prompt: str) -> None:
    assert ExecutionRequest(prompt=prompt).prompt == prompt
