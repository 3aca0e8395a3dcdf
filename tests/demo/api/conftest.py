"""Fixtures of the simulated API server's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.demo.api.served import Served, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest_asyncio.fixture
async def simulated() -> AsyncIterator[Served]:
    """A server of the test's own, with its switches."""
    async with served() as found:
        yield found
