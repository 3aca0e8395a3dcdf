"""The namespace `agents`: who works there, since when, and what each of them does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.api.kinds import CRONJOBS, DEPLOYMENTS, NAMESPACES, Json
from app.demo.controllers.kubelet.script import Script
from app.demo.controllers.reading import controller_of, key_of, stamp
from app.demo.options import NAMESPACE
from app.demo.scenarios.objects import DAY, HOUR, Fleet, Rota, cron_job, deployment, namespace
from app.model.schedule import parse_schedule

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.demo.film.film import Film
    from app.demo.scenarios.stage import Act, Stage

FLEETS = (
    Fleet("cache", 4, 58 * DAY, "cache:1.9.2", "256Mi", ("cache",)),
    Fleet("index", 3, 32 * DAY, "index:3.1.0", "1Gi", ("index",)),
    Fleet("runner", 8, 32 * DAY - 600, "runner:5.0.3", "512Mi", ("runner",)),
    Fleet("gateway", 4, 12 * DAY, "gateway:2.14.1", "128Mi", ("gateway",)),
    Fleet("agent", 6, 6 * DAY, "agent:0.42.0", "1Gi", ("agent", "git-sync"), grace=60),
    Fleet("worker", 16, 19 * HOUR, "worker:7.4.1", "512Mi", ("worker",)),
)
ROTAS = (
    Rota("auth-check", "*/30 * * * *", 100 * 60.0, 11.0),
    Rota("cache-prune", "15 * * * *", 3.6 * HOUR, 40.0),
    Rota("report", "0 12 * * 1-5", 5 * DAY, 368.0, zone="America/New_York", deadline=600),
    Rota("dependency-scan", "0 */6 * * *", 19 * HOUR, 202.0, 0.1, failing=0.1),
    Rota("nightly-tests", "30 2 * * *", 3.2 * DAY, 900.0, zone="Europe/Berlin", failing=0.15),
    Rota("weekly-cleanup", "0 4 * * 0", 0.0, 60.0, suspended=True),
)
NODES = tuple(f"eu-agents-0{number}" for number in range(1, 5))
SYSTEM = ("default", "kube-node-lease", "kube-public", "kube-system")
FOUNDED = 58 * DAY + HOUR
SETTLED = 120.0
"""Pods are younger than their Deployment, but not a day younger to whoever reads their age."""

VOICES = {"runner": "worker"}


class Agents:
    """What calm, busy and outage have in common; a plain Agents is a cluster at work."""

    fleets: tuple[Fleet, ...] = FLEETS
    rotas: tuple[Rota, ...] = ROTAS
    nodes: tuple[str, ...] = NODES
    stay: int | None = None
    """Seconds that pods stay on a lost node; None: as the cluster has it."""

    def __init__(self) -> None:
        self._film: Film | None = None

    @property
    def rewind(self) -> timedelta:
        """How long a past the film has."""
        return timedelta(seconds=FOUNDED + 60)

    # ---- what they do

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        """The part of a pod's container in its n-th run."""
        app = (pod["metadata"].get("labels") or {}).get("app", "")
        owner = controller_of(pod)
        if owner is not None and owner["kind"] == "Job":
            return self.errand(pod, app, owner["name"])
        voice = "git-sync" if container == "git-sync" else VOICES.get(app, app)
        return Script(ready_after=1.5, pull_seconds=1.6, stop_seconds=1.2, voice=voice)

    def errand(self, pod: Json, app: str, job: str) -> Script:
        """What the pod of a Job does; a Job that nobody has cast ends well after a while."""
        rota = next((one for one in self.rotas if one.name == app), None)
        if rota is None or self._film is None:
            return Script(lasts=20.0, voice=app, stop_seconds=0.5)
        chance = self._film.once(f"errand {job}")
        lasts = rota.lasts * chance.uniform(1 - rota.spread, 1 + rota.spread)
        if chance.random() < rota.failing:
            return Script(lasts=lasts / 2, exit_code=1, voice=app, stop_seconds=0.5)
        return Script(lasts=lasts, voice=app, stop_seconds=0.5)

    # ---- what has been

    def past(self, stage: Stage) -> None:
        """Make the cluster as it is when the film starts."""
        self._film = stage.film
        founder = "founder"
        acts: list[Act] = [
            (FOUNDED, founder, lambda name=name: _create(stage, name))  # type: ignore[misc]
            for name in (*SYSTEM, NAMESPACE)
        ]
        acts += [
            (FOUNDED - 30, f"node {name}", lambda name=name, at=at: _join(stage, name, at))  # type: ignore[misc]
            for at, name in enumerate(self.nodes)
        ]
        for fleet in self.fleets:
            made = deployment(fleet, self.stay)
            acts.append((fleet.age + SETTLED, f"maker of {fleet.name}", _applying(stage, made)))
        for at, rota in enumerate(self.rotas):
            acts.append((FOUNDED - 600 - at, f"maker of {rota.name}", _scheduling(stage, rota)))
            if not rota.suspended:
                act = _resuming(stage, rota)
                acts.append((rota.history, f"maker of {rota.name}", act))
        acts.append((4 * DAY, "power", lambda: self._old_trouble(stage)))
        stage.play_past(acts)

    def _old_trouble(self, stage: Stage) -> None:
        """Four days ago three containers ended once."""
        for app in ("gateway", "index", "runner"):
            pods = stage.pods(NAMESPACE, app=app)
            worker = stage.kubelets.worker(key_of(pods[-1])) if pods else None
            if worker is not None:
                worker.end(app, 255, "Unknown")

    def begin(self, stage: Stage) -> None:
        """Nothing but what the schedules bring."""


def _create(stage: Stage, name: str) -> None:
    stage.client.create(NAMESPACES, namespace(name))


def _join(stage: Stage, name: str, number: int) -> None:
    stage.kubelets.add(stage.new_node(name, number, 110))


def _applying(stage: Stage, made: Json) -> Callable[[], None]:
    return lambda: _ignore(stage.client.create(DEPLOYMENTS, made))


def _scheduling(stage: Stage, rota: Rota) -> Callable[[], None]:
    return lambda: _ignore(stage.client.create(CRONJOBS, cron_job(rota)))


def _resuming(stage: Stage, rota: Rota) -> Callable[[], None]:
    """From here on the CronJob runs; what was before counts as run."""

    def resume() -> None:
        now = stage.film.now()
        before = last_slot(rota, now)
        if before is not None:
            told = {"status": {"lastScheduleTime": stamp(before)}}
            stage.client.patch_status(CRONJOBS, NAMESPACE, rota.name, told)
        stage.client.patch(CRONJOBS, NAMESPACE, rota.name, {"spec": {"suspend": False}})

    return resume


def last_slot(rota: Rota, now: datetime) -> datetime | None:
    """The last slot up to `now`, looked for in the week before."""
    schedule = parse_schedule(rota.schedule, rota.zone)
    found, at = None, schedule.next_after(now - timedelta(days=8))
    while at is not None and at <= now:
        found, at = at, schedule.next_after(at)
    return found


def _ignore(made: object) -> None:
    """What was made is known by the watch."""
