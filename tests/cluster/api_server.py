"""An HTTP server on a real socket that does what a test tells it to."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from app.cluster.configuration import ClusterConfiguration, Tls
from app.cluster.credentials import Credential, Fixed

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiServer:
    """Serves one handler on loopback and remembers the requests."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.url = ""
        self.handler: Handler = self._empty

    async def _empty(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({})

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.handler(request)

    @asynccontextmanager
    async def running(self, context: ssl.SSLContext | None = None) -> AsyncIterator[ApiServer]:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        scheme = "http" if context is None else "https"
        self.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    def configuration(
        self, credential: Credential | None = None, tls: Tls | None = None
    ) -> ClusterConfiguration:
        return ClusterConfiguration(
            origin="test",
            server=self.url,
            context="test",
            namespace="a",
            tls=tls or Tls(),
            credential=credential or Fixed("Bearer good"),
        )


async def reset(request: web.Request) -> None:
    """Break the connection without an end."""
    assert request.transport is not None
    request.transport.abort()
    await asyncio.sleep(0)
