"""Whatever happens to the API server, a reader ends up with what a fresh list says."""

from __future__ import annotations

import asyncio
import secrets
import signal
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from app.cluster.transport import HttpTransport
from tests.control_plane.api import Api
from tests.control_plane.grants import rule
from tests.control_plane.users import ADMIN, USERS
from tests.spine.cable import Cable
from tests.spine.clock import ForwardClock
from tests.spine.house import House, quick
from tests.spine.metrics import relisted
from tests.spine.oracle import KINDS, fresh_list
from tests.spine.page import Page, shows
from tests.spine.reader import Readers, reading
from tests.spine.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from app.clock import Clock
    from app.cluster.configuration import ClusterConfiguration
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.spine.oracle import Truth
    from tests.stream.wire import Json

AGED_SECONDS = 101.0
"""Past the age at which a source is stale."""

QUIET_SECONDS = 130.0
"""After so long without a failure the waits after the next ones begin small again."""

MISSING_RULE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: watchglass-view-pods
  namespace: "{namespace}"
rules:
  - apiGroups: [""]
    resources: ["pods"]
    verbs: [list, watch]
"""


def hasty(configuration: ClusterConfiguration, clock: Clock) -> HttpTransport:
    """A transport that soon gives up a frozen server."""
    return HttpTransport(configuration, clock, connect_seconds=1.0, answer_seconds=3.0)


@pytest.mark.slow
async def test_one_reader_through_every_outage(
    admin: Api,
    control_plane: ControlPlane,
    namespace: str,
    viewer: RestrictedUser,
    truth: Truth,
    cable: Cable,
) -> None:
    """Kill, compaction with a restart, freeze, a right taken and given back: one life of a page.

    That no seq comes twice and no id goes back, `Page` sees to with every event.
    """
    pods = viewer.grant(rule("list watch", "pods"))
    viewer.grant(rule("list watch", "events"))
    viewer.grant(rule("list watch", "cronjobs jobs", group="batch"))
    clock = ForwardClock()
    config = cable.kubeconfig(viewer.name)
    async with (
        House(config, namespace, limits=quick(silence=2), clock=clock, transport=hasty) as house,
        reading(house) as readers,
    ):
        trial = Trial(admin, namespace, readers, truth)
        await trial.put("stays", "goes", "again", "leaves")
        await trial.set_out()

        # The API server is killed, and started again.
        await asyncio.to_thread(control_plane.restart_apiserver, signal.SIGKILL)
        await trial.put("after-kill")
        await trial.recovered()
        await rest(clock, readers)

        # Much happens behind our back, etcd forgets it, and the API server starts anew.
        await cable.pull()
        await trial.all_are("late")
        await trial.take("goes", "again")
        await trial.put("again", "comes")
        await asyncio.to_thread(control_plane.compact)
        await asyncio.to_thread(control_plane.restart_apiserver, signal.SIGTERM)
        await cable.plug()
        await trial.recovered(removed=["goes"])
        await rest(clock, readers)

        # The API server is frozen: connections stay open, and nothing answers.
        with control_plane.paused("apiserver"):
            await trial.all_are("late")
            clock.skip(AGED_SECONDS)
            await trial.all_are("stale")
            await readers.until(heartbeats_say_stale)
        await trial.put("after-thaw")
        await trial.recovered(by_way_of=["late", "stale"])
        await rest(clock, readers)

        # A right is taken away. An open watch goes on until it ends; then one kind is refused, and
        # what was known of it stays, as old as it is.
        await asyncio.to_thread(pods.revoke)
        key = f"pods/{namespace}"
        rule_missing = MISSING_RULE.format(namespace=namespace)
        await readers.until(shows("sources", key, state="forbidden", missingRule=rule_missing))
        await trial.take("leaves")
        for page in readers.pages:
            assert ("pods", f"{namespace}/leaves") in page.values
        await asyncio.to_thread(apply, control_plane, rule_missing, viewer.name, namespace)
        await readers.live()
        await readers.converge(truth)
        for page in readers.pages:
            assert page.journeys.pop(key) == ["live", "forbidden", "live"]
            assert {state for way in page.journeys.values() for state in way} <= {"live", "late"}
            assert page.removed == [("pods", f"{namespace}/leaves")]
        assert [reader.connections for reader in readers.all] == [1, 1]


async def rest(clock: ForwardClock, readers: Readers) -> None:
    """Let time pass in which nothing fails; every source is proved anew after it."""
    clock.skip(QUIET_SECONDS)
    now = clock.now()

    def proved(page: Page) -> bool:
        told = page.heartbeats[-1:]
        return bool(told) and all(
            datetime.fromisoformat(str(beat["serverTime"])) >= now
            and max(ages(beat)) < QUIET_SECONDS
            for beat in told
        )

    await readers.until(proved)
    await readers.live()
    readers.set_out()


def heartbeats_say_stale(page: Page) -> bool:
    """Whether the last heartbeat says of every source that it is stale, and how old it is."""
    return bool(page.heartbeats) and (
        {source["state"] for source in sources(page.heartbeats[-1])} == {"stale"}
        and min(ages(page.heartbeats[-1])) > AGED_SECONDS - 1
    )


def sources(heartbeat: dict[str, Json]) -> Collection[dict[str, Json]]:
    """What a heartbeat says of each source."""
    return cast("dict[str, dict[str, Json]]", heartbeat["sources"]).values()


def ages(heartbeat: dict[str, Json]) -> list[float]:
    """Seconds since the last proof of each source."""
    return [cast("int", source["ageMs"]) / 1000 for source in sources(heartbeat)]


def apply(control_plane: ControlPlane, role: str, user: str, namespace: str) -> None:
    """Apply a Role as it is, and bind it to a user, as an operator does."""
    name = "watchglass-view-pods"
    for words, stdin in (
        (("apply", "-f", "-"), role),
        (("create", "rolebinding", name, f"--role={name}", f"--user={user}"), ""),
    ):
        done = control_plane.kubectl(*words, namespace=namespace, stdin=stdin)
        assert done.returncode == 0, done.stderr


async def test_a_restart_that_ends_every_watch_as_it_should(
    admin: Api,
    control_plane: ControlPlane,
    namespace: str,
    watcher: RestrictedUser,
    truth: Truth,
) -> None:
    """SIGTERM: no watch breaks. That the API server is away shows in the next ones."""
    async with House(watcher.kubeconfig, namespace) as house, reading(house) as readers:
        trial = Trial(admin, namespace, readers, truth)
        await trial.put("stays", "goes")
        await trial.set_out()
        await asyncio.to_thread(control_plane.restart_apiserver, signal.SIGTERM)
        await trial.take("goes")
        await trial.put("comes")
        await trial.recovered(removed=["goes"])


async def test_a_version_that_is_gone_after_a_restart(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    """The watch cache, which remembers what etcd has compacted away, begins anew."""
    await miss(control_plane, tmp_path, KINDS, restart=True)


async def test_a_version_that_is_gone_on_a_running_server(
    bare_control_plane: ControlPlane, tmp_path: Path
) -> None:
    """Of kinds that it has no watch cache of: here pods, everywhere events."""
    await miss(bare_control_plane, tmp_path, ("pods", "events"), restart=False)


async def miss(
    cluster: ControlPlane, directory: Path, gone: Collection[str], *, restart: bool
) -> None:
    """Miss what happens before a compaction: one list of each kind in `gone` finds it out."""
    namespace = f"gone-{secrets.token_hex(3)}"
    await asyncio.to_thread(cluster.create_namespace, namespace)
    async with (
        Cable(cluster, directory) as cable,
        Api(cluster.url, cluster.ca, USERS[ADMIN].token) as admin,
        House(cable.kubeconfig(ADMIN), namespace) as house,
        reading(house) as readers,
    ):
        trial = Trial(admin, namespace, readers, partial(fresh_list, admin, [namespace]))
        await trial.put("stays", "goes", "again")
        await trial.set_out()
        await cable.pull()
        await trial.all_are("late")
        await trial.take("goes", "again")
        await trial.put("again", "comes")
        await asyncio.to_thread(cluster.compact)
        if restart:
            await asyncio.to_thread(cluster.restart_apiserver, signal.SIGTERM)
        await cable.plug()
        await trial.recovered(removed=["goes"])
        await relisted(house, "expired", gone)
