"""The values of CronJobs: what the object says, how it keeps its schedule, and its latest runs.

Nothing is polled. A CronJob is judged when it changes, when one of its Jobs does, when the state of
a source does, and at the moment that its last judgement named: one alarm each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.cluster.projections.cronjobs import CRON_JOBS
from app.cluster.projections.jobs import JOBS, cron_job_of
from app.derive.cronjob import CronJob
from app.derive.pieces import Pieces
from app.derive.trust import doubt, source_of, trust
from app.model import EVERYWHERE
from app.model.punctuality import LATE_AFTER, NEWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.board import Board
    from app.clock import Clock
    from app.cluster.projections.cronjobs import CronJobRecord
    from app.cluster.projections.jobs import JobRecord
    from app.derive.timer import Timer
    from app.model import JobInfo, Source
    from app.model.punctuality import Verdict

ALONE = frozenset({"suspended", "invalid"})
"""States that the CronJob alone gives, whatever is known of its Jobs."""

SILENCE = frozenset({"late", "missed"})
"""States that nothing says: they follow from what was not heard."""


QUIET_SECONDS = (LATE_AFTER - NEWS).total_seconds()
"""A source that was last heard of before a Job was to be expected does not say that there is none.
Its connection may be dead; most often its next bookmark is seconds away."""

LISTEN = timedelta(seconds=2)
"""How soon to look again whether it was heard of."""


class CronJobs:
    """Keeps the values of the topic `cronjobs` right.

    `zone` is the controller's own; `age` tells by a source's key how many seconds ago it was heard
    of; without it, what its state says is all that is known.
    """

    KINDS = (CRON_JOBS.topic, JOBS.topic)
    """What a judgement depends on; it cannot do without either."""

    def __init__(
        self,
        board: Board,
        clock: Clock,
        timer: Timer,
        *,
        zone: str,
        age: Callable[[str], float] = lambda key: 0.0,
    ) -> None:
        self._clock = clock
        self._age = age
        self._timer = timer
        self._zone = ZoneInfo(zone)
        self._values = board.cronjobs
        self._sources = board.sources
        self._jobs = board.records(JOBS)
        self._infos = board.jobs
        self._known: dict[str, CronJob] = {}
        self._keys: dict[str, str] = {}
        self._places: defaultdict[str, set[str]] = defaultdict(set)
        self._owners: dict[str, str] = {}
        self._owned: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self._again = Pieces(timer, "cronjobs", self._look_again)
        board.records(CRON_JOBS).listen(self._on_cron_job)
        self._jobs.listen(self._on_job_record)
        self._infos.listen(self._on_job)
        self._sources.listen(self._on_source)
        timer.on_jump(self._on_jump)

    # What is told

    def _on_cron_job(self, key: str, old: CronJobRecord | None, new: CronJobRecord | None) -> None:
        known = self._known.get(key)
        if known is not None and (new is None or new.uid != known.record.uid):
            self._drop(key, known)
            known = None
        if new is None:
            self._values.remove(key)
            return
        now = self._clock.now()
        if known is None:
            known = self._known[key] = CronJob(new, now, self._zone)
            self._keys[new.uid] = key
            self._places[new.namespace].add(key)
            for job in self._owned.get(new.uid, {}).values():
                self._show(known, job)
        else:
            source = source_of(self._sources, CRON_JOBS.topic, new.namespace)
            known.see(new, now, at_once=trust(source) != "none")
        self._judge(key)

    def _on_job_record(self, key: str, old: JobRecord | None, new: JobRecord | None) -> None:
        """What its value does not say: whose it is by uid, and which slot it is for."""
        if old is None or new is None or old.uid != new.uid:
            return
        if (old.owners, old.scheduled_at) != (new.owners, new.scheduled_at):
            self._see(key, new)

    def _on_job(self, key: str, old: JobInfo | None, new: JobInfo | None) -> None:
        if old is not None and (new is None or new.uid != old.uid):
            self._lose(old.uid or "")
        record = self._jobs.get(key)
        if new is not None and record is not None:
            self._see(key, record)

    def _on_source(self, key: str, old: Source | None, new: Source | None) -> None:
        if new is None or new.kind not in self.KINDS:
            return
        before, after = trust(old), trust(new)
        places = tuple(self._places) if new.namespace == EVERYWHERE else (new.namespace,)
        concerned = [key for place in places for key in self._places.get(place, ())]
        if before == "none" and after == "held":
            for key in concerned:
                self._known[key].waits_for_news = True
        elif "none" in (before, after):
            self._again.add(concerned)
        else:
            self._again.add(key for key in concerned if self._known[key].waits_for_news)

    def _on_jump(self) -> None:
        now = self._clock.now()
        for known in self._known.values():
            known.doubt_clock(now)
        self._again.add(self._known)

    def _look_again(self, keys: Iterable[str]) -> None:
        for key in keys:
            if key in self._known:
                self._judge(key)

    # Jobs and whose they are

    def _see(self, key: str, job: JobRecord) -> None:
        owner = cron_job_of(job)
        before = self._owners.get(job.uid)
        if before is not None and (owner is None or owner.uid != before):
            self._unlink(job.uid, before)
            if (lost := self._keys.get(before)) is not None:
                self._known[lost].runs.forget(job.uid)
                self._known[lost].running.pop(job.uid, None)
                self._judge(lost)
        if owner is None:
            return
        self._owners[job.uid] = owner.uid
        self._owned[owner.uid][job.uid] = key
        if (found := self._keys.get(owner.uid)) is not None:
            self._show(self._known[found], key)
            self._told(found)

    def _lose(self, uid: str) -> None:
        owner = self._owners.get(uid)
        if owner is None:
            return
        self._unlink(uid, owner)
        if (found := self._keys.get(owner)) is not None:
            self._known[found].runs.lose(uid, self._clock.now())
            self._known[found].running.pop(uid, None)
            self._told(found)

    def _unlink(self, uid: str, owner: str) -> None:
        del self._owners[uid]
        del self._owned[owner][uid]
        if not self._owned[owner]:
            del self._owned[owner]

    def _show(self, known: CronJob, key: str) -> None:
        """Tell a CronJob of one of its Jobs."""
        record, info = self._jobs.get(key), self._infos.get(key)
        if record is None or info is None:
            return
        known.runs.see(record, info, known.record.name)
        if record.status == "running":
            known.running[record.uid] = record.name
        else:
            known.running.pop(record.uid, None)

    def _told(self, key: str) -> None:
        """One of its Jobs has changed. A first list of Jobs is shown when it is complete."""
        namespace = self._known[key].record.namespace
        if trust(source_of(self._sources, JOBS.topic, namespace)) != "none":
            self._judge(key)

    def _drop(self, key: str, known: CronJob) -> None:
        del self._known[key]
        if self._keys.get(known.record.uid) == key:
            del self._keys[known.record.uid]
        self._places[known.record.namespace].discard(key)
        if not self._places[known.record.namespace]:
            del self._places[known.record.namespace]
        self._timer.cancel(("cronjob", key))

    # Judgement

    def _judge(self, key: str) -> None:
        """Write its value, and set the alarm for its next turn."""
        known = self._known[key]
        verdict = self._verdict(known)
        known.verdict = verdict
        name = ("cronjob", key)
        if verdict.look_again is None:
            self._timer.cancel(name)
        else:
            self._timer.at(verdict.look_again, name, partial(self._judge, key))
        self._values.upsert(key, known.info(verdict))

    def _verdict(self, known: CronJob) -> Verdict:
        now = self._clock.now()
        verdict = known.judge(now)
        before, known.waits_for_news = known.verdict, False
        quiet = False
        for kind in self.KINDS:
            source = source_of(self._sources, kind, known.record.namespace)
            believed = trust(source)
            if believed == "held":
                known.waits_for_news = True
            elif believed == "none" and (kind == CRON_JOBS.topic or verdict.state not in ALONE):
                return replace(verdict, state="unknown", message=doubt(source, kind))
            elif source is not None and self._age(f"{kind}/{source.namespace}") > QUIET_SECONDS:
                quiet = True
        if verdict.state not in SILENCE or before is None:
            return verdict
        if quiet:
            coming = verdict.look_again
            look = now + LISTEN if coming is None else min(now + LISTEN, coming)
            verdict = replace(verdict, look_again=look)
        if quiet or known.waits_for_news:
            return replace(verdict, state=before.state, message=before.message)
        return verdict
