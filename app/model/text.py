"""Text from the cluster, made safe to show in one line of a page or a terminal.

Called where text enters (`app/cluster/`) and nowhere else: what is on the board is clean.
"""

from __future__ import annotations

import re

CUT_MARK = "…"

# ESC [ ... final, ESC ] ... BEL or ST (also DCS, SOS, PM, APC), their 8-bit forms, then
# two-character escapes: ECMA-48 sections 5.4 and 8.3.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# C0, DEL and C1; marks, embeddings, overrides and isolates that reorder text (Unicode UAX 9);
# zero-width characters that hide it; line and paragraph separators; half surrogates.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
_SPACES = re.compile("[\t\n\x0b\x0c\r\u2028\u2029]+")


def clean(text: str, cap: int) -> str:
    """`text` in one line without control, escape and direction characters, at most `cap` bytes.

    Line breaks and tabs become one space. A cut is marked by `…`, which counts into `cap` (bytes of
    UTF-8, at least 3). The result is the same when cleaned again.
    """
    if text.isascii() and text.isprintable():
        return text if len(text) <= cap else text[: cap - len(CUT_MARK.encode())] + CUT_MARK
    visible = _ESCAPES.sub("", text)
    visible = _HIDDEN.sub("", _SPACES.sub(" ", visible)).strip(" ")
    encoded = visible.encode()
    if len(encoded) <= cap:
        return visible
    kept = encoded[: cap - len(CUT_MARK.encode())].decode(errors="ignore")
    return kept + CUT_MARK
