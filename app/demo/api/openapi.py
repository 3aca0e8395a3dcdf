"""As much OpenAPI as kubectl reads: which query parameters a patch takes, and the types of objects.

With `fieldValidation` among the parameters kubectl leaves the checking of objects to the server. By
the types it knows which lists `kubectl apply` merges, and `kubectl explain` lists their fields.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

from app.demo.api.calls import encoded
from app.demo.api.kinds import STORED, Json
from app.demo.api.schemas import used_by

if TYPE_CHECKING:
    from app.demo.api.kinds import Kind

PARAMETERS = ("dryRun", "fieldManager", "fieldValidation")
PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)


@cache
def specifications() -> bytes:
    """Where the document of each group and version is; the hash lets clients keep it."""
    paths: Json = {}
    for root in dict.fromkeys(kind.root for kind in STORED):
        body = specification(tuple(kind for kind in STORED if kind.root == root))
        digest = hashlib.sha256(body).hexdigest().upper()
        paths[root.lstrip("/")] = {"serverRelativeURL": f"/openapi/v3{root}?hash={digest}"}
    return encoded({"paths": paths})


@cache
def specification(kinds: tuple[Kind, ...]) -> bytes:
    """The document of one group and version."""
    stored = [kind for kind in kinds if kind in STORED]
    return encoded(
        {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "1.36"},
            "paths": dict(_path(kind) for kind in stored),
            "components": {"schemas": used_by(stored)},
        }
    )


def _path(kind: Kind) -> tuple[str, Json]:
    place = "/namespaces/{namespace}" if kind.namespaced else ""
    names = ("namespace", "name") if kind.namespaced else ("name",)
    return f"{kind.root}{place}/{kind.plural}/{{name}}", {
        "patch": {
            "operationId": f"patch{kind.kind}",
            "parameters": [_parameter(name, "query") for name in PARAMETERS],
            "requestBody": {"content": {media: {} for media in PATCHES}, "required": True},
            "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind": {
                "group": kind.group,
                "version": kind.version,
                "kind": kind.kind,
            },
        },
        "parameters": [_parameter(name, "path") for name in names],
    }


def _parameter(name: str, place: str) -> Json:
    needed = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, **needed, "schema": {"type": "string"}}
