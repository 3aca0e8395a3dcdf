"""Text that cannot deceive who reads it."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.model import clean

# Control, direction, hidden and half characters, escape introducers and terminators, and the
# separators between them: the alphabet in which a hostile text would be written.
HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x1b\x1b\x9b\x9d\x90\x9c\x07[]P\\;:mH0123 \n\r\t\x00\x7f\x85"),
        st.sampled_from("\u061c\u200b\u200e\u200f\u2028\u202a\u202e\u2066\u2069\ufeff\ud83d\ude00"),
        st.characters(),
    )
)
TEXTS = st.one_of(HOSTILE, st.text(), st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl"])))
DECEIVING = re.compile(
    "[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


@given(TEXTS, st.integers(3, 200))
def test_nothing_that_controls_reorders_or_hides_is_left(text: str, cap: int) -> None:
    shown = clean(text, cap)
    assert not DECEIVING.search(shown)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not any(
        unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI"}
        for character in shown
    )


@given(TEXTS, st.integers(3, 200))
@example("\x1b\x1b[31mm", 200)
@example("\u200e a \u200e", 200)
@example("a" * 200 + " ", 200)
def test_cleaning_again_changes_nothing(text: str, cap: int) -> None:
    once = clean(text, cap)
    assert clean(once, cap) == once


@given(TEXTS, st.integers(3, 200))
@example("😀" * 60, 201)
def test_the_cap_holds_and_a_cut_is_marked(text: str, cap: int) -> None:
    cut = clean(text, cap)
    whole = clean(text, 1_000_000)
    assert len(cut.encode()) <= cap
    if cut != whole:
        assert len(whole.encode()) > cap
        assert cut.endswith("…")
        assert whole.startswith(cut[:-1])


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert clean(text, 1_000_000) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Back-off restarting failed container", "Back-off restarting failed container"),
        ("  padded  ", "padded"),
        (
            "one\ntwo\r\nthree\tfour\x0bfive\x85six\u2028seven\u2029",
            "one two three four five six seven",
        ),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[38:2::255:0:0mtrue colour\x1b[m", "true colour"),
        ("\x9b31mred\x9b0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b[?25lcursor", "cursor"),
        ("\x1b[ qshape", "shape"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9ctext", "text"),
        ("\x1bP1$r0m\x1b\\text", "text"),
        ("\x1b^privacy\x1b\\\x1b_program\x1b\\\x1bXstring\x1b\\text", "text"),
        ("\x1b(Bcharset", "charset"),
        ("\x1bcreset", "reset"),
        ("\x1b7\x1b8saved", "saved"),
        ("never ends \x1b]0;title", "never ends 0;title"),
        ("never ends \x9d0;title", "never ends 0;title"),
        ("broken \x1b[31", "broken 31"),
        ("broken \x1b[31\x1b[0mwhole", "broken 31whole"),
        ("last \x1b", "last"),
        ("\x1b\x1b[31mtwice", "twice"),
        ("a\x00b\x07c\x08d\x7fe\x9ff", "abcdef"),
        ("user\u202egpj.exe\u202c", "usergpj.exe"),
        ("\u2066isolate\u2069 \u2067right\u2069 \u2068first\u2069", "isolate right first"),
        ("\u200eleft\u200fright\u061carabic", "leftrightarabic"),
        ("zero\u200bwidth\u2060\ufeff", "zerowidth"),
        ("hidden\U000e0041\U000e0042\U000e007f", "hidden"),
        ("half \ud83d and \ude00", "half  and"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("👩\u200d💻 at work", "👩\u200d💻 at work"),
        ("naïve 日本語 😀", "naïve 日本語 😀"),
        ("soft\u00adhyphen, no\u00a0break", "soft\u00adhyphen, no\u00a0break"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert clean(text, 1000) == shown


@pytest.mark.parametrize(
    ("text", "cap", "shown"),
    [
        ("abcdefgh", 8, "abcdefgh"),
        ("abcdefghi", 8, "abcde…"),
        ("abcd", 3, "…"),
        ("éééé", 8, "éééé"),
        ("ééééé", 8, "éé…"),
        ("😀😀", 8, "😀😀"),
        ("😀😀a", 8, "😀…"),
        ("a😀😀", 8, "a😀…"),
        ("aa😀😀", 8, "aa…"),
        ("\x1b[31mabcdefgh\x1b[0m", 8, "abcdefgh"),
        ("abcdefgh\n", 8, "abcdefgh"),
    ],
)
def test_a_cut_never_splits_a_character(text: str, cap: int, shown: str) -> None:
    assert clean(text, cap) == shown


@pytest.mark.parametrize(
    "piece", ["\x1b]", "\x9d", "\x1b[", "\x9b1", "\x1bP\x1b", "\x1b ", "\x1b[0 "]
)
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(times: int) -> float:
        text = piece * times
        started = time.perf_counter()
        clean(text, 1000)
        return time.perf_counter() - started

    # Forty times the text: about 40 times the time, 1,600 times if each piece looked at the rest.
    small = min(seconds(400) for _ in range(20))
    assert min(seconds(16_000) for _ in range(5)) < 400 * small


def test_the_end_of_an_endless_text_is_not_looked_at() -> None:
    assert clean("\x1b[0m" * 16_384, 100) == ""
    assert clean("\x1b[0m" * 16_384 + "seen by nobody", 100) == "…"
    assert clean("a" * 65_536, 100_000) == "a" * 65_536
    assert clean("a" * 65_537, 100_000) == "a" * 65_536 + "…"
    assert clean("a" * 65_537, 65_537) == "a" * 65_534 + "…"


def test_text_is_clean_only_when_a_terminal_agrees() -> None:
    shown = clean("\x1b]52;c;ZXZpbA==\x07\x1b[6n\x05ok", 100)
    assert re.fullmatch(r"[ -~]+", shown)
    assert shown == "ok"
