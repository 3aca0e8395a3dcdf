"""Same seed, same film: whatever the machine and the audience do."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from random import Random

import pytest

from app.demo.api.kinds import CRONJOBS, PODS
from app.demo.options import NAMESPACE, SCENARIOS, Options
from app.demo.scenarios import scenario_of
from app.demo.scenarios.acts import next_image
from app.demo.scenarios.agents import Agents
from tests.demo.film.worlds import START, Theatre

MINUTES = 3


def options(scenario: str, seed: int = 7) -> Options:
    pods = 24 if scenario == "large" else None
    return Options(scenario=scenario, pods=pods, seed=seed, start=START)


def played(scenario: str, steps: list[float], seed: int = 7) -> Theatre:
    theatre = Theatre(options(scenario, seed))
    for step in steps:
        theatre.play(step, step)
    return theatre


def irregular() -> list[float]:
    """As a loaded machine looks at its film: rarely, and late."""
    dice = Random(3)
    steps: list[float] = []
    while sum(steps) < MINUTES * 60:
        steps.append(dice.choice((0.001, 0.3, 2.0, 11.0, 47.0)))
    return [*steps[:-1], MINUTES * 60 - sum(steps[:-1])]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_two_plays_are_equal_however_late_the_machine_is(scenario: str) -> None:
    often = played(scenario, [0.05] * (MINUTES * 60 * 20))
    rarely = played(scenario, irregular())
    assert len(often.past) > 100
    assert often.past == rarely.past
    assert len(often.written) > 50
    # Every write, every timestamp, every name and every resourceVersion.
    assert often.written == rarely.written
    assert often.switches.turned == rarely.switches.turned


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# An Event's name ends with the nanosecond of its making.
NANOSECONDS = re.compile(r'"name": "([^"]+)\.[0-9a-f]{16}"')


def timeless(lines: list[str]) -> list[str]:
    """What was written, times aside: revisions, names and uids are compared."""
    return [NANOSECONDS.sub(r'"name": "\1"', TIME.sub("T", line)) for line in lines]


def words(theatre: Theatre) -> dict[tuple[str, str], list[tuple[timedelta, str]]]:
    """Every log, its times counted from the film's start."""
    source, start = theatre.world.api.logs, theatre.world.film.start
    assert source is not None
    return {
        (pod["metadata"]["name"], one["name"]): [
            (at - start, text)
            for at, text in source.lines(NAMESPACE, pod["metadata"]["name"], one["name"], False)
            or ()
        ]
        for pod in theatre.person.list(PODS, NAMESPACE)
        for one in pod["spec"]["containers"]
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(
    ("start", "now"),
    [
        pytest.param(START + timedelta(minutes=17, seconds=23), START, id="another-minute"),
        pytest.param(None, START + timedelta(days=40, seconds=8.734), id="now"),
    ],
)
def test_the_start_moves_times_and_nothing_else(
    scenario: str, start: datetime | None, now: datetime
) -> None:
    """CronJobs are left out: their slots are wall time."""
    seconds = 240.0 if scenario == "busy" else 90.0

    def film(start: datetime | None, now: datetime) -> Theatre:
        wanted = Options(
            scenario=scenario, pods=24 if scenario == "large" else None, seed=7, start=start
        )
        script = scenario_of(wanted)
        assert isinstance(script, Agents)
        script.rotas = ()
        theatre = Theatre(wanted, script, now)
        theatre.play(seconds - now.microsecond / 1e6 if start is None else seconds, 1.0)
        return theatre

    one, other = film(START, START), film(start, now)
    assert timeless(one.past) == timeless(other.past)
    assert len(one.written) > 30
    assert timeless(one.written) == timeless(other.written)
    assert one.written != other.written
    assert one.switches.turned == other.switches.turned
    assert sum(map(len, words(one).values())) > 10
    assert words(one) == words(other)


def test_a_release_is_the_next_image() -> None:
    theatre = played("busy", [1.0] * 300)
    releases = [line for line in theatre.written if line.startswith("ADDED replicasets")]
    assert any("gateway:2.14.2" in one or "agent:0.42.1" in one for one in releases)


@pytest.mark.parametrize(
    ("image", "after"),
    [
        ("registry.example.com/agent:0.42.9", "registry.example.com/agent:0.42.10"),
        ("agent:7", "agent:8"),
        ("agent:latest", "agent:latest-1"),
        ("agent", "agent:1"),
        ("localhost:5000/agent", "localhost:5000/agent:1"),
        ("agent:v2@sha256:0011", "agent:v3"),
    ],
)
def test_the_image_after_an_image(image: str, after: str) -> None:
    assert next_image(image) == after


def test_another_seed_is_another_film() -> None:
    assert played("busy", [60.0], seed=1).written != played("busy", [60.0], seed=2).written


# What the audience moves: the order of writes in the whole cluster, and so their numbers.
NUMBERS = re.compile(r'"resourceVersion": "\d+"')


def without_numbers(theatre: Theatre, name: str) -> list[str]:
    """What was written, less the numbers of revisions and all that is about `name`."""
    return [NUMBERS.sub("", line) for line in theatre.written if name not in line]


def test_the_audience_does_not_change_the_film() -> None:
    alone = played("busy", [1.0] * 90)
    watched = Theatre(options("busy"))
    for second in range(90):
        if second == 10:
            watched.person.create(PODS, visitor("visitor-pod"))
        if second == 25:
            made = watched.person.get(CRONJOBS, NAMESPACE, "weekly-cleanup")
            watched.person.patch(
                CRONJOBS,
                NAMESPACE,
                made["metadata"]["name"],
                {"metadata": {"labels": {"visitor": "yes"}}},
            )
        if second == 40:
            watched.person.delete(PODS, NAMESPACE, "visitor-pod")
        watched.play(1.0, 1.0)
    assert any("visitor-pod" in line for line in watched.written)
    assert without_numbers(alone, "visitor") == without_numbers(watched, "visitor")


def visitor(name: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"containers": [{"name": "main", "image": "visitor:1"}]},
    }


def test_what_comes_from_outside_has_names_of_its_own() -> None:
    """Two plays with the same visit: the film is the same, the visitor's uid is not."""

    def visited() -> tuple[Theatre, str]:
        theatre = Theatre(options("calm"))
        made = theatre.person.create(PODS, visitor("visitor-pod"))
        theatre.play(30.0)
        return theatre, made["metadata"]["uid"]

    (first, uid), (second, other) = visited(), visited()
    assert uid != other
    assert without_numbers(first, "visitor") == without_numbers(second, "visitor")


def test_a_pinned_start_is_the_time_of_everything() -> None:
    theatre = played("busy", [60.0])
    assert theatre.world.film.start == START
    stamps = {
        json.loads(line.split(" ", 2)[2])["metadata"]["creationTimestamp"]
        for line in theatre.written
        if line.startswith("ADDED")
    }
    assert min(stamps) >= "2026-11-23T13:03:00Z"
    assert max(stamps) <= "2026-11-23T13:04:00Z"


def test_speed_divides_what_is_scripted_and_leaves_the_schedules() -> None:
    slow, fast = (
        Theatre(Options(scenario="busy", seed=7, start=START, speed=speed)) for speed in (1.0, 6.0)
    )

    def sweeps(theatre: Theatre) -> list[str]:
        return [
            json.loads(line.split(" ", 2)[2])["metadata"]["name"]
            for line in theatre.written
            if line.startswith("ADDED jobs") and "queue-sweep" in line
        ]

    for theatre in (slow, fast):
        theatre.play(65.0)
    assert sweeps(slow) == sweeps(fast)
    assert len(sweeps(fast)) == 2
    assert len(fast.written) > 2 * len(slow.written)
