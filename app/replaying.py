"""The house with a tape in the place of the cluster: the same rooms, fed by a player."""

from __future__ import annotations

from random import SystemRandom
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from app import __version__
from app.board import WATCHED, Board
from app.clock import SystemClock
from app.derive.retold import Retold
from app.main import lifespan, named, stream_limits
from app.model import format_time
from app.stream import Hub
from app.tape import Mark, Player, TapeTime
from app.web.front import Application
from app.web.rooms import Rooms

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from app.clock import Clock
    from app.model import Wire
    from app.settings import Settings
    from app.stream import Topic
    from app.tape import Tape

NAMELESS = "a tape"
"""What the pages call a cluster whose name was not recorded."""


def create_replay(
    settings: Settings,
    tape: Tape,
    *,
    speed: float,
    loop: bool = False,
    ended: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
    random: Random | None = None,
    epoch: str | None = None,
    new_id: Callable[[], str] = lambda: str(uuid4()),
) -> Application:
    """Build the house around a tape.

    The stream goes by real time, as the rules of its readers do: a heartbeat is from now, whatever
    it tells of. What is told goes by the time of the tape.

    Args:
        settings: How it is served.
        tape: What is played.
        speed: How much faster than it was.
        loop: Whether to begin anew at its end.
        ended: Called at the end of a tape that is played once.
        clock: Real time.
        random: Jitter, epochs.
        epoch: The name of this life of the process; default a random one.
        new_id: Makes ids of requests.
    """
    clock = clock or SystemClock()
    time = TapeTime(tape.header.recorded_at, clock, speed)
    retold: list[Retold] = []
    hub = Hub(
        clock,
        limits=stream_limits(settings),
        vitals=lambda topics, namespaces: retold[0].vitals(topics, namespaces),
        random=random or SystemRandom(),
        epoch=epoch,
        build=f"{__version__} replay of {format_time(tape.header.recorded_at)}",
    )
    board = Board(hub, WATCHED)
    retold.append(Retold(board.sources, time))
    player = Player(
        tape,
        time,
        hub=hub,
        topics=_topics(board),
        sources=retold[0],
        loop=loop,
        ended=ended,
    )
    rooms = Rooms(
        clock=time,
        hub=hub,
        board=board,
        freshness=retold[0],
        reflectors=(),
        cluster_name=tape.header.cluster or NAMELESS,
        namespaces=tape.namespaces,
        new_id=new_id,
        streams_max=settings.streams_max,
        base_path=settings.base_path,
        allowed_hosts=frozenset({*settings.allowed_hosts, named(settings.host)}),
        trusted_proxies=settings.trusted_proxies,
        replay=Mark(tape.header.recorded_at, speed, tape.header.anonymised),
    )
    work = (("hub", hub.run), ("freshness", retold[0].run), ("tape", player.run))
    return Application(rooms, lifespan(work))


def _topics(board: Board) -> dict[str, Topic[Wire]]:
    """The topics that a tape can fill, by name; of sources tells `Retold`."""
    kinds = (kind.projection.topic for kind in board.watched)
    return {
        **{kind: board.values(kind) for kind in kinds},
        # A player puts there what a checker let be of the topic's own type.
        "incidents": cast("Topic[Wire]", board.incidents),
        "health": cast("Topic[Wire]", board.health),
    }
