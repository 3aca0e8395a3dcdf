"""Headers that stay, and tokens in files that somebody else rewrites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cluster.credentials import FILE_AGE_SECONDS, Fixed, TokenFile, basic, bearer
from app.errors import Unauthorized
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path


def test_space_around_a_token_is_left_out() -> None:
    assert bearer(" \tabc.def-_~+/=\r\n") == "Bearer abc.def-_~+/="


@pytest.mark.parametrize(
    "text", ["", " \n", "a b", "a\nb", "a\rb: c", "a\x00b", "caf\u00e9", "\x7f"]
)
def test_what_no_header_may_carry_is_no_token(text: str) -> None:
    with pytest.raises(ValueError, match="no token"):
        bearer(text)


@given(st.text())
def test_a_token_is_always_one_word_of_a_header(text: str) -> None:
    try:
        value = bearer(text)
    except ValueError as error:
        assert str(error) == "that is no token"
    else:
        assert value.encode("ascii").split() == [b"Bearer", text.strip().encode()]


async def test_what_never_changes_cannot_be_renewed() -> None:
    for fixed, expected in ((Fixed(None), None), (basic("jos\u00e9", "p:w"), "Basic am9zw6k6cDp3")):
        assert await fixed.authorization() == expected
        assert not await fixed.renew(expected)


class TestTokenFile:
    """As the kubelet writes it."""

    async def test_it_is_read_again_once_a_minute(self, tmp_path: Path) -> None:
        path, clock = tmp_path / "token", ManualClock()
        path.write_text("one\n")
        token = TokenFile(path, clock)
        assert await token.authorization() == "Bearer one"
        path.write_text("two\n")
        clock.advance(FILE_AGE_SECONDS - 1)
        assert await token.authorization() == "Bearer one"
        clock.advance(1)
        assert await token.authorization() == "Bearer two"

    async def test_a_refusal_reads_it_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "token"
        path.write_text("one")
        token = TokenFile(path, ManualClock())
        assert await token.authorization() == "Bearer one"
        assert not await token.renew("Bearer one"), "there is nothing else to try"
        path.write_text("two")
        assert await token.renew("Bearer one")
        assert await token.authorization() == "Bearer two"

    @pytest.mark.parametrize(
        "content", [None, b"", b" \n", b"half of a to ken", b"\xff\xfe"], ids=repr
    )
    async def test_the_last_token_is_kept_while_the_file_has_none(
        self, tmp_path: Path, content: bytes | None
    ) -> None:
        path, clock = tmp_path / "token", ManualClock()
        path.write_text("one")
        token = TokenFile(path, clock)
        assert await token.authorization() == "Bearer one"
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        clock.advance(FILE_AGE_SECONDS)
        assert await token.authorization() == "Bearer one"
        assert not await token.renew("Bearer one")
        path.write_text("two")
        assert await token.authorization() == "Bearer two", "and looked for at every call"

    @pytest.mark.parametrize("content", [None, ""], ids=["no file", "empty file"])
    async def test_no_token_at_all_is_an_error_that_passes(
        self, tmp_path: Path, content: str | None
    ) -> None:
        path = tmp_path / "token"
        if content is not None:
            path.write_text(content)
        token = TokenFile(path, ManualClock())
        with pytest.raises(Unauthorized, match="no token in the token file") as caught:
            await token.authorization()
        assert caught.value.details == str(path)
        assert not await token.renew(None)
        path.write_text("one")
        assert await token.authorization() == "Bearer one"
