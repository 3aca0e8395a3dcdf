"""Who is asked when something changes: the rules, fed from the topics of the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cluster.projections.events import WARNINGS
from app.cluster.projections.pods import PODS
from app.derive.incidents.cases import Cases
from app.derive.incidents.jobs import Ends, cronjob_findings, job_findings
from app.derive.incidents.mounts import Mounts
from app.derive.incidents.pods import pod_findings
from app.derive.incidents.restarts import Restarts
from app.derive.incidents.sources import cluster_findings, skew_findings, source_findings
from app.derive.incidents.spans import Spans
from app.derive.incidents.starts import Starts

if TYPE_CHECKING:
    from app.board import Board
    from app.clock import Clock
    from app.cluster.projections.events import WarningRecord
    from app.cluster.projections.pods import PodRecord
    from app.derive.timer import Timer
    from app.model import CronJobInfo, Incident, JobInfo, Source

ON_DELAY_SECONDS = 15.0
OFF_DELAY_SECONDS = 30.0

SETTLED = frozenset({"forbidden", "absent"})
"""States of a source that nobody needs to wait for."""


class Incidents:
    """Listens to the board and writes its topic `incidents`.

    Made before the first source is; the topic is synced when every source has listed, or is
    forbidden or absent.
    """

    def __init__(
        self,
        board: Board,
        clock: Clock,
        timer: Timer,
        *,
        on_delay: float = ON_DELAY_SECONDS,
        off_delay: float = OFF_DELAY_SECONDS,
    ) -> None:
        self._board = board
        self._cases = Cases(board.incidents, clock, timer, on_delay=on_delay, off_delay=off_delay)
        self._spans = Spans(self._cases, clock, timer)
        self._restarts = Restarts(clock, timer, self._judge)
        self._mounts = Mounts(clock, timer, self._judge)
        self._ends = Ends()
        self._starts = Starts(clock, lambda key, found: self._spans.tell(("starts", key), found))
        self._states: dict[str, int] = {}
        self._unsettled: dict[str, None] = {}
        watched = {kind.projection.topic for kind in board.watched}
        self._pods = board.records(PODS) if PODS.topic in watched else None
        if self._pods is not None:
            self._pods.listen(self._pod_changed)
        if WARNINGS.topic in watched:
            board.records(WARNINGS).listen(self._warning_changed)
        if "jobs" in watched:
            board.jobs.listen(self._job_changed)
        if "cronjobs" in watched:
            board.cronjobs.listen(self._cronjob_changed)
        board.sources.listen(self._source_changed)

    @property
    def history(self) -> tuple[Incident, ...]:
        """What was resolved more than 10 minutes ago: the last 1,000, the newest last."""
        return self._cases.history

    def skewed(self, seconds: float) -> None:
        """Our clock is so many seconds ahead of the API server's; negative: behind."""
        self._spans.tell("clock", skew_findings(seconds))

    def _pod_changed(self, key: str, old: PodRecord | None, new: PodRecord | None) -> None:
        self._restarts.observe(key, old, new)
        if new is None:
            self._spans.tell(("pods", key), ())
        else:
            self._judge_pod(key, new)

    def _judge(self, key: str) -> None:
        pod = None if self._pods is None else self._pods.get(key)
        if pod is not None:
            self._judge_pod(key, pod)

    def _judge_pod(self, key: str, pod: PodRecord) -> None:
        restarting = self._restarts.too_many(key)
        unmounted = self._mounts.trouble(key, pod.uid)
        found = pod_findings(pod, restarting=restarting, unmounted=unmounted)
        self._spans.tell(("pods", key), found)

    def _warning_changed(
        self, key: str, old: WarningRecord | None, new: WarningRecord | None
    ) -> None:
        if new is not None:
            self._mounts.observe(new)

    def _job_changed(self, key: str, old: JobInfo | None, new: JobInfo | None) -> None:
        job = self._ends.recall(key, new)
        self._spans.tell(("jobs", key), () if job is None else job_findings(job))

    def _cronjob_changed(self, key: str, old: CronJobInfo | None, new: CronJobInfo | None) -> None:
        # What explains the most comes first: its consequences are such from the start.
        self._starts.observe(key, old, new)
        self._spans.tell(("cronjobs", key), () if new is None else cronjob_findings(new))

    def _source_changed(self, key: str, old: Source | None, new: Source | None) -> None:
        for source, by in ((old, -1), (new, 1)):
            if source is not None:
                self._states[source.state] = self._states.get(source.state, 0) + by
        # All of them first: a source that is lost with the rest is a consequence from the start.
        self._spans.tell("cluster", cluster_findings(self._states))
        self._spans.tell(("sources", key), () if new is None else source_findings(new))
        if new is None or new.proof is not None or new.state in SETTLED:
            self._unsettled.pop(key, None)
        elif old is None:
            self._unsettled[key] = None
        if not self._unsettled:
            self._board.incidents.mark_synced()
