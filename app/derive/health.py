"""One word for the whole, from the incidents and from how far they can be trusted.

`unhealthy` is an active critical incident, `degraded` an active warning or a source that cannot be
trusted, `healthy` neither. New incidents do not count yet, and one that an active incident explains
does not count beside it. A source cannot be trusted unless it is live; one that is only late is
forgiven for the on-delay, because connections are made anew all the time.

The topic is about all that is watched: health is one word, and a reader who chooses namespaces must
not miss what concerns them all. `judge` gives the word for a choice of namespaces: of the incidents
and sources in them, and of those that are of no namespace.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING

from app.derive.incidents.case import SEVERITIES, place
from app.derive.incidents.incidents import ON_DELAY_SECONDS
from app.derive.incidents.kinds import CLUSTER_LOST
from app.model import EVERYWHERE, HealthCounts, HealthSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.board import Board
    from app.clock import Clock
    from app.derive.timer import Timer
    from app.model import Health as Word
    from app.model import Incident, Severity, Source

KEY = "current"
REASONS = 10
"""Reasons that are told; `counts` says how many there are."""

DISTRUST = {
    "connecting": "{kind} in {place}: not read yet",
    "late": "{kind} in {place}: no news for a while",
    "stale": "No news of {kind} in {place}",
    "forbidden": "No right to read {kind} in {place}",
    "absent": "There are no {kind} in {place} to read",
    "error": "What is told of {kind} in {place} cannot be read",
}

WRITE_SECONDS = 1.0
"""Many incidents come at once, and each is another reason: one telling is for all of them."""

Rank = tuple[int, float, str]


class Health:
    """Listens to `incidents` and `sources`, and writes `health`; made before both are filled.

    `heard` is called with each word that is known, and again each time it may have become another.
    """

    def __init__(
        self,
        board: Board,
        clock: Clock,
        timer: Timer,
        *,
        on_delay: float = ON_DELAY_SECONDS,
        heard: Callable[[Word], None] = lambda word: None,
    ) -> None:
        self._board = board
        self._clock = clock
        self._timer = timer
        self._on_delay = on_delay
        self._heard = heard
        self._counted: dict[str, tuple[Severity, Rank]] = {}
        self._ranks: list[Rank] = []
        self._counts: dict[Severity, int] = dict.fromkeys(SEVERITIES, 0)
        self._caused: dict[str, dict[str, None]] = {}
        self._distrusted: dict[str, Source] = {}
        self._sources = 0
        self._written_at = clock.monotonic()
        self._writes = False
        """It will be told again soon."""
        self._told = False
        """Everything has been read once."""
        board.incidents.listen(self._incident_changed)
        board.sources.listen(self._source_changed)
        self._write()

    @property
    def summary(self) -> HealthSummary:
        """What the topic holds."""
        summary = self._board.health.get(KEY)
        assert summary is not None, "it is written from the first moment"  # noqa: S101
        return summary

    def judge(self, namespaces: Iterable[str] | None = None) -> HealthSummary:
        """The summary for a choice of namespaces; None: for all of them, as in the topic."""
        if namespaces is None:
            return self.summary
        chosen = frozenset(namespaces)
        inside = [
            (severity, rank)
            for key, (severity, rank) in self._counted.items()
            if _is_in(key.split("/")[1], chosen)
        ]
        counts = dict.fromkeys(SEVERITIES, 0)
        for severity, _ in inside:
            counts[severity] += 1
        distrusted = {
            key: source
            for key, source in self._distrusted.items()
            if _is_in(source.namespace, chosen)
        }
        ranks = sorted(rank for _, rank in inside)[:REASONS]
        return self._summary(counts, ranks, distrusted)

    # What counts

    def _incident_changed(self, key: str, old: Incident | None, new: Incident | None) -> None:
        cause_before = None if old is None else old.caused_by
        cause = None if new is None else new.caused_by
        if cause_before != cause:
            if cause_before is not None:
                caused = self._caused[cause_before]
                del caused[key]
                if not caused:
                    del self._caused[cause_before]
            if cause is not None:
                self._caused.setdefault(cause, {})[key] = None
        changed = self._weigh(key, new)
        if (old is not None and old.state == "active") != (
            new is not None and new.state == "active"
        ):
            for consequence in self._caused.get(key, ()):
                changed |= self._weigh(consequence, self._board.incidents.get(consequence))
        if changed:
            self._write()

    def _weigh(self, key: str, incident: Incident | None) -> bool:
        """Let an incident count as it is now; True when that makes a difference."""
        after = None
        if incident is not None and self._counts_now(incident):
            order = SEVERITIES.index(incident.severity)
            rank = (order, incident.since.timestamp(), incident.title)
            after = (incident.severity, rank)
        before = self._counted.get(key)
        if before == after:
            return False
        if before is not None:
            self._counts[before[0]] -= 1
            del self._ranks[bisect_left(self._ranks, before[1])]
            del self._counted[key]
        if after is not None:
            self._counts[after[0]] += 1
            insort(self._ranks, after[1])
            self._counted[key] = after
        return True

    def _counts_now(self, incident: Incident) -> bool:
        if incident.state != "active":
            return False
        cause = None
        if incident.caused_by is not None:
            cause = self._board.incidents.get(incident.caused_by)
        return cause is None or cause.state != "active"

    # What can be trusted

    def _source_changed(self, key: str, old: Source | None, new: Source | None) -> None:
        name = ("health", "late", key)
        self._sources += (new is not None) - (old is not None)
        if new is None or new.state == "live":
            self._timer.cancel(name)
            self._distrusted.pop(key, None)
        elif new.state != "late" or key in self._distrusted:
            self._timer.cancel(name)
            self._distrusted[key] = new
        elif old is None or old.state != "late":
            self._timer.after(self._on_delay, name, lambda: self._distrust(key, new))
        self._write()

    def _distrust(self, key: str, source: Source) -> None:
        self._distrusted[key] = source
        self._write()

    # Telling

    def _write(self) -> None:
        """Tell a new word at once, and other reasons for it at most once a second."""
        known, word = self._board.health.get(KEY), self._word(self._counts, self._distrusted)
        monotonic = self._clock.monotonic()
        if known is not None and known.status == word:
            if monotonic - self._written_at < WRITE_SECONDS and self._told:
                if not self._writes:
                    self._writes = True
                    self._timer.after(WRITE_SECONDS, ("health", "write"), self._write_now)
                return
        self._written_at = monotonic
        summary = self._summary(self._counts, self._ranks[:REASONS], self._distrusted)
        if known is not None and known.status == word:
            summary = summary.model_copy(update={"since": known.since})
        self._board.health.upsert(KEY, summary)
        if self._board.incidents.synced:
            self._told = True
            self._board.health.mark_synced()
            self._heard(word)

    def _write_now(self) -> None:
        self._writes = False
        self._write()

    def _word(self, counts: dict[Severity, int], distrusted: dict[str, Source]) -> Word:
        if counts["critical"]:
            return "unhealthy"
        untrusted = distrusted or not self._sources
        return "degraded" if counts["warning"] or untrusted else "healthy"

    def _summary(
        self, counts: dict[Severity, int], ranks: list[Rank], distrusted: dict[str, Source]
    ) -> HealthSummary:
        # A source that is lost is an incident as well, in the same words or as one of all.
        said = dict.fromkeys(title for order, _, title in ranks if SEVERITIES[order] != "info")
        all_lost = CLUSTER_LOST.title in said
        for source in distrusted.values():
            if len(said) >= REASONS:
                break
            if not (all_lost and source.state in ("late", "stale")):
                said[_distrust(source)] = None
        if not self._sources:
            said["Nothing has been read yet"] = None
        return HealthSummary(
            status=self._word(counts, distrusted),
            reasons=tuple(said)[:REASONS],
            counts=HealthCounts(**counts),
            since=self._clock.now(),
        )


def _distrust(source: Source) -> str:
    where = place(source.namespace)
    return DISTRUST[source.state].format(kind=source.kind, place=where)


def _is_in(namespace: str, chosen: frozenset[str]) -> bool:
    return namespace == EVERYWHERE or namespace in chosen
