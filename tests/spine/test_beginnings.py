"""What is not there yet: the API server, the namespace, the kind, and we ourselves."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import aiohttp

from app.board import WATCHED
from tests.board.config_maps import LINE as CONFIG_MAPS
from tests.cli.commands import Serving
from tests.control_plane.api import CONFIGMAPS, NAMESPACES, Resource
from tests.control_plane.objects import pod
from tests.control_plane.scripts import is_absent
from tests.spine.house import House, quick
from tests.spine.oracle import KINDS, fresh_list
from tests.spine.page import shows
from tests.spine.reader import reading
from tests.spine.trial import Trial
from tests.spine.widgets import DEFINITION, widget
from tests.spine.widgets import LINE as WIDGETS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control_plane.api import Api
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.control_plane.objects import Json
    from tests.spine.cable import Cable
    from tests.spine.oracle import Truth

DEFINITIONS = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions")
OURS = {"sources": True, "incidents": False, "health": False}
"""What we say of our sources is known from the first moment; what that means is not."""


async def test_the_api_server_comes_later_than_we(
    admin: Api, namespace: str, watcher: RestrictedUser, truth: Truth, cable: Cable
) -> None:
    await admin.create(pod("one"), namespace)
    await cable.pull()
    config = cable.kubeconfig(watcher.name)
    async with House(config, namespace) as house, reading(house) as readers:
        await readers.until(lambda page: set(page.states().values()) == {"late"})
        for page in readers.pages:
            assert page.synced == OURS | dict.fromkeys(KINDS, False)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{house.url}/readyz?verbose") as answer,
        ):
            assert answer.status == 200, "that the API server is down is something to show"
            assert f"[+]pods/{namespace} late" in await answer.text()
        await cable.plug()
        await readers.live()
        await readers.converge(truth)
        for page in readers.pages:
            for journey in page.journeys.values():
                assert journey[-2:] == ["late", "live"]
            assert page.reasons == ["fresh"]


@dataclass
class Address:
    """Where the server of the moment is."""

    url: str | None = None


async def test_we_are_killed_and_come_back_while_the_api_server_is_away(
    admin: Api,
    namespace: str,
    watcher: RestrictedUser,
    truth: Truth,
    cable: Cable,
    tmp_path: Path,
) -> None:
    """Pages keep what they hold, marked stale, until there is something to put in its place."""
    config = cable.kubeconfig(watcher.name)
    flags = "-n", namespace, "--connect-seconds", "1", "--heartbeat-seconds", "1"
    address = Address()
    async with reading(address) as readers:
        trial = Trial(admin, namespace, readers, truth)
        await trial.put("stays", "goes")
        with Serving(tmp_path, *flags, kubeconfig=config) as served:
            address.url = served.url.rstrip("/")
            await readers.live()
            await readers.converge(truth)
            address.url = None
            served.end(signal.SIGKILL)
        held = [page.held(KINDS) for page in readers.pages]
        await cable.pull()
        await trial.take("goes")
        await trial.put("comes")

        with Serving(tmp_path, *flags, kubeconfig=config) as served:
            address.url = served.url.rstrip("/")
            await trial.all_are("late")
            await readers.until(lambda page: page.synced == dict.fromkeys(KINDS, False) | OURS)
            for page, values in zip(readers.pages, held, strict=True):
                assert page.reasons == ["fresh", "epoch"]
                assert page.held(KINDS) == values
                assert page.stale == values.keys()
                assert page.removed == []
            await cable.plug()
            await readers.live()
            await readers.converge(truth)
            for page in readers.pages:
                assert page.removed == [("pods", f"{namespace}/goes")]
            # The end of this life is told.
            address.url = None
            assert await asyncio.to_thread(served.end) == 0
            await readers.until(lambda page: page.goodbyes == ["drain"])


async def test_a_namespace_that_is_made_and_taken_away(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    """Where we may ask for it, its absence is said; a list alone would be empty and well."""
    later = f"{namespace}-later"
    config = control_plane.kubeconfig()
    limits = quick(watch_min=2, watch_max=2)
    async with House(config, later, limits=limits) as house, reading(house) as readers:
        trial = Trial(admin, later, readers, partial(fresh_list, admin, [later]))
        await trial.all_are("absent")
        for page in readers.pages:
            assert all(page.synced.values()), "nothing else is to be waited for"
        await asyncio.to_thread(control_plane.create_namespace, later)
        await readers.live()
        await trial.put("one")
        await readers.converge(trial.truth)
        await admin.delete(NAMESPACES, later)
        await trial.all_are("absent")
        await readers.converge(trial.truth)
        for page in readers.pages:
            assert {tuple(journey[-3:]) for journey in page.journeys.values()} == {
                ("absent", "live", "absent")
            }


async def test_a_kind_that_the_cluster_does_not_know_yet(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    """One kind is absent, the others live; with its definition it comes to life."""
    watched = (*WATCHED, WIDGETS)
    truth = partial(fresh_list, admin, [namespace], watched)
    key = f"widgets/{namespace}"
    config = control_plane.kubeconfig()
    async with House(config, namespace, watched=watched) as house, reading(house) as readers:
        await readers.until(
            lambda page: sorted(page.states().values()) == ["absent", *["live"] * 4]
        )
        assert readers.pages[0].states()[key] == "absent"
        readers.set_out()
        try:
            await admin.create(DEFINITION)
            await readers.live()
            await admin.create(widget("first"), namespace)
            await readers.until(shows("widgets", f"{namespace}/first", name="first"))
            await readers.converge(truth)
        finally:
            name = DEFINITION["metadata"]["name"]
            await admin.delete(DEFINITIONS, name)
            await admin.until(DEFINITIONS, name, None, is_absent)
        for page in readers.pages:
            assert page.journeys.pop(key)[:2] == ["absent", "live"]
            assert list(page.journeys.values()) == [["live"]] * 4


async def test_one_more_kind_is_one_projection_and_one_line(
    admin: Api, control_plane: ControlPlane, namespace: str
) -> None:
    """ConfigMaps reach a reader's page; nothing else of the house knows them."""
    watched = (*WATCHED, CONFIG_MAPS)
    truth = partial(fresh_list, admin, [namespace], watched)
    settings: Json = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}}
    config = control_plane.kubeconfig()
    async with House(config, namespace, watched=watched) as house, reading(house) as readers:
        await readers.live()
        topics = readers.pages[0].topics
        assert topics[-4:] == ["configmaps", "sources", "incidents", "health"]
        await admin.create(settings | {"data": {"model": "small"}}, namespace)
        key = f"{namespace}/settings"
        await readers.until(shows("configmaps", key, keys=["model"]))
        await admin.patch(CONFIGMAPS, "settings", {"data": {"depth": "2"}}, namespace)
        await readers.until(shows("configmaps", key, keys=["depth", "model"]))
        await readers.converge(truth)
        await admin.delete(CONFIGMAPS, "settings", namespace)
        await readers.until(lambda page: page.removed == [("configmaps", key)])
