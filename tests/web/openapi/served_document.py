"""The document as it is served, and what its schemas say of a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs

from app.web.headers import SECURITY
from tests.web.probe import ask

if TYPE_CHECKING:
    from app.web.front import Application
    from tests.web.probe import Told

Json = dict[str, Any]

FOR_BROWSERS = {name.decode() for name, _ in SECURITY}
OF_HTTP = {"content-type", "content-length", "vary"}
"""Headers of which OpenAPI need not speak."""


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

    def wrong_headers(self, described: Json, answer: Told) -> list[str]:
        """What an answer carries and nobody has described, lacks, or has in another form."""
        known = self.found["components"]["headers"]
        named = {name.lower(): known[name] for name in described["headers"]}
        carried = {name for name, _ in answer.headers} - FOR_BROWSERS - OF_HTTP
        wrong = [f"{name} is not described" for name in carried - named.keys()]
        for name, told in named.items():
            value = answer.header(name)
            if value is None:
                wrong += [f"{name} is missing"] if told.get("required") else []
            else:
                wrong += [f"{name}: {why}" for why in self.complaints(told["schema"], value)]
        return wrong


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
