"""The API server's own way in: the same calls as over the network, without the network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.demo.api.calls import Call, encoded
from app.demo.api.kinds import NAMESPACES, PODS
from app.demo.api.patches import MERGE
from app.demo.api.statuses import Refused

if TYPE_CHECKING:
    from app.demo.api.kinds import Json, Kind
    from app.demo.api.rules import User
    from app.demo.api.server import ApiServer

    Jsons = list[Json]


WRITES = ("POST", "PUT", "PATCH")


class Client:
    """What controllers and scenarios use: raw objects in and out, refusals raised as `Refused`.

    A cluster-wide object has the namespace "". What comes back is the caller's own to change. What
    is written may have no field that the API does not know: here that is a mistake of ours.
    """

    def __init__(self, api: ApiServer, user: User) -> None:
        self._api = api
        self.user = user

    def get(self, kind: Kind, namespace: str, name: str) -> Json:
        """One object."""
        return self._call("GET", kind.path(namespace, name))

    def list(self, kind: Kind, namespace: str | None = None, **query: str) -> Jsons:
        """The objects of a namespace, or of all; `query` such as `labelSelector`."""
        found: Jsons = self._call("GET", kind.path(namespace), query=query)["items"]
        return found

    def create(self, kind: Kind, value: Json) -> Json:
        """A new object, in the namespace that it names."""
        namespace = value["metadata"].get("namespace")
        return self._call("POST", kind.path(namespace), value)

    def replace(self, kind: Kind, value: Json) -> Json:
        """Another state of an object, made from the one whose resourceVersion it carries."""
        return self._call("PUT", _path_of(kind, value), value)

    def replace_status(self, kind: Kind, value: Json) -> Json:
        """As `replace`, of the status."""
        return self._call("PUT", f"{_path_of(kind, value)}/status", value)

    def patch(
        self, kind: Kind, namespace: str, name: str, change: Any, content_type: str = MERGE
    ) -> Json:
        """Change an object, by a merge patch unless another notation is named."""
        return self._call("PATCH", kind.path(namespace, name), change, content_type)

    def patch_status(
        self, kind: Kind, namespace: str, name: str, change: Any, content_type: str = MERGE
    ) -> Json:
        """As `patch`, of the status."""
        return self._call("PATCH", f"{kind.path(namespace, name)}/status", change, content_type)

    def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        *,
        grace: int | None = None,
        uid: str | None = None,
        propagation: str | None = None,
    ) -> Json:
        """Delete one object; with `uid`, only that very one."""
        options: Json = {}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if propagation is not None:
            options["propagationPolicy"] = propagation
        return self._call("DELETE", kind.path(namespace, name), options)

    def bind(self, namespace: str, name: str, *, node: str, uid: str | None = None) -> Json:
        """Give a pod to a node."""
        metadata = {"name": name} if uid is None else {"name": name, "uid": uid}
        asked = {"metadata": metadata, "target": {"kind": "Node", "name": node}}
        return self._call("POST", f"{PODS.path(namespace, name)}/binding", asked)

    def evict(self, namespace: str, name: str, *, uid: str | None = None) -> Json:
        """Ask for the end of a pod."""
        asked: Json = {"metadata": {"name": name}}
        if uid is not None:
            asked["deleteOptions"] = {"preconditions": {"uid": uid}}
        return self._call("POST", f"{PODS.path(namespace, name)}/eviction", asked)

    def finalize(self, namespace: Json) -> Json:
        """Say that a namespace that is to go is empty."""
        path = f"{_path_of(NAMESPACES, namespace)}/finalize"
        return self._call("PUT", path, {**namespace, "spec": {}})

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        content_type: str = "application/json",
        query: dict[str, str] | None = None,
    ) -> Json:
        asked = query or {}
        if method in WRITES:
            asked = {**asked, "fieldValidation": "Strict"}
        answer = self._api.answer(
            Call(
                method,
                path,
                tuple(asked.items()),
                {} if body is None else {"content-type": content_type},
                b"" if body is None else encoded(body),
                self.user,
            )
        )
        if not isinstance(answer.body, bytes):
            raise TypeError("a watch is no call of this client")
        if answer.code >= 400:
            raise _refusal(answer.code, answer.body)
        found: Json = json.loads(answer.body)
        return found


def _path_of(kind: Kind, value: Json) -> str:
    metadata = value["metadata"]
    return kind.path(metadata.get("namespace"), metadata["name"])


def _refusal(code: int, body: bytes) -> Refused:
    try:
        return Refused(code, json.loads(body))
    except ValueError:
        return Refused(code, {}, text=body.decode())
