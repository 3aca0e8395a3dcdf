"""uvicorn's `send` for a response in chunks, without a coroutine where none has to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.stream import CHUNK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator, MutableMapping
    from typing import Any

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class Sent:
    """The awaitable of a send that is over."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, None]:
        """Nothing to wait for."""
        return NOTHING  # type: ignore[return-value]


NOTHING = iter(())
"""What every `Sent` gives: an iterator that has ended cannot be used up."""

SENT = Sent()


class ChunkedSend:
    """The ASGI `send` of one response whose start has been sent with chunked coding.

    A message that carries its bytes as they go over the wire is written at once when there is room.
    Everything else, what has to wait included, is the cycle's own `send`. Neither of the two writes
    anything if it has to wait, so both can be stepped: `tests/stream/test_stepping.py`.
    """

    __slots__ = ("_cycle", "_flow", "_transport")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._flow = cycle.flow
        self._transport = cycle.transport

    def __call__(self, message: MutableMapping[str, Any]) -> Awaitable[None]:
        """Send one message."""
        cycle = self._cycle
        chunk = message.get(CHUNK)
        if (
            chunk is None
            or self._flow.write_paused
            or cycle.disconnected
            or cycle.response_complete
        ):
            return cycle.send(message)  # type: ignore[arg-type]
        self._transport.write(chunk)
        return SENT
