"""The requests a reflector makes of one collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.cluster.answers import Call

if TYPE_CHECKING:
    from app.cluster.projection import Projection

INITIAL_EVENTS_END = "k8s.io/initial-events-end"


class Calls:
    """Makes list and watch calls for one kind in one namespace, None for all of them.

    A list asks without a resourceVersion, so that it is never older than what we knew before. Later
    pages carry the token alone: the server answers 400 to a token with a version.
    """

    def __init__(self, projection: Projection[Any], namespace: str | None) -> None:
        resource = projection.resource
        self._group = resource.group
        self._plural = resource.plural
        self._namespace = namespace
        self._path = resource.path(namespace)
        selector = projection.field_selector
        self._selection = {"fieldSelector": selector} if selector else {}

    def page(self, size: int | None, token: str | None) -> Call:
        """One page of a list; `size` None asks for everything at once."""
        params = dict(self._selection)
        if size is not None:
            params["limit"] = str(size)
        if token is not None:
            params["continue"] = token
        return self._call("list", params)

    def namespace(self) -> Call | None:
        """Whether the namespace exists; None where all of them are meant."""
        if self._namespace is None:
            return None
        path = f"/api/v1/namespaces/{self._namespace}"
        return Call("get", path, "", "namespaces", self._namespace)

    def watch(self, version: str, seconds: int) -> Call:
        """What happens after `version`, for `seconds`."""
        return self._call("watch", self._watching(seconds) | {"resourceVersion": version})

    def watch_list(self, seconds: int) -> Call:
        """The present state as events, a bookmark that ends it, and what happens then."""
        return self._call(
            "watch",
            self._watching(seconds)
            | {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"},
        )

    def _watching(self, seconds: int) -> dict[str, str]:
        return self._selection | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
        }

    def _call(self, verb: str, params: dict[str, str]) -> Call:
        return Call(verb, self._path, self._group, self._plural, self._namespace, params)
