"""When a finding counts: not before it has lasted, and for some kinds not after a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from datetime import datetime

    from app.clock import Clock
    from app.derive.incidents.cases import Cases
    from app.derive.incidents.finding import Finding
    from app.derive.timer import Timer

Identity = tuple[str, str]


@dataclass(slots=True)
class Standing:
    """A finding that is told at present, and whether it counts."""

    finding: Finding
    state: Literal["waiting", "holding", "faded"] = "waiting"


class Spans:
    """What each object's rules tell at present; `tell` compares, and costs what has changed.

    The cluster's times are believed as far as they agree with what we saw: a finding never waits or
    fades later than if it had begun at the moment when it was first told, whatever the clocks say.
    """

    def __init__(self, cases: Cases, clock: Clock, timer: Timer) -> None:
        self._cases = cases
        self._clock = clock
        self._timer = timer
        self._standing: dict[Hashable, dict[Identity, Standing]] = {}

    def __len__(self) -> int:
        return len(self._standing)

    def tell(self, about: Hashable, findings: Iterable[Finding]) -> None:
        """These are the findings about one object now."""
        before = self._standing.get(about)
        after: dict[Identity, Standing] = {}
        for finding in findings:
            identity = (finding.key, finding.voice)
            known = before.pop(identity, None) if before is not None else None
            after[identity] = self._again(identity, known, finding)
        for identity, gone in (before or {}).items():
            self._end(identity, gone)
        if after:
            self._standing[about] = after
        elif before is not None:
            del self._standing[about]

    def _again(self, identity: Identity, known: Standing | None, finding: Finding) -> Standing:
        if known is None:
            return self._begin(identity, finding)
        old = known.finding
        if finding == old:
            return known
        known.finding = finding
        if (finding.since, finding.lasting) == (old.since, old.lasting):
            if known.state == "holding":
                self._cases.join(finding)
            return known
        if known.state == "holding" and self._left(finding.since, finding.lasting) <= 0:
            # Another time to compare with, and it has lasted by that one too: it never went.
            self._hold(identity, known)
            return known
        self._end(identity, known)
        return self._begin(identity, finding)

    def _begin(self, identity: Identity, finding: Finding) -> Standing:
        standing = Standing(finding)
        if (wait := self._left(finding.since, finding.lasting)) > 0:
            self._timer.after(wait, ("finding", *identity), lambda: self._hold(identity, standing))
        else:
            self._hold(identity, standing)
        return standing

    def _hold(self, identity: Identity, standing: Standing) -> None:
        finding = standing.finding
        fades = finding.kind.fades
        if fades is not None:
            left = self._left(finding.since, fades)
            if left <= 0:
                self._fade(standing)
                return
            self._timer.after(left, ("finding", *identity), lambda: self._fade(standing))
        standing.state = "holding"
        self._cases.join(finding)

    def _fade(self, standing: Standing) -> None:
        if standing.state == "holding":
            self._cases.leave(standing.finding)
        standing.state = "faded"

    def _end(self, identity: Identity, standing: Standing) -> None:
        self._timer.cancel(("finding", *identity))
        if standing.state == "holding":
            self._cases.leave(standing.finding)

    def _left(self, since: datetime | None, seconds: float) -> float:
        passed = 0.0 if since is None else (self._clock.now() - since).total_seconds()
        return max(0.0, min(seconds, seconds - passed))
