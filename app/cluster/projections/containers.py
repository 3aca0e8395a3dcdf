"""Containers: what a kubelet says about each one of a pod."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NotRequired

from typing_extensions import TypedDict

from app.cluster.metadata import Moment, Tally, sentence, word

if TYPE_CHECKING:
    from datetime import datetime


class RawWaiting(TypedDict, total=False):
    """`state.waiting`."""

    reason: str | None
    message: str | None


class RawRunning(TypedDict, total=False):
    """`state.running`."""

    startedAt: Moment | None


class RawTerminated(TypedDict):
    """`state.terminated` and `lastState.terminated`.

    Not its message: the container wrote that itself, or it is the end of its output.
    """

    exitCode: int
    signal: NotRequired[int | None]
    reason: NotRequired[str | None]
    startedAt: NotRequired[Moment | None]
    finishedAt: NotRequired[Moment | None]


class RawState(TypedDict, total=False):
    """One of three forms; the API server does not insist on exactly one."""

    waiting: RawWaiting | None
    running: RawRunning | None
    terminated: RawTerminated | None


class RawContainerStatus(TypedDict):
    """One entry of `containerStatuses` or `initContainerStatuses`."""

    name: str
    ready: NotRequired[bool | None]
    started: NotRequired[bool | None]
    restartCount: NotRequired[Tally | None]
    state: NotRequired[RawState | None]
    lastState: NotRequired[RawState | None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A container that is not started yet, or not again yet."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Termination:
    """How a container ended; `signal` is 0 when none is known."""

    exit_code: int
    signal: int
    reason: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContainerStatus:
    """What the kubelet says about one container; `last` is how its previous run ended."""

    name: str
    ready: bool
    started: bool
    restarts: int
    waiting: Waiting | None
    running: bool
    running_since: datetime | None
    terminated: Termination | None
    last: Termination | None


def read_container(raw: RawContainerStatus) -> ContainerStatus:
    """What the kubelet says about one container."""
    state = raw.get("state") or RawState()
    waiting, running = state.get("waiting"), state.get("running")
    return ContainerStatus(
        name=word(raw["name"]),
        ready=bool(raw.get("ready")),
        started=bool(raw.get("started")),
        restarts=raw.get("restartCount") or 0,
        waiting=None
        if waiting is None
        else Waiting(word(waiting.get("reason")), sentence(waiting.get("message"))),
        running=running is not None,
        running_since=None if running is None else running.get("startedAt"),
        terminated=_termination(state.get("terminated")),
        last=_termination((raw.get("lastState") or RawState()).get("terminated")),
    )


def _termination(raw: RawTerminated | None) -> Termination | None:
    if raw is None:
        return None
    return Termination(
        exit_code=raw["exitCode"],
        signal=raw.get("signal") or 0,
        reason=word(raw.get("reason")),
        started_at=raw.get("startedAt"),
        finished_at=raw.get("finishedAt"),
    )
