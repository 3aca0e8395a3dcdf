"""The film alone: order, time, speed, and what a cue may do."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.film.film import Film
from app.demo.film.identities import ALPHABET, FilmIdentities, Identities
from tests.fakes.clock import START, LoopClock, ManualClock


def at(film: Film) -> float:
    """Seconds since the film's start."""
    return (film.now() - film.start).total_seconds()


def begun(clock: ManualClock, **kwargs: float) -> Film:
    film = Film(clock, **kwargs)  # type: ignore[arg-type]
    film.begin()
    return film


@given(
    delays=st.lists(st.integers(0, 20), min_size=1, max_size=30),
    steps=st.lists(st.integers(1, 9), min_size=20, max_size=20),
)
def test_cues_are_played_in_order_at_their_own_time(delays: list[int], steps: list[int]) -> None:
    clock = ManualClock()
    film = begun(clock)
    played: list[tuple[float, int]] = []
    for number, delay in enumerate(delays):
        film.at(delay, "s", lambda number=number: played.append((at(film), number)))  # type: ignore[misc]
    for step in steps:
        clock.advance(step)
        film.play_due()
    assert played == sorted((float(delay), number) for number, delay in enumerate(delays))


def test_a_cue_made_by_a_cue_counts_from_that_ones_time() -> None:
    clock = ManualClock()
    film = begun(clock)
    times: list[float] = []

    def again() -> None:
        times.append(at(film))
        if len(times) < 4:
            film.at(2.0, "s", again)

    film.at(1.0, "s", again)
    clock.advance(100.0)
    film.play_due()
    assert times == [1.0, 3.0, 5.0, 7.0]
    assert at(film) == 100.0


def test_speed_divides_delays_and_leaves_wall_times() -> None:
    clock = ManualClock()
    film = begun(clock, speed=4.0)
    times: list[float] = []
    film.at(8.0, "s", lambda: times.append(at(film)))
    film.on(START + timedelta(seconds=5), "s", lambda: times.append(at(film)))
    clock.advance(10.0)
    film.play_due()
    assert times == [2.0, 5.0]


def test_what_is_due_in_the_past_is_due_now() -> None:
    clock = ManualClock()
    film = begun(clock)
    clock.advance(10.0)
    film.play_due()
    times: list[float] = []
    film.on(START, "s", lambda: times.append(at(film)))
    film.play_due()
    assert times == [10.0]


def test_a_cue_is_called_off() -> None:
    clock = ManualClock()
    film = begun(clock)
    played: list[str] = []
    cue = film.at(1.0, "s", lambda: played.append("one"))
    film.at(1.0, "s", lambda: played.append("two"))
    assert cue.pending
    cue.cancel()
    cue.cancel()
    clock.advance(2.0)
    film.play_due()
    assert played == ["two"]
    assert not cue.pending


def test_a_cue_that_raises_ends_neither_the_film_nor_unseen() -> None:
    clock = ManualClock()
    film = begun(clock)
    played: list[str] = []

    def fail() -> None:
        raise RuntimeError

    film.at(1.0, "s", fail)
    film.at(1.0, "s", lambda: played.append("two"))
    clock.advance(2.0)
    film.play_due()
    assert (played, film.failed, film.subject) == (["two"], 1, None)


def test_every_goes_on() -> None:
    clock = ManualClock()
    film = begun(clock, speed=2.0)
    times: list[float] = []
    film.every(10.0, "s", lambda: times.append(at(film)))
    clock.advance(16.0)
    film.play_due()
    assert times == [5.0, 10.0, 15.0]


def test_a_given_start_is_when_the_film_begins_not_when_it_is_made() -> None:
    clock = ManualClock()
    start = START - timedelta(days=900)
    film = Film(clock, start=start, rewind=timedelta(days=3))
    assert film.now() == start - timedelta(days=3)
    times: list[timedelta] = []
    film.at(60.0, "s", lambda: times.append(film.now() - start))
    clock.advance(7.0)  # making the past takes time
    film.play_until(start)
    assert times == [timedelta(days=-3, seconds=60)]
    film.begin()
    assert film.now() == start
    clock.advance(1.0)
    assert film.now() == start + timedelta(seconds=1)


def test_time_does_not_go_back_with_the_clock() -> None:
    clock = ManualClock()
    film = begun(clock)
    film.at(5.0, "s", lambda: None)
    clock.advance(6.0)
    film.play_due()
    clock.advance(-60.0)
    assert at(film) == 5.0


def test_what_is_settled_is_followed_by_everything_else() -> None:
    clock = ManualClock()
    film = begun(clock)
    played: list[float] = []

    def settled() -> float:
        return (film.settled() - film.start).total_seconds()

    assert settled() == 0.0
    film.at(2.0, "s", lambda: played.append(at(film))).cancel()
    film.at(3.0, "s", lambda: played.append(settled()))
    film.at(3.0, "s", lambda: played.append(at(film)))
    clock.advance(1.0)
    assert settled() == 1.0
    clock.advance(4.0)
    # It runs late: the clock says 5.
    assert settled() == 3.0
    assert at(film) == 5.0
    film.play_due()
    assert played == [3.0, 3.0]
    assert settled() == 5.0
    # What was told stays, though the clock is set back.
    clock.advance(-60.0)
    assert at(film) == settled() == 5.0
    film.at(0.0, "s", lambda: played.append(at(film)))
    film.play_due()
    clock.advance(61.0)
    film.play_due()
    assert played == [3.0, 3.0, 5.0]


def test_each_subject_has_a_chance_of_its_own() -> None:
    one, other = Film(ManualClock(), seed=5), Film(ManualClock(), seed=5)
    other.chance("somebody else").random()
    assert one.chance("a").random() == other.chance("a").random()
    assert one.chance("a").random() != one.chance("b").random()
    assert one.once("a").random() == one.once("a").random()
    assert Film(ManualClock(), seed=6).once("a").random() != one.once("a").random()


def test_identities_follow_the_subject() -> None:
    def names(*subjects: str) -> list[str]:
        film = Film(ManualClock(), seed=5)
        found = []
        for subject in subjects:
            with film.scene(subject):
                found += [FilmIdentities(film).uid(), FilmIdentities(film).suffix(5)]
        return found

    assert names("a") == names("b", "a")[2:]
    assert names("a", "a")[:2] != names("a", "a")[2:]
    assert set(names("a")[1]) <= set(ALPHABET)


def test_identities_from_outside_do_not_repeat() -> None:
    assert len({Identities().uid() for _ in range(50)}) == 50
    assert len(Identities().suffix(7)) == 7


@pytest.mark.looptime
async def test_it_runs_by_the_clock_until_cancelled() -> None:
    clock = LoopClock()
    clock.monotonic()
    film = Film(clock)
    times: list[float] = []
    film.at(2.5, "s", lambda: times.append(at(film)))
    running = asyncio.create_task(film.run())
    await asyncio.sleep(2.4)
    assert times == []
    await asyncio.sleep(0.2)
    assert times == [2.5]
    # A cue that is made while the film sleeps wakes it.
    film.at(0.1, "s", lambda: times.append(at(film)))
    await asyncio.sleep(0.2)
    assert len(times) == 2
    running.cancel()
    with anyio.fail_after(5), pytest.raises(asyncio.CancelledError):
        await running


@pytest.mark.looptime
async def test_a_long_scene_lets_others_have_their_turn() -> None:
    """After a slice of time the film lets the loop go, though there is more to play."""

    class Stopwatch(ManualClock):
        def monotonic(self) -> float:
            self.advance(0.001)
            return super().monotonic()

    film = Film(Stopwatch())
    played: list[int] = []
    for number in range(200):
        film.at(0.0, "s", lambda number=number: played.append(number))  # type: ignore[misc]
    done = asyncio.Event()
    film.at(0.0, "s", done.set)
    running = asyncio.create_task(film.run())
    await asyncio.sleep(0)
    assert 0 < len(played) < 200
    with anyio.fail_after(5):
        await done.wait()
    assert played == list(range(200))
    running.cancel()


async def test_it_is_cancelled_in_the_very_moment_in_which_it_is_woken() -> None:
    """What wakes the film must not hide that it is to end: a cluster that is stopped, stops."""
    for _ in range(20):
        film = Film(ManualClock())
        running = asyncio.create_task(film.run())
        await asyncio.sleep(0.001)
        film.at(60.0, "s", lambda: None)
        # One turn of the loop: the waiter is done, and the film has not gone on yet.
        await asyncio.sleep(0)
        running.cancel()
        done, _ = await asyncio.wait({running}, timeout=10)
        assert running in done
        assert running.cancelled()
