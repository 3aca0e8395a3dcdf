"""How fresh a source is: by time, by what failed, and without anybody doing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import pytest

from app.board import Board
from app.cluster.faults import Distrusted, Refused, ShortWatch, Silent, Truncated
from app.cluster.rule import missing_rule
from app.derive.freshness import (
    LATE_SECONDS,
    STALE_SECONDS,
    TICK_SECONDS,
    Freshness,
    SourceMonitor,
)
from app.errors import (
    Absent,
    AccessDenied,
    ClusterError,
    Gone,
    ServerFault,
    Throttled,
    Unauthorized,
    Unreachable,
    Unusable,
)
from app.model import Source
from app.stream import Hub
from tests.fakes.clock import START, LoopClock, ManualClock

if TYPE_CHECKING:
    from app.clock import Clock
    from app.model import Proof, SourceState
    from app.stream import Topic


class Watch:
    """One source, its clock, and every value that it had."""

    def __init__(self, namespace: str | None = "agents") -> None:
        self.clock = ManualClock()
        topic, freshness = built(self.clock)
        self.values: list[Source] = []
        topic.listen(lambda key, old, new: self.values.append(new) if new else None)
        self.monitor: SourceMonitor = freshness.monitor("pods", namespace)

    @property
    def states(self) -> list[SourceState]:
        return [value.state for value in self.values]

    def state(self) -> SourceState:
        """What is shown."""
        return self.values[-1].state

    def after(self, seconds: float) -> SourceState:
        """The state when so much time has passed and somebody looks."""
        self.clock.advance(seconds)
        self.monitor.assess()
        return self.state()


def built(clock: Clock) -> tuple[Topic[Source], Freshness]:
    topic = Board(Hub(clock), ()).sources
    return topic, Freshness(topic, clock)


def denied(verb: str = "list", namespace: str | None = "agents") -> AccessDenied:
    return AccessDenied(
        "pods is forbidden", verb=verb, group="", resource="pods", namespace=namespace
    )


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_it_begins_with_connecting(watch: Watch) -> None:
    watch.monitor.connecting()
    assert watch.values == [Source(kind="pods", namespace="agents", state="connecting", objects=0)]


@pytest.mark.parametrize("proof", ["event", "bookmark", "list"])
def test_every_proof_makes_it_live_for_75_seconds(watch: Watch, proof: Proof) -> None:
    watch.monitor.proved(proof, 3)
    assert watch.after(0) == "live"
    assert watch.after(LATE_SECONDS) == "live"
    assert watch.after(0.001) == "late"
    assert watch.after(STALE_SECONDS - LATE_SECONDS - 0.001) == "late"
    assert watch.after(0.001) == "stale"
    assert watch.after(86_400) == "stale"
    watch.monitor.proved(proof, 3)
    assert watch.states == ["connecting", "live", "late", "stale", "live"]


def test_the_numbers_are_those_of_the_design() -> None:
    assert (LATE_SECONDS, STALE_SECONDS) == (75.0, 100.0)


def test_a_server_that_never_answers_is_not_connecting_for_ever(watch: Watch) -> None:
    assert watch.after(LATE_SECONDS) == "connecting"
    assert watch.after(1) == "late"
    assert watch.after(STALE_SECONDS) == "stale"


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("no connection"),
        Silent("silent"),
        ShortWatch("ended at once"),
        Distrusted("not trusted"),
        Truncated("torn"),
        Throttled("slow down"),
        ServerFault("500", code=500),
        Unauthorized("not accepted"),
        Gone("expired again"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_attempt_that_failed_makes_it_late_at_once(watch: Watch, error: ClusterError) -> None:
    watch.monitor.proved("list", 3)
    watch.monitor.failed(error)
    assert watch.state() == "late"
    assert watch.values[-1].message == str(error)
    assert watch.after(STALE_SECONDS + 1) == "stale"
    assert watch.values[-1].message == str(error)
    watch.monitor.proved("event", 3)
    assert watch.state() == "live"
    assert watch.values[-1].message is None


def test_a_start_without_a_server_is_late_then_stale(watch: Watch) -> None:
    watch.monitor.failed(Unreachable("The API server cannot be reached."))
    assert watch.after(STALE_SECONDS) == "late"
    assert watch.after(1) == "stale"
    assert watch.values[-1].proof is None


@pytest.mark.parametrize("error", [Unusable("no JSON"), Refused("405")], ids=["rubbish", "refused"])
def test_an_answer_we_cannot_use_is_an_error_at_once(watch: Watch, error: ClusterError) -> None:
    watch.monitor.proved("list", 3)
    watch.monitor.failed(error)
    assert (watch.state(), watch.values[-1].message) == ("error", str(error))
    assert watch.after(STALE_SECONDS + 1) == "error"


def test_absent_is_said_at_once(watch: Watch) -> None:
    watch.monitor.failed(Absent("namespaces 'agents' not found"))
    assert watch.state() == "absent"
    assert watch.values[-1].message == "namespaces 'agents' not found"
    assert watch.after(STALE_SECONDS + 1) == "absent"


@pytest.mark.parametrize("namespace", ["agents", None])
def test_forbidden_is_said_at_once_with_the_rule_that_is_missing(namespace: str | None) -> None:
    watch = Watch(namespace)
    watch.monitor.proved("list", 3)
    watch.monitor.failed(denied("watch", namespace))
    shown = watch.values[-1]
    assert (shown.state, shown.message) == ("forbidden", "pods is forbidden")
    assert shown.missing_rule == missing_rule("", "pods", namespace)
    assert watch.after(STALE_SECONDS + 1) == "forbidden"
    watch.monitor.proved("list", 3)
    assert watch.state() == "live"
    assert watch.values[-1].missing_rule is None


def test_the_last_failure_counts(watch: Watch) -> None:
    watch.monitor.failed(denied())
    watch.monitor.failed(Unreachable("gone"))
    assert watch.states[-2:] == ["forbidden", "late"]
    assert watch.values[-1].missing_rule is None


class TestValue:
    """It changes on state, cause and rule; not with every proof."""

    def test_proofs_alone_change_nothing(self, watch: Watch) -> None:
        for seconds in range(0, 3600, 60):
            watch.monitor.proved("bookmark", seconds)
            assert watch.after(60) == "live"
        assert watch.states == ["connecting", "live"]

    def test_the_same_failure_again_changes_nothing(self, watch: Watch) -> None:
        for _ in range(5):
            watch.monitor.failed(Unreachable("gone"))
            watch.clock.advance(10)
        assert watch.states == ["connecting", "late"]

    def test_another_cause_does(self, watch: Watch) -> None:
        watch.monitor.failed(Unreachable("refused"))
        watch.monitor.failed(Unreachable("reset"))
        assert [value.message for value in watch.values] == [None, "refused", "reset"]

    def test_another_rule_does(self, watch: Watch) -> None:
        watch.monitor.failed(denied())
        other = AccessDenied(
            "pods is forbidden", verb="list", group="x", resource="pods", namespace="agents"
        )
        watch.monitor.failed(other)
        assert watch.states[-2:] == ["forbidden", "forbidden"]
        assert watch.values[-1].missing_rule == missing_rule("x", "pods", "agents")

    def test_it_says_when_what_and_how_many_at_the_change(self, watch: Watch) -> None:
        watch.clock.advance(5)
        watch.monitor.proved("list", 7)
        assert (watch.values[-1].proof, watch.values[-1].objects) == ("list", 7)
        assert watch.values[-1].proved_at == watch.clock.now()
        watch.clock.advance(60)
        watch.monitor.proved("event", 8)
        proved = watch.clock.now()
        watch.after(LATE_SECONDS + 1)
        late = watch.values[-1]
        assert (late.state, late.proof, late.objects, late.proved_at) == (
            *("late", "event"),
            *(8, proved),
        )

    def test_a_clock_that_is_set_back_changes_no_age(self) -> None:
        class SetBack(ManualClock):
            """Its wall time runs backwards."""

            def now(self):  # type: ignore[no-untyped-def]
                return START

        clock = SetBack()
        topic, freshness = built(clock)
        monitor = freshness.monitor("pods", "agents")
        clock.advance(1000)
        monitor.proved("list", 1)
        clock.advance(10)
        assert monitor.age_seconds == 10
        assert monitor.state == "live"
        assert topic.get("pods/agents") is not None


class TestVitals:
    """What heartbeats say: the state and the age of what a view looks at."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def freshness(self, clock: ManualClock) -> Freshness:
        _, freshness = built(clock)
        for kind in ("pods", "jobs"):
            for namespace in ("a", "b"):
                freshness.monitor(kind, namespace)
        freshness.monitor("events", None)
        return freshness

    def test_ages_are_there_although_no_value_changes(
        self, clock: ManualClock, freshness: Freshness
    ) -> None:
        freshness.monitors["pods/a"].proved("list", 1)
        clock.advance(61.2345)
        freshness.monitors["pods/b"].failed(denied())
        assert freshness.vitals(("pods",), None) == {
            "pods/a": {"state": "live", "ageMs": 61_234},
            "pods/b": {"state": "forbidden", "ageMs": 61_234},
        }

    def test_the_state_is_that_of_the_moment(
        self, clock: ManualClock, freshness: Freshness
    ) -> None:
        freshness.monitors["pods/a"].proved("list", 1)
        clock.advance(STALE_SECONDS + 1)
        shown = freshness.vitals(("pods",), frozenset("a"))
        assert shown == {"pods/a": {"state": "stale", "ageMs": 101_000}}

    @pytest.mark.parametrize(
        ("topics", "namespaces", "expected"),
        [
            (("pods", "jobs", "events"), None, "pods/a pods/b jobs/a jobs/b events/*"),
            (("pods",), None, "pods/a pods/b"),
            (("pods", "events"), frozenset("b"), "pods/b events/*"),
            (("jobs",), frozenset(("a", "b")), "jobs/a jobs/b"),
            (("pods",), frozenset("c"), ""),
            (("sources",), None, ""),
            ((), None, ""),
        ],
    )
    def test_a_view_hears_of_its_own_sources(
        self,
        freshness: Freshness,
        topics: tuple[str, ...],
        namespaces: frozenset[str] | None,
        expected: str,
    ) -> None:
        assert list(freshness.vitals(topics, namespaces)) == expected.split()


@pytest.mark.looptime
class TestTime:
    """Time does its part: nobody has to report that nobody reports."""

    async def test_a_source_that_nobody_hears_of_grows_late_then_stale(self) -> None:
        clock = LoopClock()
        topic, freshness = built(clock)
        monitor = freshness.monitor("pods", "agents")
        silent = freshness.monitor("jobs", "agents")
        seen: list[tuple[str, float]] = []
        topic.listen(
            lambda key, old, new: (
                seen.append((f"{key} {new.state}", clock.monotonic())) if new else None
            )
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(freshness.run)
            monitor.proved("list", 1)
            silent.proved("list", 1)
            await anyio.sleep(70)
            monitor.proved("event", 1)
            await anyio.sleep(40)
            tasks.cancel_scope.cancel()
        assert [name for name, _ in seen] == [
            *("pods/agents live", "jobs/agents live"),
            *("jobs/agents late", "jobs/agents stale"),
        ]
        (late, stale) = (at for _, at in seen[2:])
        assert LATE_SECONDS < late <= LATE_SECONDS + TICK_SECONDS
        assert STALE_SECONDS < stale <= STALE_SECONDS + TICK_SECONDS
