"""Same seed, same film: whatever the machine and the audience do."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from app.demo.api.kinds import CRONJOBS, PODS
from app.demo.options import NAMESPACE, SCENARIOS, Options
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
