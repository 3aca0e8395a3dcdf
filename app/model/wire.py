"""What every value on the wire has in common.

Frozen, camelCase, unknown fields refused on input, absent instead of null on output, and times as
ISO 8601 UTC with milliseconds and `Z`. `encode` is the only way out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel


def format_time(moment: datetime) -> str:
    """ISO 8601 UTC with milliseconds and `Z`, such as `2026-01-31T09:05:00.250Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _version_4(text: str) -> str:
    identity = UUID(text)
    if identity.version != 4 or str(identity) != text:
        raise ValueError("must be a UUID of version 4 in its usual form")
    return text


Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    PlainSerializer(format_time, return_type=str, when_used="json"),
]
"""An aware moment, kept in UTC; a naive one is refused."""

Identity = Annotated[str, AfterValidator(_version_4)]
"""A UUID of version 4, in lower case with hyphens."""

Count = Annotated[int, Field(ge=0)]
"""How many of something."""

Milliseconds = Annotated[int, Field(ge=0)]
"""A duration in whole milliseconds."""

ExitCode = Annotated[int, Field(ge=0, le=255)]
"""What a process gave when it ended."""


class Wire(BaseModel):
    """The base of everything that leaves or enters as JSON."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
        ser_json_inf_nan="null",
    )


def encode(value: BaseModel) -> bytes:
    """One line of JSON in UTF-8: names in camelCase, fields without a value left out."""
    serializer = type(value).__pydantic_serializer__
    return serializer.to_json(value, by_alias=True, exclude_none=True)


def to_object(value: BaseModel) -> dict[str, object]:
    """The same as `encode`, as a JSON object that can be put into a larger one."""
    result: dict[str, object] = value.model_dump(mode="json", by_alias=True, exclude_none=True)
    return result
