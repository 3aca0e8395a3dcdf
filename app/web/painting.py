"""The page's first picture: the values of one moment, as the stream would tell them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from app.model import EVERYWHERE, format_time
from app.web.cells import CELLS, Cell, ago

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.model import Source
    from app.stream import Topic
    from app.web.rooms import Rooms

Json = dict[str, Any]

MOST_ROWS = 500
"""Painted of one topic; more come with the stream. Ten thousand would hold the loop for a second,
and with it everybody's stream."""

MOST_NAMES = 3
"""Of sources, in one sentence."""

TITLES = {"sources": "Sources", "pods": "Pods", "cronjobs": "CronJobs", "jobs": "Jobs"}
"""Topics that the page follows, in its order."""

DOUBTFUL = frozenset({"stale", "forbidden", "absent", "error"})
"""States of a source whose values may be old for all we know."""


@dataclass(frozen=True, slots=True)
class Row:
    """One value."""

    key: str
    freshness: str
    cells: tuple[Cell, ...]
    age: str
    """A source's: since its last proof. Of other values nobody has told us."""
    age_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One topic."""

    topic: str
    title: str
    synced: bool
    freshness: str
    total: int
    rows: tuple[Row, ...]
    note: str
    """Which of its sources are not live, and how old its values may be."""
    emptiness: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is painted: the values of `seq`, and no other."""

    epoch: str
    seq: int
    at: str
    """When that was; in a replay, when it was recorded."""
    painted: str
    """The same moment by the clock of the stream: what comes from it is older or newer."""
    cluster: str
    """How we hear of the API server, in words."""
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Vital:
    """How a source is."""

    kind: str
    namespace: str
    state: str
    age_ms: int | None
    """None before its first proof."""

    @property
    def freshness(self) -> str:
        """Of its values: what we doubt of them; of its connection the page will know."""
        if self.state in DOUBTFUL:
            return "source-stale"
        return "late" if self.state == "late" else "connecting"

    @property
    def age(self) -> str:
        """Since its last proof, in words."""
        return "never" if self.age_ms is None else f"{ago(self.age_ms)} ago"


def paint(rooms: Rooms, audience: str) -> Picture:
    """The board as `audience` reads it, in one call: nothing changes while it is read."""
    names = {watched.projection.topic for watched in rooms.board.watched}
    followed = [name for name in TITLES if name in names]
    known = sorted(item for item in rooms.board.sources.items() if item[1].kind in followed)
    ages = rooms.freshness.vitals(tuple(followed), None)
    vitals = {key: _vital(source, ages[key]) for key, source in known}
    many = rooms.namespaces is None or len(rooms.namespaces) > 1
    return Picture(
        epoch=rooms.hub.epoch,
        seq=rooms.hub.seq,
        at=format_time(rooms.clock.now()),
        painted=format_time(rooms.hub.clock.now()),
        cluster=_cluster(vitals),
        cards=(
            _sources(rooms.board.sources, audience, vitals),
            *(
                _card(
                    name,
                    rooms.board.values(name),
                    audience,
                    [vital for vital in vitals.values() if vital.kind == name],
                    many=many,
                )
                for name in followed
            ),
        ),
    )


def _sources(topic: Topic[Source], audience: str, vitals: Mapping[str, Vital]) -> Card:
    rows = tuple(
        Row(
            key,
            "connecting",
            CELLS["sources"](value),
            vitals[key].age,
            vitals[key].age_ms,
        )
        for key, value in _read(topic, audience, vitals.__contains__)
    )
    return Card("sources", TITLES["sources"], True, "connecting", len(vitals), rows, "", "None.")


def _card(name: str, topic: Topic[Any], audience: str, vitals: list[Vital], *, many: bool) -> Card:
    freshness = {vital.namespace: vital.freshness for vital in vitals}
    doubtful = "source-stale" in freshness.values()
    rows = tuple(
        Row(
            key,
            freshness.get(key.partition("/")[0]) or freshness.get(EVERYWHERE, "source-stale"),
            _named(CELLS[name](value), key if many else None),
            "earlier",
        )
        for key, value in _read(topic, audience)
    )
    return Card(
        name,
        TITLES[name],
        topic.synced,
        "source-stale" if doubtful else "late" if "late" in freshness.values() else "connecting",
        len(topic),
        rows,
        _note(vitals, synced=topic.synced),
        "None." if topic.synced and not doubtful else "Not known.",
    )


def _named(cells: tuple[Cell, ...], key: str | None) -> tuple[Cell, ...]:
    """With the key for a name, where a name is one in its namespace only."""
    if key is None:
        return cells
    return tuple(replace(cell, text=key) if cell.field == "name" else cell for cell in cells)


def _note(vitals: list[Vital], *, synced: bool) -> str:
    """Which sources are not live, and how old the values may be."""
    words = [] if synced else ["not all known yet"]
    words += dict.fromkeys(vital.state for vital in vitals if vital.state != "live")
    ages = [vital.age_ms for vital in vitals if vital.age_ms is not None]
    if ages and len(ages) == len(vitals):
        words.append(f"as of {ago(max(ages))} ago")
    return ", ".join(words)


def _cluster(vitals: Mapping[str, Vital]) -> str:
    troubled = [f"{key} {vital.state}" for key, vital in vitals.items() if vital.state != "live"]
    more = [f"and {len(troubled) - MOST_NAMES} more"] if len(troubled) > MOST_NAMES else []
    return ", ".join((*troubled[:MOST_NAMES], *more)) or "connected"


def _vital(source: Source, told: Any) -> Vital:
    # What was never proved has no age, whatever time has passed.
    age = None if source.proved_at is None else told["ageMs"]
    return Vital(source.kind, source.namespace, source.state, age)


def _read(
    topic: Topic[Any], audience: str, wanted: Callable[[str], bool] = lambda key: True
) -> list[tuple[str, Json]]:
    """The first of the wanted values by key, out of the very bytes that the stream would send."""
    entries = sorted((item for item in topic.entries(None) if wanted(item[0])), key=itemgetter(0))
    return [(key, json.loads(topic.encode(entry, audience))) for key, entry in entries[:MOST_ROWS]]
