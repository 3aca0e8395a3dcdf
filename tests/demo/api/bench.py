"""A simulated API server without sockets, and short ways to ask it."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from app.demo.api.calls import Call
from app.demo.api.client import Client
from app.demo.api.discovery import documents
from app.demo.api.kinds import CONFIGMAPS, NAMESPACES, PODS
from app.demo.api.reviews import review
from app.demo.api.roles import bindings
from app.demo.api.rules import MASTERS, Rules, person
from app.demo.api.server import ApiServer
from app.demo.api.tables import table
from app.demo.film.identities import Identities
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from app.clock import Clock
    from app.demo.api.ports import LogSource
    from app.demo.api.rules import User

Json = dict[str, Any]

MASTER = person("master", MASTERS)
STRANGER = person("stranger")
NAMESPACE = "ns"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


class Reply:
    """An answer whose body is whole."""

    def __init__(
        self,
        code: int,
        body: bytes,
        content_type: str,
        headers: Mapping[str, str],
        warnings: tuple[str, ...] = (),
    ):
        self.warnings = warnings
        self.code = code
        self.body = body
        self.content_type = content_type
        self.headers = headers

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    @property
    def refusal(self) -> tuple[int, str, str]:
        status = self.json
        assert (status["kind"], status["status"]) == ("Status", "Failure"), status
        assert status["code"] == self.code
        return self.code, status.get("reason", ""), status["message"]

    @property
    def names(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.json["items"]]


class Bench:
    """One server with a namespace in it."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        logs: LogSource | None = None,
        history: int = 1_000,
        bookmark_seconds: float = 60.0,
    ) -> None:
        self.hands = ManualClock()
        chance = Random(7)
        self.rules = Rules({}, bindings())
        self.api = ApiServer(
            clock or self.hands,
            lambda _: Identities(chance),
            self.rules,
            logs,
            tables=table,
            documents=documents,
            reviews=review,
            history=history,
            bookmark_seconds=bookmark_seconds,
        )
        self.client = Client(self.api, MASTER)
        self.client.create(NAMESPACES, {"metadata": {"name": NAMESPACE}})

    @property
    def version(self) -> int:
        return self.api.store.revision

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = "application/json",
        accept: str | None = None,
        user: Any = MASTER,
        **query: str,
    ) -> Reply:
        """A call that is answered at once; the query `continue` is spelt `continue_`.

        `user` is a User, or None for an unknown token.
        """
        answer = self.api.answer(self.call(method, path, body, content_type, accept, user, query))
        assert isinstance(answer.body, bytes), "a stream"
        return Reply(
            answer.code, answer.body, answer.content_type, answer.headers, tuple(answer.warnings)
        )

    def watch(self, path: str, *, accept: str | None = None, **query: str) -> AsyncIterator[bytes]:
        """The pieces of a watch."""
        query = {"watch": "true", **query}
        answer = self.api.answer(
            self.call("GET", path, None, "application/json", accept, MASTER, query)
        )
        assert answer.code == 200, answer.body
        assert not isinstance(answer.body, bytes)
        return answer.body

    def call(
        self,
        method: str,
        path: str,
        body: Any,
        content_type: str,
        accept: str | None,
        user: User | None,
        query: Mapping[str, str],
    ) -> Call:
        headers = {"content-type": content_type} if body is not None else {}
        if accept is not None:
            headers["accept"] = accept
        if body is None:
            raw = b""
        else:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        pairs = tuple((name.rstrip("_"), value) for name, value in query.items())
        return Call(method, path, pairs, headers, raw, user)

    # ---- objects

    def config(self, name: str, labels: Mapping[str, str] | None = None, **data: str) -> Json:
        """A new ConfigMap."""
        return self.client.create(CONFIGMAPS, config(name, labels, **data))

    def pod(self, name: str, **spec: Any) -> Json:
        """A new pod."""
        return self.client.create(PODS, pod(name, **spec))


def config(name: str, labels: Mapping[str, str] | None = None, **data: str) -> Json:
    metadata: Json = {"name": name, "namespace": NAMESPACE}
    if labels:
        metadata["labels"] = dict(labels)
    return {"metadata": metadata, "data": data}


def pod(name: str, **spec: Any) -> Json:
    return {
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"containers": [{"name": "main", "image": "agent:1"}], **spec},
    }


CONFIGS = CONFIGMAPS.path(NAMESPACE)
POD_PATH = PODS.path(NAMESPACE)


def events(piece: bytes) -> list[Json]:
    """The events in a piece of a watch."""
    return [json.loads(line) for line in piece.splitlines()]


def said(event: Json) -> tuple[str, str]:
    return event["type"], event["object"]["metadata"]["name"]
