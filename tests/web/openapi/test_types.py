"""The page's types are those of the wire."""

from __future__ import annotations

import pytest

from app.web.files import folder
from app.web.openapi.typescript import _type, declare


def test_the_page_has_the_types_of_today() -> None:
    """`make wire` makes the file again."""
    assert (folder("static") / "wire.d.ts").read_text() == declare()


def test_every_event_and_topic_has_a_type() -> None:
    text = declare()
    for line in ("hello: StreamHello;", "pods: PodHealth | PodSummary;", "events: Warning;"):
        assert f"  {line}\n" in text
    assert "undefined" not in text
    assert "any" not in text.split()


def test_what_has_no_words_yet_is_no_silent_any() -> None:
    with pytest.raises(ValueError, match="no TypeScript"):
        _type({"type": "null"}, "")
