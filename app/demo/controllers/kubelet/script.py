"""What one run of a container is to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.demo.api.kinds import Json
from app.demo.controllers.kubelet.annotations import Annotations


@dataclass(frozen=True, slots=True)
class Script:
    """Times are scripted seconds, which the film's speed divides."""

    lasts: float | None = None
    """From its start to its end; None: until it is stopped."""
    exit_code: int = 0
    reason: str = ""
    """Instead of Completed or Error, such as OOMKilled."""
    message: str = ""
    """What it writes to its termination log."""
    ready: bool = True
    ready_after: float = 0.0
    pull_seconds: float = 1.2
    pull_error: str = ""
    """Why the image cannot be had, if so."""
    stop_seconds: float = 0.4
    """From the request to stop to its end; longer than the grace period, it is killed."""
    back_off: float | None = None
    """A fixed pause before the next run, instead of the kubelet's growing one."""
    waits: tuple[str, str] | None = None
    """It never starts, for this reason and with this message."""
    restarts: int = 0
    """Added to the count of the container."""
    voice: str = "service"
    """Who writes its log."""
    log: str | None = None
    """Its log word for word, instead of a voice's."""
    previous_log: str | None = None
    log_every: float | None = None
    """With `log`: another line each so many seconds."""
    facts: dict[str, str] = field(default_factory=dict)
    """What the voice speaks about."""


Casting = Callable[[Json, str, int], Script]
"""The part of a pod's container in its n-th run, counted from 0."""


def annotated(pod: Json, container: Json, *, init: bool) -> Script | None:
    """What the pod's own annotations say; None when it has none."""
    if not Annotations.of(pod):
        return None
    notes = Annotations.of(pod, container["name"], own=init)
    sidecar = init and container.get("restartPolicy") == "Always"
    code = notes.number("exit-code")
    lasts = notes.seconds("run-for-ms")
    if lasts is None and (code is not None or (init and not sidecar)):
        lasts = 0.0
    waiting = notes.text("waiting-reason")
    stop = notes.seconds("terminate-after-ms")
    return Script(
        lasts=lasts,
        exit_code=code or 0,
        reason=notes.text("termination-reason") or "",
        message=notes.text("termination-message") or "",
        ready=not notes.says("ready", "false"),
        pull_seconds=0.0,
        stop_seconds=0.0 if stop is None else stop,
        back_off=notes.seconds("back-off-ms"),
        waits=None if waiting is None else (waiting, notes.text("waiting-message") or ""),
        restarts=notes.number("restarts") or 0,
        log=notes.text("log") or f"{container['name']} of {pod['metadata']['name']}",
        previous_log=notes.text("previous-log"),
        log_every=notes.seconds("log-every-ms"),
    )
