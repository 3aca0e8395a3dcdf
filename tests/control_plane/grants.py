"""Rights given and taken during a test, each call returning when the API server obeys it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.control_plane.door import Door
    from tests.control_plane.objects import Json

# A change of RBAC is in force after some milliseconds.
EFFECT_SECONDS = 10.0
LOOK_SECONDS = 0.005
RBAC = "/apis/rbac.authorization.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


def rule(verbs: str, resources: str, *, group: str = "", names: Sequence[str] = ()) -> Json:
    """A PolicyRule from words: `rule("get list watch", "cronjobs jobs", group="batch")`."""
    found: Json = {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}
    if names:
        found["resourceNames"] = list(names)
    return found


@dataclass(frozen=True)
class Grant:
    """A Role (or ClusterRole, where `namespace` is None) with a binding of the same name."""

    door: Door
    name: str
    user: str
    namespace: str | None
    probe: Json

    def revoke(self) -> None:
        """Take it back and wait until the API server no longer allows by it; twice is once."""
        for plural in ("bindings", "s"):
            path = f"{collection(self.namespace, plural)}/{self.name}"
            if self.door.exists(path):
                self.door.call("DELETE", path)
        self.await_effect(lambda allowed, reason: not (allowed and self.name in reason))

    def await_effect(self, seen: Callable[[bool, str], bool]) -> None:
        """Ask what the API server decides, and why, until it is as wished. Raises TimeoutError."""
        deadline = time.monotonic() + EFFECT_SECONDS
        while not seen(*self.decision()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} without effect after {EFFECT_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)

    def decision(self) -> tuple[bool, str]:
        """Whether the user may do what the first rule says; the reason names the binding."""
        review: Json = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": self.user, "resourceAttributes": self.probe},
        }
        found = self.door.call("POST", REVIEWS, review)["status"]
        return bool(found["allowed"]), str(found.get("reason", ""))


def grant(door: Door, user: str, rules: Sequence[Json], namespace: str | None) -> Grant:
    """Bind a new role with these rules to the user; it is in force on return."""
    name = f"{user}-{secrets.token_hex(4)}"
    kind = "Role" if namespace else "ClusterRole"
    api = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    meta: Json = {"name": name}
    role: Json = {**api, "kind": kind, "metadata": meta, "rules": list(rules)}
    binding: Json = {
        **api,
        "kind": f"{kind}Binding",
        "metadata": meta,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
    door.call("POST", collection(namespace, "s"), role)
    door.call("POST", collection(namespace, "bindings"), binding)
    given = Grant(door, name, user, namespace, probe(rules[0], namespace))
    given.await_effect(lambda allowed, _: allowed)
    return given


def collection(namespace: str | None, plural: str) -> str:
    """The path of roles (`s`) or bindings (`bindings`)."""
    if namespace is None:
        return f"{RBAC}/clusterrole{plural}"
    return f"{RBAC}/namespaces/{namespace}/role{plural}"


def probe(first: Json, namespace: str | None) -> Json:
    """The attributes of a request that the first rule allows."""
    resource, _, subresource = str(first["resources"][0]).partition("/")
    found: Json = {
        "verb": first["verbs"][0],
        "group": first["apiGroups"][0],
        "resource": resource,
        "namespace": namespace or "",
    }
    if subresource:
        found["subresource"] = subresource
    if first.get("resourceNames"):
        found["name"] = first["resourceNames"][0]
    return found
