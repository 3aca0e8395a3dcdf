"""What each scenario shows, as somebody with kubectl sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.demo.api.kinds import CRONJOBS, DEPLOYMENTS, EVENTS, JOBS, NODES, PODS
from app.demo.api.tables import table
from app.demo.options import NAMESPACE, Options, OptionsError
from tests.demo.film.worlds import START, Theatre

if TYPE_CHECKING:
    from app.demo.api.kinds import Json, Kind


def theatre_of(scenario: str, pods: int | None = None, speed: float = 1.0) -> Theatre:
    return Theatre(Options(scenario=scenario, pods=pods, seed=1, start=START, speed=speed))


def rows(theatre: Theatre, kind: Kind) -> dict[str, list[str]]:
    """kubectl's cells by name."""
    listed = theatre.person.list(kind, NAMESPACE if kind.namespaced else None)
    found = table(kind, listed, theatre.world.film.now())["rows"]
    return {row["cells"][0]: [str(cell) for cell in row["cells"]] for row in found}


def states(theatre: Theatre, kind: Kind) -> list[str]:
    """STATUS of every pod or Job that was ever written, in order."""
    found = []
    for line in theatre.written:
        verb, plural, text = line.split(" ", 2)
        if plural == kind.plural and verb != "DELETED":
            one = json.loads(text)
            [row] = table(kind, [one], theatre.world.film.now())["rows"]
            found.append(row["cells"][2 if kind is PODS else 1])
    return found


@pytest.mark.parametrize("scenario", ["calm", "busy", "outage", "late-cron"])
def test_the_cast_is_there_from_the_start(scenario: str) -> None:
    theatre = theatre_of(scenario)
    pods = rows(theatre, PODS)
    # A long run of late-cron may be going on beside it.
    running = [
        cells
        for name, cells in pods.items()
        if cells[2] == "Running" and not name.startswith("index-refresh-")
    ]
    assert len(running) == 41
    assert all(cells[1] in {"1/1", "2/2"} for cells in running)
    assert {cells[2] for cells in pods.values()} <= {"Running", "Completed", "Error"}
    assert {name: cells[1] for name, cells in rows(theatre, DEPLOYMENTS).items()} == {
        "agent": "6/6",
        "cache": "4/4",
        "gateway": "4/4",
        "index": "3/3",
        "runner": "8/8",
        "worker": "16/16",
    }
    assert [cells[1] for cells in rows(theatre, NODES).values()] == ["Ready"] * 4
    # They have been there for a while, and their CronJobs have run.
    ages = {cells[4] for cells in running}
    assert {"58d", "32d", "12d", "6d", "19h"} <= ages
    cron_jobs = rows(theatre, CRONJOBS)
    assert {"auth-check", "cache-prune", "report", "nightly-tests"} <= set(cron_jobs)
    for name, cells in cron_jobs.items():
        assert (cells[5] == "<none>") == (name == "weekly-cleanup")
    zones = {one["metadata"]["name"]: one["spec"].get("timeZone") for one in theatre_jobs(theatre)}
    assert zones["report"] == "America/New_York"


def theatre_jobs(theatre: Theatre) -> list[Json]:
    return theatre.person.list(CRONJOBS, NAMESPACE)


def test_the_past_leaves_only_the_events_of_its_last_hour() -> None:
    theatre = theatre_of("calm")
    events = theatre.person.list(EVENTS, NAMESPACE)
    assert events
    assert min(one["metadata"]["creationTimestamp"] for one in events) >= "2026-11-23T12:03:00Z"


def test_busy_shows_within_a_minute_most_of_what_can_happen() -> None:
    theatre = theatre_of("busy")
    theatre.play(60.0)
    pods, jobs = states(theatre, PODS), states(theatre, JOBS)
    # A pod dies and returns.
    assert "OOMKilled" in pods
    assert "Running" in pods[pods.index("OOMKilled") :]
    assert "Terminating" in pods
    assert "ContainerCreating" in pods
    assert "CrashLoopBackOff" in pods
    # A Job runs and succeeds, another one fails.
    assert jobs.index("Running") < jobs.index("Complete")
    assert "Failed" in jobs
    # A CronJob fires.
    assert any("Created job queue-sweep-" in line for line in theatre.written)
    # One pod too few here and there, and never a heap of wrecks.
    unready = [cells for cells in rows(theatre, DEPLOYMENTS).values() if cells[1] == "0/0"]
    assert unready == []


def test_busy_goes_on_and_does_not_wear_out() -> None:
    """Twenty minutes of it: as many pods as at the beginning, and nothing piles up."""
    theatre = theatre_of("busy")
    theatre.play(1_200.0, 15.0)
    pods = rows(theatre, PODS)
    running = [cells for cells in pods.values() if cells[2] == "Running"]
    assert 38 <= len(running) <= 46
    assert len(pods) < 90
    assert len(rows(theatre, JOBS)) < 50
    assert len(theatre.person.list(EVENTS, NAMESPACE)) < 1_500
    pods_written = [line for line in theatre.written if line.startswith("MODIFIED pods")]
    for reason in ("ErrImagePull", "ImagePullBackOff"):
        assert any(f'"reason": "{reason}"' in line for line in pods_written)
    revisions = [
        one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        for one in theatre.person.list(DEPLOYMENTS, NAMESPACE)
    ]
    assert max(map(int, revisions)) > 1


def test_calm_is_calm() -> None:
    theatre = theatre_of("calm")
    theatre.play(2_000.0, 5.0)
    assert set(states(theatre, PODS)) <= {
        "Pending",
        "ContainerCreating",
        "Running",
        "Completed",
        "Terminating",
    }
    assert "Failed" not in states(theatre, JOBS)
    assert all(int(cells[3].split()[0]) == 0 for cells in rows(theatre, PODS).values())
    assert any("Created job auth-check-" in line for line in theatre.written)


def test_outage_turns_the_switches_and_loses_a_node() -> None:
    theatre = theatre_of("outage")
    theatre.play(100.0)
    nodes = {name: cells[1] for name, cells in rows(theatre, NODES).items()}
    assert nodes["eu-agents-03"] == "NotReady"
    theatre.play(50.0)
    assert theatre.switches.turned == [("refuse", {"seconds": 20.0})]
    stuck = [cells for cells in rows(theatre, PODS).values() if cells[2] == "Terminating"]
    assert stuck
    theatre.play(40.0)
    assert {cells[1] for cells in rows(theatre, NODES).values()} == {"Ready"}
    assert [cells[1] for cells in rows(theatre, DEPLOYMENTS).values()].count("16/16") == 1
    assert not [cells for cells in rows(theatre, PODS).values() if cells[2] == "Terminating"]
    theatre.play(120.0)
    assert theatre.switches.turned[1:] == [
        ("restart", {"seconds": 3.0}),
        ("forbidden", {"seconds": 30.0, "resource": "cronjobs.batch"}),
    ]


def test_each_outage_loses_a_node_on_which_pods_are() -> None:
    theatre = theatre_of("outage")
    lost: list[str] = []
    for _ in range(4):
        theatre.play(100.0, 1.0)
        for name, cells in rows(theatre, NODES).items():
            if cells[1] == "NotReady":
                lost.append(name)
        theatre.play(200.0, 1.0)
    assert lost == ["eu-agents-03", "eu-agents-01", "eu-agents-04", "eu-agents-02"]
    evicted = [line for line in theatre.written if "TaintManagerEviction" in line]
    assert len(evicted) > 4
    resources = [told["resource"] for name, told in theatre.switches.turned if name == "forbidden"]
    assert resources == ["cronjobs.batch", "jobs.batch"] * 2


def started(theatre: Theatre) -> dict[str, list[str]]:
    """The Jobs that were made since the last look, by CronJob: their names."""
    found: dict[str, list[str]] = {}
    for line in theatre.written:
        if line.startswith("ADDED jobs"):
            name = json.loads(line.split(" ", 2)[2])["metadata"]["name"]
            found.setdefault(name.rpartition("-")[0], []).append(name)
    theatre.written.clear()
    return found


def test_late_cron_hangs_its_controller_for_half_of_the_time() -> None:
    theatre = theatre_of("late-cron")
    theatre.play(20.5)
    started(theatre)
    for _ in range(2):
        # Two slots of mail-digest and four of token-check pass, and nothing is started.
        theatre.play(239.0)
        assert started(theatre) == {}
        # Made up for: once, and not what is past its deadline.
        theatre.play(1.0)
        found = started(theatre)
        assert {name: len(jobs) for name, jobs in found.items()}["mail-digest"] == 1
        assert "token-check" not in found
        # Then all is as it should be, until it hangs again.
        theatre.play(238.0)
        found = started(theatre)
        assert len(found["token-check"]) == 4
        assert len(found["mail-digest"]) == 2
        assert found["index-refresh"]
        theatre.play(2.0)
        started(theatre)
    assert all(job[1] == "Complete" for job in rows(theatre, JOBS).values() if job[1] != "Running")


def test_no_speed_shortens_how_long_the_controller_hangs() -> None:
    theatre = theatre_of("late-cron", speed=20.0)
    theatre.play(1.5)
    started(theatre)
    theatre.play(239.0)
    assert started(theatre) == {}
    theatre.play(1.0)
    assert "mail-digest" in started(theatre)


def test_the_speed_shortens_an_outage() -> None:
    theatre = theatre_of("outage", speed=10.0)
    theatre.play(10.0)
    assert theatre.switches.turned[0] == ("refuse", {"seconds": 2.0})


@pytest.mark.parametrize("pods", [None, 1, 130])
def test_large_keeps_as_many_pods_as_it_is_told(pods: int | None) -> None:
    theatre = theatre_of("large", pods)
    wanted = pods or 500
    fleet = [pod for pod in rows(theatre, PODS) if pod.startswith("fleet-")]
    assert len(fleet) == wanted
    before = len(theatre.written)
    theatre.play(30.0)
    assert len(theatre.written) > before + (30 if wanted > 1 else 5)
    theatre.play(30.0)
    ready = sum(int(cells[1].split("/")[0]) for cells in rows(theatre, DEPLOYMENTS).values())
    assert wanted * 0.9 - 1 <= ready <= wanted


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"scenario": "party"}, "there is no scenario 'party'"),
        ({"scenario": "calm", "pods": 3}, "only the scenario large"),
        ({"scenario": "large", "pods": 0}, "from 1 to 10000"),
        ({"scenario": "large", "pods": 10_001}, "from 1 to 10000"),
        ({"speed": 0.0}, "the speed is from"),
        ({"start": START.replace(tzinfo=None)}, "the start is a time with its offset"),
        ({"cluster_name": ""}, "one printable word"),
        ({"cluster_name": "two words"}, "one printable word"),
        ({"cluster_name": "x" * 64}, "one printable word"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, object], text: str) -> None:
    with pytest.raises(OptionsError, match=text):
        Options(**options)  # type: ignore[arg-type]
