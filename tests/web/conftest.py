"""Servers that tests of a module share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.clock import SystemClock
from tests.web.house import fill, house
from tests.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.web.served import Served


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server with a full board; tests may add readers and values, and take nothing away."""
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as running:
        running.call(lambda: fill(running.application))
        yield running
