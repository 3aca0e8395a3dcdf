"""The guarantees of docs/stream.md, held against anything that can happen."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.stream.machine import StreamMachine

RUNS = 2_000 if os.environ.get("CI") == "true" else 200
STEPS = 25


class GuaranteesMachine(StreamMachine):
    """Guarantees 1 to 5, and with them: ids, sizes of writes, batches and heartbeats."""


Guarantees = GuaranteesMachine.TestCase
Guarantees.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
