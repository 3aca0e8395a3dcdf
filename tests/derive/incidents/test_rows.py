"""The table row by row: what makes it appear, and what makes it go."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.derive.incidents.kinds import KINDS
from app.model import JobInfo, RecentRun
from tests.cluster.projections.raw import condition, container
from tests.derive.incidents.scene import Scene, bad, cronjob, good, lost_node, of, run, waits

if TYPE_CHECKING:
    from app.derive.incidents.finding import Kind
    from app.model import CronJobInfo

Act = Callable[[Scene], None]

OFF = 32.0


@dataclass(frozen=True)
class Row:
    """One row: how it comes, after how long it is active, and how it goes."""

    kind: str
    key: str
    come: Act
    go: Act
    after: float = 0.0
    severity: str = "critical"
    word: str = "unhealthy"
    gone: float = OFF
    others: frozenset[str] = frozenset()
    """Kinds that come along, as consequences or beside it."""


def showing(make: Callable[[], Any]) -> Act:
    return lambda scene: scene.show(make())


def recover(scene: Scene) -> None:
    scene.show(good())


def keep(**fields: Any) -> Act:
    return lambda scene: put(scene, cronjob(**fields))


def put(scene: Scene, value: CronJobInfo) -> None:
    scene.board.cronjobs.upsert("agents/night", value)


def stop(scene: Scene) -> None:
    put(scene, cronjob(state="missed"))
    scene.board.cronjobs.upsert("agents/day", cronjob(name="day", state="late"))


def go_on(scene: Scene) -> None:
    put(scene, cronjob(last_schedule_time=scene.clock.now()))
    scene.board.cronjobs.upsert("agents/day", cronjob(name="day"))


def oom(scene: Scene) -> None:
    last = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": scene.ago(0)}
    scene.show(good(restartCount=1, lastState={"terminated": last}))


def restart(scene: Scene) -> None:
    for count in range(4):
        scene.show(good(restartCount=count))
        scene.play(1)


def nothing(scene: Scene) -> None:
    """It goes by itself."""


def runs(scene: Scene, newest: RecentRun | None = None) -> tuple[RecentRun, ...]:
    usual = [
        run(scene, "succeeded", ago=600.0 * (at + 1), duration_ms=10_000 + at) for at in range(5)
    ]
    return tuple(usual) if newest is None else (newest, *usual)


def fail(scene: Scene) -> None:
    failed = run(scene, "failed", ago=60, duration_ms=2_000, exit_code=1)
    put(scene, cronjob(recent_runs=runs(scene, failed)))


def succeed(scene: Scene) -> None:
    put(scene, cronjob(recent_runs=runs(scene)))


def hang(scene: Scene) -> None:
    put(scene, cronjob(active_jobs=1, recent_runs=runs(scene, run(scene, "running", ago=0))))


def fail_job(scene: Scene) -> None:
    scene.board.jobs.upsert(
        "agents/once",
        JobInfo(
            name="once",
            namespace="agents",
            cron_job_name="",
            status="failed",
            start_time=scene.clock.now() - timedelta(seconds=9),
            duration_ms=9_000,
            exit_code=3,
            reason="BackoffLimitExceeded",
        ),
    )


def forget_job(scene: Scene) -> None:
    scene.board.jobs.remove("agents/once")


def lost(state: str) -> Act:
    return lambda scene: scene.lose("pods", state)  # type: ignore[arg-type]  # a row's word


def lose_all(scene: Scene) -> None:
    for kind in ("pods", "cronjobs", "jobs"):
        scene.lose(kind, "late")
    scene.lose("events", "stale")


def find_all(scene: Scene) -> None:
    for kind in ("pods", "cronjobs", "jobs", "events"):
        scene.lose(kind, "live")


def unheard() -> Any:
    return bad(
        conditions=[
            condition("PodScheduled"),
            condition("ContainersReady"),
            condition("Ready", "False"),
        ]
    )


def unscheduled(scene: Scene) -> None:
    blocked = condition(
        "PodScheduled", "False", reason="Unschedulable", message="0/4 nodes are available"
    )
    raw = bad(phase="Pending", containerStatuses=[], conditions=[blocked])
    raw["metadata"]["creationTimestamp"] = scene.ago(0)
    raw["spec"].pop("nodeName")
    scene.show(raw)


def unready(scene: Scene) -> None:
    said = {"reason": "ContainersNotReady", "lastTransitionTime": scene.ago(0)}
    scene.show(
        bad(
            containerStatuses=[container(ready=False, state={"running": {}})],
            conditions=[
                condition("ContainersReady", "False", **said),
                condition("Ready", "False", message="containers with unready status", **said),
            ],
        )
    )


ROWS = (
    Row(
        "pod_crash_loop",
        "pod_crash_loop/agents/agent",
        showing(lambda: waits("CrashLoopBackOff", exitCode=2)),
        recover,
    ),
    Row("pod_image", "pod_image/agents/agent", showing(lambda: waits("ErrImagePull")), recover),
    Row(
        "pod_config",
        "pod_config/agents/agent",
        showing(lambda: waits("CreateContainerConfigError")),
        recover,
    ),
    Row("pod_unready", "pod_unready/agents/agent", unready, recover, 60.0, "warning", "degraded"),
    Row(
        "pod_pending",
        "pod_pending/agents/agent",
        unscheduled,
        recover,
        120.0,
        "warning",
        "degraded",
    ),
    Row(
        "pod_oom_killed",
        "pod_oom_killed/agents/agent",
        oom,
        nothing,
        0.0,
        "warning",
        "degraded",
        gone=616.0,
    ),
    Row(
        "pod_restarting",
        "pod_restarting/agents/agent",
        restart,
        nothing,
        0.0,
        "warning",
        "degraded",
        gone=613.0,
    ),
    Row(
        "pod_evicted",
        "pod_evicted/agents/agent",
        showing(lambda: bad(phase="Failed", reason="Evicted", conditions=[])),
        lambda scene: scene.hide(),
        0.0,
        "info",
        "healthy",
    ),
    Row(
        "node_lost",
        lost_node("eu-1"),
        showing(unheard),
        recover,
        others=frozenset({"pod_lost"}),
    ),
    Row(
        "pod_lost",
        "pod_lost/agents/agent",
        showing(unheard),
        recover,
        0.0,
        "warning",
        others=frozenset({"node_lost"}),
    ),
    Row("cronjob_failed", "cronjob_failed/agents/night", fail, succeed),
    Row(
        "cronjob_late",
        "cronjob_late/agents/night",
        keep(state="late", state_message="due at 02:00"),
        keep(),
        0.0,
        "warning",
        "degraded",
    ),
    Row("cronjob_missed", "cronjob_missed/agents/night", keep(state="missed"), keep()),
    Row("cronjob_stuck", "cronjob_stuck/agents/night", hang, succeed, 30.0, "warning", "degraded"),
    Row(
        "cronjobs_stopped",
        "cronjobs_stopped/*/cronjob-controller",
        stop,
        go_on,
        others=frozenset({"cronjob_missed", "cronjob_late"}),
    ),
    Row("cronjob_invalid", "cronjob_invalid/agents/night", keep(state="invalid"), keep()),
    Row(
        "job_failed",
        "job_failed/agents/once",
        fail_job,
        forget_job,
        0.0,
        "warning",
        "degraded",
    ),
    *(
        Row(
            f"source_{state}",
            f"source_{state}/agents/pods",
            lost(state),
            lost("live"),
            0.0,
            "warning",
            "degraded",
        )
        for state in ("stale", "forbidden", "absent", "error")
    ),
    Row(
        "cluster_lost",
        "cluster_lost/*/api-server",
        lose_all,
        find_all,
        0.0,
        "warning",
        "degraded",
        others=frozenset({"source_stale"}),
    ),
    Row(
        "clock_skew",
        "clock_skew/*/api-server",
        lambda scene: scene.incidents.skewed(5.1),
        lambda scene: scene.incidents.skewed(-5.0),
        0.0,
        "info",
        "healthy",
    ),
)


def test_every_kind_has_a_row() -> None:
    assert sorted(row.kind for row in ROWS) == sorted(kind.word for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_every_kind_is_documented(kind: Kind) -> None:
    page = (Path(__file__).parents[3] / "docs" / "incidents.md").read_text()
    assert f"| `{kind.word}` | {kind.severity} |" in page


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_a_row_appears_and_goes(row: Row) -> None:
    scene = Scene()
    scene.show(good())
    assert scene.states() == {}
    row.come(scene)
    if row.after:
        advance(scene, row.after - 2)
        assert row.key not in scene.states(), "it has not lasted long enough"
        advance(scene, 3)
    assert scene.told(row.key).state == "new"
    assert scene.word != "unhealthy"
    assert scene.health.summary.counts.critical == 0
    advance(scene, 13)
    assert scene.told(row.key).state == "new"
    advance(scene, 3)
    told = scene.told(row.key)
    assert (told.state, told.kind, told.severity) == ("active", row.kind, row.severity)
    assert told.title
    assert told.reason
    assert told.objects
    assert {one.kind for _, one in scene.board.incidents.items()} == {row.kind, *row.others}
    assert scene.word == row.word

    row.go(scene)
    advance(scene, row.gone - 5)
    assert scene.told(row.key).state == "active"
    assert scene.word == row.word
    advance(scene, 6)
    assert scene.told(row.key).state == "resolved"
    assert scene.word == "healthy"
    advance(scene, 590)
    assert scene.told(row.key).state == "resolved"
    assert row.kind not in {one.kind for one in scene.incidents.history}
    advance(scene, 15)
    assert row.key not in scene.states()
    assert row.kind in {one.kind for one in scene.incidents.history}


def advance(scene: Scene, seconds: float) -> None:
    """Time passes, and no proof mends what a row has done to a source."""
    for _ in range(round(seconds)):
        scene.clock.advance(1.0)
        scene.timer.advance()


def test_what_is_said_of_each() -> None:
    """The words are ours; the cluster's are in the message."""
    scene = Scene()
    scene.show(waits("CrashLoopBackOff", exitCode=2))
    told = scene.told("pod_crash_loop/agents/agent")
    assert told.title == "agent crashes again and again"
    assert told.reason == "The last run of a container ended with exit code 2."
    assert told.message == "told by the kubelet: CrashLoopBackOff"
    [pod] = told.objects
    assert (pod.kind, pod.namespace, pod.name) == ("Pod", "agents", "agent-x")
    assert [action.command for action in told.actions] == [
        "kubectl -n agents logs agent-x --all-containers --previous",
        "kubectl -n agents describe pod agent-x",
    ]


def test_the_scheduler_is_quoted() -> None:
    scene = Scene()
    unscheduled(scene)
    advance(scene, 121)
    assert scene.told("pod_pending/agents/agent").message == "0/4 nodes are available"


def test_a_pod_that_prepares_itself_is_said_to() -> None:
    scene = Scene()
    raw = bad(
        phase="Pending",
        conditions=[condition("PodScheduled")],
        containerStatuses=[container(state={"waiting": {"reason": "PodInitializing"}})],
        initContainerStatuses=[container("migrate", state={"running": {}})],
    )
    raw["spec"]["initContainers"] = [{"name": "migrate"}]
    scene.show(raw)
    scene.play(121)
    told = scene.told("pod_pending/agents/agent").reason
    assert told == "It waits for one of its init containers to end."
    # A sidecar among them does not end.
    raw["spec"]["initContainers"] = [{"name": "migrate", "restartPolicy": "Always"}]
    scene.show(raw)
    scene.play(2)
    told = scene.told("pod_pending/agents/agent").reason
    assert told == "It has a node, and has not started there."


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: bad(phase="Succeeded", conditions=[]), "it is finished"),
        (lambda: bad(phase="Failed", conditions=[]), "it is finished"),
        (lambda: good() | {"status": {"phase": "Running"}}, "nobody says that it is not ready"),
        (lambda: good() | {"status": {}}, "nobody says anything"),
        (lambda: good() | {"status": {"conditions": None, "containerStatuses": None}}, "null"),
    ],
    ids=["succeeded", "failed", "no conditions", "no status", "null fields"],
)
def test_such_a_pod_is_nobodys_trouble(make: Callable[[], Any], why: str) -> None:
    scene = Scene()
    scene.show(make())
    scene.play(90)
    assert scene.states() == {}, why


def test_a_pod_that_is_being_deleted_is_not_judged() -> None:
    scene = Scene()
    raw = waits("CrashLoopBackOff", exitCode=1)
    raw["metadata"]["deletionTimestamp"] = scene.ago(0)
    scene.show(raw)
    scene.play(90)
    assert scene.states() == {}


def test_a_pod_that_is_held_back_on_purpose_is_not_pending() -> None:
    scene = Scene()
    gate = condition("PodScheduled", "False", reason="SchedulingGated")
    scene.show(bad(phase="Pending", containerStatuses=[], conditions=[gate]))
    scene.play(200)
    assert scene.states() == {}


def test_a_pod_of_a_job_is_told_and_does_not_count() -> None:
    scene = Scene()
    scene.show(waits("ImagePullBackOff", owner=of("once", "Job")))
    scene.play(20)
    told = scene.told("pod_image/agents/once")
    assert (told.state, told.severity) == ("active", "info")
    assert scene.word == "healthy"


def test_a_missing_volume_is_a_missing_secret() -> None:
    scene = Scene()
    scene.show(bad(phase="Pending", containerStatuses=[], conditions=[condition("PodScheduled")]))
    text = 'MountVolume.SetUp failed for volume "login" : secret "agent-login" not found'
    scene.warn("FailedMount", text)
    scene.play(20)
    told = scene.told("pod_config/agents/agent")
    assert (told.state, told.message) == ("active", text)
    scene.play(200)
    assert scene.told("pod_pending/agents/agent").caused_by == "pod_config/agents/agent"
    scene.play(120)
    assert scene.told("pod_config/agents/agent").state == "resolved", "nobody says it any more"


@pytest.mark.parametrize(
    ("reason", "text", "ago"),
    [
        ("BackOff", 'secret "a" not found', 0.0),
        ("FailedMount", "timed out", 0.0),
        ("FailedMount", 'secret "a" not found', 301.0),
        (
            "FailedMount",
            'volume "v": driver name csi.example.com not found in the list of CSI drivers',
            0.0,
        ),
    ],
    ids=["another reason", "another trouble", "long ago", "a node that has just joined"],
)
def test_other_warnings_say_nothing(reason: str, text: str, ago: float) -> None:
    scene = Scene()
    scene.show(bad(phase="Pending", containerStatuses=[], conditions=[condition("PodScheduled")]))
    scene.warn(reason, text, ago=ago)
    assert scene.states() == {}


def test_a_volume_of_a_pod_of_the_same_name_before_is_another() -> None:
    scene = Scene()
    scene.warn("FailedMount", 'secret "a" not found')
    raw = bad(phase="Pending", containerStatuses=[], conditions=[condition("PodScheduled")])
    raw["metadata"]["uid"] = "another"
    scene.show(raw)
    assert scene.states() == {}


def test_a_failed_job_of_a_cronjob_is_the_cronjobs() -> None:
    scene = Scene()
    fail(scene)
    job = JobInfo(name="night-1", namespace="agents", cron_job_name="night", status="failed")
    scene.board.jobs.upsert("agents/night-1", job)
    scene.play(20)
    assert scene.active() == {"cronjob_failed/agents/night"}
    kinds = {one.kind for one in scene.told("cronjob_failed/agents/night").objects}
    assert kinds == {"CronJob", "Job"}


def test_a_later_success_ends_it_and_a_suspended_one_has_none() -> None:
    scene = Scene()
    fail(scene)
    scene.play(20)
    assert scene.word == "unhealthy"
    failed = run(scene, "failed", ago=120, exit_code=1)
    put(scene, cronjob(recent_runs=(run(scene, "running", ago=1), failed)))
    scene.play(OFF)
    assert scene.told("cronjob_failed/agents/night").state == "active", "one that runs is no end"
    put(scene, cronjob(suspended=True, state="suspended", recent_runs=(failed,)))
    scene.play(OFF)
    assert scene.told("cronjob_failed/agents/night").state == "resolved"


def test_four_successes_say_nothing_of_what_is_usual() -> None:
    scene = Scene()
    found = (run(scene, "running", ago=9_000), *runs(scene)[:4])
    put(scene, cronjob(recent_runs=found))
    scene.play(20)
    assert scene.states() == {}


def test_a_job_that_was_deleted_while_it_ran_is_not_stuck() -> None:
    scene = Scene()
    put(scene, cronjob(recent_runs=runs(scene, run(scene, "running", ago=900, deleted=True))))
    scene.play(20)
    assert scene.states() == {}


def test_values_that_say_little_are_no_trouble() -> None:
    scene = Scene()
    put(scene, cronjob(state=None, recent_runs=None, namespace=None))
    put(scene, cronjob(recent_runs=(RecentRun(name="a", status="running"),)))
    scene.board.jobs.upsert("agents/a", JobInfo(name="a", cron_job_name="", status="running"))
    scene.play(20)
    assert scene.states() == {}
    put(scene, cronjob(recent_runs=(RecentRun(name="a", status="failed"),)))
    scene.board.jobs.upsert(
        "agents/a", JobInfo(name="a", cron_job_name="", status="failed", namespace="agents")
    )
    assert scene.told("cronjob_failed/agents/night").reason.endswith("is not known.")
    assert scene.told("job_failed/agents/a").since == scene.clock.now()


def test_an_end_beyond_all_time_is_none() -> None:
    scene = Scene()
    start = scene.clock.now().replace(year=9999)
    job = JobInfo(
        name="a",
        namespace="agents",
        cron_job_name="",
        status="failed",
        start_time=start,
        duration_ms=10**15,
    )
    scene.board.jobs.upsert("agents/a", job)
    assert scene.told("job_failed/agents/a").since == scene.clock.now()


@pytest.mark.parametrize(
    "name",
    ["\\" * 253, '"' * 253, "\U0001f4a3" * 63, "a; rm -rf $HOME `id`", "{name}/{0}/../x"],
    ids=["backslashes", "quotes", "bombs", "shell", "braces and slashes"],
)
def test_names_that_no_api_server_gives(name: str) -> None:
    scene = Scene()
    awkward = name[:200] if name.isascii() and not set(name) & set(" /") else "agent-x"
    raw = waits("CrashLoopBackOff", awkward, of(name, "StatefulSet"), exitCode=1)
    lost = unheard()
    lost["metadata"]["name"] = "lost"
    for one in (raw, lost):
        one["spec"]["nodeName"] = name
        one["metadata"]["namespace"] = "\\" * 253
        scene.show(one)
    scene.play(20)
    kinds = {one.kind: one for _, one in scene.board.incidents.items()}
    assert {"pod_crash_loop", "node_lost"} <= set(kinds)
    told = kinds["pod_crash_loop"]
    assert told.title == f"{name} crashes again and again"
    [logs, *_] = [action.command or "" for action in told.actions]
    assert shlex.split(logs)[3:5] == ["logs", awkward]
    [describe, *_] = [action.command or "" for action in kinds["node_lost"].actions]
    assert shlex.split(describe) == ["kubectl", "describe", "node", name]
    assert scene.board.incidents.reads["summary"](told)
