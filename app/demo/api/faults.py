"""The fault switches: what is to go wrong with the simulated API server, for how long, how often.

Here is their state and nothing else. `faulty.py` acts on it between the sockets and the
application, which knows nothing of all this; `admin.py` is how people and tests turn them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.demo.api.switches import COUNT, RESOURCE, SWITCHES, Switch, switch_of

if TYPE_CHECKING:
    from app.clock import Clock


EARLIEST, LATEST = (end.replace(tzinfo=UTC) for end in (datetime.min, datetime.max))


@dataclass(slots=True, eq=False)
class Fault:
    """A switch that is on; `count` is what is left of it."""

    switch: Switch
    resource: str | None
    count: int | None
    until: float | None
    values: Mapping[str, float]
    hits: int = 0

    def about(self, resource: str | None) -> bool:
        """Whether it is about this resource; None is a path that is none."""
        return self.resource is None or self.resource == resource


Listener = Callable[[str, "Fault | None"], None]


class Faults:
    """Which switches are on. Bound to a running loop, which turns them off in time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._on: dict[str, Fault] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call with the name and the fault whenever a switch is turned on, with None when off."""
        self._listeners.append(listener)

    # ---- turning

    def turn_on(self, name: str, wishes: Mapping[str, Any]) -> Fault:
        """Turn a switch on, or anew.

        Raises:
            UnknownFault: There is no such switch.
            BadFault: It does not take that; the switch stays as it is.
        """
        switch = switch_of(name)
        told = switch.understood(wishes)
        until = None if told.seconds is None else self._clock.monotonic() + told.seconds
        fault = Fault(switch, told.resource, told.count, until, told.values)
        self.turn_off(name)
        self._on[name] = fault
        if told.seconds is not None:
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(told.seconds, self.turn_off, name)
        self._tell(name, fault)
        return fault

    def turn_off(self, name: str) -> None:
        """Turn a switch off; one that is off stays off.

        Raises:
            UnknownFault: There is no such switch.
        """
        switch_of(name)
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        if self._on.pop(name, None) is not None:
            self._tell(name, None)

    def turn_all_off(self) -> None:
        """Everything works again."""
        for name in tuple(self._on):
            self.turn_off(name)

    # ---- asking

    @property
    def quiet(self) -> bool:
        """Whether nothing is on."""
        return not self._on

    def on(self, name: str, resource: str | None = None) -> Fault | None:
        """The fault if it is on and about this resource; asking costs nothing."""
        fault = self._on.get(name)
        return fault if fault is not None and fault.about(resource) else None

    def hit(self, name: str, resource: str | None = None) -> Fault | None:
        """As `on`, and one less is left of its count: the caller makes it happen."""
        fault = self.on(name, resource)
        if fault is None:
            return None
        fault.hits += 1
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                self.turn_off(name)
        return fault

    def state(self) -> list[dict[str, Any]]:
        """Every switch, on or off, for whoever looks."""
        return [self.describe(switch.name) for switch in SWITCHES]

    def describe(self, name: str) -> dict[str, Any]:
        """One switch.

        Raises:
            UnknownFault: There is no such switch.
        """
        switch = switch_of(name)
        fault = self._on.get(name)
        found: dict[str, Any] = {
            "name": name,
            "about": switch.about,
            "parameters": list(switch.parameters()),
            "on": fault is not None,
        }
        if fault is not None:
            found["hits"] = fault.hits
            if RESOURCE in switch.takes:
                found["resource"] = fault.resource
            if COUNT in switch.takes:
                found["count"] = fault.count
            if fault.until is not None:
                left = fault.until - self._clock.monotonic()
                found["seconds"] = round(max(0.0, left), 3)
            found |= fault.values
        return found

    def _tell(self, name: str, fault: Fault | None) -> None:
        for listener in self._listeners:
            listener(name, fault)


class ShiftedClock:
    """A clock that the switch `clock` sets ahead or behind; durations are not touched."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults

    def now(self) -> datetime:
        """Wall time as the server believes it."""
        fault = self._faults.on("clock")
        now = self._clock.now()
        if fault is None:
            return now
        try:
            return now + timedelta(seconds=fault.values["offset"])
        except OverflowError:
            # A film may begin near either end of time.
            return LATEST if fault.values["offset"] > 0 else EARLIEST

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return self._clock.monotonic()
