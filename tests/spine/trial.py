"""Changes of a namespace during an outage, and what must hold of the readers after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.control_plane.api import PODS, Api
from tests.control_plane.objects import pod
from tests.control_plane.scripts import in_phase, is_absent

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.spine.oracle import Truth
    from tests.spine.reader import Readers


SECONDS = 60.0
"""For the stand-in, which may have to find its way back to the API server first."""


@dataclass(frozen=True)
class Trial:
    """One life of two readers, and the namespace they look at."""

    admin: Api
    namespace: str
    readers: Readers
    truth: Truth

    async def put(self, *names: str) -> None:
        """Create pods, and wait until they run."""
        for name in names:
            await self.admin.create(pod(name), self.namespace)
        for name in names:
            await self.admin.until(PODS, name, self.namespace, in_phase("Running"), seconds=SECONDS)

    async def take(self, *names: str) -> None:
        """Delete pods, and wait until they are gone."""
        for name in names:
            await self.admin.delete(PODS, name, self.namespace)
            await self.admin.until(PODS, name, self.namespace, is_absent, seconds=SECONDS)

    async def set_out(self) -> None:
        """Begin the journeys, from pages that hold the truth.

        A page that has not heard of a pod yet is never told that it went.
        """
        await self.readers.live()
        await self.readers.converge(self.truth)
        self.readers.set_out()

    async def all_are(self, state: str) -> None:
        """Wait until every source has this state."""
        await self.readers.until(lambda page: set(page.states().values()) == {state})

    async def recovered(
        self, *, removed: Collection[str] = (), by_way_of: Collection[str] = ("late",)
    ) -> None:
        """Everything is live and true again; on the way sources were in these states, or live.

        Nothing but the pods named by `removed` was ever taken from a page, no page was sent a
        topic anew, and none had to connect again.
        """
        await self.readers.live()
        await self.readers.converge(self.truth)
        gone = {("pods", f"{self.namespace}/{name}") for name in removed}
        for reader in self.readers.all:
            page = reader.page
            for key, journey in page.journeys.items():
                assert (journey[0], journey[-1]) == ("live", "live"), (key, journey)
                assert set(journey) == {"live", *by_way_of}, (key, journey)
            assert reader.connections == 1
            assert page.snapshots == [], page.snapshots
            assert set(page.removed) == gone, page.removed
