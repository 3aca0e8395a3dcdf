"""A pod's status as a pure function of its annotations and the time since it was bound.

Nothing is remembered between two looks, so the stand-in may be late, or restarted, and still
reports the same history.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.control_plane.kubelet.script import Annotations, Run, read_run

if TYPE_CHECKING:
    from tests.control_plane.objects import Json

# What a container that is said to be crash-looping must have ended with.
CRASHED = 1
CRASH_LOOP = "CrashLoopBackOff"


@dataclass(frozen=True)
class Stage:
    """Where one container is. `turns` is the ms (since the pod was bound) of its next change."""

    state: Json
    last: Json | None = None
    restarts: int = 0
    turns: int | None = None

    @property
    def running(self) -> bool:
        """Now."""
        return "running" in self.state

    @property
    def ended(self) -> bool:
        """For good."""
        return "terminated" in self.state

    @property
    def succeeded(self) -> bool:
        """Ended for good with 0."""
        return self.ended and self.state["terminated"]["exitCode"] == 0


@dataclass(frozen=True)
class Look:
    """A status to report, and the ms (since the pod was bound) at which to look again."""

    status: Json
    turns: int | None


def stamp(moment: datetime.datetime) -> str:
    """As Kubernetes writes times: UTC, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Timeline:
    """One pod, bound at `began` (aware UTC)."""

    def __init__(self, pod: Json, began: datetime.datetime) -> None:
        self._pod = pod
        self._began = began
        spec = pod["spec"]
        self._init = [read_run(pod, c, init=True) for c in spec.get("initContainers", [])]
        self._main = [read_run(pod, c, init=False) for c in spec["containers"]]
        self._sidecars = {
            c["name"] for c in spec.get("initContainers", []) if c.get("restartPolicy") == "Always"
        }
        self._images = {
            c["name"]: c["image"] for c in [*spec.get("initContainers", []), *spec["containers"]]
        }
        self._never = Annotations.of(pod).says("start", "never")

    def look(self, elapsed: int, now: datetime.datetime) -> Look:
        """What is to be seen `elapsed` ms after `began`."""
        init, mains_start = self._walk_init(elapsed)
        creating = "PodInitializing" if self._init else "ContainerCreating"
        main = [self._stage(run, mains_start, elapsed, creating) for run in self._main]
        phase = self._phase(init, main)
        initialized = mains_start is not None and mains_start <= elapsed
        pairs = list(zip(self._main, main, strict=True))
        containers_ready = initialized and all(s.running and r.ready for r, s in pairs)
        done = "PodCompleted" if phase == "Succeeded" else None
        unready = done or "ContainersNotReady"
        status: Json = {
            "phase": phase,
            "startTime": stamp(self._began),
            "hostIP": "127.0.0.1",
            "podIP": "127.0.0.1",
            "podIPs": [{"ip": "127.0.0.1"}],
            "conditions": [
                self._condition("PodScheduled", now, True, None),
                self._condition("Initialized", now, initialized, "ContainersNotInitialized"),
                self._condition("ContainersReady", now, containers_ready, unready),
                self._condition("Ready", now, containers_ready and self._gates(), unready),
            ],
            "initContainerStatuses": [
                self._container(run, stage, ready=self._init_ready(run, stage))
                for run, stage in zip(self._init, init, strict=True)
            ],
            "containerStatuses": [
                self._container(run, stage, ready=stage.running and run.ready)
                for run, stage in pairs
            ],
        }
        turns = [stage.turns for stage in [*init, *main] if stage.turns is not None]
        final = phase in ("Succeeded", "Failed")
        return Look(status, None if final else min(turns, default=None))

    def _walk_init(self, elapsed: int) -> tuple[list[Stage], int | None]:
        """The init containers one after another; the second value is when the main ones start."""
        start: int | None = None if self._never else 0
        stages = []
        for run in self._init:
            stage = self._stage(run, start, elapsed, "PodInitializing")
            stages.append(stage)
            if run.waiting is not None:
                start = None
            elif run.name not in self._sidecars and start is not None:
                blocks = run.lasts is None or run.exit_code != 0
                start = None if blocks else start + (run.lasts or 0)
        return stages, start

    def _stage(self, run: Run, start: int | None, elapsed: int, creating: str) -> Stage:
        if start is None or elapsed < start:
            return Stage({"waiting": {"reason": creating}}, turns=start)
        if run.waiting is not None:
            reason, message = run.waiting
            waiting = {"reason": reason} | ({"message": message} if message else {})
            crashed = reason == CRASH_LOOP or run.extra_restarts > 0
            last = self._terminated(run, start, start, run.exit_code or CRASHED)
            restarts = run.extra_restarts
            return Stage({"waiting": waiting}, last if crashed else None, restarts)
        if run.lasts is None:
            return Stage(self._running(start), restarts=run.extra_restarts)
        if not run.again():
            end = start + run.lasts
            if elapsed < end:
                return Stage(self._running(start), None, run.extra_restarts, end)
            ended = self._terminated(run, start, end, run.exit_code)
            return Stage(ended, None, run.extra_restarts)
        return self._cycle(run, start, elapsed, run.lasts)

    def _cycle(self, run: Run, start: int, elapsed: int, lasts: int) -> Stage:
        """A container that is started again each time it ended."""
        period = max(1, lasts + run.back_off)
        rounds, within = divmod(elapsed - start, period)
        begin = start + rounds * period
        restarts = rounds + run.extra_restarts
        if within < lasts:
            before = begin - period
            last = self._terminated(run, before, before + lasts, run.exit_code) if rounds else None
            return Stage(self._running(begin), last, restarts, begin + lasts)
        waiting = {
            "reason": CRASH_LOOP,
            "message": f"back-off restarting failed container {run.name}",
        }
        last = self._terminated(run, begin, begin + lasts, run.exit_code)
        return Stage({"waiting": waiting}, last, restarts, begin + period)

    def _at(self, elapsed: int) -> str:
        return stamp(self._began + datetime.timedelta(milliseconds=elapsed))

    def _running(self, start: int) -> Json:
        return {"running": {"startedAt": self._at(start)}}

    def _terminated(self, run: Run, start: int, end: int, code: int) -> Json:
        reason, message = run.ended
        ended: Json = {
            "exitCode": code,
            # A crash that the annotations do not spell out still is no completion.
            "reason": "Error" if code and reason == "Completed" else reason,
            "startedAt": self._at(start),
            "finishedAt": self._at(end),
        }
        if message:
            ended["message"] = message
        return {"terminated": ended}

    def _container(self, run: Run, stage: Stage, *, ready: bool) -> Json:
        found: Json = {
            "name": run.name,
            "image": self._images[run.name],
            "imageID": "",
            "ready": ready,
            "started": stage.running,
            "restartCount": stage.restarts,
            "state": stage.state,
            "lastState": stage.last or {},
        }
        if stage.running or stage.ended or stage.last:
            found["containerID"] = f"stand-in://{run.name}-{stage.restarts}"
        return found

    def _init_ready(self, run: Run, stage: Stage) -> bool:
        """An ordinary init container is ready when it succeeded, a sidecar while it runs."""
        return (stage.running and run.ready) if run.name in self._sidecars else stage.succeeded

    def _phase(self, init: list[Stage], main: list[Stage]) -> str:
        ordinary = [
            s for r, s in zip(self._init, init, strict=True) if r.name not in self._sidecars
        ]
        if any(stage.ended and not stage.succeeded for stage in ordinary):
            return "Failed"
        if any("waiting" in stage.state and stage.last is None for stage in main):
            return "Pending"
        if not all(stage.ended for stage in main):
            return "Running"
        return "Succeeded" if all(stage.succeeded for stage in main) else "Failed"

    def _gates(self) -> bool:
        """Readiness gates are conditions that somebody else sets."""
        found = {c["type"]: c["status"] for c in self._pod["status"].get("conditions", [])}
        gates = self._pod["spec"].get("readinessGates", [])
        return all(found.get(gate["conditionType"]) == "True" for gate in gates)

    def _condition(
        self, kind: str, now: datetime.datetime, holds: bool, otherwise: str | None
    ) -> Json:
        """A condition keeps the time of its last change while its status stays."""
        value = "True" if holds else "False"
        moment = stamp(now)
        for old in self._pod["status"].get("conditions", []):
            if old["type"] == kind and old["status"] == value:
                moment = old.get("lastTransitionTime") or moment
        reason = None if holds else otherwise
        # null takes an older reason away: conditions are merged by their type.
        return {
            "type": kind,
            "status": value,
            "reason": reason,
            "lastTransitionTime": moment,
        }
