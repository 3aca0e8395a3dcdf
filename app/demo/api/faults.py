"""The fault switches: what is to go wrong with the simulated API server, for how long, how often.

Here is their state and nothing else. `faulty.py` acts on it between the sockets and the
application, which knows nothing of all this; `admin.py` is how people and tests turn them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.demo.api.kinds import STORED

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock

LONGEST_SECONDS = 86_400.0
LARGEST_COUNT = 1_000_000

COUNT, SECONDS, RESOURCE = "count", "seconds", "resource"


class UnknownFault(Exception):
    """There is no switch of that name."""


class BadFault(Exception):
    """The switch does not take that; the message says what it takes."""


@dataclass(frozen=True, slots=True)
class Number:
    """A parameter of a switch: a number within bounds."""

    least: float
    most: float
    default: float


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that can go wrong, and what it can be told.

    `count` is a number of requests, watches or events after which it turns itself off, `seconds` a
    time after which it does, `resource` (`pods`, `cronjobs.batch`) all that it is about.
    """

    name: str
    about: str
    takes: tuple[str, ...] = (COUNT, SECONDS, RESOURCE)
    needs: tuple[str, ...] = ()
    numbers: Mapping[str, Number] | None = None
    flags: tuple[str, ...] = ()
    seconds: float | None = None

    def parameters(self) -> tuple[str, ...]:
        """Every parameter that it takes."""
        return (*self.takes, *(self.numbers or {}), *self.flags)


SWITCHES: tuple[Switch, ...] = (
    Switch("refuse", "Connections are refused and open ones cut: there is no server.", (SECONDS,)),
    Switch("reset", "Requests are answered with a TCP reset, open watches too."),
    Switch("black-hole", "Everything is accepted and nothing answered.", (SECONDS, RESOURCE)),
    Switch(
        "slow-headers",
        "An answer begins after `delay` seconds.",
        numbers={"delay": Number(0.0, 3_600.0, 5.0)},
    ),
    Switch(
        "truncate",
        "The next event of a watch ends in the middle: the connection is cut, or with `clean` "
        "the answer is ended as if it were whole.",
        flags=("clean",),
    ),
    Switch("duplicate", "Events of watches are sent twice."),
    Switch("gone", "Watches, open and new, get the event 410 Expired and end."),
    Switch("gone-http", "Watches are refused with HTTP 410 instead of an event."),
    Switch(
        "forbidden",
        "A resource is forbidden to everybody outside the cluster; open watches go on.",
        (SECONDS, RESOURCE),
        needs=(RESOURCE,),
    ),
    Switch(
        "throttle",
        "Requests are answered with 429 and Retry-After.",
        numbers={"retryAfter": Number(0, 3_600, 1)},
    ),
    Switch(
        "restart",
        "The server goes away with its connections and its history, and returns after `seconds`.",
        (SECONDS,),
        seconds=1.0,
    ),
    Switch(
        "clock",
        "The server's `Date` is `offset` seconds ahead, or behind; the film goes on as it would.",
        (SECONDS,),
        numbers={"offset": Number(-1e8, 1e8, 3_600.0)},
    ),
    Switch("error-event", "Watches, open and new, get an error event without a reason and end."),
    Switch("unknown-event", "Watches, open and new, get an event of a type that nobody knows."),
    Switch("silent", "Watches are accepted and nothing is sent.", (SECONDS, RESOURCE)),
    Switch("no-bookmarks", "Watches get no bookmarks.", (SECONDS, RESOURCE)),
)
BY_NAME: Mapping[str, Switch] = {switch.name: switch for switch in SWITCHES}


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
        fault = self._understood(_switch(name), wishes)
        self.turn_off(name)
        self._on[name] = fault
        if fault.until is not None:
            seconds = fault.until - self._clock.monotonic()
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(seconds, self.turn_off, name)
        self._tell(name, fault)
        return fault

    def turn_off(self, name: str) -> None:
        """Turn a switch off; one that is off stays off.

        Raises:
            UnknownFault: There is no such switch.
        """
        _switch(name)
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
        switch = _switch(name)
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

    def _understood(self, switch: Switch, wishes: Mapping[str, Any]) -> Fault:
        known = switch.parameters()
        for name in wishes:
            if name not in known:
                raise BadFault(f"{switch.name} takes {', '.join(known)}; not {name!r:.60}.")
        for name in switch.needs:
            if wishes.get(name) is None:
                raise BadFault(f"{switch.name} needs {name}.")
        count = _number(wishes, COUNT, Number(1, LARGEST_COUNT, 0), whole=True)
        seconds = _number(wishes, SECONDS, Number(0.001, LONGEST_SECONDS, 0))
        seconds = switch.seconds if seconds is None else seconds
        values: dict[str, float] = {}
        for name, bounds in (switch.numbers or {}).items():
            found = _number(wishes, name, bounds)
            values[name] = bounds.default if found is None else found
        for name in switch.flags:
            values[name] = _flag(wishes, name)
        return Fault(
            switch,
            _resource(wishes),
            None if count is None else int(count),
            None if seconds is None else self._clock.monotonic() + seconds,
            values,
        )


class ShiftedClock:
    """A clock that the switch `clock` sets ahead or behind; durations are not touched."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults

    def now(self) -> datetime:
        """Wall time as the server believes it."""
        fault = self._faults.on("clock")
        offset = fault.values["offset"] if fault is not None else 0.0
        return self._clock.now() + timedelta(seconds=offset)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return self._clock.monotonic()


def _switch(name: str) -> Switch:
    found = BY_NAME.get(name)
    if found is None:
        raise UnknownFault(f"There is no switch {name!r:.60}; there are {', '.join(BY_NAME)}.")
    return found


def _number(
    wishes: Mapping[str, Any], name: str, bounds: Number, *, whole: bool = False
) -> float | None:
    found = wishes.get(name)
    if found is None:
        return None
    kinds = (int,) if whole else (int, float)
    if isinstance(found, bool) or not isinstance(found, kinds):
        raise BadFault(f"{name} is a {'whole ' if whole else ''}number.")
    if not bounds.least <= found <= bounds.most:
        raise BadFault(f"{name} is between {bounds.least:g} and {bounds.most:g}.")
    return float(found)


def _flag(wishes: Mapping[str, Any], name: str) -> bool:
    found = wishes.get(name, False)
    if not isinstance(found, bool):
        raise BadFault(f"{name} is true or false.")
    return found


def _resource(wishes: Mapping[str, Any]) -> str | None:
    found = wishes.get(RESOURCE)
    if found is None:
        return None
    known = [kind.resource for kind in STORED]
    if not isinstance(found, str) or found not in known:
        raise BadFault(f"resource is one of {', '.join(known)}.")
    return found
