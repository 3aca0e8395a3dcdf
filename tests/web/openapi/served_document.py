"""The document as it is served, and what its schemas say of a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs

from tests.web.probe import ask

if TYPE_CHECKING:
    from app.web.front import Application

Json = dict[str, Any]


class Document:
    """One served description."""

    def __init__(self, found: Json) -> None:
        self.found = found
        self.schemas: Json = found["components"]["schemas"]

    @classmethod
    async def of(cls, application: Application) -> Document:
        """What this application says of itself."""
        told = await ask(application, "/openapi.json")
        assert told.status == 200
        return cls(told.json())

    @property
    def operations(self) -> dict[str, Json]:
        """By path; there is nothing but GET yet."""
        assert all(list(item) == ["get"] for item in self.found["paths"].values())
        return {path: item["get"] for path, item in self.found["paths"].items()}

    def complaints(self, schema: Json, value: object) -> list[str]:
        """What is wrong with a value."""
        whole = schema | {"components": {"schemas": self.schemas}}
        validator = jsonschema_rs.validator_for(whole, validate_formats=True)
        return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(value)]


def properties(schemas: Json) -> dict[str, Json]:
    """Every property of every schema, by its way there."""
    found: dict[str, Json] = {}

    def walk(where: str, schema: object) -> None:
        if isinstance(schema, list):
            for at, one in enumerate(schema):
                walk(f"{where}[{at}]", one)
        elif isinstance(schema, dict):
            for name, given in schema.get("properties", {}).items():
                found[f"{where}.{name}"] = given
            for word, inner in schema.items():
                walk(where if word == "properties" else f"{where}.{word}", inner)

    for name, schema in schemas.items():
        walk(name, schema)
    return found


def references(found: object) -> set[str]:
    """Everything that is referred to."""
    if isinstance(found, list):
        return set().union(*map(references, found))
    if isinstance(found, dict):
        own = {found["$ref"]} if isinstance(found.get("$ref"), str) else set()
        return own.union(*map(references, found.values()))
    return set()
