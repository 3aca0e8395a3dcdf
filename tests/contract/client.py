"""The suite's client: what came back, as it came back.

`Api` is for preparing; here a refusal is an answer like any other, with its code and headers.
"""

from __future__ import annotations

import asyncio
import io
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.control_plane.api import LINE_BYTES, Api, Resource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    import aiohttp

    from tests.control_plane.objects import Json

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
# How long a test waits for what must come; a busy machine is given time, a broken server is not.
PATIENCE = 20.0


@dataclass(frozen=True)
class Reply:
    """One whole answer; header names in lower case."""

    code: int
    headers: Mapping[str, str]
    body: bytes
    warnings: Sequence[str] = ()
    """Every header of that name."""

    @property
    def json(self) -> Json:
        """The body, which must be one JSON object."""
        found: Json = json.loads(self.body)
        return found

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def version(self) -> int:
        """The resource version of the object or list."""
        return int(self.json["metadata"]["resourceVersion"])

    @property
    def refusal(self) -> tuple[int, str, str]:
        """HTTP code, reason and message of a Status object that agrees with its own answer."""
        status = self.json
        assert status["kind"] == "Status", status
        assert status["apiVersion"] == "v1"
        assert status["status"] == "Failure"
        assert status["code"] == self.code
        assert status["metadata"] == {}
        return self.code, status.get("reason", ""), status["message"]


class Watch:
    """An open response, read line by line."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.code = answer.status
        self.headers = {name.lower(): value for name, value in answer.headers.items()}
        self._content = answer.content

    async def line(self) -> bytes:
        """The next line as it is; b"" at a clean end. Raises aiohttp's errors at an unclean one."""
        async with asyncio.timeout(PATIENCE):
            return await self._content.readline()

    async def event(self) -> Json:
        """The next event."""
        line = await self.line()
        assert line.endswith(b"\n"), f"the watch ended: {line!r}"
        found: Json = json.loads(line)
        return found

    async def events(self, count: int) -> list[Json]:
        """The next events."""
        return [await self.event() for _ in range(count)]

    async def until(self, wanted: Callable[[Json], bool]) -> list[Json]:
        """Events up to and with the first one that is wanted."""
        seen = [await self.event()]
        while not wanted(seen[-1]):
            seen.append(await self.event())
        return seen

    async def rest(self) -> list[Json]:
        """What comes until the server ends the response."""
        found = []
        while line := await self.line():
            found.append(json.loads(line))
        return found


class Client(Api):
    """One user's client."""

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        content_type: str = "application/json",
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Any request; a body that is not bytes is sent as JSON."""
        sent = {"Accept": accept, **(headers or {})}
        data = None
        if body is not None:
            sent["Content-Type"] = content_type
            data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        async with asyncio.timeout(PATIENCE):
            async with self._session.request(
                method, self._url + path, params=query, data=data, headers=sent
            ) as answer:
                named = {name.lower(): value for name, value in answer.headers.items()}
                warnings = answer.headers.getall("Warning", ())
                return Reply(answer.status, named, await answer.read(), tuple(warnings))

    async def read(
        self, resource: Resource, namespace: str | None, name: str | None = None, **query: str
    ) -> Reply:
        """GET an object, or a collection with a query."""
        return await self.send("GET", resource.path(namespace, name), query=query)

    async def change(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        body: Any,
        kind: str = MERGE,
        *,
        subresource: str = "",
        **query: str,
    ) -> Reply:
        """PATCH."""
        path = resource.path(namespace, name) + (f"/{subresource}" if subresource else "")
        return await self.send("PATCH", path, body, query=query, content_type=kind)

    async def remove(
        self, resource: Resource, namespace: str, name: str, body: Json | None = None, **query: str
    ) -> Reply:
        """DELETE."""
        return await self.send("DELETE", resource.path(namespace, name), body, query=query)

    @asynccontextmanager
    async def watching(
        self,
        resource: Resource,
        namespace: str | None,
        *,
        accept: str = "application/json",
        **query: str,
    ) -> AsyncIterator[Watch]:
        """A watch whose headers have come; leaving it hangs up."""
        path = resource.path(namespace)
        async with self.streaming(path, accept=accept, watch="true", **query) as watch:
            yield watch

    @asynccontextmanager
    async def streaming(
        self, path: str, *, accept: str = "application/json", **query: str
    ) -> AsyncIterator[Watch]:
        """Any response that goes on, such as a log that is followed."""
        async with asyncio.timeout(PATIENCE):
            answer = await self._session.get(
                self._url + path,
                params=query,
                headers={"Accept": accept},
                read_bufsize=LINE_BYTES,
            )
        try:
            yield Watch(answer)
        finally:
            answer.close()


def said(event: Json) -> tuple[str, str]:
    """What happened to whom."""
    return event["type"], event["object"]["metadata"]["name"]


def config(name: str, labels: dict[str, str] | None = None, **data: str) -> Json:
    """A ConfigMap: the plainest object there is, and no controller minds it."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "data": data,
    }


def bare_pod(name: str, labels: dict[str, str] | None = None, **fields: object) -> Json:
    """A pod on a node that does not exist: nobody runs it, reports on it or takes it away."""
    spec = {"nodeName": "nowhere", "containers": [{"name": "main", "image": "agent:1"}], **fields}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "spec": spec,
    }
