"""The life of incidents: new, active, unknown, resolved, and what explains them.

| from | to | when |
|---|---|---|
| - | `new` | a finding counts |
| `new` | gone | no finding counts any more: it never was an incident, or is `resolved` as before |
| `new` | `active` | after the on-delay, or at once when it is flapping |
| `active` | `resolved` | no finding has counted for the off-delay, and it is not flapping |
| `new`, `active` | `unknown`, and back | the source of all its findings is lost |
| `resolved` | `new` | a finding counts again, within 10 minutes |
| `resolved` | history | after 10 minutes |

Flapping is to come or go 4 times within 10 minutes, and not because another incident does. Such an
incident stays `active`; it is told at most once a second, so that neither work nor bytes grow with
the number of times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.derive.incidents.case import FLAP_SECONDS, Case, Member
from app.derive.incidents.causes import Causes
from app.derive.incidents.past import Past
from app.derive.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.clock import Clock
    from app.derive.incidents.causes import Consequence
    from app.derive.incidents.finding import Finding
    from app.derive.timer import Timer
    from app.model import Incident
    from app.stream import Topic

AFTER_SECONDS = 1.0
"""So much later than others a finding goes that explains some."""

TELL_SECONDS = 1.0
"""An incident whose state stays is told this often at most, whatever becomes of its objects."""


class Cases:
    """Every incident there is; it writes the topic. Costs depend on what a change changes."""

    def __init__(
        self,
        topic: Topic[Incident],
        clock: Clock,
        timer: Timer,
        *,
        on_delay: float,
        off_delay: float,
    ) -> None:
        self._topic = topic
        self._clock = clock
        self._timer = timer
        self._on_delay = on_delay
        self._off_delay = off_delay
        self._causes = Causes()
        self._consequences = Pieces(timer, "incidents", self._resettle)
        self._cases: dict[str, Case] = {}
        self._past = Past(topic, timer, self._drop)

    def __len__(self) -> int:
        return len(self._cases)

    @property
    def history(self) -> tuple[Incident, ...]:
        """What was resolved and is not on the board any more, the newest last."""
        return tuple(self._past.history)

    def join(self, finding: Finding) -> None:
        """A finding counts, or says something else than before."""
        case, voice = self._case(finding), finding.voice
        member = case.members.get(voice)
        before = None if member is None else member.finding
        if member is None:
            member = case.members[voice] = Member(finding)
        came, member.present = not member.present, True
        case.present += came
        if before != finding:
            if before is not None:
                self._release(member)
                self._causes.leave(voice, before)
                case.weigh(before, -1)
            member.finding = finding
            case.changed = True
            self._causes.enter(voice, finding)
            case.weigh(finding, 1)
            self._settle(case, voice, member)
        self._timer.cancel(("incident", "leave", case.key, voice))
        if came and case.present == 1:
            self._come(case, finding)
        self._tell(case)
        if not member.claims:
            member.claims = True
            self._spread(self._causes.claim(finding))

    def leave(self, finding: Finding) -> None:
        """A finding does not count any more."""
        case, voice = self._cases[finding.key], finding.voice
        member = case.members[voice]
        member.present = False
        case.present -= 1
        if not case.present:
            case.edges.append(self._clock.monotonic())
            if case.state == "new" and self._flaps(case):
                self._timer.cancel(("incident", "on", case.key))
                case.state = "active"
        if case.kind.blinds:
            self._release(member)
        if not member.blind:
            self._part_in_time(case, voice)
        self._tell(case)

    # Coming and going

    def _case(self, finding: Finding) -> Case:
        case = self._cases.get(finding.key)
        if case is None:
            case = self._cases[finding.key] = Case(
                finding.kind, finding.key, finding.namespace, finding.name, self._clock.now()
            )
        return case

    def _flaps(self, case: Case) -> bool:
        """Whether it comes and goes by itself: a consequence does so as its cause does."""
        return case.cause is None and case.flapping(self._clock.monotonic())

    def _come(self, case: Case, finding: Finding) -> None:
        case.edges.append(self._clock.monotonic())
        case.count += 1
        case.changed = True
        if case.state == "active":
            return
        flaps = self._flaps(case)
        if not flaps or case.state == "resolved":
            now = self._clock.now()
            case.since = min(now, finding.since or now)
        if case.state == "resolved":
            case.over = case.told
        self._past.recall(case)
        if flaps:
            case.state = "active"
            return
        case.state = "new"
        self._wait(case)

    def _wait(self, case: Case) -> None:
        name = ("incident", "on", case.key)
        if case.unseen:
            self._timer.cancel(name)
        else:
            self._timer.after(self._on_delay, name, lambda: self._activate(case))

    def _activate(self, case: Case) -> None:
        case.state = "active"
        self._tell(case)

    def _part_in_time(self, case: Case, voice: str) -> None:
        """Forget a finding that does not count, when it has not come back for the off-delay."""
        if case.state == "new":
            self._part(case, voice)
            return
        # A cause goes last, or what it explained would stand for itself for a moment.
        claims = bool(case.members[voice].finding.claims)
        delay = self._off_delay + AFTER_SECONDS * claims
        if not case.present and self._flaps(case):
            delay = max(delay, case.edges[0] + FLAP_SECONDS - self._clock.monotonic() + 1.0)
        name = ("incident", "leave", case.key, voice)
        self._timer.after(delay, name, lambda: self._part(case, voice))

    def _part(self, case: Case, voice: str) -> None:
        member = case.members.pop(voice)
        # Where nothing counts any more, the end of one is no news of how large it is, or why.
        case.changed = case.changed or case.present > 0
        case.weigh(member.finding, -1)
        case.explained -= member.cause is not None
        case.blind -= member.blind
        self._causes.leave(voice, member.finding)
        self._look(case)
        if case.members:
            self._tell(case)
        else:
            self._end(case)
        self._release(member)

    def _end(self, case: Case) -> None:
        self._timer.cancel(("incident", "on", case.key))
        self._timer.cancel(("incident", "tell", case.key))
        case.tells = False
        was = case.state == "active"
        self._past.keep(case, case.resolved(self._clock.now()) if was else case.over)

    def _drop(self, case: Case) -> None:
        del self._cases[case.key]

    # Causes

    def _release(self, member: Member) -> None:
        """What a finding explained has another cause now, or none."""
        if member.claims:
            member.claims = False
            self._spread(self._causes.release(member.finding))

    def _spread(self, tokens: tuple[str, ...]) -> None:
        """Look again at what waits under tokens that were claimed, or let go of."""
        self._consequences.add(self._causes.consequences(tokens))

    def _resettle(self, consequences: Iterable[Consequence]) -> None:
        touched: dict[str, Case] = {}
        for key, voice in consequences:
            case = self._cases.get(key)
            member = None if case is None else case.members.get(voice)
            if case is not None and member is not None and self._settle(case, voice, member):
                touched[key] = case
        for case in touched.values():
            self._tell(case)

    def _settle(self, case: Case, voice: str, member: Member) -> bool:
        """Look again for what explains a finding, and whether it can be seen; True if it is new."""
        cause = self._causes.cause(member.finding)
        if cause == member.cause:
            return False
        blind = cause is not None and self._cases[cause].kind.blinds
        was_blind = member.blind
        case.explained += (cause is not None) - (member.cause is not None)
        case.blind += blind - was_blind
        member.cause, member.blind = cause, blind
        self._look(case)
        if not member.present and blind:
            self._timer.cancel(("incident", "leave", case.key, voice))
        elif not member.present and was_blind:
            self._part_in_time(case, voice)
        return True

    def _look(self, case: Case) -> None:
        """What is new waits only while it can be seen."""
        if case.unseen != case.hid:
            case.hid = case.unseen
            if case.state == "new":
                self._wait(case)

    # Telling

    def _tell(self, case: Case) -> None:
        if case.state in ("hidden", "resolved") or (case.told is None and case.unseen):
            return
        told, monotonic = case.told, self._clock.monotonic()
        if told is not None and monotonic - case.told_at < TELL_SECONDS:
            seen = (case.seen_as, case.cause, case.severity)
            if (told.state, told.caused_by, told.severity) == seen:
                self._tell_later(case)
                return
        value = case.value(self._clock.now())
        if value is not told:
            case.told, case.told_at = value, monotonic
            self._topic.upsert(case.key, value)

    def _tell_later(self, case: Case) -> None:
        if not case.tells:
            case.tells = True
            name = ("incident", "tell", case.key)
            self._timer.after(TELL_SECONDS, name, lambda: self._tell_now(case))

    def _tell_now(self, case: Case) -> None:
        case.tells = False
        self._tell(case)
