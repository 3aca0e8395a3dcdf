"""`watchglass openapi`: the description of the API, or its types for the page's JavaScript."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.cli.usage import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY = "Print the description of the HTTP API (OpenAPI 3.2)."

NOTES = """\
A running server answers the same at /openapi.json, with the namespaces that it watches.
"""


def run(arguments: Sequence[str]) -> int:
    """Print it."""
    parser = Parser("openapi", SUMMARY, notes=NOTES)
    parser.own.add_argument(
        "--types", action="store_true", help="Print TypeScript declarations instead."
    )
    given = parser.read(arguments)
    # Loaded late: the route table knows the whole web room.
    if given.types:
        from app.web.openapi.typescript import declare

        print(declare(), end="")
        return 0
    from app.web.openapi import describe
    from app.web.routes import ROUTES, STREAMS

    print(json.dumps(describe((*ROUTES, *STREAMS)), indent=2))
    return 0
