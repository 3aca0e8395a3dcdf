"""A pod's annotations, read: what each container is to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.control_plane.objects import Json

PREFIX = "kubelet.watchglass.test/"
# The real kubelet's first back-off.
BACK_OFF_MS = 10_000


@dataclass(frozen=True)
class Annotations:
    """The keys under our prefix; `own` restricts the look-up to keys that name the container."""

    values: Mapping[str, str]
    container: str = ""
    own: bool = False

    @classmethod
    def of(cls, pod: Json, container: str = "", *, own: bool = False) -> Annotations:
        """Read a pod's."""
        return cls(pod["metadata"].get("annotations") or {}, container, own)

    def text(self, key: str) -> str | None:
        """A key's value, that for the container first."""
        found = self.values.get(f"{PREFIX}{key}.{self.container}")
        if found is None and not self.own:
            found = self.values.get(f"{PREFIX}{key}")
        return found

    def number(self, key: str) -> int | None:
        """A whole number; a misspelt one raises ValueError, which the stand-in logs."""
        found = self.text(key)
        return None if found is None else int(found)

    def says(self, key: str, word: str) -> bool:
        """Whether a key has this very value."""
        return self.text(key) == word


@dataclass(frozen=True)
class Run:
    """What one container does. `lasts` is in ms, None for ever; so are the other times."""

    name: str
    lasts: int | None
    exit_code: int
    restart: str
    back_off: int
    extra_restarts: int
    ready: bool
    waiting: tuple[str, str | None] | None
    ended: tuple[str, str | None]

    def again(self) -> bool:
        """Whether it is started again after it ended."""
        return self.restart == "Always" or (self.restart == "OnFailure" and self.exit_code != 0)


def read_run(pod: Json, container: Json, *, init: bool) -> Run:
    """What a container does. Raises ValueError for a number that is none."""
    notes = Annotations.of(pod, container["name"], own=init)
    restart = container.get("restartPolicy") or pod["spec"].get("restartPolicy", "Always")
    sidecar = init and container.get("restartPolicy") == "Always"
    if init and not sidecar and restart == "Always":
        # An ordinary init container runs until it succeeds, never after that.
        restart = "OnFailure"
    exit_code = notes.number("exit-code")
    lasts = notes.number("run-for-ms")
    if lasts is None and (exit_code is not None or (init and not sidecar)):
        lasts = 0
    code = exit_code or 0
    waiting = notes.text("waiting-reason")
    reason = notes.text("termination-reason") or ("Completed" if code == 0 else "Error")
    back_off = notes.number("back-off-ms")
    return Run(
        name=container["name"],
        lasts=lasts,
        exit_code=code,
        restart=restart,
        back_off=BACK_OFF_MS if back_off is None else back_off,
        extra_restarts=notes.number("restarts") or 0,
        ready=not notes.says("ready", "false"),
        waiting=None if waiting is None else (waiting, notes.text("waiting-message")),
        ended=(reason, notes.text("termination-message")),
    )
