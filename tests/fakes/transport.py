"""A transport that plays a script: what it answers to each list and each watch.

`tests/cluster/test_transport_contract.py` holds it and the real one to the same behaviour.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import anyio

from app.cluster.answers import error_of
from app.cluster.faults import Silent
from app.cluster.lines import LineSplitter
from app.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from app.cluster.answers import Call


class Playing(Protocol):
    """An HTTP answer that goes on for a while."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...

    @property
    def body(self) -> bytes: ...

    def play(self, silence: float) -> AsyncGenerator[bytes, None]:
        """Its chunks as they come."""
        ...


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; its body may come in chunks, with pauses (seconds) between them."""

    chunks: Sequence[bytes | float] = ()
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    breaks: bool = False
    """The connection breaks after the last chunk."""

    @property
    def body(self) -> bytes:
        return b"".join(chunk for chunk in self.chunks if isinstance(chunk, bytes))

    async def play(self, silence: float) -> AsyncGenerator[bytes, None]:
        for chunk in self.chunks:
            if isinstance(chunk, bytes):
                yield chunk
            elif chunk < silence:
                await anyio.sleep(chunk)
            else:
                await anyio.sleep(silence)
                raise Silent("The API server is silent.")
        if self.breaks:
            raise Unreachable("The connection to the API server broke.")


REFUSED = None
"""Nobody listens."""

ALIVE = Answer([b'{"metadata":{"resourceVersion":"999999999"},"items":[]}'])
"""What a server that is ahead of any position in a script says to a probe."""


class PlayedTransport(ABC):
    """Plays what `answer` gives for each call; that is what subclasses are for."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def verbs(self) -> list[str]:
        """What was asked, in short."""
        return ["probe" if is_probe(call) else call.verb for call in self.calls]

    @abstractmethod
    def answer(self, call: Call) -> Playing | None:
        """What this call is answered with."""

    async def fetch(self, call: Call) -> bytes:
        answer = self._checked(call)
        try:
            async with aclosing(answer.play(silence=60.0)) as chunks:
                return b"".join([chunk async for chunk in chunks])
        except Silent as error:
            raise Unreachable("The API server does not answer.") from error

    @asynccontextmanager
    async def watch(self, call: Call, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        answer = self._checked(call)
        async with aclosing(self._lines(answer, silence)) as lines:
            yield lines

    async def _lines(self, answer: Playing, silence: float) -> AsyncGenerator[bytes, None]:
        splitter = LineSplitter()
        async with aclosing(answer.play(silence)) as chunks:
            async for chunk in chunks:
                for line in splitter.feed(chunk):
                    yield line
        splitter.end()

    def _checked(self, call: Call) -> Playing:
        if call.verb != "get":
            self.calls.append(call)
        answer = self.answer(call)
        if answer is None:
            raise Unreachable("The API server cannot be reached.")
        if not 200 <= answer.status < 300:
            raise error_of(call, answer.status, dict(answer.headers), answer.body)
        return answer


class ScriptedTransport(PlayedTransport):
    """Plays `lists`, `watches` and `probes` in order; when a script is over, its last answer stays.

    A probe is a list of one object.
    """

    def __init__(
        self,
        lists: Sequence[Answer | None] = (),
        watches: Sequence[Answer | None] = (),
        probes: Sequence[Answer | None] = (ALIVE,),
    ) -> None:
        super().__init__()
        self.namespace: Answer = Answer([b"{}"])
        """What is said of the namespace itself."""
        self._lists = list(lists)
        self._watches = list(watches)
        self._probes = list(probes)

    def answer(self, call: Call) -> Playing | None:
        if call.verb == "get":
            return self.namespace
        if call.verb == "watch":
            script = self._watches
        else:
            script = self._probes if is_probe(call) else self._lists
        return script.pop(0) if len(script) > 1 else script[0]


def is_probe(call: Call) -> bool:
    """Whether only the server's version is asked for."""
    return call.verb == "list" and call.params.get("limit") == "1"
