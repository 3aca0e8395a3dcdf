"""The parameters of writes, and what one says of fields that nobody knows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.demo.api.notation import Malformed
from app.demo.api.problems import Problem, shown
from app.demo.api.statuses import Refused, invalid_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.demo.api.calls import Call

IGNORE, STRICT, WARN = "Ignore", "Strict", "Warn"
VALIDATIONS = ("", IGNORE, STRICT, WARN)
MOST_COMPLAINTS = 100
MOST_LETTERS, SHORT = 4_096, 256
"""Of all warnings together; where they are more, of each."""


class Complaints(list[str]):
    """What a write says of fields that nobody knows, or that are there twice."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._validation = call.first("fieldValidation") or WARN
        self.wanted = self._validation != IGNORE

    def insist(self) -> None:
        """Refuse the object if that was asked for.

        Raises:
            Malformed: There are complaints.
        """
        if self and self._validation == STRICT:
            raise Malformed(f"strict decoding error: {', '.join(self._told())}")

    @contextmanager
    def told(self) -> Iterator[None]:
        """Refusals are told with what there was to say before."""
        try:
            yield
        except Refused as refusal:
            refusal.warnings = self.warnings()
            raise

    def warnings(self) -> Sequence[str]:
        """What the answer says beside itself."""
        if self._validation != WARN:
            return ()
        told = self._told()
        if sum(map(len, told)) <= MOST_LETTERS:
            return told
        return [text[:SHORT] for text in told][: MOST_LETTERS // SHORT]

    def _told(self) -> list[str]:
        return list(dict.fromkeys(self))[:MOST_COMPLAINTS]


def is_dry(call: Call, kind: str) -> bool:
    """Whether nothing is to be kept; the `kind` is that of the request's options.

    Raises:
        Refused: 422.
    """
    asked = [value for name, value in call.query if name == "dryRun"]
    problems = []
    if asked and asked != ["All"]:
        text = f'Unsupported value: {shown(asked)}: supported values: "All"'
        problems.append(Problem("dryRun", "FieldValueNotSupported", text))
    validation = call.first("fieldValidation") or ""
    if validation not in VALIDATIONS:
        supported = ", ".join(f'"{word}"' for word in VALIDATIONS)
        text = f'Unsupported value: "{validation}": supported values: {supported}'
        problems.append(Problem("fieldValidation", "FieldValueNotSupported", text))
    if problems:
        raise invalid_options(kind, *problems)
    return bool(asked)
