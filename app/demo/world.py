"""The simulated cluster put together: API server, controllers, kubelets, and a film of it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.api.client import Client
from app.demo.api.discovery import documents
from app.demo.api.reviews import review
from app.demo.api.rules import controller, node
from app.demo.api.server import ApiServer
from app.demo.api.tables import table
from app.demo.controllers.collector import GarbageCollector
from app.demo.controllers.cronjob import CronJobController
from app.demo.controllers.deployment import DeploymentController
from app.demo.controllers.informer import Informer
from app.demo.controllers.job import JobController
from app.demo.controllers.kubelet.kubelets import Kubelets
from app.demo.controllers.kubelet.logs import Logs
from app.demo.controllers.kubelet.node import Node
from app.demo.controllers.namespaces import NamespaceController
from app.demo.controllers.node_lifecycle import NodeLifecycleController
from app.demo.controllers.recorder import EventKeeper, Recorder
from app.demo.controllers.replicaset import ReplicaSetController
from app.demo.controllers.scheduler import Scheduler
from app.demo.film.film import Film
from app.demo.film.identities import FilmIdentities, Identities
from app.demo.scenarios import scenario_of
from app.demo.scenarios.stage import Stage

if TYPE_CHECKING:
    from app.clock import Clock
    from app.demo.api.rules import Rules, User
    from app.demo.options import Options
    from app.demo.scenarios.stage import Scenario, Switches


@dataclass(frozen=True, slots=True)
class World:
    """A cluster whose past is made, and which has not begun to live."""

    film: Film
    api: ApiServer
    stage: Stage

    async def run(self) -> None:
        """Live, until cancelled."""
        await self.film.run()


def build(
    options: Options,
    clock: Clock,
    rules: Rules,
    switches: Switches,
    *,
    scenario: Scenario | None = None,
    bookmark_seconds: float = 60.0,
    history: int = 1_000,
) -> World:
    """A cluster as the options want it; `scenario` plays instead of theirs.

    The film is the cluster's clock, the offset of its start included: its API server stamps what
    comes from outside with it too.
    """
    played = scenario or scenario_of(options)
    film = Film(
        clock, seed=options.seed, speed=options.speed, start=options.start, rewind=played.rewind
    )
    inside, outside = FilmIdentities(film), Identities()

    def identities_of(user: User) -> FilmIdentities | Identities:
        # What the film does has its own names; kubectl beside it does not change them.
        return outside if film.subject is None else inside

    api = ApiServer(
        film,
        identities_of,
        rules,
        tables=table,
        documents=documents,
        reviews=review,
        history=history,
        bookmark_seconds=bookmark_seconds,
    )
    informer = Informer()
    api.store.subscribe(informer.hear)
    kubelets = Kubelets(film, informer)
    api.logs = Logs(film, kubelets)

    def client(name: str) -> Client:
        return Client(api, controller(name))

    def recorder(name: str, component: str = "", *, modern: bool = False) -> Recorder:
        return Recorder(film, client(name), component or f"{name}-controller", modern=modern)

    def new_node(name: str, number: int, pods: int) -> Node:
        mine = Client(api, node(name))
        told = Recorder(film, mine, "kubelet", name)
        return Node(film, mine, told, played.cast, name, number, pods)

    NamespaceController(film, client("namespace"), informer)
    DeploymentController(film, client("deployment"), informer, recorder("deployment"))
    ReplicaSetController(film, client("replicaset"), informer, recorder("replicaset"))
    JobController(film, client("job"), informer, recorder("job"))
    cron = CronJobController(film, client("cronjob"), informer, recorder("cronjob"))
    GarbageCollector(film, client("generic-garbage"), informer)
    scheduler = recorder("scheduler", "default-scheduler", modern=True)
    Scheduler(film, client("scheduler"), informer, scheduler)
    lifecycle = NodeLifecycleController(
        film,
        client("node"),
        informer,
        recorder("node", "node-controller"),
        recorder("taint-eviction"),
    )
    # Whoever acts in a scenario may do everything; the audience has users of its own.
    stage = Stage(film, client("scenario"), informer, kubelets, switches, cron, new_node)
    played.past(stage)
    film.begin()
    with film.scene("beginning"):
        kubelets.start_beating()
        lifecycle.watch()
        EventKeeper(film, client("event"), informer)
        played.begin(stage)
    return World(film, api, stage)
