"""The fixtures that give tests a real cluster; a pytest plugin, loaded for every test.

Each starts nothing until a test asks for it. A test that uses one carries the marker
`control_plane` by itself.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.control_plane import build
from tests.control_plane.api import NAMESPACES, Api
from tests.control_plane.cluster import ControlPlane
from tests.control_plane.users import ADMIN, OPERATOR, OTHER, USERS, VIEWER
from tests.requirements import require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from tests.control_plane.grants import Grant
    from tests.control_plane.objects import Json

CLUSTERS = {"control_plane", "bare_control_plane"}
BARE_FLAGS = ("--watch-cache-sizes=pods#0,configmaps#0", "--feature-gates=WatchList=false")
# A namespace's name is a DNS label of at most 63 characters.
NAME_CHARACTERS = 40


class RestrictedUser:
    """Somebody without rights; what the test grants is taken back after it."""

    def __init__(self, cluster: ControlPlane, name: str, namespace: str) -> None:
        self.name = name
        self.token = USERS[name].token
        self._cluster = cluster
        self._namespace = namespace
        self._granted: list[Grant] = []

    @property
    def kubeconfig(self) -> Path:
        """With the test's namespace as its default."""
        return self._cluster.kubeconfig(self.name, self._namespace)

    def grant(self, *rules: Json) -> Grant:
        """Rights in the test's namespace, in force on return."""
        return self._give(rules, self._namespace)

    def grant_everywhere(self, *rules: Json) -> Grant:
        """Rights in all namespaces and on cluster-wide kinds, in force on return."""
        return self._give(rules, None)

    def _give(self, rules: Sequence[Json], namespace: str | None) -> Grant:
        given = self._cluster.grant(self.name, rules, namespace)
        self._granted.append(given)
        return given

    def forget(self) -> None:
        """Take everything back."""
        for given in self._granted:
            given.revoke()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a cluster, before `-m` chooses; one worker runs what needs the bare one."""
    for item in items:
        needed = CLUSTERS.intersection(getattr(item, "fixturenames", ()))
        if needed:
            item.add_marker("control_plane")
        if "bare_control_plane" in needed:
            item.add_marker(pytest.mark.xdist_group("bare control plane"))


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[ControlPlane]:
    """One cluster per test worker, started for the first test that asks."""
    require("control plane")
    with ControlPlane(build.locate()) as cluster:
        yield cluster


@pytest.fixture
def control_plane(shared_cluster: ControlPlane) -> Iterator[ControlPlane]:
    """The worker's cluster; what the test paused or stopped is mended after it."""
    yield shared_cluster
    shared_cluster.heal()


@pytest.fixture(scope="session")
def bare_control_plane() -> Iterator[ControlPlane]:
    """A second cluster, whose API server does without what newer ones have.

    No watch cache of pods and ConfigMaps: there a compaction makes old versions gone without a
    restart. No streaming lists either.
    """
    require("control plane")
    with ControlPlane(build.locate(), apiserver_flags=BARE_FLAGS) as cluster:
        yield cluster


@pytest.fixture
def namespace(control_plane: ControlPlane, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own, ready for pods; its end is begun and not waited for."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())
    name = f"{words[:NAME_CHARACTERS].strip('-')}-{secrets.token_hex(3)}"
    control_plane.create_namespace(name)
    yield name
    control_plane.heal()
    control_plane.door.call("DELETE", NAMESPACES.path(name=name))


@pytest_asyncio.fixture
async def admin(control_plane: ControlPlane) -> AsyncIterator[Api]:
    """A client that may do everything, for preparing and checking."""
    async with Api(control_plane.url, control_plane.ca, USERS[ADMIN].token) as api:
        yield api


@pytest.fixture
def viewer(control_plane: ControlPlane, namespace: str) -> Iterator[RestrictedUser]:
    """The user `viewer`, without rights until the test grants some."""
    yield from visit(control_plane, VIEWER, namespace)


@pytest.fixture
def operator(control_plane: ControlPlane, namespace: str) -> Iterator[RestrictedUser]:
    """The user `operator`, likewise."""
    yield from visit(control_plane, OPERATOR, namespace)


@pytest.fixture
def other(control_plane: ControlPlane, namespace: str) -> Iterator[RestrictedUser]:
    """The user `other`, likewise."""
    yield from visit(control_plane, OTHER, namespace)


def visit(cluster: ControlPlane, name: str, namespace: str) -> Iterator[RestrictedUser]:
    """A user for one test."""
    user = RestrictedUser(cluster, name, namespace)
    yield user
    cluster.heal()
    user.forget()
