"""An API server in small: what it lists, its watches go on from."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.cluster.api_server import ApiServer, reset

if TYPE_CHECKING:
    from collections.abc import Iterable

Json = dict[str, Any]

KINDS = ("pods", "cronjobs", "jobs", "events")


class Cluster(ApiServer):
    """Keeps objects by kind and name; every change has the next version."""

    def __init__(self) -> None:
        super().__init__()
        self.handler = self._answer
        self.down = False
        """Break every connection and accept none."""
        self._version = 100
        self._objects: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self._history: dict[str, list[tuple[int, bytes]]] = {kind: [] for kind in KINDS}
        self._watches: dict[str, list[asyncio.Queue[bytes | None]]] = {kind: [] for kind in KINDS}

    def apply(self, kind: str, *objects: Json) -> None:
        """Create or change objects."""
        for raw in objects:
            name = raw["metadata"]["name"]
            known = name in self._objects[kind]
            self._objects[kind][name] = raw
            self._tell(kind, "MODIFIED" if known else "ADDED", raw)

    def delete(self, kind: str, name: str) -> None:
        """Remove an object."""
        self._tell(kind, "DELETED", self._objects[kind].pop(name))

    def go_down(self) -> None:
        """Be gone from one moment to the next."""
        self.down = True
        for watches in self._watches.values():
            for watch in watches:
                watch.put_nowait(None)

    def _tell(self, kind: str, change: str, raw: Json) -> None:
        self._version += 1
        raw["metadata"]["resourceVersion"] = str(self._version)
        line = json.dumps({"type": change, "object": raw}).encode() + b"\n"
        self._history[kind].append((self._version, line))
        for watch in self._watches[kind]:
            watch.put_nowait(line)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            await reset(request)
            return web.Response()
        kind = request.path.rpartition("/")[2]
        if kind not in KINDS:
            return web.json_response({"kind": "Namespace"})
        if "watch" in request.query:
            return await self._watch(request, kind)
        return self._list(self._objects[kind].values())

    def _list(self, objects: Iterable[Json]) -> web.Response:
        metadata = {"resourceVersion": str(self._version)}
        return web.json_response({"metadata": metadata, "items": list(objects)})

    async def _watch(self, request: web.Request, kind: str) -> web.StreamResponse:
        watch: asyncio.Queue[bytes | None] = asyncio.Queue()
        since = int(request.query["resourceVersion"])
        for version, line in self._history[kind]:
            if version > since:
                watch.put_nowait(line)
        self._watches[kind].append(watch)
        try:
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            while (told := await watch.get()) is not None:
                await response.write(told)
            await reset(request)
        finally:
            self._watches[kind].remove(watch)
        return response
