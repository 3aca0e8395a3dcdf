"""The properties of the stream are worth something: each of these faults breaks one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.mutants.faults import FAULTS, Fault
from tests.mutants.planting import ROOM, copy, planted
from tests.mutants.report import CATCH, FAULT
from tests.stream.aims import (
    AgreementMachine,
    BeatMachine,
    BoundMachine,
    ForwardMachine,
    OrderMachine,
    TerminalMachine,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.stream.world import Room

pytestmark = pytest.mark.timeout(400)

SETTINGS = settings(
    max_examples=400,
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=False,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


class EveryMachine(
    OrderMachine, AgreementMachine, ForwardMachine, BoundMachine, TerminalMachine, BeatMachine
):
    """The machines of the guarantees in one."""


def run(room: Room, runs: list[None]) -> None:
    """Hold the properties against `room`, the same runs each time; each is noted in `runs`."""

    class Machine(EveryMachine):
        def __init__(self) -> None:
            super().__init__()
            self.room = room
            runs.append(None)

    run_state_machine_as_test(seed(1)(Machine), settings=SETTINGS)


def reason(error: BaseException) -> str:
    """The property that did not hold first, by the first line of what it says."""
    if isinstance(error.__context__, AssertionError):
        return reason(error.__context__)
    if isinstance(error, BaseExceptionGroup):
        return reason(error.exceptions[0])
    told = str(error).partition("\n")[0]
    return told if isinstance(error, AssertionError) and told else type(error).__name__


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_planted_fault_is_caught(
    fault: Fault, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property(FAULT, fault.name)
    runs: list[None] = []
    with copy(tmp_path, fault) as room:
        try:
            run(room, runs)
        except Exception as error:
            # The last run is the one that failed, once more.
            record_property(CATCH, f"run {len(runs) - 1}: {reason(error)}")
            return
    pytest.fail(f"no property noticed that {fault.name}")


def test_the_true_room_passes_the_same_runs(tmp_path: Path) -> None:
    runs: list[None] = []
    with copy(tmp_path, None) as room:
        run(room, runs)
    assert len(runs) >= SETTINGS.max_examples


def test_there_are_a_dozen_at_least_and_all_differ() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 12
    assert len({planted(f, (ROOM / f.file).read_text()) for f in FAULTS}) == len(FAULTS)
