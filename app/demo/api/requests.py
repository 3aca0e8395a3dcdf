"""What a request is about: the path read as a resource, the verb that it is, the right it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api import kinds
from app.demo.api.kinds import BY_PLURAL, KINDS, Kind
from app.demo.api.selectors import named
from app.demo.api.statuses import no_such_path, no_such_resource

if TYPE_CHECKING:
    from app.demo.api.calls import Call

VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch"}
GROUPS = frozenset(kind.group for kind in KINDS)
NAMESPACE_PARTS = ("status", "finalize")


@dataclass(frozen=True, slots=True)
class Resource:
    """A path of the form of a resource's, whether or not there is such a resource."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    watch: bool = False

    @property
    def kind(self) -> Kind:
        """The kind that it is of.

        Raises:
            Refused: 404, there is none.
        """
        if self.group not in GROUPS:
            raise no_such_path()
        found = BY_PLURAL.get((self.group, self.version, self.plural))
        if found is None or (
            self.namespace and not found.namespaced and found is not kinds.NAMESPACES
        ):
            raise no_such_resource()
        if self.name and found.namespaced and not self.namespace:
            raise no_such_resource()
        return found

    @property
    def place(self) -> str:
        """The namespace that the object is in, empty for a Namespace itself."""
        return "" if self.plural == "namespaces" and not self.group else self.namespace


def resource_of(path: str) -> Resource | None:
    """The resource that a path names, None when it is no path of a resource."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    watch = rest[0] == "watch" and len(rest) > 1
    if watch:
        rest = rest[1:]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in NAMESPACE_PARTS:
            rest = rest[2:]
    plural, name, subresource = (*rest, "", "")[:3]
    if len(rest) > 3 or not all(rest):
        # Nothing is so deep; what a name is cannot be told.
        return Resource(group, version, "", namespace)
    return Resource(group, version, plural, namespace, name, subresource, watch)


def verb_of(call: Call, resource: Resource) -> str:
    """What is done to the resource, in RBAC's words."""
    if call.method in ("GET", "HEAD") and not resource.name:
        return "watch" if resource.watch or call.says("watch") else "list"
    if call.method == "DELETE":
        return "delete" if resource.name else "deletecollection"
    return VERBS.get(call.method, call.method.lower())


def name_asked_for(call: Call, resource: Resource, verb: str) -> str:
    """The one object that the request is about, empty when it may be about several."""
    if not resource.name and verb in ("list", "watch", "deletecollection"):
        return named(call.first("fieldSelector") or "")
    return resource.name
