"""A server that the commands of a module may ask, and the plain environment of commands."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest
import structlog

from app.logs import configure_logging
from tests.cli.commands import FOREIGN, Serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """`watchglass serve` below a base path, its heart beating every second, without a cluster."""
    with Serving(
        tmp_path_factory.mktemp("local"),
        "--base-path=/glass",
        variables={"WATCHGLASS_HEARTBEAT_SECONDS": "1"},
    ) as serving:
        yield serving


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that run inside this process see no settings of the machine either."""
    for name in tuple(os.environ):
        if name.startswith(FOREIGN) and not name.startswith("PYTEST"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Servers inside this process log errors only, and not to standard output."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logging("error", "json")
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
