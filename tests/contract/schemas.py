"""The types of the API as a server describes them, without the descriptions."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from app.demo.api.kinds import STORED
from app.demo.api.schemas import PLACE, used_by
from tests.contract.kubectl import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.contract.server import Server
    from tests.control_plane.objects import Json

ROOTS = {kind.root: [one for one in STORED if one.root == kind.root] for kind in STORED}


def ours(root: str) -> Json:
    """What is said of the kinds of one group and version."""
    return used_by(ROOTS[root])


def plain(schema: Any) -> Any:
    """A schema without what is for people."""
    if isinstance(schema, dict):
        return {
            name: plain(part)
            for name, part in schema.items()
            if name != "description" or not isinstance(part, str)
        }
    return [plain(part) for part in schema] if isinstance(schema, list) else schema


def recorded(server: Server, documents: Mapping[str, Json]) -> None:
    """Where that is wished for, write what the real server says into the simulator's file."""
    if os.environ.get(RECORD) != "1" or server.simulated:
        return
    known: Json = {}
    for document in documents.values():
        known |= plain(document["components"]["schemas"])
    used: Json = {}
    waiting = [
        name
        for name, schema in known.items()
        for said in schema.get("x-kubernetes-group-version-kind", ())
        if any(
            (kind.group, kind.version, kind.kind) == (said["group"], said["version"], said["kind"])
            for kind in STORED
        )
    ]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = known[name]
            text = json.dumps(known[name])
            waiting += [other for other in known if f'/schemas/{other}"' in text]
    lines = [
        f"{json.dumps(name)}: {json.dumps(used[name], sort_keys=True)}" for name in sorted(used)
    ]
    PLACE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
