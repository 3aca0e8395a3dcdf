"""Whatever happens in whatever order: what is counted one by one equals a look at everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cluster.projections.raw import condition
from tests.derive.incidents.scene import Scene, bad, cronjob, good, of, waits

if TYPE_CHECKING:
    from tests.cluster.projections.raw import Json

NAMES = ("a-1", "a-2", "b-1", "b-2", "b-3")
LOOKS = ("good", "crash", "image", "lost", "unready", "evicted", "gone")
STATES = ("live", "late", "stale", "forbidden", "absent", "error")
WAITS = (1, 10, 16, 31, 61, 130, 601)

OPS = st.lists(
    st.one_of(
        st.tuples(st.just("pod"), st.sampled_from(NAMES), st.sampled_from(LOOKS)),
        st.tuples(
            st.just("source"),
            st.sampled_from(("pods", "cronjobs", "jobs")),
            st.sampled_from(STATES),
        ),
        st.tuples(st.just("cron"), st.sampled_from("xyz"), st.sampled_from(("late", "missed", ""))),
        st.tuples(st.just("wait"), st.just(""), st.sampled_from(WAITS)),
    ),
    max_size=40,
)


def look(scene: Scene, name: str, how: str) -> Json:
    owner = of(name[0])
    match how:
        case "crash":
            return waits("CrashLoopBackOff", name, owner, exitCode=1)
        case "image":
            return waits("ErrImagePull", name, owner)
        case "lost":
            said = [condition("ContainersReady"), condition("Ready", "False")]
            return bad(name, owner, conditions=said)
        case "unready":
            since = {"reason": "ContainersNotReady", "lastTransitionTime": scene.ago(0)}
            return bad(name, owner, conditions=[condition("Ready", "False", **since)])
        case "evicted":
            return bad(name, owner, phase="Failed", reason="Evicted")
        case _:
            return good(name, owner)


def do(scene: Scene, what: str, whom: str, how: str | int) -> None:
    if what == "pod":
        if how == "gone":
            scene.hide(whom)
        else:
            scene.show(look(scene, whom, str(how)))
    elif what == "source":
        scene.lose(whom, how)  # type: ignore[arg-type]  # one of STATES
    elif what == "cron":
        scene.board.cronjobs.upsert(f"agents/{whom}", cronjob(name=whom, state=how or None))
    else:
        for _ in range(int(how)):
            scene.clock.advance(1.0)
            scene.timer.advance()


def check(scene: Scene) -> None:
    """What each incident and the whole say of themselves is what their parts say."""
    while len(scene.incidents._cases._consequences):
        # Many are looked at again in pieces.
        scene.timer.advance()
    incidents = dict(scene.board.incidents.items())
    cases = scene.incidents._cases._cases
    for key, case in cases.items():
        members = case.members.values()
        assert case.present == sum(member.present for member in members)
        assert case.blind == sum(member.blind for member in members)
        assert case.explained == sum(member.cause is not None for member in members)
        assert sum(case.severities.values()) == len(members)
        for member in members:
            assert member.cause == scene.incidents._cases._causes.cause(member.finding)
            assert member.cause is None or member.cause in cases
        assert bool(case.members) == (case.state in ("new", "active"))
        if key in incidents and case.state in ("new", "active"):
            assert incidents[key].state == case.seen_as
    assert incidents.keys() <= cases.keys()
    counts = {"critical": 0, "warning": 0, "info": 0}
    for incident in incidents.values():
        cause = incidents.get(incident.caused_by or "")
        if incident.state == "active" and (cause is None or cause.state != "active"):
            counts[incident.severity] += 1
    told = scene.health.judge(["agents"])
    assert told.counts.model_dump() == counts
    untrusted = any(
        source.state not in ("live", "late") for _, source in scene.board.sources.items()
    )
    if counts["critical"]:
        assert scene.word == "unhealthy"
    elif counts["warning"] or untrusted:
        assert scene.word == "degraded"
    if scene.word == "healthy":
        assert scene.health.summary.reasons == ()


@settings(max_examples=60, deadline=None)
@given(ops=OPS)
def test_counts_agree_with_a_look_at_everything(ops: list[tuple[str, str, str | int]]) -> None:
    scene = Scene()
    for op in ops:
        do(scene, *op)
        check(scene)
    # When all is well again nothing is left.
    for kind in ("pods", "cronjobs", "jobs"):
        scene.lose(kind, "live")
    for name in NAMES:
        scene.hide(name)
    for name in "xyz":
        scene.board.cronjobs.remove(f"agents/{name}")
    for _ in range(4):
        do(scene, "wait", "", 601)
        check(scene)
    assert scene.states() == {}
    assert scene.word == "healthy"
    assert len(scene.incidents._cases) == 0
    assert len(scene.incidents._spans) == 0
    assert len(scene.incidents._cases._causes) == 0
    assert len(scene.timer) == 1, "the history's alone"
