"""The two servers, and what a test needs of one."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.contract.client import Client
from tests.contract.kubectl import Kubectl
from tests.contract.real import RealServer
from tests.contract.simulator import SimulatedServer
from tests.control_plane.api import NAMESPACES
from tests.control_plane.door import Door
from tests.requirements import require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.contract.server import Server

# A namespace's name is a DNS label of at most 63 characters.
NAME_CHARACTERS = 40


@pytest.fixture(
    scope="session",
    params=["simulator", pytest.param("control-plane", marks=pytest.mark.control_plane)],
)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Each of the two, one per test worker."""
    if request.param == "simulator":
        with SimulatedServer(tmp_path_factory.mktemp("simulator")) as simulated:
            yield simulated
    else:
        yield RealServer(request.getfixturevalue("shared_cluster"))


@pytest.fixture
def namespace(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace of the test's own, ready for pods; its end is begun and not waited for."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
    name = f"{words[:NAME_CHARACTERS].strip('-')}-{secrets.token_hex(3)}"
    server.create_namespace(name)
    yield name
    Door(server.url, server.ca, server.admin_token).call("DELETE", NAMESPACES.path(name=name))


@pytest.fixture(scope="session")
def kubectl_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where kubectl keeps what it has discovered."""
    return tmp_path_factory.mktemp("kubectl")


@pytest.fixture
def kubectl(server: Server, namespace: str, kubectl_home: Path) -> Kubectl:
    """The admin's kubectl, in the test's namespace."""
    require("control plane")
    return Kubectl(server, namespace, kubectl_home)


@pytest_asyncio.fixture
async def admin(server: Server) -> AsyncIterator[Client]:
    """A client that may do everything."""
    async with Client(server.url, server.ca, server.admin_token) as client:
        yield client


@pytest_asyncio.fixture
async def visitor(server: Server) -> AsyncIterator[Client]:
    """A client that may do nothing until the test grants it."""
    async with Client(server.url, server.ca, server.visitor_token) as client:
        yield client
