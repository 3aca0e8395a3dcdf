"""The logs of the simulated containers: read, followed, and how they end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import anyio
import pytest

from app.demo.api.kinds import PODS
from app.demo.controllers.kubelet.container import Run
from app.demo.controllers.kubelet.logs import Logs
from app.demo.controllers.kubelet.script import Script
from app.demo.controllers.kubelet.sessions import COMPOSERS, LENGTHS
from app.demo.controllers.kubelet.voices import Voice
from app.demo.film.film import Film
from app.demo.scenarios.empty import Empty
from tests.demo.film.things import pod, pod_spec
from tests.demo.film.worlds import NAMESPACE, START, Theatre, empty
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from app.demo.api.kinds import Json


def logs(theatre: Theatre) -> Logs:
    source = theatre.world.api.logs
    assert isinstance(source, Logs)
    return source


def test_a_log_word_for_word() -> None:
    theatre = empty()
    assert logs(theatre).lines(NAMESPACE, "p", "main", False) is None
    theatre.person.create(PODS, pod("p", log="one\ntwo", previous_log="before"))
    theatre.play(3.0)
    found = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    assert [text for _, text in found] == ["one", "two"]
    assert found[0][0] < found[1][0]
    assert logs(theatre).lines(NAMESPACE, "p", "nobody", False) is None


class Talks(Empty):
    """Everybody is a coding agent; what is in a Job's pod ends badly."""

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        if pod["spec"]["restartPolicy"] == "Never":
            return Script(lasts=12.0, exit_code=57, voice="agent", message="error: not signed in")
        return Script(voice="agent", pull_seconds=0.1)


class Errands(Talks):
    """Who may be started again comes to a good end."""

    def cast(self, pod: Json, container: str, attempt: int) -> Script:
        if pod["spec"]["restartPolicy"] == "OnFailure":
            return Script(lasts=12.0, voice="agent")
        return super().cast(pod, container, attempt)


def bare(name: str, **fields: object) -> Json:
    return {**pod(name, pod_spec(**fields)), "metadata": {"name": name, "namespace": NAMESPACE}}


def test_a_log_is_the_same_whenever_it_is_read() -> None:
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p"))
    theatre.play(200.0, 1.0)
    early = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    assert len(early) > 15
    assert early == sorted(early, key=lambda line: line[0])
    assert early[-1][0] <= theatre.world.film.now()
    assert any("run " in text for _, text in early)
    theatre.play(400.0, 1.0)
    late = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    assert late[: len(early)] == early
    assert len(late) > len(early)


def test_a_log_that_is_long_keeps_its_end() -> None:
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p"))
    theatre.play(30_000.0, 3_000.0)
    found = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    assert len(found) == 2_000
    assert theatre.world.film.now() - found[-1][0] < timedelta(minutes=3)


def test_a_log_tells_how_its_run_ended() -> None:
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p", restartPolicy="Never"))
    theatre.play(30.0)
    found = [text for _, text in logs(theatre).lines(NAMESPACE, "p", "main", False) or []]
    assert found[-1] == "error: not signed in"
    assert not any("success" in text for text in found)


def test_the_log_of_the_run_before() -> None:
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p"))
    theatre.play(60.0)
    before = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    assert logs(theatre).lines(NAMESPACE, "p", "main", True) is None
    worker = theatre.world.stage.kubelets.worker((NAMESPACE, "p"))
    assert worker is not None
    worker.end("main", 1, "Error")
    theatre.play(10.0)
    after = logs(theatre).lines(NAMESPACE, "p", "main", True) or []
    assert after[: len(before) - 1] == before[:-1] or after[: len(before)] == before
    assert after[-1][1] == "error: giving up with exit code 1"


@pytest.mark.looptime
async def test_a_log_is_followed_to_its_end() -> None:
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p", restartPolicy="Never"))
    theatre.play(4.0)
    seen = [text for _, text in logs(theatre).lines(NAMESPACE, "p", "main", False) or []]
    following = logs(theatre).follow(NAMESPACE, "p", "main")

    async def read() -> None:
        async for _, text in following:
            seen.append(text)

    with anyio.fail_after(600):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            for _ in range(60):
                await anyio.sleep(0.3)
                theatre.play(0.3, 0.3)
    whole = [text for _, text in logs(theatre).lines(NAMESPACE, "p", "main", False) or []]
    assert seen[-1] == whole[-1] == "error: not signed in"
    assert seen == whole


@pytest.mark.looptime
@pytest.mark.parametrize("phase", range(12))
@pytest.mark.parametrize("policy", ["Never", "OnFailure"], ids=["fails", "succeeds"])
async def test_who_follows_reads_what_is_read_later(policy: str, phase: int) -> None:
    """Wherever the looks of the follower lie beside the end, and however it ends."""
    theatre = Theatre(scenario=Errands(NAMESPACE))
    theatre.person.create(PODS, bare("p", restartPolicy=policy))
    theatre.play(4.0)
    seen = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    following = logs(theatre).follow(NAMESPACE, "p", "main")

    async def read() -> None:
        seen.extend([line async for line in following])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await anyio.sleep(phase * 0.021)
        for _ in range(200):
            await anyio.sleep(0.1)
            theatre.play(0.1, 0.1)
    whole = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    assert seen == whole
    assert whole[-1][1] == {"Never": "error: not signed in", "OnFailure": "done"}[policy]


@pytest.mark.looptime
async def test_lines_come_while_somebody_follows() -> None:
    theatre = empty()
    theatre.person.create(PODS, pod("p", log="one", log_every_ms=100, run_for_ms=3_000))
    theatre.play(2.0)
    seen: list[str] = []

    async def read() -> None:
        async for _, text in logs(theatre).follow(NAMESPACE, "p", "main"):
            seen.append(text)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await anyio.sleep(0.55)
        assert seen == [f"line {number}" for number in range(1, 6)]
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("voice", sorted(COMPOSERS))
def test_every_voice_has_something_to_say(voice: str) -> None:
    film = empty().world.film
    spoken = list(COMPOSERS[voice](film.once(voice), 0, 60.0, {}))
    assert spoken
    assert all(text.isprintable() and len(text) < 200 for _, text in spoken)
    assert [at for at, _ in spoken] == sorted(at for at, _ in spoken)


# ---- runs that something from outside ends


def ending(theatre: Theatre, how: str) -> None:
    """Let the container of `p` be ended in 5.3 s, as a cue of the film."""

    def end() -> None:
        worker = theatre.world.stage.kubelets.worker((NAMESPACE, "p"))
        assert worker is not None
        match how:
            case "memory":
                worker.end("main", 137, "OOMKilled")
            case "crash":
                worker.end("main", 1, "Error", "fatal: lost")
            case _:
                grace = 0 if how == "force" else None
                theatre.world.stage.client.delete(PODS, NAMESPACE, "p", grace=grace)

    theatre.world.film.at(5.3, "test", end)


@pytest.mark.looptime
@pytest.mark.parametrize("late", [0.1, 2.0, 40.0], ids=["in-time", "late", "very-late"])
@pytest.mark.parametrize("how", ["memory", "crash", "deletion", "force"])
async def test_who_follows_is_shown_nothing_that_was_not_said(how: str, late: float) -> None:
    """However late the film plays the end: what a follower has read stands in the log."""
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p"))
    theatre.play(60.0)
    run = theatre.world.stage.kubelets.run_of((NAMESPACE, "p"), "main", previous=False)
    assert run is not None
    source = logs(theatre)
    seen = source.lines(NAMESPACE, "p", "main", False) or []
    following = source.follow(NAMESPACE, "p", "main")
    before = len(seen)
    ending(theatre, how)

    async def read() -> None:
        seen.extend([line async for line in following])

    with anyio.fail_after(600):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            while run.ended is None:
                theatre.clock.advance(late)
                await anyio.sleep(1.0)
                theatre.world.film.play_due()
    whole = source.lines_of(run)
    assert len(whole) > before
    assert seen == whole
    assert [text for _, text in whole if text in {"done", "fatal: lost"}] == {
        "memory": [],
        "crash": ["fatal: lost"],
        "deletion": ["done"],
        "force": [],
    }[how]


@pytest.mark.looptime
async def test_who_follows_what_has_ended_reads_it_once() -> None:
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p", restartPolicy="Never"))
    theatre.play(30.0)
    seen = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    assert seen[-1][1] == "error: not signed in"
    assert [line async for line in logs(theatre).follow(NAMESPACE, "p", "main")] == []


@pytest.mark.parametrize("past", [-1, 0, 1], ids=["before", "on", "after"])
@pytest.mark.parametrize("speed", [1.0, 7.0])
def test_last_words_on_the_boundary_of_two_sessions_come_once(past: int, speed: float) -> None:
    began = START
    # Two sessions of an agent.
    ended = began + timedelta(seconds=2 * LENGTHS["agent"] / speed, microseconds=past)
    run = Run("p", Script(voice="agent"), 0, began, ended, 1, "Error", "fatal: lost")
    film = Film(ManualClock())
    voice = Voice(run, film.once, speed)
    lines = voice.between(began, ended, 2_000)
    assert [line for line in lines if line[1] == "fatal: lost"] == [(ended, "fatal: lost")]
    assert lines[-1] == (ended, "fatal: lost")
    assert voice.between(ended - timedelta.resolution, ended, 2_000)[-1:] == lines[-1:]


def test_what_is_read_of_a_late_film_stands() -> None:
    """No line is shown of a moment at which something may still be going to happen."""
    theatre = Theatre(scenario=Talks(NAMESPACE))
    theatre.person.create(PODS, bare("p"))
    theatre.play(60.0)
    ending(theatre, "memory")
    theatre.clock.advance(40.0)
    early = logs(theatre).lines(NAMESPACE, "p", "main", False) or []
    theatre.world.film.play_due()
    late = logs(theatre).lines(NAMESPACE, "p", "main", True) or []
    assert late[: len(early)] == early
