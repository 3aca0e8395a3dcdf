"""The simulated cluster, on real sockets in a thread of its own, with its own event loop."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from app.clock import SystemClock
from app.demo.api.asgi import Application
from app.demo.api.door import LOOPBACK
from app.demo.api.faults import Faults, ShiftedClock
from app.demo.api.faulty import Faulty
from app.demo.api.kinds import NAMESPACES
from app.demo.api.roles import DEMO, NOBODY, bindings, people
from app.demo.api.rules import Binding, Rule, Rules
from app.demo.certificate import server_context
from app.demo.controllers.kubelet.script import Script
from app.demo.kubeconfig import document
from app.demo.options import Options
from app.demo.papers import make_papers
from app.demo.serving import Server as Port
from app.demo.serving import open_door, run
from app.demo.world import build
from tests.control_plane.door import Door as Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.demo.scenarios.stage import Stage
    from tests.control_plane.objects import Json

READY_SECONDS = 30.0
RESTART_SECONDS = 0.05
LOOK_SECONDS = 0.02
NODE = "simulated"


class Empty:
    """A cluster with one node, in which nothing happens but what a test does."""

    rewind = timedelta()

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        """A pod says itself what its containers do; without a word they run."""
        return Script(pull_seconds=0.0, stop_seconds=0.0)

    def past(self, stage: Stage) -> None:
        """There is a node."""
        for name in ("default", "kube-node-lease"):
            stage.client.create(NAMESPACES, {"metadata": {"name": name}})
        stage.kubelets.add(stage.new_node(NODE, 0, 1_000))

    def begin(self, stage: Stage) -> None:
        """Nothing is going to happen."""


class SimulatedServer:
    """A `Server` whose world is in reach: what a test is given, it is given without HTTP."""

    simulated = True
    speed = 5.0
    visitor = NOBODY

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._papers = make_papers(SystemClock().now())
        self.ca = directory / "ca.crt"
        self.ca.write_text(self._papers.certificate.authority)
        self.admin_token = self._papers.tokens[DEMO]
        self.visitor_token = self._papers.tokens[NOBODY]
        self.url = ""
        self._ready: Future[None] = Future()
        self._thread = threading.Thread(target=self._main, name="simulator")

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.result(READY_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    # ---- the thread

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._leave = asyncio.Event()
        clock = SystemClock()
        self._faults = Faults(clock)
        known = people()
        users = {token: known[name] for name, token in self._papers.tokens.items()}
        self._rules = Rules(users, bindings())
        world = build(Options(speed=self.speed), clock, self._rules, self._faults, scenario=Empty())
        with open_door(0) as door:
            self.url = f"https://{LOOPBACK}:{door.port}"
            application = Faulty(
                Application(world.api, self._rules),
                self._faults,
                door,
                self._rules,
                world.api,
                ShiftedClock(world.film, self._faults),
            )
            port = Port(application, door, server_context(self._papers.certificate))
            await run(
                (port,), world.run, ready=lambda: self._ready.set_result(None), leave=self._leave
            )

    def _do(self, action: Callable[[], object]) -> None:
        """In the loop of the server, done on return."""
        done: Future[None] = Future()

        def act() -> None:
            try:
                action()
                done.set_result(None)
            except BaseException as error:
                done.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        done.result(READY_SECONDS)

    # ---- what a test asks

    def kubeconfig(self, namespace: str, *, visiting: bool = False) -> Path:
        """The admin's, or the visitor's, with a default namespace."""
        content = document(self._papers, self.url, cluster="simulated", namespace=namespace)
        user = NOBODY if visiting else DEMO
        content["users"].append({"name": NOBODY, "user": {"token": self.visitor_token}})
        content["contexts"][0]["context"]["user"] = user
        path = self._directory / f"{user}.{namespace}.yaml"
        path.write_text(json.dumps(content))
        return path

    def create_namespace(self, name: str) -> None:
        """It takes pods on return."""
        body: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        client = Client(self.url, self.ca, self.admin_token)
        client.call("POST", NAMESPACES.path(), body)

    @contextmanager
    def granted(self, *rules: Json, namespace: str | None) -> Iterator[None]:
        """The visitor has these rights, in a namespace or everywhere, until the end."""
        given = Binding("granted", (NOBODY,), tuple(map(read_rule, rules)), namespace)
        self._do(lambda: self._rules.bind(given))
        try:
            yield
        finally:
            self._do(lambda: self._rules.unbind(given))

    def forget(self) -> None:
        """The server restarts: its connections are cut and its history is lost."""
        self._do(lambda: self._faults.turn_on("restart", {"seconds": RESTART_SECONDS}))
        client = Client(self.url, self.ca, self.admin_token)
        ends = time.monotonic() + READY_SECONDS
        while not client.answers("/readyz"):
            if time.monotonic() > ends:
                raise TimeoutError("the simulated server did not return")
            time.sleep(LOOK_SECONDS)

    @contextmanager
    def throttled(self) -> Iterator[None]:
        """The switch of that name, which is about everybody outside."""
        self._do(lambda: self._faults.turn_on("throttle", {}))
        try:
            yield
        finally:
            self._do(lambda: self._faults.turn_off("throttle"))


def read_rule(rule: Json) -> Rule:
    """A PolicyRule as the simulator has it."""
    return Rule(
        verbs=tuple(rule["verbs"]),
        groups=tuple(rule["apiGroups"]),
        resources=tuple(rule["resources"]),
        names=tuple(rule.get("resourceNames", ())),
    )
