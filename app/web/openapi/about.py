"""What a route says of itself: parameters and answers, as data in the route table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

ALWAYS = ("Cache-Control", "X-Request-Id", "Watchglass-Replay")
"""Headers of every answer; `headers.py` says what they are."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `schema` is that of one item where it is a list."""

    name: str
    about: str
    schema: Json
    where: Literal["query", "path", "header"] = "query"
    many: bool = False
    """Whether it is a list: comma-separated and repeatable."""
    usual: tuple[str, ...] = ()
    """What a list is where it is left out; none where that is no list of its own."""

    def described(self) -> Json:
        """The Parameter Object."""
        schema = self.schema
        if self.many:
            schema = {"type": "array", "items": schema}
            if self.usual:
                schema["default"] = list(self.usual)
        described: Json = {
            "name": self.name,
            "in": self.where,
            "description": self.about,
            "schema": schema,
        }
        if self.where == "path":
            described["required"] = True
        elif self.where == "query":
            # An empty value is as none, so that an HTML form can ask; of a text that goes without
            # saying.
            if self.schema["type"] != "string" or "enum" in self.schema:
                described["allowEmptyValue"] = True
            if self.many:
                described |= {"style": "form", "explode": True}
        return described


@dataclass(frozen=True, slots=True)
class Answer:
    """One status: what it means, and the schema of each type it may come in."""

    about: str
    content: Mapping[str, Json] = field(default_factory=dict)
    item: bool = False
    """Whether the schema is that of one event of a sequence."""
    headers: tuple[str, ...] = ()
    """Names of headers besides those of every answer."""
    example: Any = None
    links: Mapping[str, Json] = field(default_factory=dict)
    """What can be asked with what it says, as Link Objects by name."""

    def described(self) -> Json:
        """The Response Object."""
        word = "itemSchema" if self.item else "schema"
        content: Json = {media: {word: schema} for media, schema in self.content.items()}
        if self.example is not None:
            for told in content.values():
                told["example"] = self.example
        names = (*ALWAYS, *self.headers)
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        described: Json = {"description": self.about, "headers": headers}
        if content:
            described["content"] = content
        if self.links:
            described["links"] = dict(self.links)
        return described


@dataclass(frozen=True, slots=True)
class About:
    """One operation."""

    id: str
    summary: str
    text: str
    tag: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
