"""One container of a pod: its states, its restarts, its back-off."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.demo.controllers.kubelet.script import Script
from app.demo.controllers.reading import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.kinds import Json

BACK_OFF_SECONDS = 10.0
LONGEST_BACK_OFF_SECONDS = 300.0
KILLED, TERMINATED = 137, 143
CRASH_LOOP = "CrashLoopBackOff"


@dataclass(slots=True)
class Run:
    """One process from its start to its end; its log is a function of this."""

    subject: str
    script: Script
    attempt: int
    """Counted from 0 in the container's life."""
    began: datetime
    ended: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    message: str = ""


@dataclass(slots=True)
class Container:
    """What the kubelet knows of one container."""

    spec: Json
    uid: str
    """Of the pod."""
    init: bool
    policy: str
    """Always, OnFailure or Never; a sidecar's is Always."""
    waiting: str
    """Why it does not run yet."""
    state: Json = field(init=False)
    last: Json = field(default_factory=dict)
    restarts: int = 0
    attempt: int = 0
    ready: bool = False
    started: bool = False
    run: Run | None = None
    previous: Run | None = None
    script: Script = field(default_factory=Script)
    back_off: float = 0.0

    def __post_init__(self) -> None:
        self.state = {"waiting": {"reason": self.waiting}}

    @property
    def name(self) -> str:
        """Unique in the pod."""
        return str(self.spec["name"])

    @property
    def image(self) -> str:
        """What it runs."""
        return str(self.spec.get("image", ""))

    @property
    def sidecar(self) -> bool:
        """An init container that goes on running."""
        return self.init and self.spec.get("restartPolicy") == "Always"

    @property
    def running(self) -> bool:
        """Now."""
        return "running" in self.state

    @property
    def ended(self) -> bool:
        """Not running now, after a run."""
        return "terminated" in self.state

    @property
    def succeeded(self) -> bool:
        """Ended with 0."""
        return self.ended and self.state["terminated"]["exitCode"] == 0

    @property
    def done(self) -> bool:
        """Ended, and not started again."""
        return self.ended and not self.again()

    def again(self) -> bool:
        """Whether it is started again after its end."""
        if self.policy == "Always":
            return not self.init or self.sidecar or not self.succeeded
        return self.policy == "OnFailure" and not self.succeeded

    @property
    def container_id(self) -> str:
        """Of the present or the last run."""
        text = f"{self.uid}/{self.name}/{self.attempt}"
        return f"containerd://{hashlib.sha256(text.encode()).hexdigest()}"

    def wait(self, reason: str, message: str = "") -> None:
        """Not running, for a reason."""
        if self.ended:
            self.last = self.state
        waiting = {"reason": reason} | ({"message": message} if message else {})
        self.state = {"waiting": waiting}

    def start(self, subject: str, now: datetime) -> None:
        """Run, for the first time or again."""
        if self.ended:
            self.last = self.state
        if self.run is not None:
            self.previous = self.run
            self.restarts += 1
            self.attempt += 1
        self.state = {"running": {"startedAt": stamp(now)}}
        self.started = True
        self.run = Run(subject, self.script, self.attempt, now)

    def end(self, now: datetime, code: int, reason: str, message: str) -> None:
        """Stop running."""
        began = now if self.run is None else self.run.began
        if not reason or (code and reason == "Completed"):
            reason = "Error" if code else "Completed"
        if self.run is not None:
            self.run.ended, self.run.exit_code = now, code
            self.run.reason, self.run.message = reason, message
        ended: Json = {
            "exitCode": code,
            "reason": reason,
            "startedAt": stamp(began),
            "finishedAt": stamp(now),
            "containerID": self.container_id,
        }
        if message:
            ended["message"] = message
        self.state = {"terminated": ended}
        self.ready = self.started = False

    def next_back_off(self, ran_seconds: float) -> float:
        """The pause before the next run: none after the first, then ever longer.

        A run of twice the longest pause makes all well again.
        """
        if self.script.back_off is not None:
            return self.script.back_off
        pause = 0.0 if ran_seconds > 2 * LONGEST_BACK_OFF_SECONDS else self.back_off
        self.back_off = min(max(BACK_OFF_SECONDS, pause * 2), LONGEST_BACK_OFF_SECONDS)
        return pause

    def status(self) -> Json:
        """As the pod's status has it."""
        found: Json = {
            "name": self.name,
            "image": self.image,
            "imageID": "",
            "ready": self._ready(),
            "started": self.started,
            "restartCount": self.restarts,
            "state": self.state,
            "lastState": self.last,
        }
        if self.run is not None:
            digest = hashlib.sha256(self.image.encode()).hexdigest()
            found["imageID"] = f"{self.image.rpartition(':')[0] or self.image}@sha256:{digest}"
            found["containerID"] = self.container_id
        return found

    def _ready(self) -> bool:
        """An ordinary init container is ready when it has succeeded."""
        return self.succeeded if self.init and not self.sidecar else self.ready
