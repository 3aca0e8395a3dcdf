"""JSON Schema of the models, as they leave the house: absent instead of null."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.model import Wire

Json = dict[str, Any]
PREFIX = "#/components/schemas/"


def ref(model: type[Wire] | str) -> Json:
    """A reference to the schema of a model, or to one by its name."""
    return {"$ref": PREFIX + (model if isinstance(model, str) else model.__name__)}


def either(*models: type[Wire] | None) -> Json:
    """One of several models, those left out that are None."""
    found = [ref(model) for model in models if model is not None]
    return found[0] if len(found) == 1 else {"anyOf": found}


def data_of(schema: Json) -> Json:
    """The envelope of success around a value."""
    return {
        "type": "object",
        "required": ["data", "success"],
        "properties": {"data": schema, "success": {"const": True}, "doubtful": DOUBTFUL},
        "additionalProperties": False,
    }


def page_of(schema: Json, largest: int) -> Json:
    """The envelope of a part of a list."""
    return {
        "type": "object",
        "required": ["data", "total", "page", "pageSize"],
        "properties": {
            "data": {
                "type": "array",
                "items": schema,
                "maxItems": largest,
                "description": "What matches, in its order.",
            },
            "total": {"type": "integer", "minimum": 0, "description": "How many match in all."},
            "page": {"type": "integer", "minimum": 1, "description": "Which page this is."},
            "pageSize": {
                "type": "integer",
                "minimum": 1,
                "maximum": largest,
                "description": "How many values a whole page has.",
            },
            "doubtful": DOUBTFUL,
        },
        "additionalProperties": False,
    }


DOUBTFUL: Json = {
    "type": "array",
    "items": {"type": "string", "examples": ["pods/agents"]},
    "minItems": 1,
    "description": "Sources of the data that are not live, as `kind/namespace`: it may be old. "
    "Absent when all are.",
}


def components(
    models: Iterable[type[Wire]], twins: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Json]:
    """The schemas of models and of all that they hold, by name.

    `twins` names for a model another one, whose fields of the same names mean the same: what it
    says of them is said here too.
    """
    _, whole = models_json_schema(
        [(model, "serialization") for model in models], ref_template=PREFIX + "{model}"
    )
    found: dict[str, Json] = whole["$defs"]
    sent = {name: _as_sent(schema) for name, schema in sorted(found.items())}
    for name, twin in twins.items():
        for field, given in sent[name]["properties"].items():
            told = sent[twin]["properties"][field].get("description")
            if told is not None:
                given.setdefault("description", told)
    return sent


def _as_sent(schema: Json) -> Json:
    """As `encode` writes it: a field without a value is absent, one with a default is there."""
    schema.pop("title", None)
    properties: dict[str, Json] = schema.get("properties", {})
    required = []
    for name, given in properties.items():
        choices = given.get("anyOf", [])
        optional = {"type": "null"} in choices
        told = {word: value for word, value in given.items() if word not in ("title", "default")}
        if optional:
            left = [choice for choice in choices if choice != {"type": "null"}]
            del told["anyOf"]
            told = (left[0] if len(left) == 1 else {"anyOf": left}) | told
        else:
            required.append(name)
        properties[name] = told
    if properties:
        schema["required"] = required
    return schema
