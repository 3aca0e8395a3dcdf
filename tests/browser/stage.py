"""A simulated cluster, the ordinary server in front of it, and the switches of the cluster."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio

from app.clock import SystemClock
from app.cluster.configuration import load
from app.demo.api.roles import DEMO, VIEWER
from app.demo.kubeconfig import document, written
from app.demo.options import NAMESPACE, Options
from app.demo.process import Simulator
from app.main import create_app
from app.settings import Settings
from tests.spine.clock import ForwardClock
from tests.spine.house import QUICK, impatient
from tests.web.served import PATIENCE, Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from app.web.front import Application

LIMITS = replace(QUICK, silence=3.0, fresh=1.0)
"""What is silent is asked for a proof of life after 3 s and not after 70."""

PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


class Stage:
    """One simulated cluster; its pods are made and taken by whoever tests."""

    def __init__(self, simulator: Simulator, kubeconfig: Path) -> None:
        self.simulator = simulator
        self._kubeconfig = kubeconfig
        self._trust = ssl.create_default_context(cadata=simulator.papers.certificate.authority)

    def application(self, clock: ForwardClock) -> Application:
        """The ordinary one, with the rights of a viewer."""
        configuration = load(clock, kubeconfig=self._kubeconfig, context=VIEWER)
        return create_app(
            Settings(namespaces=(NAMESPACE,), heartbeat_seconds=1, cluster_name="demo"),
            configuration,
            transport=impatient(configuration, clock),
            watch_limits=LIMITS,
            clock=clock,
        )

    @contextmanager
    def served(self, port: int = 0) -> Iterator[tuple[Served, ForwardClock]]:
        clock = ForwardClock()
        with serving(self.application(clock), port) as served:
            yield served, clock

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the API server answers somebody who may do everything."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method,
                f"{self.simulator.server}{path}",
                json=body,
                ssl=self._trust,
                headers={"authorization": f"Bearer {self.simulator.papers.tokens[DEMO]}"},
            ) as answer,
        ):
            answer.raise_for_status()
            return await answer.json()

    async def switch(self, method: str, name: str = "", **wishes: Any) -> Any:
        """Turn fault switches, or see how they stand."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method,
                f"{self.simulator.admin}/faults{name and f'/{name}'}",
                json=wishes if method == "PUT" else None,
                headers={"authorization": f"Bearer {self.simulator.papers.admin_token}"},
            ) as answer,
        ):
            answer.raise_for_status()
            return await answer.json()

    async def make(self, name: str) -> None:
        """A pod that belongs to nobody."""
        container = {"name": "main", "image": "registry.example/agent:1"}
        await self.ask(
            "POST",
            PODS,
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name},
                "spec": {"containers": [container]},
            },
        )

    async def take(self, name: str) -> None:
        """Delete a pod at once."""
        await self.ask("DELETE", f"{PODS}/{name}?gracePeriodSeconds=0")

    async def pods(self) -> dict[str, str]:
        """Every pod with the phase that it is in."""
        found = await self.ask("GET", PODS)
        return {item["metadata"]["name"]: item["status"]["phase"] for item in found["items"]}

    async def born(self, before: set[str], prefix: str) -> str:
        """The first pod that was not there before, once there is one."""
        while True:
            for name in await self.pods():
                if name.startswith(prefix) and name not in before:
                    return name
            await asyncio.sleep(0.05)


@asynccontextmanager
async def staged(folder: Path, options: Options) -> AsyncIterator[Stage]:
    """The simulated cluster in its own process, until the end of the block."""
    simulator = Simulator(options, SystemClock())
    with simulator:
        kubeconfig = folder / "kubeconfig"
        content = document(simulator.papers, simulator.server, cluster="demo", namespace=NAMESPACE)
        with written(kubeconfig, content):
            with anyio.fail_after(PATIENCE):
                await asyncio.to_thread(simulator.wait_ready)
            yield Stage(simulator, kubeconfig)
