"""What is served: versions, groups, kinds, health, and as much OpenAPI as kubectl needs to write.

kubectl asks for the aggregated form first (two requests, `/api` and `/apis`); older clients and
`curl` get the lists of each group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.demo.api.calls import Answer, answered, encoded
from app.demo.api.kinds import KINDS, NAMESPACES, Json, Kind
from app.demo.api.openapi import specification, specifications
from app.demo.api.statuses import no_such_path, no_such_resource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.demo.api.calls import Call
    from app.demo.api.rules import Rules

TEXT = "text/plain; charset=utf-8"
GROUPED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

VERSION: Json = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    # Whose build of Kubernetes it is stands behind the plus, and nobody's is meant to be taken
    # for another.
    "gitVersion": "v1.36.3+watchglass",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "none",
    "compiler": "none",
    "platform": "simulated",
}
CHECKS = ("ping", "log", "etcd", "informer-sync")
HEALTH = ("healthz", "livez", "readyz")

READ_AND_WRITE = ("get", "patch", "update")
# Kind, its group and version where they are not those of the resource, verbs.
SUBRESOURCES: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "binding": ("Binding", "", "", ("create",)),
    "eviction": ("Eviction", "policy", "v1", ("create",)),
    "exec": ("PodExecOptions", "", "", ("create", "get")),
    "finalize": ("", "", "", ("update",)),
    "scale": ("Scale", "autoscaling", "v1", READ_AND_WRITE),
    "log": ("", "", "", ("get",)),
    "status": ("", "", "", READ_AND_WRITE),
}

GROUPS = tuple(dict.fromkeys(kind.group for kind in KINDS if kind.group))


def documents(call: Call, rules: Rules) -> Answer | None:
    """The answer to a path that is no resource, None when nothing is there.

    Raises:
        Refused: The group is served, that version of it is not.
    """
    parts = call.path.strip("/").split("/")
    match parts:
        case ["version"]:
            return answered(VERSION)
        case ["healthz" | "livez" | "readyz" as word] if not call.path.endswith("/"):
            return _health(call, word)
        case ["healthz" | "livez" | "readyz", check] if check in CHECKS:
            return Answer(200, b"ok", TEXT)
        case [""]:
            return answered({"paths": _paths()})
        case ["api"]:
            if _wants_groups(call):
                return _groups([""])
            addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": call.headers.get("host", "")}]
            found = {"kind": "APIVersions", "versions": ["v1"]}
            return answered({**found, "serverAddressByClientCIDRs": addresses})
        case ["apis"]:
            if _wants_groups(call):
                return _groups(GROUPS)
            listed = [_group(group) for group in GROUPS]
            return answered({"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})
        case ["api", version]:
            return _resources("", version)
        case ["apis", group]:
            if group not in GROUPS:
                raise no_such_path()
            return answered({"kind": "APIGroup", "apiVersion": "v1", **_group(group)})
        case ["apis", group, version]:
            return _resources(group, version)
        case ["openapi", "v3"]:
            return Answer(200, specifications())
        case ["openapi", "v3", *place]:
            return _specification(place)
    return None


def _specification(place: list[str]) -> Answer | None:
    match place:
        case ["api", version]:
            kinds = _of("", version)
        case ["apis", group, version]:
            kinds = _of(group, version)
        case _:
            return None
    return Answer(200, specification(tuple(kinds))) if kinds else None


def _health(call: Call, word: str) -> Answer:
    if call.first("verbose") is None:
        return Answer(200, b"ok", TEXT)
    lines = [*(f"[+]{check} ok" for check in CHECKS), f"{word} check passed"]
    return Answer(200, "\n".join([*lines, ""]).encode(), TEXT)


def _paths() -> list[str]:
    kinds = {kind.root for kind in KINDS}
    groups = {f"/apis/{group}" for group in GROUPS}
    others = {"/api", "/apis", "/openapi/v3", "/version", *(f"/{word}" for word in HEALTH)}
    return sorted(kinds | groups | others)


def _of(group: str, version: str) -> list[Kind]:
    return sorted(
        (kind for kind in KINDS if (kind.group, kind.version) == (group, version)),
        key=lambda kind: kind.plural,
    )


def _group(group: str) -> Json:
    versions = dict.fromkeys(kind.version for kind in KINDS if kind.group == group)
    found = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": found, "preferredVersion": found[0]}


def _resources(group: str, version: str) -> Answer:
    kinds = _of(group, version)
    if not kinds:
        if group and group not in GROUPS:
            raise no_such_path()
        raise no_such_resource()
    # The core group's list does not say its apiVersion, and never has.
    head: Json = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if group else {})
    listed = [entry for kind in kinds for entry in _entries(kind)]
    return answered({**head, "groupVersion": kinds[0].api_version, "resources": listed})


def _entries(kind: Kind) -> Iterable[Json]:
    yield {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(kind.verbs),
        **_nicknames(kind),
    }
    for name in _subresources(kind):
        what, group, version, verbs = SUBRESOURCES[name]
        yield {
            "name": f"{kind.plural}/{name}",
            "singularName": "",
            "namespaced": kind.namespaced,
            **({"group": group, "version": version} if group else {}),
            "kind": what or kind.kind,
            "verbs": list(verbs),
        }


def _subresources(kind: Kind) -> list[str]:
    found = {*kind.subresources, *(["status"] if kind.status else [])}
    return sorted(found | ({"finalize"} if kind is NAMESPACES else set()))


def _nicknames(kind: Kind) -> Json:
    found = {"shortNames": list(kind.short), "categories": list(kind.categories)}
    return {name: words for name, words in found.items() if words}


# ---- the aggregated form


def _wants_groups(call: Call) -> bool:
    """Whether the first form that the caller accepts and that exists is the aggregated one."""
    for media in call.headers.get("accept", "").split(","):
        plain, *parameters = (part.strip() for part in media.split(";"))
        if plain not in ("application/json", "application/*", "*/*"):
            continue
        said = dict(part.partition("=")[::2] for part in parameters)
        wish = said.get("as", ""), said.get("g", ""), said.get("v", "")
        if wish == ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2"):
            return True
        if wish == ("", "", ""):
            return False
    return False


def _groups(groups: Iterable[str]) -> Answer:
    found = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [_discovered(group) for group in groups],
    }
    return Answer(200, encoded(found), GROUPED, {"Vary": "Accept"})


def _discovered(group: str) -> Json:
    versions = dict.fromkeys(kind.version for kind in KINDS if kind.group == group)
    return {
        "metadata": {"name": group} if group else {},
        "versions": [
            {
                "version": version,
                "resources": [_resource(kind) for kind in _of(group, version)],
                "freshness": "Current",
            }
            for version in versions
        ],
    }


def _resource(kind: Kind) -> Json:
    subresources = []
    for name in _subresources(kind):
        what, group, version, verbs = SUBRESOURCES[name]
        response = {"group": group, "version": version, "kind": what or kind.kind}
        subresources.append({"subresource": name, "responseKind": response, "verbs": list(verbs)})
    return {
        "resource": kind.plural,
        "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
        **_nicknames(kind),
        **({"subresources": subresources} if subresources else {}),
    }
