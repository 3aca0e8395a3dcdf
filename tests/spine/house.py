"""Our own server in a thread: the real application on a real socket, with uvloop."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from app.board import WATCHED
from app.clock import SystemClock
from app.cluster.configuration import load
from app.cluster.limits import WatchLimits
from app.cluster.transport import HttpTransport
from app.main import create_app
from app.settings import Settings
from app.web.server import Server, listen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.board import Watched
    from app.clock import Clock
    from app.cluster.configuration import ClusterConfiguration
    from app.web.front import Application

QUICK = WatchLimits(watch_min=4, watch_max=5, refused_min=0.2, refused_max=0.4)
"""Watches end, and bookmarks come before that; what is refused is asked for again soon."""

START_SECONDS = 30.0


class House:
    """One server of ours; `async with`, or `open()` and `close()` for several lives.

    Args:
        kubeconfig: How to reach the cluster, and as whom.
        namespaces: Which are watched; none stands for all of them.
        limits: The reflectors' numbers.
        watched: The kinds.
        clock: Time.
        transport: Makes the transport; default one that gives up early.
        heartbeat_seconds: Between two heartbeats.
    """

    def __init__(
        self,
        kubeconfig: Path,
        *namespaces: str,
        limits: WatchLimits = QUICK,
        watched: tuple[Watched, ...] = WATCHED,
        clock: Clock | None = None,
        transport: Callable[[ClusterConfiguration, Clock], HttpTransport] | None = None,
        heartbeat_seconds: float = 1.0,
    ) -> None:
        self.url: str | None = None
        self.crashed: list[str] = []
        self._settings = Settings(
            kubeconfig=kubeconfig,
            namespaces=namespaces,
            all_namespaces=not namespaces,
            heartbeat_seconds=heartbeat_seconds,
        )
        self._limits = limits
        self._watched = watched
        self._clock = clock or SystemClock()
        self._transport = transport or impatient
        self._application: Application | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        # Shielded: a test that failed is being cancelled, and the thread must end all the same.
        await asyncio.shield(asyncio.create_task(self.close()))
        assert self.crashed == []

    @property
    def application(self) -> Application:
        """What is served at present. Its rooms run in another thread: look, do not touch."""
        assert self._application is not None
        return self._application

    async def open(self) -> None:
        """Begin a life: nothing is known, the epoch is new, the port another one."""
        configuration = load(self._clock, kubeconfig=self._settings.kubeconfig)
        self._application = application = create_app(
            self._settings,
            configuration,
            transport=self._transport(configuration, self._clock),
            watched=self._watched,
            watch_limits=self._limits,
            clock=self._clock,
        )
        started = threading.Event()
        application.on_crash = self.crashed.append
        made = listen("127.0.0.1", 0)
        self._server = server = Server(application, ready=started.set)
        self._thread = threading.Thread(target=server.run, kwargs={"sockets": [made]})
        self._thread.start()
        assert await asyncio.to_thread(started.wait, START_SECONDS)
        self.url = f"http://127.0.0.1:{made.getsockname()[1]}"

    async def close(self) -> None:
        """End this life as SIGTERM does."""
        self.url = None
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.should_exit = True
            await asyncio.to_thread(self._thread.join)


def impatient(configuration: ClusterConfiguration, clock: Clock) -> HttpTransport:
    """A transport that does not wait a minute for an answer."""
    return HttpTransport(configuration, clock, connect_seconds=1.0, answer_seconds=5.0)


def quick(**changes: float | bool) -> WatchLimits:
    """The quick limits, with changes."""
    return replace(QUICK, **changes)  # type: ignore[arg-type]  # fields are checked when it is made
