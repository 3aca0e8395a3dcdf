"""The parameters of writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.problems import Problem, shown
from app.demo.api.statuses import invalid_options

if TYPE_CHECKING:
    from app.demo.api.calls import Call


VALIDATIONS = ("", "Ignore", "Strict", "Warn")


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
