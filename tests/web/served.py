"""The real server on a real socket, in a thread and a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from app.web.server import Server, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.web.front import Application

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds; nothing here should take one."""


class Served:
    """One application being served."""

    def __init__(self, application: Application, port: int = 0) -> None:
        self.application = application
        self.rooms = application.rooms
        self._socket = listen("127.0.0.1", port)
        self.port: int = self._socket.getsockname()[1]
        self.server = Server(application, ready=self._begun)
        self.loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="served", daemon=True)
        self._fault: BaseException | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(PATIENCE), "the server does not start"
        self._complain()

    def call(self, work: Callable[[], T]) -> T:
        """What `work` gives in the server's own loop."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        assert self.loop is not None
        self.loop.call_soon_threadsafe(run)
        return future.result(PATIENCE)

    def stop(self, *, at_once: bool = False) -> None:
        """Ask it to leave, `at_once` without a goodbye, and wait for its end."""
        self.server.force_exit = at_once
        self.server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the server does not end"
        self._complain()

    def _begun(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._ready.set()

    def _run(self) -> None:
        try:
            self.server.run(sockets=[self._socket])
        except BaseException as error:
            self._fault = error
        finally:
            self._ready.set()

    def _complain(self) -> None:
        if self._fault is not None:
            raise self._fault


@contextmanager
def serving(application: Application, port: int = 0) -> Iterator[Served]:
    """The application, served until the end of the block."""
    served = Served(application, port)
    served.start()
    try:
        yield served
    finally:
        served.stop()
