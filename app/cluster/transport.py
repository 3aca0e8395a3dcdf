"""HTTP to the API server: every status checked, every wait bounded."""

from __future__ import annotations

import socket
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp

from app import __version__
from app.cluster.answers import ERROR_LIMIT, Call, error_of
from app.cluster.faults import Silent
from app.cluster.lines import LineSplitter
from app.cluster.tls import make_context, stamps
from app.errors import ClusterError, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from app.clock import Clock
    from app.cluster.configuration import ClusterConfiguration

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""For a whole page of a list; 10,000 pods in one take 4 s on a slow machine."""

FILES_SECONDS = 10.0
"""How often the files of the TLS connection are looked at."""

KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 30, 10, 3
USER_TIMEOUT_MS = 30_000


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
    ) -> None:
        self._configuration = configuration
        self._clock = clock
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._streams: aiohttp.ClientSession | None = None
        self._calls: aiohttp.ClientSession | None = None
        self._retired: list[aiohttp.ClientSession] = []
        self._stamps: tuple[float, ...] = ()
        self._looked_at = float("-inf")

    async def __aenter__(self) -> HttpTransport:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        for session in (self._streams, self._calls, *self._retired):
            if session is not None:
                await session.close()
        self._streams = self._calls = None
        self._retired.clear()

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
        authorization = await self._configuration.credential.authorization()
        response = await self._send(call, timeout, authorization, streaming=streaming)
        if response.status == 401:
            if await self._configuration.credential.renew(authorization):
                response.close()
                authorization = await self._configuration.credential.authorization()
                response = await self._send(call, timeout, authorization, streaming=streaming)
        try:
            if not 200 <= response.status < 300:
                with _faults():
                    body = await response.content.read(ERROR_LIMIT)
                raise error_of(call, response.status, response.headers, body)
            yield response
        finally:
            # An answer that was read to its end has given its connection back already.
            response.close()

    async def _send(
        self,
        call: Call,
        timeout: aiohttp.ClientTimeout,
        authorization: str | None,
        *,
        streaming: bool,
    ) -> aiohttp.ClientResponse:
        headers = {"Accept": "application/json", "User-Agent": f"watchglass/{__version__}"}
        if authorization is not None:
            headers["Authorization"] = authorization
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        method = "GET" if call.body is None else "POST"
        url = self._configuration.server + call.path
        session = await self._session(streaming=streaming)
        with _faults():
            return await session.request(
                method,
                url,
                params=call.params,
                data=call.body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                proxy=self._configuration.proxy,
                server_hostname=self._configuration.tls.server_name,
            )

    async def _session(self, *, streaming: bool) -> aiohttp.ClientSession:
        now = self._clock.monotonic()
        if now - self._looked_at >= FILES_SECONDS:
            self._looked_at = now
            found = stamps(self._configuration.tls)
            if found != self._stamps:
                await self._rebuild()
                self._stamps = found
        session = self._streams if streaming else self._calls
        if session is None:
            await self._rebuild()
            session = self._streams if streaming else self._calls
        if session is None:
            raise Unreachable("The connection to the API server is being closed.")
        return session

    async def _rebuild(self) -> None:
        """New sessions with what the files hold now; running streams keep their old one."""
        context = make_context(self._configuration.tls)
        if self._calls is not None:
            await self._calls.close()
        if self._streams is not None:
            self._retired.append(self._streams)
        self._streams = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=context, socket_factory=_socket),
            auto_decompress=True,
            read_bufsize=2**18,
        )
        self._calls = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=20, ssl=context, socket_factory=_socket),
            read_bufsize=2**18,
        )


async def _lines(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    splitter = LineSplitter()
    with _faults():
        async for chunk in response.content.iter_any():
            for line in splitter.feed(chunk):
                yield line
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
            case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
                raise Unreachable(
                    "The API server's certificate is not trusted.", details=str(error)
                ) from error
            case aiohttp.ClientConnectorError():
                raise Unreachable(
                    "The API server cannot be reached.", details=str(error)
                ) from error
            case aiohttp.ClientError() | OSError():
                raise Unreachable(
                    "The connection to the API server broke.", details=str(error)
                ) from error


def _socket(address: Any) -> socket.socket:
    """A socket that notices a peer that vanished without a word."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_COUNT)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    return made
