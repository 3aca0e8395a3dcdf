"""An anonymous tape holds no name and no text of the cluster, and is a tape like any other."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.model import decode
from app.tape import Anonymiser, Header, Writer, open_tape
from app.tape.forms import MODELS
from app.tape.moments import Whole
from tests.tape.made import RECORDED, change, header, hello, line, remove, snapshot, upsert

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"k" * 32

# Two letters that no word of ours has side by side: what is found is a name, and no accident.
WORD = st.from_regex(r"[a-y][a-z0-9]{0,7}zq[a-z0-9]{0,7}[a-y0-9]", fullmatch=True)
NAME = st.lists(WORD, min_size=1, max_size=3).map("-".join)
TEXT = st.lists(WORD | st.text(max_size=9), max_size=4).map(" ".join)


@st.composite
def casts(draw: st.DrawFn) -> dict[str, str]:
    """One name for each role, and texts that repeat some of them."""
    cast = {role: draw(NAME) for role in ("cluster", "ns", "pod", "owner", "node", "job", "uid")}
    cast["text"] = f"{draw(TEXT)} {cast['pod']} on {cast['node']}: {draw(TEXT)}"
    return cast


def lines(cast: dict[str, str]) -> list[dict[str, Any]]:
    """Every field of every topic that can hold a name or a text."""
    ns, name, text = cast["ns"], cast["pod"], cast["text"]
    pod = {
        "name": name,
        "namespace": ns,
        "uid": cast["uid"],
        "owner": cast["owner"],
        "node": cast["node"],
        "phase": "Running",
        "reason": "CrashLoopBackOff",
        "message": text,
        "readyContainers": 0,
        "totalContainers": 1,
        "restartCount": 3,
        "createdAt": RECORDED,
    }
    run = {"name": cast["job"], "uid": cast["uid"], "status": "failed", "exitCode": 1}
    cronjob = {
        "name": cast["owner"],
        "namespace": ns,
        "schedule": text,
        "timeZone": "Europe/Berlin",
        "activeJobs": 0,
        "suspended": False,
        "state": "invalid",
        "stateMessage": text,
        "scheduleWords": text,
        "recentRuns": [run],
    }
    job = {
        "name": cast["job"],
        "cronJobName": cast["owner"],
        "namespace": ns,
        "uid": cast["uid"],
        "status": "failed",
        "reason": "BackoffLimitExceeded",
    }
    about = {"kind": "Pod", "namespace": ns, "name": name}
    warning = {
        "namespace": ns,
        "reason": text,
        "message": text,
        "object": about,
        "count": 1,
        "firstSeen": RECORDED,
        "lastSeen": RECORDED,
    }
    source = {
        "kind": "pods",
        "namespace": ns,
        "state": "forbidden",
        "objects": 1,
        "message": text,
        "missingRule": f"namespace: {ns}",
    }
    key = f"pod_crash_loop/{ns}/{cast['owner']}"
    incident = {
        "key": key,
        "kind": "pod_crash_loop",
        "severity": "critical",
        "state": "active",
        "title": text,
        "reason": text,
        "since": RECORDED,
        "lastChange": RECORDED,
        "count": 1,
        "objects": [about],
        "actions": [{"id": "log", "label": text, "command": f"kubectl logs {name}"}],
        "causedBy": key,
        "message": text,
    }
    health = {
        "status": "unhealthy",
        "reasons": [text],
        "counts": {"critical": 1, "warning": 0, "info": 0},
        "since": RECORDED,
    }
    strange = {name: text, "nested": [{name: text}]}
    return [
        hello(topics=[*MODELS, name], build=text, serverTime=RECORDED, more=strange),
        snapshot(1, "pods", {f"{ns}/{name}": pod | strange}, more=text),
        snapshot(1, "cronjobs", {f"{ns}/{cast['owner']}": cronjob}),
        snapshot(1, "jobs", {f"{ns}/{cast['job']}": job}),
        snapshot(1, "events", {f"{ns}/{cast['uid']}": warning}),
        snapshot(1, "sources", {f"pods/{ns}": source}),
        snapshot(1, "incidents", {key: incident}),
        snapshot(1, "health", {"current": health}),
        snapshot(1, name, {name: text}),
        line(1, "note", text=text),
        change(2, upsert("pods", f"{ns}/{name}", pod), upsert(name, name, strange)),
        change(3, remove("pods", f"{ns}/{name}"), remove("incidents", key)),
        line(
            4, "heartbeat", serverTime=RECORDED, seq=1, sources={f"pods/{ns}": VITAL}, more=strange
        ),
        line(5, "goodbye", reason="drain", retryMs=1000, more=text),
    ]


VITAL = {"state": "live", "ageMs": 10, "message": "zq"}


def anonymous(cast: dict[str, str]) -> bytes:
    """The whole tape as the recorder makes it."""
    anonymiser, file = Anonymiser(KEY), io.BytesIO()
    writer = Writer(file)
    first = decode(Header, json.dumps(header(cluster=cast["cluster"])).encode())
    writer.begin(anonymiser.header(first.model_copy(update={"build": cast["text"]})))
    for told in lines(cast):
        data = anonymiser.message(told["event"], told["data"])
        if data is not None:
            writer.write(told["t"], told["event"], data, anonymiser.id(cast["pod"]))
    writer.close()
    return file.getvalue()


@settings(deadline=None, max_examples=40)
@given(cast=casts())
def test_no_name_and_no_text_is_left(cast: dict[str, str]) -> None:
    told = gzip.decompress(anonymous(cast)).decode()
    assert told.count("\n") == 13
    for role, name in cast.items():
        assert name not in told, role
    words = {word for name in cast.values() for word in name.split("-") if "zq" in word}
    for word in words:
        assert word not in told
    assert "kubectl" not in told


CAST = {
    "cluster": "prod-eu",
    "ns": "agents",
    "pod": "queue-worker-7d9f8b6c5-x2k4j",
    "owner": "queue-worker",
    "node": "eu-agents-03",
    "job": "queue-worker-29926200",
    "uid": "9458a68b-b5b4-49bf-bd52-0ba9ca6c06c8",
    "text": "queue-worker is not well",
}


def test_it_can_be_replayed_and_hangs_together(tmp_path: Path) -> None:
    path = tmp_path / "tape"
    path.write_bytes(anonymous(CAST))
    tape = open_tape(path)
    assert tape.header.anonymised
    assert tape.header.build == "unknown"
    assert tape.header.cluster not in (None, "prod-eu")
    assert tape.namespaces is not None
    values: dict[str, Any] = {
        moment.what.topic: next(iter(moment.what.values.items()))
        for moment in tape.moments()
        if isinstance(moment.what, Whole)
    }
    (namespace,) = tape.namespaces
    key, pod = values["pods"]
    assert key == f"{namespace}/{pod.name}"
    assert pod.name.startswith(f"{pod.owner}-")
    assert (pod.phase, pod.reason, pod.restart_count) == ("Running", "CrashLoopBackOff", 3)
    assert pod.message is None
    _, cronjob = values["cronjobs"]
    _, job = values["jobs"]
    assert cronjob.name == pod.owner == job.cron_job_name
    assert cronjob.schedule == "(left out)"
    assert cronjob.time_zone == "Europe/Berlin"
    (run,) = cronjob.recent_runs
    assert (run.name, run.uid, run.status, run.exit_code) == (job.name, job.uid, "failed", 1)
    key, warning = values["events"]
    assert key == f"{namespace}/{job.uid}"
    assert (warning.reason, warning.message) == ("Other", "(left out)")
    assert (warning.object.kind, warning.object.name) == ("Pod", pod.name)
    _, source = values["sources"]
    assert (source.state, source.message, source.missing_rule) == ("forbidden", None, None)
    key, incident = values["incidents"]
    assert key == incident.key == incident.caused_by == f"pod_crash_loop/{namespace}/{pod.owner}"
    assert incident.objects[0].name == pod.name
    assert incident.actions == ()
    assert (incident.title, incident.reason) == ("pod crash loop", "(left out)")
    key, health = values["health"]
    assert (key, health.status, health.reasons) == ("current", "unhealthy", ("(left out)",))


def test_a_schedule_that_is_one_stays() -> None:
    told = {"name": "a", "schedule": "0 4 * * 1-5", "timeZone": "Nowhere/Atall", "activeJobs": 1}
    data = snapshot(0, "cronjobs", {"a/a": told})["data"]
    kept: Any = Anonymiser(KEY).message("snapshot", data)
    (item,) = kept["items"]
    assert item["value"].keys() == {"name", "schedule", "activeJobs"}
    assert item["value"]["schedule"] == "0 4 * * 1-5"
