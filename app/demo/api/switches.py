"""Which fault switches there are, and what each can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.demo.api.kinds import STORED

if TYPE_CHECKING:
    from collections.abc import Mapping

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
class Wishes:
    """What a switch is told when it is turned on."""

    resource: str | None
    count: int | None
    seconds: float | None
    values: Mapping[str, float]


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

    def understood(self, wishes: Mapping[str, Any]) -> Wishes:
        """What is wished for, checked.

        Raises:
            BadFault: It does not take that.
        """
        known = self.parameters()
        for name in wishes:
            if name not in known:
                raise BadFault(f"{self.name} takes {', '.join(known)}; not {name!r:.60}.")
        for name in self.needs:
            if wishes.get(name) is None:
                raise BadFault(f"{self.name} needs {name}.")
        count = _number(wishes, COUNT, Number(1, LARGEST_COUNT, 0), whole=True)
        seconds = _number(wishes, SECONDS, Number(0.001, LONGEST_SECONDS, 0))
        values: dict[str, float] = {}
        for name, bounds in (self.numbers or {}).items():
            found = _number(wishes, name, bounds)
            values[name] = bounds.default if found is None else found
        for name in self.flags:
            values[name] = _flag(wishes, name)
        return Wishes(
            _resource(wishes),
            None if count is None else int(count),
            self.seconds if seconds is None else seconds,
            values,
        )


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


def switch_of(name: str) -> Switch:
    """The switch of that name.

    Raises:
        UnknownFault: There is none.
    """
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
