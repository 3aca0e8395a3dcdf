"""`watchglass tail` on real servers: what it prints, and what it survives."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from app.cli import main
from app.cli.following import FINAL
from app.cli.pace import Pace
from app.cli.reader import Reader
from app.cli.tail import Tail, Wish
from app.clock import SystemClock
from app.cluster.projections.pods import PODS
from tests.cli.commands import PATIENCE, ROOT, Serving, environment, watchglass, write_kubeconfig
from tests.cli.scripted_cluster import ScriptedCluster
from tests.cli.scripted_stream import ScriptedStream, event, hello, snapshot
from tests.cluster.projections.raw import container, pod
from tests.web.house import fill, house, show
from tests.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.web.served import Served


class Following:
    """A tail inside this process, and what it has printed."""

    def __init__(self, root: str, capsys: pytest.CaptureFixture[str], **wish: Any) -> None:
        since = wish.pop("since", None)
        self.reader = Reader(since)
        wish.setdefault("params", {})
        self._tail = Tail(Wish(root, **wish), self.reader, SystemClock(), Pace(Random(1)))
        self._capsys = capsys
        self.out = ""
        self.err = ""

    async def follow(self) -> int:
        with anyio.fail_after(PATIENCE):
            return await self._tail.follow()

    def read(self) -> None:
        told = self._capsys.readouterr()
        self.out += told.out
        self.err += told.err

    async def until(self, wanted: Callable[[Following], bool]) -> None:
        with anyio.fail_after(PATIENCE):
            while True:
                self.read()
                if wanted(self):
                    return
                await anyio.sleep(0.01)

    @property
    def lines(self) -> list[str]:
        """Mark, topic and key of each line on standard output."""
        return [" ".join(line.split()[1:4]) for line in self.out.splitlines()]


@contextmanager
def shown(port: int = 0, epoch: str = "0123456789", **settings: Any) -> Iterator[Served]:
    """A real server whose board is filled by hand."""
    application = house(clock=SystemClock(), epoch=epoch, heartbeat_seconds=1, **settings)
    with serving(application, port) as served:
        yield served


def test_a_first_look_shows_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as served:
        served.call(lambda: fill(served.application))
        assert main(["tail", served.url, "--max-events", "6"]) == 0
    told = capsys.readouterr()
    assert re.search(
        r"^[0-9:]{8} \+ pods     agents/agent-1 +ImagePullBackOff 0/1$", told.out, re.M
    )
    assert re.search(r"^[0-9:]{8} \+ jobs     agents/broken +failed$", told.out, re.M)
    assert re.search(
        r"^[0-9:]{8} \+ cronjobs agents/paused +0 \* \* \* \* suspended$", told.out, re.M
    )
    assert told.out.count("\n") == 3 + 3 + 3 + 4
    assert re.fullmatch(r"-- http://127.0.0.1:\d+/ fresh \(watchglass \S+\)\n", told.err)


def test_json_is_what_the_web_socket_would_send(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as served:
        served.call(lambda: fill(served.application))
        flags = ["--json", "--topics", "pods", "--topics", "jobs", "-n", "agents"]
        assert main(["tail", f"{served.url}/api/stream", *flags, "--max-events", "4"]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    events = [json.loads(line) for line in out.splitlines()]
    assert [found["event"] for found in events] == ["hello", "snapshot", "snapshot", "heartbeat"]
    assert events[0]["data"]["topics"] == ["pods", "jobs"]
    assert ["id" in found for found in events] == [False, False, True, False]


async def test_changes_are_new_changed_or_gone(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as served:
        served.call(lambda: fill(served.application))
        tail = Following(served.url, capsys, params={"topics": "pods"})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tail.follow)
            await tail.until(lambda t: len(t.lines) == 3)
            running = {"phase": "Running", "containerStatuses": [container()]}
            served.call(
                lambda: show(
                    served.application,
                    PODS,
                    pod("agent-0", status=running | {"phase": "Failed"}),
                    pod("agent-1", status=running),
                    pod("agent-2", status=running),
                )
            )
            await tail.until(lambda t: len(t.lines) == 7)
            tasks.cancel_scope.cancel()
    assert sorted(tail.lines[3:]) == [
        "+ pods agents/agent-2",
        "- pods agents/web-0",
        "~ pods agents/agent-0",
        "~ pods agents/agent-1",
    ]


async def test_it_goes_on_through_a_restart_with_a_new_epoch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server leaves with a goodbye and comes back empty: nothing that is held gets lost."""
    with shown(epoch="aaaaaaaaaa") as first:
        first.call(lambda: fill(first.application))
        port = first.port
        tail = Following(first.url, capsys, params={"topics": "pods"})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tail.follow)
            await tail.until(lambda t: len(t.lines) == 3)
            await asyncio.to_thread(first.stop)
            await tail.until(lambda t: "says goodbye: drain" in t.err)
            with shown(port, epoch="bbbbbbbbbb") as second:
                await tail.until(lambda t: "epoch (watchglass" in t.err)
                assert tail.lines[3:] == [], "what the new server does not know yet is kept"
                second.call(
                    lambda: show(
                        second.application,
                        PODS,
                        pod("agent-0", status={"phase": "Running", "containerStatuses": []}),
                        pod("agent-9"),
                    )
                )
                await tail.until(lambda t: len(t.lines) == 7)
                tasks.cancel_scope.cancel()
    assert sorted(tail.lines[3:]) == [
        "+ pods agents/agent-9",
        "- pods agents/agent-1",
        "- pods agents/web-0",
        "~ pods agents/agent-0",
    ]
    assert (tail.reader.cursor or "").startswith("bbbbbbbbbb-")


def test_a_cursor_is_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as served:
        served.call(lambda: fill(served.application))
        seq = served.call(lambda: served.rooms.hub.seq)
        flags = ["--since", f"0123456789-{seq}", "--max-events", "2"]
        assert main(["tail", served.url, *flags]) == 0
    told = capsys.readouterr()
    assert "/ resumed (watchglass" in told.err
    assert told.out == ""


@pytest.mark.parametrize("code", sorted(FINAL))
async def test_an_answer_that_another_attempt_will_not_change_ends_it(
    capsys: pytest.CaptureFixture[str], code: int
) -> None:
    problem = {"error": "Not for you.", "success": False, "code": code, "reason": "test"}
    async with ScriptedStream([[hello()], (code, problem)]).running() as stream:
        tail = Following(stream.url, capsys)
        assert await tail.follow() == (2 if code == 400 else 1)
    tail.read()
    assert tail.err.splitlines()[-1].startswith(f"watchglass: {stream.url}/ answered {code}")
    assert stream.connections == 2


async def test_a_server_that_is_away_is_tried_again_and_resumed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script: list[Any] = [
        [hello(), snapshot("a", seq=3)],
        (502, "<html>Bad Gateway</html>"),
        (404, {"error": "There is nothing at this path."}),
        [hello(reason="resumed"), event("change", seq=4, changes=[])],
    ]
    async with ScriptedStream(script).running() as stream:
        tail = Following(stream.url, capsys, most=4)
        assert await tail.follow() == 0
    tail.read()
    assert stream.cursors == [None, *(["abcdefghij-3"] * 3)]
    assert "ended the stream; again in" in tail.err
    assert "answered 502: Bad Gateway; again in" in tail.err
    assert "answered 404: There is nothing at this path.; again in" in tail.err


async def test_a_broken_connection_in_the_middle_of_a_snapshot_is_no_position(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script: list[Any] = [
        [hello(), snapshot("a", seq=3), snapshot("b", parts=2), ScriptedStream.RESET],
        [hello(), snapshot("a", seq=3)],
    ]
    async with ScriptedStream(script).running() as stream:
        tail = Following(stream.url, capsys, most=5)
        assert await tail.follow() == 0
    tail.read()
    assert stream.cursors == [None, "abcdefghij-3"]
    assert "the connection broke; again in" in tail.err
    assert tail.lines == ["+ pods agents/a"]


async def test_loss_without_a_word_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    script: list[Any] = [
        [hello(), snapshot("a", seq=3), event("heartbeat", beat=7), ScriptedStream.SILENCE],
        [hello(), snapshot("a", "b", seq=7)],
    ]
    async with ScriptedStream(script).running() as stream:
        tail = Following(stream.url, capsys, most=4)
        assert await tail.follow() == 0
    tail.read()
    assert stream.cursors == [None, None]
    assert "something was lost on the way" in tail.err
    assert tail.lines == ["+ pods agents/a", "+ pods agents/b"]


async def test_the_deadline_counts_events_and_not_bytes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Comments all the time keep a proxy content, and prove nothing."""
    first = [hello(beat_ms=400), snapshot("a", seq=3), ScriptedStream.COMMENTS]
    async with ScriptedStream([first, [hello()]]).running() as stream:
        tail = Following(stream.url, capsys, most=3)
        assert await tail.follow() == 0
    tail.read()
    assert "is silent; again in" in tail.err
    assert stream.cursors == [None, "abcdefghij-3"]


async def test_no_hello_is_no_answer(capsys: pytest.CaptureFixture[str]) -> None:
    async with ScriptedStream([[b":\n", ScriptedStream.COMMENTS]]).running() as stream:
        tail = Following(stream.url, capsys, hello_seconds=0.3)
        assert await tail.follow() == 1
    tail.read()
    assert tail.err == f"watchglass: {stream.url}/ does not answer\n"


@pytest.mark.parametrize("reason", ["auth_expired", "revoked"])
async def test_a_goodbye_for_good_ends_it(capsys: pytest.CaptureFixture[str], reason: str) -> None:
    goodbye = event("goodbye", reason=reason, retryMs=1)
    async with ScriptedStream([[hello(), goodbye]]).running() as stream:
        tail = Following(stream.url, capsys)
        assert await tail.follow() == 1
    tail.read()
    assert tail.err.splitlines()[-1] == (f"watchglass: {stream.url}/ ended the stream: {reason}")


async def test_a_goodbye_says_when_to_come_back(capsys: pytest.CaptureFixture[str]) -> None:
    goodbye = event("goodbye", reason="limit", retryMs=40)
    async with ScriptedStream([[hello(), goodbye], [hello()]]).running() as stream:
        tail = Following(stream.url, capsys, most=3)
        assert await tail.follow() == 0
    tail.read()
    assert "says goodbye: limit; again in 0.0 s" in tail.err


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ((200, {"pods": []}), "answered 200: it is application/json, not text/event-stream"),
        ((302, "elsewhere"), "answered 302: it redirects to https://login.example/"),
        ([event("hi")], "is no stream of Watchglass: it does not begin with hello"),
        ([b"data: " + b"x" * 1_100_000], "is no stream of Watchglass: an event without end"),
        ([b"\x00" * 9], "ended the stream"),
        (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
    ],
    ids=["JSON", "redirect", "other events", "endless", "rubbish", "no HTTP"],
)
async def test_what_is_no_stream_of_ours_is_one_line(
    capsys: pytest.CaptureFixture[str], script: Any, words: str
) -> None:
    async with ScriptedStream([script]).running() as stream:
        tail = Following(stream.url, capsys)
        assert await tail.follow() == 1
    tail.read()
    assert tail.out == ""
    assert tail.err.startswith(f"watchglass: {stream.url}/ ")
    assert words in tail.err
    assert tail.err.count("\n") == 1


def test_nobody_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tail", "http://user:passw0rd@127.0.0.1:1/"]) == 1
    told = capsys.readouterr()
    assert told.err == "watchglass: http://127.0.0.1:1/ connection refused\n"
    assert main(["tail", "https://127.0.0.1:1/glass/"]) == 1
    assert "https://127.0.0.1:1/glass/ connection refused" in capsys.readouterr().err


def test_a_server_that_does_not_speak_tls_is_one_line(
    capsys: pytest.CaptureFixture[str], local: Serving
) -> None:
    assert main(["tail", local.url.replace("http:", "https:")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


# ---- as a process


def test_a_wrong_topic_is_the_servers_sentence_and_exit_code_2(local: Serving) -> None:
    result = watchglass("tail", local.url, "--topics", "podz", code=2)
    assert "answered 400: Unknown topic: podz. Good ones: pods," in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_local_server_needs_no_url(local: Serving) -> None:
    variables = {"WATCHGLASS_PORT": str(local.port), "WATCHGLASS_BASE_PATH": "/glass"}
    result = watchglass("tail", "--max-events", "2", "--json", variables=variables)
    assert json.loads(result.stdout.splitlines()[0])["event"] == "hello"


@contextmanager
def tail_process(*arguments: str, **pipes: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "app", "tail", *arguments],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        **{"stdout": subprocess.PIPE} | pipes,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def test_ctrl_c_ends_it_quietly(local: Serving) -> None:
    with tail_process(local.url, "--json") as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=PATIENCE)
        assert child.returncode == 130
        assert [line for line in err.splitlines() if not line.startswith("-- ")] == []


def test_a_reader_that_goes_ends_it_quietly_although_nothing_is_printed(local: Serving) -> None:
    """`watchglass tail | head -1`: the next heartbeat is not shown, but it is when we look."""
    reading, writing = os.pipe()
    with tail_process(local.url, "--topics", "pods", stdout=writing) as child:
        os.close(writing)
        assert child.stderr is not None
        assert child.stderr.readline().startswith("-- ")
        os.close(reading)
        assert child.wait(PATIENCE) == 0
        assert child.stderr.read() == ""


async def test_from_an_api_server_to_a_line(tmp_path: Path) -> None:
    """The whole way: a cluster, `serve`, `tail`, each a process of its own."""
    async with ScriptedCluster().running() as cluster:
        file = write_kubeconfig(tmp_path / "kubeconfig", cluster.url)
        with Serving(tmp_path, kubeconfig=file) as server:
            with tail_process(server.url, "--topics", "pods") as child:
                assert child.stdout is not None
                lines = [await asyncio.to_thread(child.stdout.readline) for _ in range(2)]
            assert await asyncio.to_thread(server.end) == 0
    assert [line.split()[1:] for line in lines] == [
        ["+", "pods", "agents/agent-0", "Running", "1/1"],
        ["+", "pods", "agents/agent-1", "Running", "1/1"],
    ]
