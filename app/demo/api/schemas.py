"""The types of Kubernetes' API that our kinds are made of, in OpenAPI's terms.

`schemas.json` has what kube-apiserver 1.36 says of them, without the descriptions: names, types,
which lists are merged and by what. The contract suite compares it with the real one, and writes it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.demo.api.kinds import Json, Kind

PLACE = Path(__file__).with_name("schemas.json")
REFERENCE = "#/components/schemas/"
KIND = "x-kubernetes-group-version-kind"


@cache
def schemas() -> Json:
    """Every type by its name."""
    found: Json = json.loads(PLACE.read_bytes())
    return found


@cache
def _names() -> dict[tuple[str, str, str], str]:
    return {
        (one["group"], one["version"], one["kind"]): name
        for name, schema in schemas().items()
        for one in schema.get(KIND, ())
    }


def name_of(kind: Kind) -> str:
    """The name of a kind's type."""
    return _names()[kind.group, kind.version, kind.kind]


def used_by(kinds: Iterable[Kind]) -> Json:
    """The types of some kinds, and those that they are made of."""
    known = schemas()
    found: Json = {}
    waiting = [name_of(kind) for kind in kinds]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = known[name]
            waiting += _named_in(known[name])
    return dict(sorted(found.items()))


def _named_in(schema: Any) -> Iterator[str]:
    """The types that a schema refers to."""
    if isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "$ref":
                yield inner.removeprefix(REFERENCE)
            else:
                yield from _named_in(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _named_in(inner)
