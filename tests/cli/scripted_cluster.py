"""An API server on a real socket: a few pods, a name for whoever asks, rights that a test takes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.cluster.api_server import ApiServer
from tests.cluster.projections.raw import container, page, pod, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TOKEN = "t0ken-of-a-test"
NAMESPACE = "agents"
USER = "system:serviceaccount:agents:watchglass"


class ScriptedCluster:
    """What it answers, by attributes that a test sets."""

    def __init__(self) -> None:
        self.server = ApiServer()
        self.server.handler = self._answer
        self.pods = ("agent-0", "agent-1")
        self.user: str | None = USER
        """Who asks; None where the question is not served."""
        self.denied: set[tuple[str, str]] = set()
        """Verb and resource."""
        self.undecided: set[tuple[str, str]] = set()
        self.namespaces: set[str] | None = None
        """Which exist; None where nobody may ask."""
        self.broken: dict[str, web.Response] = {}
        """Answers by path that are given in place of the right ones."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ScriptedCluster]:
        async with self.server.running():
            yield self

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def reviewed(self) -> int:
        """How many rights were asked for."""
        return sum("selfsubjectaccessreviews" in r.path for r in self.server.requests)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return refusal(401)
        if request.path in self.broken:
            return self.broken.pop(request.path)
        match request.path.strip("/").split("/"):
            case ["version"]:
                return web.json_response({"gitVersion": "v1.36.3", "major": "1"})
            case [*_, "selfsubjectreviews"]:
                if self.user is None:
                    return refusal(404)
                return web.json_response({"status": {"userInfo": {"username": self.user}}})
            case [*_, "selfsubjectaccessreviews"]:
                asked = (await request.json())["spec"]["resourceAttributes"]
                return web.json_response({"status": self._decide(asked)})
            case ["api", "v1", "namespaces", name]:
                if self.namespaces is None:
                    return refusal(403)
                return web.json_response({}) if name in self.namespaces else refusal(404)
        if "watch" in request.query:
            answer = web.StreamResponse()
            await answer.prepare(request)
            await asyncio.sleep(3600)
            return answer
        found = (
            [pod(name, status=RUNNING, namespace=NAMESPACE) for name in self.pods]
            if request.path.endswith("/pods")
            else []
        )
        return web.Response(body=page(*found), content_type="application/json")

    def _decide(self, asked: dict[str, Any]) -> dict[str, Any]:
        need = (asked["verb"], asked["resource"])
        if need in self.undecided:
            return {"allowed": False, "evaluationError": "the webhook does not answer"}
        return {"allowed": need not in self.denied}


RUNNING = {"phase": "Running", "containerStatuses": [container(**running())]}


def refusal(code: int) -> web.Response:
    """A Status object, as an API server refuses with one."""
    return web.json_response(
        {"kind": "Status", "code": code, "message": "no", "reason": "Test"}, status=code
    )
