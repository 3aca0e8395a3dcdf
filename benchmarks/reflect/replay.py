"""A stand-in where no API server is built: keeps pods, lists them in pages, lets them be watched.

It answers the requests of the benchmark and of a reflector with bytes of the real shape, and no
others. What it lacks is the cost of a real one: etcd, validation, TLS. Pages are not all of one
version as a real server's are: a change between two pages is told again by the watch that begins at
the first one's version, which is harmless.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from typing import TYPE_CHECKING

from aiohttp import web

from benchmarks.reflect import pods

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

REMEMBERED = 8_192
"""Events that a watch may begin in the past of."""


class Kept:
    """The pods as bytes, and who watches them."""

    def __init__(self) -> None:
        self.version = 1
        self._pods: dict[str, pods.Json] = {}
        self._bytes: dict[str, bytes] = {}
        self._history: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)
        self._watchers: set[asyncio.Queue[bytes]] = set()

    def create(self, posted: pods.Json) -> bytes:
        """Keep a new pod."""
        self.version += 1
        return self._keep("ADDED", pods.stored(posted, self.version))

    def patch(self, name: str, patch: pods.Json) -> bytes:
        """Change a pod's status; KeyError when it is not there."""
        self.version += 1
        return self._keep("MODIFIED", pods.merged(self._pods[name], patch, self.version))

    def _keep(self, kind: str, pod: pods.Json) -> bytes:
        name = str(pods.part(pod, "metadata")["name"])
        self._pods[name] = pod
        body = self._bytes[name] = json.dumps(pod, separators=(",", ":")).encode()
        line = event(kind, body)
        self._history.append((self.version, line))
        for watcher in self._watchers:
            watcher.put_nowait(line)
        return body

    def page(self, limit: int, token: str) -> bytes:
        """A page of the list; the token says which version the first had, and where to go on."""
        version, _, start = token.partition(":") if token else (str(self.version), "", "0")
        names = sorted(self._bytes)
        begin = int(start)
        end = begin + limit if limit else len(names)
        metadata: pods.Json = {"resourceVersion": version}
        if end < len(names):
            metadata |= {"continue": f"{version}:{end}", "remainingItemCount": len(names) - end}
        return listed("PodList", metadata, [self._bytes[name] for name in names[begin:end]])

    async def lines(self, after: int) -> AsyncGenerator[bytes, None]:
        """What happens after a version; from 0 on everything that is, as if it were new."""
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._watchers.add(queue)
        if after:
            past = [line for version, line in self._history if version > after]
        else:
            past = [event("ADDED", body) for body in self._bytes.values()]
        try:
            for line in past:
                yield line
            while True:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)


def event(kind: str, body: bytes) -> bytes:
    """A line of a watch."""
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), body)


def listed(kind: str, metadata: pods.Json, items: list[bytes]) -> bytes:
    """A list."""
    head = json.dumps({"kind": kind, "apiVersion": "v1", "metadata": metadata})
    return b'%b,"items":[%b]}' % (head[:-1].encode(), b",".join(items))


class Stand:
    """The routes."""

    def __init__(self) -> None:
        self._kept = Kept()

    def application(self) -> web.Application:
        """Pods of one namespace; of everything else nothing exists and nothing happens."""
        made = web.Application()
        collection = f"/api/v1/namespaces/{pods.NAMESPACE}/pods"
        made.router.add_post("/api/v1/namespaces", self._nothing)
        made.router.add_post(collection, self._create)
        made.router.add_patch(collection + "/{name}/status", self._patch)
        made.router.add_get(collection, self._pods)
        made.router.add_get("/{path:.*}", self._others)
        return made

    async def _nothing(self, request: web.Request) -> web.Response:
        return web.json_response({}, status=201)

    async def _create(self, request: web.Request) -> web.Response:
        return _json(self._kept.create(await request.json()), status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        return _json(self._kept.patch(request.match_info["name"], await request.json()))

    async def _pods(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if query.get("watch") == "true":
            return await _stream(request, self._kept.lines(int(query["resourceVersion"])))
        return _json(self._kept.page(int(query.get("limit", "0")), query.get("continue", "")))

    async def _others(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") == "true":
            return await _stream(request, _silence())
        return _json(listed("List", {"resourceVersion": "1"}, []))


async def _silence() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


async def _stream(request: web.Request, lines: AsyncIterator[bytes]) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(request)
    async for line in lines:
        await answer.write(line)
    return answer


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")


def main(port: str) -> None:
    """Serves on loopback until TERM."""
    web.run_app(
        Stand().application(),
        host="127.0.0.1",
        port=int(port),
        access_log=None,
        print=None,
        handler_cancellation=True,
        shutdown_timeout=0.1,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
