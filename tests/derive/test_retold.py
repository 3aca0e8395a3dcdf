"""Sources of a recording: in the state that was told, and growing old by the usual numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.board import Board
from app.derive.retold import Retold
from app.model import Source
from app.stream import Hub
from tests.fakes.clock import START, ManualClock

if TYPE_CHECKING:
    from app.model import SourceState

KEY = "pods/agents"


class Told:
    """One source of a recording, and what is shown of it."""

    def __init__(self, state: SourceState = "live", **fields: Any) -> None:
        self.clock = ManualClock()
        self.board = Board(Hub(self.clock))
        self.retold = Retold(self.board.sources, self.clock)
        self.source = Source(
            kind="pods", namespace="agents", state=state, proved_at=START, objects=3, **fields
        )
        self.retold.tell(KEY, self.source)

    def after(self, seconds: float) -> SourceState:
        """The state when so much time has passed and somebody looks."""
        self.clock.advance(seconds)
        for monitor in self.retold.monitors.values():
            monitor.assess()
        return self.shown.state

    @property
    def shown(self) -> Source:
        shown = self.board.sources.get(KEY)
        assert shown is not None
        told: Any = self.retold.vitals(("pods",), frozenset({"agents"}))[KEY]
        assert told["state"] == shown.state
        return shown

    @property
    def age(self) -> float:
        return self.retold.monitors[KEY].age_seconds


def test_its_value_is_the_recorded_one() -> None:
    told = Told("forbidden", message="no", missing_rule="rules: []")
    assert told.shown == told.source
    assert told.after(1000) == "forbidden"
    assert told.shown == told.source


def test_without_another_heartbeat_it_grows_late_and_stale() -> None:
    told = Told()
    assert [told.after(75), told.after(1), told.after(25)] == ["live", "late", "stale"]
    assert told.shown == told.source.model_copy(update={"state": "stale"})
    told.retold.beat(KEY, "live", 4.0)
    assert told.shown == told.source
    assert told.age == 4.0
    assert [told.after(71), told.after(1)] == ["live", "late"]


@pytest.mark.parametrize("state", ["connecting", "stale", "absent", "error"])
def test_what_is_no_matter_of_age_stays(state: SourceState) -> None:
    assert Told(state).after(1000) == state


def test_one_that_was_late_grows_stale() -> None:
    told = Told("late")
    assert [told.after(100), told.after(1)] == ["late", "stale"]


def test_one_that_is_not_live_is_as_old_as_its_last_proof() -> None:
    told = Told()
    told.clock.advance(200)
    proved = START + timedelta(seconds=80)
    told.retold.tell(KEY, told.source.model_copy(update={"state": "stale", "proved_at": proved}))
    assert told.age == 120
    told.retold.tell(KEY, told.source.model_copy(update={"state": "connecting", "proved_at": None}))
    assert told.age == 120
    told.retold.tell(KEY, told.source)
    assert told.age == 0, "a proof has made it live"
    told.clock.advance(9)
    told.retold.tell(KEY, told.source.model_copy(update={"message": "x"}))
    assert told.age == 9, "nothing says that there was another proof"


def test_what_a_heartbeat_says_of_a_state_goes_before_its_value() -> None:
    told = Told()
    told.retold.beat(KEY, "late", 2.0)
    vital: Any = told.retold.vitals(("pods",), None)[KEY]
    assert vital == {"state": "late", "ageMs": 2000}
    assert told.board.sources.get(KEY) == told.source


def test_all_of_them_at_once() -> None:
    told = Told()
    others = {
        f"{kind}/agents": told.source.model_copy(update={"kind": kind}) for kind in ("jobs", "x")
    }
    told.retold.replace(others)
    assert dict(told.board.sources.items()) == others
    assert told.retold.monitors.keys() == others.keys()
    told.retold.replace({})
    assert len(told.board.sources) == 0
    told.retold.tell(KEY, None)
    told.retold.beat(KEY, "live", 1.0)
    assert told.retold.vitals(("pods",), None) == {}
