"""What every test of the project needs from pytest."""

from __future__ import annotations

import asyncio


def pytest_configure() -> None:
    """Say once that no event loop is set.

    Until something has been set, asking asyncio for the current loop *makes* one (Python 3.11 to
    3.13). looptime asks before every test, so a synchronous test would leave a loop that nobody
    closes, and the warning about it would fail whichever asynchronous test comes next.
    """
    asyncio.set_event_loop(None)
