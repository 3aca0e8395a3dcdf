"""What the tests of the spine share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.control_plane.api import NAMESPACES
from tests.control_plane.grants import rule
from tests.spine.cable import Cable
from tests.spine.oracle import fresh_list

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.control_plane.api import Api
    from tests.control_plane.cluster import ControlPlane
    from tests.control_plane.fixtures import RestrictedUser
    from tests.spine.oracle import Truth

VIEW = (
    rule("list watch", "pods events"),
    rule("list watch", "cronjobs jobs", group="batch"),
)
"""What Watchglass needs, and no more: no masters here, whom an API server never refuses."""


@pytest.fixture
def watcher(viewer: RestrictedUser) -> RestrictedUser:
    """The user that Watchglass runs as, with the rights it needs in the test's namespace."""
    for needed in VIEW:
        viewer.grant(needed)
    return viewer


@pytest.fixture
def other_namespace(control_plane: ControlPlane, namespace: str) -> Iterator[str]:
    """A second namespace of the test."""
    name = f"{namespace}-other"
    control_plane.create_namespace(name)
    yield name
    control_plane.heal()
    control_plane.door.call("DELETE", NAMESPACES.path(name=name))


@pytest.fixture
def truth(admin: Api, namespace: str) -> Truth:
    """What the board must hold of the test's namespace, from a list of the moment it is asked."""
    return partial(fresh_list, admin, [namespace])


@pytest_asyncio.fixture
async def cable(control_plane: ControlPlane, tmp_path: Path) -> AsyncIterator[Cable]:
    """A plugged cable to the worker's cluster."""
    async with Cable(control_plane, tmp_path) as cable:
        yield cable
