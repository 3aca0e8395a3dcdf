"""List and watch all pods, and keep each one's status where its timeline says it is.

Plain list and watch on purpose: tests switch WatchList and the watch cache off.
"""

from __future__ import annotations

import asyncio
import datetime
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from tests.control_plane.api import PODS, Api, ApiFailure
from tests.control_plane.kubelet.node import register
from tests.control_plane.kubelet.script import Annotations
from tests.control_plane.kubelet.timeline import Timeline

if TYPE_CHECKING:
    from tests.control_plane.objects import Json

logger = logging.getLogger(__name__)

# Requests at a time; the API server takes about 400 status patches a second from 20 connections.
CONCURRENCY = 20
FIRST_BACK_OFF = 0.05
LAST_BACK_OFF = 1.0
# Short enough that a half-open connection does not blind the stand-in for long.
WATCH_SECONDS = 120
# The pod is not there any more, or it is another one of the same name.
NO_LONGER_OURS = (404, 409, 422)
NETWORK = (aiohttp.ClientError, OSError, TimeoutError)


@dataclass
class Life:
    """What is known of one pod; `woken` says that `pod` changed."""

    pod: Json
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    began: float | None = None
    leaving: float | None = None
    sent: Json | None = None
    over: bool = False

    def take(self, pod: Json) -> None:
        """Accept a newer object: answers and watch events arrive in any order."""
        if int(pod["metadata"]["resourceVersion"]) > int(self.pod["metadata"]["resourceVersion"]):
            self.pod = pod
            self.woken.set()


class StandIn:
    """One node. `lives` maps a pod's uid to what is known of it."""

    def __init__(self, api: Api, node: str) -> None:
        self._api = api
        self._node = node
        self._gate = asyncio.Semaphore(CONCURRENCY)
        self.lives: dict[str, Life] = {}

    async def run(self, *, port: int) -> None:
        """Register the node, whose logs and exec are on `port`, then follow the pods for ever."""
        registered = False
        async with asyncio.TaskGroup() as group:
            back_off = FIRST_BACK_OFF
            while True:
                try:
                    if not registered:
                        await register(self._api, self._node, port)
                        registered = True
                    version = await self._list(group)
                    back_off = FIRST_BACK_OFF
                    await self._follow(group, version)
                except (ApiFailure, *NETWORK) as problem:
                    logger.warning("following pods: %r", problem)
                    await asyncio.sleep(back_off)
                    back_off = min(LAST_BACK_OFF, back_off * 2)

    def find(self, namespace: str, name: str) -> Life | None:
        """The pod of a log or exec request."""
        for life in self.lives.values():
            meta = life.pod["metadata"]
            if meta["name"] == name and meta["namespace"] == namespace:
                return life
        return None

    # ---- following

    async def _list(self, group: asyncio.TaskGroup) -> str:
        page = await self._api.list(PODS)
        present = set()
        for pod in page["items"]:
            present.add(pod["metadata"]["uid"])
            self._see(group, pod)
        for uid in self.lives.keys() - present:
            self._forget(uid)
        return str(page["metadata"]["resourceVersion"])

    async def _follow(self, group: asyncio.TaskGroup, version: str) -> None:
        """Watch until the server has forgotten where we are."""
        while True:
            watching = self._api.watch(
                PODS, resourceVersion=version, timeoutSeconds=str(WATCH_SECONDS)
            )
            async with aclosing(watching) as events:
                async for event in events:
                    thing = event["object"]
                    if event["type"] == "ERROR":
                        raise ApiFailure(thing.get("code", 0), "watch", str(thing))
                    version = thing["metadata"]["resourceVersion"]
                    if event["type"] == "DELETED":
                        self._forget(thing["metadata"]["uid"])
                    else:
                        self._see(group, thing)

    def _see(self, group: asyncio.TaskGroup, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        life = self.lives.get(uid)
        if life is not None:
            life.take(pod)
        elif pod["spec"].get("nodeName", self._node) == self._node:
            self.lives[uid] = life = Life(pod)
            group.create_task(self._live(life))

    def _forget(self, uid: str) -> None:
        life = self.lives.pop(uid, None)
        if life is not None:
            life.over = True
            life.woken.set()

    # ---- one pod

    async def _live(self, life: Life) -> None:
        """Bring one pod to where it should be, then wait for its next turn or its next change."""
        while not life.over:
            life.woken.clear()
            try:
                pause = await self._step(life)
            except ApiFailure as failure:
                if failure.code not in NO_LONGER_OURS:
                    logger.warning("pod %s: %s", life.pod["metadata"]["name"], failure)
                pause = LAST_BACK_OFF
            except NETWORK as problem:
                logger.warning("pod %s: %r", life.pod["metadata"]["name"], problem)
                pause = LAST_BACK_OFF
            except ValueError as mistake:
                logger.error("pod %s: annotations: %s", life.pod["metadata"]["name"], mistake)
                pause = None
            try:
                async with asyncio.timeout(pause):
                    await life.woken.wait()
            except TimeoutError:
                continue

    async def _step(self, life: Life) -> float | None:
        """One thing that is to be done; the seconds until the next, None without a next."""
        notes = Annotations.of(life.pod)
        if "deletionTimestamp" in life.pod["metadata"]:
            return await self._leave(life, notes)
        if not life.pod["spec"].get("nodeName"):
            if not notes.says("schedule", "never") and not life.pod["spec"].get("schedulingGates"):
                await self._bind(life)
            return None
        if notes.says("hands-off", "true"):
            return None
        if life.sent is None and life.pod["status"].get("phase") in ("Succeeded", "Failed"):
            return None
        return await self._report(life)

    async def _bind(self, life: Life) -> None:
        meta = life.pod["metadata"]
        body: Json = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": meta["name"], "uid": meta["uid"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": self._node},
        }
        async with self._gate:
            path = PODS.path(meta["namespace"], meta["name"])
            await self._api.call("POST", f"{path}/binding", body=body)

    async def _report(self, life: Life) -> float | None:
        now = datetime.datetime.now(datetime.UTC)
        if life.began is None:
            # A stand-in that was restarted goes on where the pod's status says it began.
            written = life.pod["status"].get("startTime")
            began = datetime.datetime.fromisoformat(written) if written else now
            life.began = time.monotonic() - (now - began).total_seconds()
        elapsed = time.monotonic() - life.began
        timeline = Timeline(life.pod, now - datetime.timedelta(seconds=elapsed))
        look = timeline.look(int(elapsed * 1000), now)
        if look.status != life.sent:
            meta = life.pod["metadata"]
            # The uid keeps a pod of the same name that came after this one from being changed.
            body: Json = {"metadata": {"uid": meta["uid"]}, "status": look.status}
            async with self._gate:
                answer = await self._api.patch(
                    PODS,
                    meta["name"],
                    body,
                    meta["namespace"],
                    strategy="strategic",
                    subresource="status",
                )
            life.sent = look.status
            life.take(answer)
        if look.turns is None:
            return None
        return max(0.0, look.turns / 1000 - (time.monotonic() - life.began))

    async def _leave(self, life: Life, notes: Annotations) -> float | None:
        """End the pod, as the kubelet does once its containers are gone."""
        if life.leaving is None:
            life.leaving = time.monotonic() + (notes.number("terminate-after-ms") or 0) / 1000
        left = life.leaving - time.monotonic()
        if left > 0:
            return left
        meta = life.pod["metadata"]
        async with self._gate:
            await self._api.delete(
                PODS, meta["name"], meta["namespace"], grace_seconds=0, uid=meta["uid"]
            )
        # Finalizers may keep it; then their end is the next change.
        return None
