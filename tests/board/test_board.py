from __future__ import annotations

import json
from typing import Any, cast

import pytest

from app.board import WATCHED, Board, Watched
from app.cluster.metadata import Owner, RawObject
from app.cluster.projection import Projection, Resource
from app.cluster.projections.cronjobs import CRON_JOBS, CronJobRecord, cron_job_info
from app.cluster.projections.events import WARNINGS
from app.cluster.projections.jobs import JOBS
from app.cluster.projections.pods import PODS
from app.model import ObjectReference, Source
from app.stream import Dialect, Frame, Hub
from tests.cluster.projections.raw import (
    condition,
    container,
    metadata,
    owned_by,
    page,
    pod,
    running,
    terminated,
    waiting,
)
from tests.fakes.clock import ManualClock

Json = dict[str, Any]

FAILED = {"conditions": [condition("Failed", reason="BackoffLimitExceeded")]}


@pytest.fixture
def hub() -> Hub:
    return Hub(ManualClock())


@pytest.fixture
def board(hub: Hub) -> Board:
    return Board(hub)


def read(projection: Projection[object], *raws: Json) -> dict[str, object]:
    found = projection.page(page(*raws))
    assert found.unreadable == ()
    return {item.key: item.record for item in found.items}


def job(name: str, uid: str, status: Json | None = None, **fields: Any) -> Json:
    return {"metadata": metadata(name, uid=uid, **fields), "spec": {}, "status": status or FAILED}


def job_pod(name: str, uid: str, code: int | None, **fields: Any) -> Json:
    state = running() if code is None else terminated(code)
    return pod(
        name,
        status={"phase": "Running", "containerStatuses": [container(**state)]},
        **owned_by("Job", "sync", uid),
        **fields,
    )


def shown(board: Board, audience: str, kind: str, key: str) -> Json:
    topic = board.values(kind)
    value = topic.get(key)
    assert value is not None
    found: Json = json.loads(topic.reads[audience](value))
    return found


def test_the_wall_has_these_topics_for_these_readers(hub: Hub, board: Board) -> None:
    ours = ("sources", "incidents", "health")
    assert hub.readable("detail") == ("pods", "cronjobs", "jobs", "events", *ours)
    # A warning's text is whatever a controller wrote: no wall shows it.
    assert hub.readable("summary") == ("pods", "cronjobs", "jobs", *ours)
    assert hub.readable("none") == ()
    assert [kind.projection for kind in board.watched] == [PODS, CRON_JOBS, JOBS, WARNINGS]


def test_values_follow_records_in_the_same_batch(hub: Hub, board: Board) -> None:
    sink = board.sink("pods", "agents")
    ((key, record),) = read(PODS, pod("agent")).items()
    with hub.batch():
        sink.upsert(key, record)
        assert board.records(PODS).get(key) is record
        value = board.pods.get(key)
        assert value is not None
        assert (value.name, value.phase) == ("agent", "Running")
        sink.remove(key)
        assert key not in board.pods


def test_an_unchanged_record_changes_nothing(hub: Hub, board: Board) -> None:
    sink = board.sink("pods", "agents")
    ((key, record),) = read(PODS, pod("agent")).items()
    sink.upsert(key, record)
    before = hub.seq
    ((_, same),) = read(PODS, pod("agent", resourceVersion="8")).items()
    sink.upsert(key, same)
    sink.replace({key: same})
    sink.bookmark()
    assert hub.seq == before


def test_a_record_may_change_without_what_is_shown(hub: Hub, board: Board) -> None:
    sink = board.sink("pods", "agents")
    sink.replace(read(PODS, pod("agent")))
    value = board.pods.get("agents/agent")
    sink.replace(read(PODS, pod("agent", labels={"tier": "night"})))
    assert board.pods.get("agents/agent") is value


def test_a_source_replaces_its_own_namespace_only(board: Board) -> None:
    ours, theirs = board.sink("pods", "agents"), board.sink("pods", "agents-2")
    ours.replace(read(PODS, pod("a"), pod("b")))
    theirs.replace(read(PODS, pod("c", namespace="agents-2")))
    ours.replace(read(PODS, pod("b")))
    assert {key for key, _ in board.pods.items()} == {"agents/b", "agents-2/c"}


def test_a_source_of_all_namespaces_replaces_everything(board: Board) -> None:
    sink = board.sink("pods", None)
    sink.replace(read(PODS, pod("a"), pod("c", namespace="other")))
    sink.replace(read(PODS, pod("c", namespace="other")))
    assert {key for key, _ in board.pods.items()} == {"other/c"}


def test_a_topic_is_synced_once_each_of_its_sources_is_settled(board: Board) -> None:
    first, second = board.sink("pods", "a"), board.sink("pods", "b")
    board.sink("pods", "c")
    board.sink("jobs", "a").synced()
    first.synced()
    second.synced()
    # Jobs show exit codes of pods and still do not wait for them.
    assert synced(board) == ["jobs"]
    board.settle("pods", "c")
    assert synced(board) == ["pods", "jobs"]
    assert board.records(PODS).synced


def test_sources_are_known_from_the_first_moment(board: Board) -> None:
    assert board.sources.synced
    board.sources.upsert("pods/a", Source(kind="pods", namespace="a", state="live", objects=3))
    assert board.sources.visible("pods/a", frozenset({"a"}))
    assert not board.sources.visible("pods/a", frozenset({"b"}))
    assert board.sources.visible("pods/*", frozenset({"b"}))


def test_the_summary_audience_reads_no_message_and_no_node(board: Board) -> None:
    stuck = container(**waiting("ErrImagePull", "pull of private/image failed"))
    raw = pod(
        spec={"nodeName": "node-1", "containers": [{"name": "main"}]},
        status={"phase": "Pending", "containerStatuses": [stuck]},
    )
    board.sink("pods", "agents").replace(read(PODS, raw))
    detail = shown(board, "detail", "pods", "agents/agent")
    summary = shown(board, "summary", "pods", "agents/agent")
    assert (detail["message"], detail["node"]) == ("pull of private/image failed", "node-1")
    assert summary["reason"] == "ErrImagePull"
    assert {"message", "node"} & summary.keys() == set()


def test_cron_jobs_jobs_and_sources_have_their_summaries(board: Board) -> None:
    raw = {"metadata": metadata("nightly"), "spec": {"schedule": "@daily"}}
    ((key, record),) = read(CRON_JOBS, raw).items()
    board.cronjobs.upsert(key, cron_job_info(cast("CronJobRecord", record)))
    board.sink("jobs", "agents").replace(read(JOBS, job("sync", "u")))
    board.sources.upsert(
        "pods/a",
        Source(kind="pods", namespace="a", state="error", objects=0, message="secret"),
    )
    assert shown(board, "summary", "cronjobs", "agents/nightly")["schedule"] == "@daily"
    assert shown(board, "summary", "jobs", "agents/sync")["status"] == "failed"
    source = board.sources.get("pods/a")
    assert source is not None
    assert b"secret" in board.sources.reads["detail"](source)
    assert b"secret" not in board.sources.reads["summary"](source)


def test_a_derived_value_is_written_by_who_derives_it(board: Board) -> None:
    raw = {"metadata": metadata("nightly"), "spec": {"schedule": "@daily"}}
    sink = board.sink("cronjobs", "agents")
    sink.replace(read(CRON_JOBS, raw))
    sink.synced()
    assert (len(board.records(CRON_JOBS)), len(board.cronjobs)) == (1, 0)
    assert board.cronjobs.synced
    assert [kind.projection for kind in board.watched if kind.derived] == [CRON_JOBS]


def test_a_warning_is_kept_by_uid(board: Board) -> None:
    raw = {"metadata": metadata("agent.17", uid="u-9"), "reason": "BackOff", "message": "m"}
    board.sink("events", "agents").replace(read(WARNINGS, raw))
    value = board.events.get("agents/u-9")
    assert value is not None
    assert value.reason == "BackOff"


def synced(board: Board) -> list[str]:
    topics = (board.pods, board.cronjobs, board.jobs, board.events)
    return [topic.name for topic in topics if topic.synced]


def exit_code(board: Board, key: str = "agents/sync") -> int | None:
    value = board.jobs.get(key)
    assert value is not None
    return value.exit_code


def test_a_job_learns_its_exit_code_from_its_pod_in_one_batch(hub: Hub, board: Board) -> None:
    jobs, pods = board.sink("jobs", "agents"), board.sink("pods", "agents")
    jobs.replace(read(JOBS, job("sync", "u-1")))
    assert exit_code(board) is None
    with hub.batch():
        pods.replace(read(PODS, job_pod("sync-a", "u-1", 57)))
        assert exit_code(board) == 57
    newer = job_pod("sync-b", "u-1", 2, creationTimestamp="2026-01-01T09:05:00Z")
    pods.replace(read(PODS, job_pod("sync-a", "u-1", 57), newer))
    assert exit_code(board) == 2
    pods.remove("agents/sync-b")
    assert exit_code(board) == 57
    pods.replace({})
    assert exit_code(board) is None


def test_pods_may_be_known_before_their_job(board: Board) -> None:
    board.sink("pods", "agents").replace(read(PODS, job_pod("sync-a", "u-1", 3)))
    jobs = board.sink("jobs", "agents")
    jobs.replace(read(JOBS, job("sync", "u-1")))
    assert exit_code(board) == 3
    jobs.replace({})
    assert len(board.jobs) == 0


def test_a_pod_belongs_by_uid_never_by_name(board: Board) -> None:
    board.sink("pods", "agents").replace(read(PODS, job_pod("sync-a", "u-1", 3)))
    jobs = board.sink("jobs", "agents")
    jobs.replace(read(JOBS, job("sync", "u-1")))
    # The same name again is another Job: the old one's pods are not its own.
    jobs.replace(read(JOBS, job("sync", "u-2")))
    assert exit_code(board) is None
    board.sink("pods", "agents").upsert(*one(PODS, job_pod("sync-a", "u-2", 4)))
    assert exit_code(board) == 4


def test_only_jobs_own_the_pods_of_jobs(board: Board) -> None:
    jobs, pods = board.sink("jobs", "agents"), board.sink("pods", "agents")
    jobs.replace(read(JOBS, job("sync", "u-1")))
    ended = {"containerStatuses": [container(**terminated(3))]}
    pods.replace(read(PODS, pod("a", status=ended, **owned_by("ReplicaSet", "sync", "u-1"))))
    assert exit_code(board) is None


def one(projection: Projection[object], raw: Json) -> tuple[str, object]:
    ((key, record),) = read(projection, raw).items()
    return key, record


class Page:
    """A reader that always keeps up."""

    dialect: Dialect = "websocket"
    stepped = True

    def __init__(self) -> None:
        self.messages: list[Json] = []

    def try_write(self, frame: Frame) -> int:
        self.messages.append(json.loads(frame.websocket))
        return len(frame.websocket)

    async def write(self, frame: Frame) -> int:
        return self.try_write(frame)

    async def close(self, reason: str) -> None:
        """Nothing to close."""

    def abort(self) -> None:
        """Nothing to abort."""

    def progress(self) -> int:
        return len(self.messages)


async def test_a_reader_gets_a_pod_and_its_job_in_one_event(hub: Hub, board: Board) -> None:
    jobs, pods = board.sink("jobs", "agents"), board.sink("pods", "agents")
    jobs.replace(read(JOBS, job("sync", "u-1")))
    for sink in (jobs, pods):
        sink.synced()
    page = Page()
    hub.attach(topics=["pods", "jobs"], namespaces=["agents"], audience="summary", writer=page)
    page.messages.clear()
    pods.upsert(*one(PODS, job_pod("sync-a", "u-1", 57)))
    hub.flush()
    (message,) = page.messages
    assert message["event"] == "change"
    assert [(change["topic"], change["key"]) for change in message["data"]["changes"]] == [
        ("pods", "agents/sync-a"),
        ("jobs", "agents/sync"),
    ]


def test_a_kind_without_namespaces_is_visible_to_every_choice_of_them(hub: Hub) -> None:
    wide = Projection(
        "wides",
        Resource("", "v1", "wides", "Wide", namespaced=False),
        RawObject,
        lambda raw: Owner("Wide", raw["metadata"]["name"], raw["metadata"]["uid"], controller=True),
    )
    line = Watched(
        wide, lambda owner: ObjectReference(kind=owner.kind, name=owner.name), summary=None
    )
    board = Board(hub, (line,))
    board.sink("wides", None).replace(read(wide, {"metadata": metadata("w", namespace=None)}))
    assert dict(board.values("wides").items()) == {"w": ObjectReference(kind="Wide", name="w")}
    assert board.values("wides").visible("w", frozenset({"agents"}))


def test_a_kind_that_owns_another_needs_it_on_the_board(hub: Hub) -> None:
    with pytest.raises(KeyError):
        Board(hub, [kind for kind in WATCHED if kind.projection is JOBS])
