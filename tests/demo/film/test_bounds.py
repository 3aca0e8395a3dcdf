"""What a cluster holds is bounded by what is in it, not by what has ever been."""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from datetime import timedelta
from random import Random
from types import BuiltinFunctionType, FunctionType, ModuleType

from app.demo.api.client import Client
from app.demo.api.kinds import EVENTS, PODS
from app.demo.api.rules import controller
from app.demo.controllers.recorder import FEW, Recorder
from app.demo.film.film import Film
from app.demo.film.identities import FilmIdentities
from app.demo.options import Options
from tests.demo.film.things import pod
from tests.demo.film.worlds import NAMESPACE, START, Theatre, empty
from tests.fakes.clock import ManualClock

MINUTE = 60.0
ELSEWHERE = {"Event", "Stored", "_Written"}
"""The store's history and the Events of an hour, which fill up to bounds of their own."""


def census(root: object) -> Counter[str]:
    """How many there are of each kind of thing of ours, and of chance, from `root` on."""
    seen: set[int] = {id(root)}
    ahead: list[object] = [root]
    found: Counter[str] = Counter()
    while ahead:
        one = ahead.pop()
        kind = type(one)
        if kind is Random or kind.__module__.startswith("app.demo."):
            found[kind.__name__] += 1
        # Of a function what it encloses; its globals would be the whole process.
        related = [one.__closure__] if isinstance(one, FunctionType) else gc.get_referents(one)
        for other in related:
            if id(other) not in seen and not isinstance(
                other, type | ModuleType | BuiltinFunctionType | str | bytes | int | float
            ):
                seen.add(id(other))
                ahead.append(other)
    return found


def test_what_is_gone_leaves_nothing_behind() -> None:
    """A busy cluster holds after half an hour what it held after ten minutes."""
    theatre = Theatre(Options(scenario="busy", seed=7, start=START))
    theatre.play(10 * MINUTE, 30.0)
    before = census(theatre.world)
    assert before["PodWorker"] > 40, "the census does not find what there is"
    theatre.written.clear()
    theatre.play(20 * MINUTE, 30.0)
    gone = sum(line.startswith("DELETED pods") for line in theatre.written)
    assert gone > 60, "nothing has come and gone"
    grown = {
        name: (before[name], count)
        for name, count in census(theatre.world).items()
        if name not in ELSEWHERE and count > before[name] * 1.25 + 10
    }
    assert grown == {}


def test_names_of_twelve_hours_are_not_remembered() -> None:
    film = Film(ManualClock(), seed=5)
    names = FilmIdentities(film)

    def name(count: int) -> None:
        for number in range(count):
            film.play_until(film.now() + timedelta(hours=12) / count)
            with film.scene(f"kubelet agents/pod-{number}"):
                names.uid()

    name(100)
    tracemalloc.start()
    try:
        name(5_000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 50_000


def test_a_recorder_remembers_no_event_longer_than_it_is_kept() -> None:
    theatre = empty()
    about = theatre.person.create(PODS, pod("p"))
    film = theatre.world.film
    recorder = Recorder(film, Client(theatre.world.api, controller("test")), "test")
    theatre.play(MINUTE)
    for number in range(12 * 60):
        film.play_until(film.now() + timedelta(minutes=1))
        with film.scene("test"):
            recorder.normal(about, "Told", f"{number}")
        if number % 60 == 59:
            assert 0 < census(recorder)["_Written"] <= FEW + 10, number
    told = [one["message"] for one in theatre.person.list(EVENTS, NAMESPACE)]
    assert "719" in told
