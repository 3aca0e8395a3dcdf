"""The whole description: one OpenAPI document out of the route table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from app import __version__
from app.model import HealthHistory, HealthStatus, Problem
from app.web.openapi import stream
from app.web.openapi.headers import HEADERS
from app.web.openapi.operations import EVERYWHERE, SHUT
from app.web.openapi.parameters import NAMESPACE
from app.web.openapi.schemas import components
from app.web.openapi.stream import TOPICS, TWINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model import Wire
    from app.web.openapi.about import About, Parameter
    from app.web.routes import Declared, DeclaredStream

Json = dict[str, Any]

TAGS = {
    "board": "The values of the board, in pages and one by one.",
    "health": "One word for the whole, now and over the last day.",
    "stream": "The board as it changes.",
    "operation": "For those who run Watchglass, and the page itself.",
}


def models() -> list[type[Wire]]:
    """Every model that leaves the house by itself."""
    read = {model for pair in TOPICS.values() for model in pair if model is not None}
    return sorted({*read, HealthStatus, HealthHistory, Problem}, key=lambda model: model.__name__)


def describe(
    routes: Iterable[Declared | DeclaredStream],
    *,
    namespaces: Sequence[str] | None = None,
    base_path: str = "",
) -> Json:
    """The document.

    Args:
        routes: The table; a WebSocket is described with the stream whose messages it carries.
        namespaces: Those that are watched, None for all or where nobody has said.
        base_path: The prefix of every path.
    """
    paths: Json = {}
    for route in routes:
        if (about := route.about) is None:
            continue
        described: Json = {
            "operationId": about.id,
            "summary": about.summary,
            "description": about.text,
            "tags": [about.tag],
            "x-watchglass-scope": route.scope,
            "responses": _answers(route, about),
        }
        if about.parameters:
            described["parameters"] = [
                _told(parameter, namespaces).described() for parameter in about.parameters
            ]
        paths[route.path] = {"get": described}
    return {
        "openapi": "3.2.0",
        "info": {
            "title": "Watchglass",
            "version": __version__,
            "summary": "The live glass in front of a Kubernetes namespace.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_path or "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components(models(), TWINS) | stream.components(),
            "headers": dict(HEADERS),
        },
    }


def _answers(route: Declared | DeclaredStream, about: About) -> Json:
    """By status: its own, those of every route, and that of a door that is shut."""
    answers = {**EVERYWHERE, **about.answers}
    if route.scope != "open":
        answers[403] = SHUT
    return {str(status): answer.described() for status, answer in sorted(answers.items())}


def _told(parameter: Parameter, namespaces: Sequence[str] | None) -> Parameter:
    if parameter is not NAMESPACE or namespaces is None:
        return parameter
    return replace(parameter, schema={"type": "string", "enum": list(namespaces)})
