"""One connection to a stream, and in one sentence why there is none or no longer one."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import aiohttp

from app import __version__
from app.cli.addresses import STREAM_PATH, shown
from app.cli.answers import sentence_in
from app.cli.sse import EventParser

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from app.cli.sse import Message

MEDIA_TYPE = "text/event-stream"
CONNECT_SECONDS = 10.0
ERROR_LIMIT = 65_536


class Unavailable(Exception):
    """There is no connection, or it broke; trying again may help."""


class Refused(Exception):
    """An answer that is not a stream. `status` is that of HTTP."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Connection:
    """An open stream: its messages, and the position they lead to."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._parser = EventParser()

    @property
    def last_id(self) -> str | None:
        """The position after the last message that was given."""
        return self._parser.last_id

    @property
    def retry_ms(self) -> int | None:
        """How long the server wants us to wait before we come back."""
        return self._parser.retry_ms

    async def messages(self) -> AsyncGenerator[Message, None]:
        """The messages until the server ends the stream.

        Raises:
            Unavailable: The connection broke.
            TooLong: What comes is no stream of ours.
        """
        with _told():
            async for chunk in self._response.content.iter_any():
                for message in self._parser.feed(chunk):
                    yield message


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections that know nothing of the environment: no proxy, no stored credentials."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    headers = {"User-Agent": f"watchglass/{__version__}"}
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as made:
        yield made


@asynccontextmanager
async def open_stream(
    made: aiohttp.ClientSession, root: str, params: Mapping[str, str], cursor: str | None
) -> AsyncIterator[Connection]:
    """Open the stream of the server at `root` after `cursor`.

    Raises:
        Unavailable: The server cannot be reached.
        Refused: It answers, and not with a stream.
    """
    headers = {"Accept": MEDIA_TYPE, "Cache-Control": "no-store"}
    if cursor:
        headers["Last-Event-ID"] = cursor
    with _told():
        response = await made.get(
            root + STREAM_PATH, params=params, headers=headers, allow_redirects=False
        )
    async with response:
        if response.status != 200 or response.content_type != MEDIA_TYPE:
            raise await _refusal(response)
        yield Connection(response)


async def fetch(made: aiohttp.ClientSession, url: str) -> bytes:
    """The body of an ordinary answer.

    Raises:
        Unavailable: There is none.
        Refused: It is not 200.
    """
    with _told():
        async with made.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise await _refusal(response)
            return await response.content.read(ERROR_LIMIT)


async def _refusal(response: aiohttp.ClientResponse) -> Refused:
    """What an answer that was not asked for says, our own error envelope or another one's."""
    status = response.status
    body = b""
    with suppress(aiohttp.ClientError, TimeoutError):
        # A stream of another kind may be open for ever; what it is says its type.
        if status != 200:
            body = await response.content.read(ERROR_LIMIT)
    sentence = sentence_in(body)
    if sentence is None:
        where = response.headers.get("Location")
        if 300 <= status < 400 and where:
            sentence = f"it redirects to {shown(where)}"
        elif status == 200:
            sentence = f"it is {response.content_type}, not {MEDIA_TYPE}"
        else:
            sentence = response.reason or "no stream"
    return Refused(status, f"answered {status}: {sentence}")


class _told:
    """Turns what aiohttp raises into a sentence."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        match error:
            case aiohttp.SocketTimeoutError():
                raise Unavailable("no answer") from error
            case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
                raise Unavailable("its certificate is not trusted") from error
            case aiohttp.ClientConnectorDNSError():
                raise Unavailable("there is no such host") from error
            case aiohttp.ClientConnectorError():
                raise Unavailable(_words(error.os_error)) from error
            case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | OSError():
                raise Unavailable("the connection broke") from error
            case aiohttp.ClientError():
                raise Unavailable(f"no HTTP: {type(error).__name__}") from error


def _words(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "no connection"
