"""What every value on the wire has in common, and the only ways out and in.

Frozen, camelCase, unknown fields refused, absent instead of null, and times as ISO 8601 UTC with
milliseconds and `Z`. A value holds no more than its bytes say: `decode(type(v), encode(v)) == v`.
Construct values by their ordinary constructors: validation is faster than `model_construct`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from app.errors import InvalidRequest
from app.model.text import clean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_VERSION_4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# Half the time of `isoformat(timespec="milliseconds")`: a pod has two moments, a list 10,000 pods.
_MOMENT = "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ"


def format_time(moment: datetime) -> str:
    """ISO 8601 UTC with milliseconds and `Z`, such as `2026-01-31T09:05:00.250Z`.

    Raises:
        ValueError: `moment` is naive, so that nobody can know when it is.
    """
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = moment.astimezone(UTC)
    return _MOMENT % (
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond // 1000,
    )


def _to_the_millisecond(moment: datetime) -> datetime:
    if moment.tzinfo is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:
            raise ValueError("no such moment in UTC") from None
    excess = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - excess) if excess else moment


def _version_4(text: str) -> str:
    if not _VERSION_4.fullmatch(text):
        raise ValueError("must be a UUID of version 4, in lower case with hyphens")
    return text


Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(_to_the_millisecond),
    PlainSerializer(format_time, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An aware moment, kept in UTC to the millisecond; a naive one is refused."""

Identity = Annotated[
    str, AfterValidator(_version_4), WithJsonSchema({"type": "string", "format": "uuid"})
]
"""A UUID of version 4, in lower case with hyphens."""

Count = Annotated[int, Field(ge=0)]
"""How many of something."""

Milliseconds = Annotated[int, Field(ge=0)]
"""A duration in whole milliseconds."""

ExitCode = Annotated[int, Field(ge=0, le=255)]
"""What a process gave when it ended, as a POSIX shell sees it."""


class Wire(BaseModel):
    """The base of everything that leaves or enters as JSON.

    Errors of validation never repeat what was given: it may be a prompt.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        ser_json_inf_nan="null",
    )


W = TypeVar("W", bound=Wire)


def encode(value: BaseModel) -> bytes:
    """One line of JSON in UTF-8: names in camelCase, fields without a value left out."""
    return type(value).__pydantic_serializer__.to_json(value, by_alias=True, exclude_none=True)


def to_object(value: BaseModel) -> dict[str, object]:
    """The same as `encode`, as a JSON object that can be put into a larger one."""
    result: dict[str, object] = value.model_dump(mode="json", by_alias=True, exclude_none=True)
    return result


def decode(model: type[W], body: bytes) -> W:
    """The value that `body`, one JSON object with camelCase names, describes.

    Raises:
        InvalidRequest: It is not JSON, or not such a value. The message names the fields at fault
            and never repeats what they hold.
    """
    try:
        return model.model_validate_json(body, strict=True, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    raise InvalidRequest("; ".join(_sentence(fault) for fault in faults[:_FAULTS_SHOWN]))


_FAULTS_SHOWN = 5
_FIELD_NAME_BYTES = 64


def _sentence(fault: ErrorDetails) -> str:
    """One fault of a body in words for the one who sent it."""
    if fault["type"] == "json_invalid":
        # The parser's two ways to say that \ud800 to \udfff stands without its other half.
        if "surrogate" in fault["msg"] or "end of hex escape" in fault["msg"]:
            return "the body holds half of a surrogate pair"
        return f"the body is not JSON: {fault['msg'].removeprefix('Invalid JSON: ')}"
    where = clean(".".join(str(step) for step in fault["loc"]), _FIELD_NAME_BYTES)
    if fault["type"] == "extra_forbidden":
        return f"unknown field {where}"
    if fault["type"] == "missing":
        return f"{where} is required"
    what = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
