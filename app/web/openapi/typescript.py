"""The wire's types for the page's JavaScript: TypeScript declarations out of the same schemas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.web.openapi import stream
from app.web.openapi.document import models
from app.web.openapi.schemas import PREFIX, components

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

HEAD = """\
// Made by `watchglass openapi --types` from the models and the stream's schemas: do not edit.
"""


def declare() -> str:
    """The text of `static/wire.d.ts`."""
    schemas = components(models(), stream.TWINS) | {
        stream.name_of(event): data for event, data in stream.DATA.items()
    }
    parts = [HEAD, *(_declaration(name, schema) for name, schema in schemas.items())]
    parts.append(_messages())
    parts.append(_topics())
    return "\n".join(parts)


def _declaration(name: str, schema: Json) -> str:
    comment = _comment(schema, "")
    if "properties" in schema:
        return f"{comment}export interface {name} {_object(schema, '')}\n"
    return f"{comment}export type {name} = {_type(schema, '')};\n"


def _object(schema: Json, margin: str) -> str:
    required = set(schema.get("required", ()))
    inner = margin + "  "
    lines = []
    for name, given in schema["properties"].items():
        mark = "" if name in required else "?"
        lines.append(f"{_comment(given, inner)}{inner}{name}{mark}: {_type(given, inner)};")
    return "{\n" + "\n".join(lines) + f"\n{margin}}}"


def _comment(schema: Mapping[str, Any], margin: str) -> str:
    text = " ".join(str(schema.get("description", "")).replace("*/", "* /").split())
    return f"{margin}/** {text} */\n" if text else ""


def _type(schema: Json, margin: str) -> str:
    """One type expression.

    Raises:
        ValueError: The schema says something that has no words here yet.
    """
    match schema:
        case {"$ref": str(target)}:
            return target.removeprefix(PREFIX)
        case {"anyOf": choices} | {"oneOf": choices}:
            return " | ".join(dict.fromkeys(_type(choice, margin) for choice in choices))
        case {"const": value}:
            return json.dumps(value)
        case {"enum": values}:
            return " | ".join(json.dumps(value) for value in values)
        case {"type": "array", "items": items}:
            return f"ReadonlyArray<{_type(items, margin)}>"
        case {"type": "object", "properties": _}:
            return _object(schema, margin)
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"Record<string, {_type(values, margin)}>"
        case {"type": "string"}:
            return "string"
        case {"type": "integer" | "number"}:
            return "number"
        case {"type": "boolean"}:
            return "boolean"
    raise ValueError(f"no TypeScript for {schema}")


def _messages() -> str:
    """What `data` is, by the name of the event."""
    rows = "".join(f"  {event}: {stream.name_of(event)};\n" for event in stream.DATA)
    return "/** The data of each event, by its name. */\nexport interface Events {\n" + rows + "}\n"


def _topics() -> str:
    """What a value is, by the name of its topic."""
    rows = "".join(
        f"  {topic}: {' | '.join(dict.fromkeys(model.__name__ for model in pair if model))};\n"
        for topic, pair in stream.TOPICS.items()
    )
    return (
        "/** The values of each topic, by its name. */\nexport interface Topics {\n" + rows + "}\n"
    )
