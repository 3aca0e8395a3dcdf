"""HTTP to the API server: every status checked, every wait bounded."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

import aiohttp
import anyio
import anyio.lowlevel

from app import __version__
from app.cluster.answers import ERROR_LIMIT, Call, error_of
from app.cluster.faults import Distrusted, Silent
from app.cluster.lines import LineSplitter
from app.cluster.pools import Pools
from app.errors import ClusterError, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from app.clock import Clock
    from app.cluster.configuration import ClusterConfiguration
    from app.cluster.ports import Dated

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""For a whole page of a list; 10,000 pods in one take 4 s on a slow machine."""

ERROR_SECONDS = 5.0
"""For the body of an error: its status says enough when the rest does not come."""

LINES_AT_ONCE = 64
"""A burst arrives in chunks of thousands of events; so many of them, and others have their turn."""


class Transport(Protocol):
    """What a reflector needs of HTTP."""

    async def fetch(self, call: Call) -> bytes:
        """The body of the answer.

        Raises:
            ClusterError: There is no answer, or not the one asked for.
        """
        ...

    def watch(
        self, call: Call, silence: float
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The lines of an answer that goes on.

        Raises:
            ClusterError: At opening as `fetch`; later `Silent` when `silence` seconds pass without
                a byte, `Unreachable` when the connection breaks, `Truncated` when it ends in the
                middle of a line.
        """
        ...


class HttpTransport:
    """Two connection pools, one for streams and one for the rest, so that neither starves.

    The environment's proxy variables are not read: only a kubeconfig's `proxy-url` is used, as
    somebody wrote it for this cluster. Redirects are not followed.
    """

    def __init__(
        self,
        configuration: ClusterConfiguration,
        clock: Clock,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        error_seconds: float = ERROR_SECONDS,
        dated: Dated | None = None,
    ) -> None:
        self._configuration = configuration
        self._clock = clock
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._error_seconds = error_seconds
        self._dated = dated
        self._pools = Pools(configuration.tls, clock)

    async def __aenter__(self) -> HttpTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._pools.close()

    async def fetch(self, call: Call) -> bytes:
        """The body of the answer; see `Transport`."""
        timeout = aiohttp.ClientTimeout(
            total=self._answer_seconds, sock_connect=self._connect_seconds
        )
        async with self._answer(call, timeout, streaming=False) as response:
            with _faults():
                return await response.read()

    @asynccontextmanager
    async def watch(self, call: Call, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of an answer that goes on; see `Transport`."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self._connect_seconds, sock_read=silence
        )
        async with self._answer(call, timeout, streaming=True) as response:
            async with aclosing(_lines(response)) as lines:
                yield lines

    @asynccontextmanager
    async def _answer(
        self, call: Call, timeout: aiohttp.ClientTimeout, *, streaming: bool
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A 2xx answer. A refused credential is renewed once, and the call made once more."""
        credential = self._configuration.credential
        async with AsyncExitStack() as stack:
            authorization = await credential.authorization()
            response = await self._send(call, timeout, authorization, stack, streaming=streaming)
            if response.status == 401 and await credential.renew(authorization):
                response.close()
                authorization = await credential.authorization()
                response = await self._send(
                    call, timeout, authorization, stack, streaming=streaming
                )
            if not 200 <= response.status < 300:
                body = await _start(response, self._error_seconds)
                raise error_of(call, response.status, response.headers, body)
            yield response

    async def _send(
        self,
        call: Call,
        timeout: aiohttp.ClientTimeout,
        authorization: str | None,
        stack: AsyncExitStack,
        *,
        streaming: bool,
    ) -> aiohttp.ClientResponse:
        """The head of the answer; `stack` ends it and gives the pool back."""
        headers = {"Accept": "application/json", "User-Agent": f"watchglass/{__version__}"}
        if authorization is not None:
            headers["Authorization"] = authorization
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        session = await stack.enter_async_context(self._pools.session(streaming=streaming))
        sent = self._clock.now()
        try:
            with _faults():
                response = await session.request(
                    "GET" if call.body is None else "POST",
                    self._configuration.server + call.path,
                    params=call.params,
                    data=call.body,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    proxy=self._configuration.proxy,
                    server_hostname=self._configuration.tls.server_name,
                )
        except Distrusted:
            self._pools.doubt()
            raise
        stack.callback(_drop, response)
        if self._dated is not None and (said := response.headers.get("Date")) is not None:
            self._dated(said, sent, self._clock.now())
        return response


def _drop(response: aiohttp.ClientResponse) -> None:
    """End an answer; one that was read to its end has given its connection back already.

    Otherwise the connection is cut: the goodbye of TLS waits half a minute for a peer that may be
    gone, and would outlive the loop.
    """
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()


async def _start(response: aiohttp.ClientResponse, seconds: float) -> bytes:
    """The body of an error as far as it is needed and comes in time."""
    body = bytearray()
    with anyio.move_on_after(seconds):
        try:
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) >= ERROR_LIMIT:
                    break
        except (aiohttp.ClientError, OSError):
            # The status is known, and that is what counts.
            pass
    return bytes(body[:ERROR_LIMIT])


async def _lines(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    splitter = LineSplitter()
    with _faults():
        async for chunk in response.content.iter_any():
            for number, line in enumerate(splitter.feed(chunk), 1):
                yield line
                if not number % LINES_AT_ONCE:
                    await anyio.lowlevel.checkpoint()
    splitter.end()


class _faults:
    """Turns what aiohttp raises into errors of ours."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        match error:
            case None | ClusterError():
                return
            case aiohttp.SocketTimeoutError():
                raise Silent("The API server is silent.") from error
            case TimeoutError():
                raise Unreachable("The API server does not answer.") from error
            case aiohttp.ClientConnectorCertificateError():
                raise Distrusted(
                    "The API server's certificate is not trusted.", details=str(error)
                ) from error
            case aiohttp.ClientSSLError():
                raise Distrusted(
                    "There is no TLS connection to the API server.", details=str(error)
                ) from error
            case aiohttp.ClientConnectorError():
                raise Unreachable(
                    "The API server cannot be reached.", details=str(error)
                ) from error
            case aiohttp.ClientError() | OSError():
                raise Unreachable(
                    "The connection to the API server broke.", details=str(error)
                ) from error
