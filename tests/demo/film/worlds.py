"""Simulated clusters for tests: with a clock that the test moves, and everything written down."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.demo.api.client import Client
from app.demo.api.kinds import EVENTS, STORED
from app.demo.api.roles import bindings, people
from app.demo.api.rules import Rules
from app.demo.options import Options
from app.demo.scenarios.empty import Empty
from app.demo.world import World, build
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.demo.api.kinds import Json, Kind
    from app.demo.scenarios.stage import Scenario

START = datetime(2026, 11, 23, 13, 3, tzinfo=UTC)
NAMESPACE = "t"


@dataclass
class Switchboard:
    """Remembers which faults were asked for."""

    turned: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def turn_on(self, name: str, wishes: dict[str, object]) -> None:
        self.turned.append((name, wishes))


class Theatre:
    """A world, its clock, and a person in the audience who may do everything."""

    def __init__(
        self,
        options: Options | None = None,
        scenario: Scenario | None = None,
        now: datetime = START,
    ) -> None:
        self.clock = ManualClock(now)
        self.switches = Switchboard()
        rules = Rules({}, bindings())
        self.world: World = build(
            options or Options(start=START), self.clock, rules, self.switches, scenario=scenario
        )
        self.person = Client(self.world.api, people()["demo"])
        self.past = [
            json.dumps(found, sort_keys=True) for kind in STORED for found in self.person.list(kind)
        ]
        self.written: list[str] = []
        self.world.api.store.subscribe(self._hear)

    def _hear(self, verb: str, kind: Kind, found: Json) -> None:
        self.written.append(f"{verb} {kind.plural} {json.dumps(found, sort_keys=True)}")

    def play(self, seconds: float, step: float = 0.25) -> None:
        """Let time pass, in steps; the film is looked at after each."""
        passed = 0.0
        while passed < seconds:
            taken = min(step, seconds - passed)
            passed += taken
            self.clock.advance(taken)
            self.world.film.play_due()
        assert self.world.film.failed == 0, "a cue raised; see the log"

    def play_until(self, holds: Callable[[], bool], seconds: float = 120.0) -> None:
        """Let time pass until something is so."""
        for _ in range(int(seconds * 4)):
            if holds():
                return
            self.play(0.25)
        raise AssertionError(f"not so within {seconds} s")

    def one(self, kind: Kind, name: str) -> Json | None:
        """An object of the tests' namespace as it is now."""
        found = self.world.api.store.get(kind, NAMESPACE, name)
        return None if found is None else found.value()

    def all(self, kind: Kind) -> list[Json]:
        """All objects of a kind in the tests' namespace."""
        return self.person.list(kind, NAMESPACE)

    def events(self, about: str) -> list[tuple[str, str, int]]:
        """Reason, message and count of the Events about an object, in the order of their making."""
        found = [one for one in self.all(EVENTS) if one["involvedObject"]["name"] == about]
        found.sort(key=lambda one: one["metadata"]["name"].rpartition(".")[2])
        return [(one["reason"], one["message"], one.get("count") or 1) for one in found]


def empty(seed: int = 1, speed: float = 1.0) -> Theatre:
    """A cluster with one node and the tests' namespace."""
    return Theatre(Options(start=START, seed=seed, speed=speed), Empty(NAMESPACE))
