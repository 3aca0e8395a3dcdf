"""Text from the cluster, made safe to show in one line of a page or a terminal.

Called where text enters (`app/cluster/`) and nowhere else: what is on the board is clean.

Removed: terminal escape sequences as a whole, control characters (C0, DEL, C1), the characters
that reorder text or say its direction, those that hide text from the reader, and half surrogates,
which have no bytes in UTF-8. The zero-width joiner and non-joiner stay: Persian, the Indic scripts
and many emoji are misspelt without them.
"""

from __future__ import annotations

import re

CUT_MARK = "…"
"""Stands at the end of a text that was longer than its cap."""

_CUT_BYTES = len(CUT_MARK.encode())

# ECMA-48 (5th edition): control sequences (5.4), control strings with their terminator (5.6, and
# BEL as xterm ends them), other escapes (ECMA-35, 13.2). A string that nobody ends loses only its
# introducer: removing to the end of the text would hide what follows. Its body excludes every
# control character, so that each introducer is looked at once and the time is linear.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*+(?:\x07|\x1b\\|\x9c)"
    r"|\x1b(?:[ -/]*+[0-~])?"
)
# Line breaks of every kind, and the tab.
_SPACES = re.compile("(?:\r\n|[\t\n\x0b\x0c\r\x85\u2028\u2029])+")
# Controls; marks, embeddings, overrides and isolates (Unicode Annex 9); zero-width space, word
# joiner, invisible operators, byte order mark, annotations and tags, which carry text that no one
# sees; half surrogates.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]+"
)


# An API server takes objects of 1.5 MiB; nobody writes more than this to be read, and one hostile
# text must not hold up the loop (64 Ki characters of escapes take 2 ms).
_LOOKED_AT = 65_536


def clean(text: str, cap: int) -> str:
    """`text` in one line, without what it could deceive with, in at most `cap` bytes of UTF-8.

    Line breaks and tabs become one space, and none is left at either end. A text that is too long
    is cut between two characters and ends in `…`, which counts into `cap` (at least 3); past its
    first 65,536 characters a text is cut in any case. Cleaning the result again changes nothing.
    """
    shown = text[:_LOOKED_AT]
    # Printable means: no control, format or surrogate character, and no space but U+0020.
    if not shown.isprintable():
        shown = _HIDDEN.sub("", _SPACES.sub(" ", _ESCAPES.sub("", shown)))
    shown = shown.strip(" ")
    encoded = shown.encode()
    if len(encoded) <= cap and len(text) <= _LOOKED_AT:
        return shown
    return encoded[: cap - _CUT_BYTES].decode(errors="ignore") + CUT_MARK
