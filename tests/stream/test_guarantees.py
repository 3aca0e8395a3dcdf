"""The guarantees of docs/stream.md, held against anything that can happen.

Every machine checks all of them, and with them ids, sizes of writes, batches, audiences and
heartbeats; each aims at the one it is named after.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.stream.aims import (
    AgreementMachine,
    BeatMachine,
    BoundMachine,
    ForwardMachine,
    OrderMachine,
    TerminalMachine,
)

pytestmark = pytest.mark.timeout(400)

MACHINES = 6
RUNS = 2_400 if os.environ.get("CI") == "true" else 240
"""Of all machines together."""

SETTINGS = settings(
    max_examples=RUNS // MACHINES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

Order = OrderMachine.TestCase
Agreement = AgreementMachine.TestCase
Forward = ForwardMachine.TestCase
Bound = BoundMachine.TestCase
Terminal = TerminalMachine.TestCase
Beat = BeatMachine.TestCase

Order.settings = SETTINGS
Agreement.settings = SETTINGS
Forward.settings = SETTINGS
Bound.settings = SETTINGS
Terminal.settings = SETTINGS
Beat.settings = SETTINGS
