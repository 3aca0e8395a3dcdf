"""`watch_list`: the first state as a stream, from an API server that can and one that cannot."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from app.cluster.transport import HttpTransport
from tests.control_plane.api import Api
from tests.control_plane.objects import pod
from tests.control_plane.users import ADMIN, USERS
from tests.spine.cable import Cable
from tests.spine.house import House, quick
from tests.spine.oracle import KINDS, fresh_list
from tests.spine.reader import reading
from tests.spine.trial import Trial

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from app.clock import Clock
    from app.cluster.answers import Call
    from app.cluster.configuration import ClusterConfiguration
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.spine.oracle import Truth


class Asking(HttpTransport):
    """The real transport; it notes how collections were asked for."""

    def __init__(self, configuration: ClusterConfiguration, clock: Clock) -> None:
        super().__init__(configuration, clock, connect_seconds=1.0, answer_seconds=5.0)
        self.asked: list[tuple[str, str]] = []

    async def fetch(self, call: Call) -> bytes:
        if call.verb == "list":
            self.asked.append((call.plural, "probe" if call.params.get("limit") == "1" else "list"))
        return await super().fetch(call)

    @asynccontextmanager
    async def watch(self, call: Call, silence: float) -> AsyncIterator[AsyncIterator[bytes]]:
        streaming = "sendInitialEvents" in call.params
        self.asked.append((call.plural, "stream" if streaming else "watch"))
        async with super().watch(call, silence) as lines:
            yield lines

    def of(self, plural: str) -> list[str]:
        """How one kind was asked for, in order."""
        return [how for asked, how in self.asked if asked == plural]


class Doors:
    """Makes transports, and keeps them for the test to look at."""

    def __init__(self) -> None:
        self.made: list[Asking] = []

    def __call__(self, configuration: ClusterConfiguration, clock: Clock) -> Asking:
        self.made.append(Asking(configuration, clock))
        return self.made[-1]


async def test_the_first_state_comes_as_a_stream(
    admin: Api, namespace: str, watcher: RestrictedUser, truth: Truth
) -> None:
    """Which goes on as the watch: nothing is ever listed."""
    doors = Doors()
    limits = quick(watch_list=True)
    await admin.create(pod("before"), namespace)
    async with (
        House(watcher.kubeconfig, namespace, limits=limits, transport=doors) as house,
        reading(house) as readers,
    ):
        await readers.live()
        trial = Trial(admin, namespace, readers, truth)
        await trial.put("after")
        await trial.take("before")
        await readers.converge(truth)
        # The stream has an end, as every watch; what follows goes on from there.
        [asking] = doors.made
        await readers.until(lambda page: len(asking.of("pods")) > 1)
        await trial.put("last")
        await readers.converge(truth)
    for kind in KINDS:
        assert asking.of(kind)[0] == "stream"
        assert set(asking.of(kind)[1:]) <= {"watch"}


async def test_a_server_without_streaming_lists_is_asked_once(
    bare_control_plane: ControlPlane, tmp_path: Path
) -> None:
    """What was refused is not tried again, also not when a version is gone."""
    doors, namespace = Doors(), f"streams-{secrets.token_hex(3)}"
    await asyncio.to_thread(bare_control_plane.create_namespace, namespace)
    limits = quick(watch_list=True)
    async with (
        Cable(bare_control_plane, tmp_path) as cable,
        Api(bare_control_plane.url, bare_control_plane.ca, USERS[ADMIN].token) as admin,
        House(cable.kubeconfig(ADMIN), namespace, limits=limits, transport=doors) as house,
        reading(house) as readers,
    ):
        trial = Trial(admin, namespace, readers, partial(fresh_list, admin, [namespace]))
        await trial.put("one")
        await trial.set_out()
        await cable.pull()
        await trial.all_are("late")
        await trial.take("one")
        await asyncio.to_thread(bare_control_plane.compact)
        await cable.plug()
        await trial.recovered(removed=["one"])
    [asking] = doors.made
    for kind in KINDS:
        assert asking.of(kind)[:3] == ["stream", "list", "watch"]
        assert asking.of(kind).count("stream") == 1
    assert asking.of("pods").count("list") == 2
