"""The composition root: the only module that knows everyone.

`create_app` builds and starts nothing; the lifespan opens one task group and starts the rooms in
it. It never waits for the cluster: an API server that cannot be reached is a state to show. A fault
of ours in one of the rooms ends the process, because a page that is fed by half a house would lie.
"""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anyio
import structlog

from app import __version__
from app.board import WATCHED, Board
from app.clock import SystemClock
from app.cluster.configuration import load
from app.cluster.limits import WatchLimits
from app.cluster.reflector import Reflector
from app.cluster.transport import HttpTransport
from app.derive.cronjobs import CronJobs
from app.derive.freshness import Freshness
from app.derive.health import Health
from app.derive.history import History
from app.derive.incidents import Incidents
from app.derive.skew import Skew
from app.derive.timer import Timer
from app.model import EVERYWHERE
from app.store.health import HealthFile
from app.stream import Hub, Limits
from app.web.front import Application
from app.web.rooms import Rooms

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
    from random import Random
    from typing import TypeAlias

    from app.board import Watched
    from app.clock import Clock
    from app.cluster.configuration import ClusterConfiguration
    from app.cluster.transport import Transport
    from app.model import Source
    from app.settings import Settings

    Work: TypeAlias = Sequence[tuple[str, Callable[[], Awaitable[None]]]]

logger = structlog.get_logger("watchglass.main")

COLLECT = (20_000, 10, 5_000)
"""Thresholds of the garbage collector: a full collection walks all records, which at 10,000 pods
stops the loop for up to 100 ms, and almost nothing of ours is cyclic. A collection of the middle
generation walks what ten of the young one left: 20 ms while 10,000 pods arrive."""


def configuration_of(settings: Settings, clock: Clock) -> ClusterConfiguration:
    """Which cluster the settings mean.

    Raises:
        ConfigurationError: None, or one that cannot be used.
    """
    return load(clock, kubeconfig=settings.kubeconfig, context=settings.context)


def create_app(
    settings: Settings,
    configuration: ClusterConfiguration,
    *,
    transport: Transport | None = None,
    watched: Iterable[Watched] = WATCHED,
    watch_limits: WatchLimits | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
    epoch: str | None = None,
    new_id: Callable[[], str] = lambda: str(uuid4()),
) -> Application:
    """Build the house.

    Args:
        settings: What the operator chose.
        configuration: How to reach the cluster.
        transport: HTTP to the API server; default one that is made from `configuration`.
        watched: The kinds.
        watch_limits: The numbers of the reflectors; default what the settings say of them.
        clock: Time.
        random: Jitter, epochs.
        epoch: The name of this life of the process; default a random one.
        new_id: Makes ids of requests.
    """
    clock = clock or SystemClock()
    random = random or SystemRandom()
    freshness: list[Freshness] = []
    hub = Hub(
        clock,
        limits=stream_limits(settings),
        vitals=lambda topics, namespaces: freshness[0].vitals(topics, namespaces),
        random=random,
        epoch=epoch,
        build=__version__,
    )
    board = Board(hub, watched)
    timer = Timer(clock)
    if set(CronJobs.KINDS).issubset(kind.projection.topic for kind in board.watched):
        CronJobs(
            board,
            clock,
            timer,
            zone=settings.controller_time_zone,
            age=lambda key: freshness[0].age_seconds(key),
        )
    incidents = Incidents(
        board,
        clock,
        timer,
        on_delay=settings.on_delay_seconds,
        off_delay=settings.off_delay_seconds,
    )
    kept = None if settings.data_dir is None else HealthFile(settings.data_dir)
    history = History(clock, timer, keep=None if kept is None else kept.keep)
    health = Health(board, clock, timer, on_delay=settings.on_delay_seconds, heard=history.hear)
    freshness.append(Freshness(board.sources, clock))
    http = transport or HttpTransport(
        configuration,
        clock,
        connect_seconds=settings.connect_seconds,
        dated=Skew(incidents.skewed).dated,
    )
    namespaces = namespaces_of(settings, configuration)
    reflectors = [
        Reflector(
            kind.projection,
            namespace,
            http,
            board.sink(kind.projection.topic, namespace),
            freshness[0].monitor(kind.projection.topic, namespace),
            clock=clock,
            random=random,
            limits=watch_limits or _watch_limits(settings),
        )
        for kind in board.watched
        for namespace in namespaces or (None,)
    ]
    _settle_refused(board)
    rooms = Rooms(
        clock=clock,
        hub=hub,
        board=board,
        freshness=freshness[0],
        reflectors=reflectors,
        cluster_name=settings.cluster_name or configuration.context,
        namespaces=namespaces,
        new_id=new_id,
        streams_max=settings.streams_max,
        base_path=settings.base_path,
        allowed_hosts=frozenset({*settings.allowed_hosts, named(settings.host)}),
        trusted_proxies=settings.trusted_proxies,
        incidents=incidents,
        health=health,
        history=history,
    )
    work: Work = (
        ("hub", hub.run),
        ("freshness", freshness[0].run),
        ("timer", timer.run),
        *(() if kept is None else (("store", partial(_keep, kept, history)),)),
        *((f"reflector {reflector.kind}", reflector.run) for reflector in reflectors),
    )
    close = http.close if isinstance(http, HttpTransport) else None
    return Application(rooms, lifespan(work, close))


def lifespan(
    work: Work, close: Callable[[], Awaitable[None]] | None = None
) -> Callable[[Application], Any]:
    """What runs while the house is open: each room by its name, and what is closed at the end."""

    @asynccontextmanager
    async def opened(application: Application) -> AsyncIterator[None]:
        before = gc.get_threshold()
        gc.set_threshold(*COLLECT)
        try:
            async with anyio.create_task_group() as tasks:

                async def room(name: str, run: Callable[[], Awaitable[None]]) -> None:
                    try:
                        await run()
                    except Exception:
                        logger.exception("room_ended", room=name)
                        application.on_crash(name)

                for name, run in work:
                    tasks.start_soon(room, name, run)
                try:
                    yield
                finally:
                    tasks.cancel_scope.cancel()
        finally:
            gc.set_threshold(*before)
            if close is not None:
                await close()

    return opened


async def _keep(file: HealthFile, history: History) -> None:
    """Know what an earlier process saw, then write what this one sees."""
    history.restore(await file.load())
    await file.run()


def _settle_refused(board: Board) -> None:
    """A source that is forbidden or absent will not list: its topic does not wait for it."""

    def changed(key: str, old: Source | None, new: Source | None) -> None:
        if new is not None and new.state in ("forbidden", "absent"):
            board.settle(new.kind, None if new.namespace == EVERYWHERE else new.namespace)

    board.sources.listen(changed)


def named(host: str) -> str:
    """The address we listen on as a Host header names it: whoever asks for it knows it."""
    return f"[{host}]" if ":" in host else host


def namespaces_of(
    settings: Settings, configuration: ClusterConfiguration
) -> tuple[str, ...] | None:
    """Which namespaces the settings mean, None for all of them."""
    if settings.all_namespaces:
        return None
    return settings.namespaces or (configuration.namespace,)


def stream_limits(settings: Settings) -> Limits:
    """What the settings say of the stream."""
    return Limits(
        tick_seconds=settings.tick_ms / 1000,
        heartbeat_seconds=settings.heartbeat_seconds,
        tombstone_seconds=settings.tombstone_seconds,
        tombstones=settings.tombstones_max,
        stall_seconds=settings.stalled_seconds,
    )


def _watch_limits(settings: Settings) -> WatchLimits:
    return WatchLimits(
        page_size=settings.list_page_size,
        watch_min=settings.watch_seconds_min,
        watch_max=settings.watch_seconds_max,
        silence=settings.silence_seconds,
        relist=settings.relist_seconds,
        watch_list=settings.watch_list,
    )
