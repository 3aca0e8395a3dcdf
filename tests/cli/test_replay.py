"""`watchglass replay`: the ordinary pages and stream of a tape, and the tapes that it refuses."""

from __future__ import annotations

import gzip
import json
import re
import signal
import sys
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from app.cli import main
from app.cli.connection import open_stream, session
from app.cli.reader import Reader
from app.cli.sse import Message
from app.replaying import create_replay
from app.settings import Settings
from app.tape import Anonymiser, Writer, open_tape
from app.tape.checking import read_header
from app.tape.fold import Fold
from tests.cli.commands import PATIENCE, Demo, Running, watchglass
from tests.demo.process.living import await_truth
from tests.tape.made import beat, change, header, hello, opening, pod, text, upsert, write
from tests.tapes.make import FOLDER
from tests.web.served import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ENDED = "The tape has ended: the page stays as it was, and grows old. Ctrl-C ends.\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tape.jsonl.gz"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some seconds of a running demo, in which much happens."""
    out = tmp_path_factory.mktemp("film") / "tape.jsonl.gz"
    folder = tmp_path_factory.mktemp("demo")
    with Demo(folder, "--scenario=busy", "--speed=20", "--no-key") as demo:
        flags = ["--url", demo.url, "--for", "6s"]
        assert main(["record", "--out", str(out), *flags]) == 0
    return out


class Replay(Running):
    """The command in a process of its own."""

    def __init__(self, directory: Path, *flags: str) -> None:
        super().__init__(directory, [sys.executable, "-m", "app", "replay", *flags])

    def next_line(self) -> str:
        return self._out.readline()

    def hang_up(self) -> None:
        """Read no more of what it says."""
        self._out.close()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        body: bytes = answer.read()
    return body.decode()


def version(url: str) -> Any:
    return json.loads(get(f"{url}/version"))["data"]


def incidents(url: str) -> Any:
    """What the API tells of them, by key, those that are over included."""
    told = json.loads(get(f"{url}/api/incidents?state=new,active,unknown,resolved&pageSize=100"))
    return {one["key"]: one for one in told["data"]}


def held_at_the_end(tape: Path) -> Reader:
    """Whoever recorded it, at the end of the recording."""
    reader = Reader()
    for line in gzip.decompress(tape.read_bytes()).splitlines()[1:]:
        told = json.loads(line)
        reader.receive(Message(told["event"], json.dumps(told["data"]), told.get("id")))
    return reader


async def follow(url: str, enough: Callable[[Reader], bool]) -> Reader:
    """A client of the server, until it has seen enough."""
    reader = Reader()
    with anyio.fail_after(PATIENCE):
        async with session() as made, open_stream(made, url, {}, None) as connection:
            async for message in connection.messages():
                reader.receive(message)
                if enough(reader):
                    return reader
    raise AssertionError("the stream has ended")


@pytest.mark.xdist_group("film")
async def test_a_reader_of_the_replay_holds_what_one_of_the_demo_held(
    film: Path, tmp_path: Path
) -> None:
    """The demo is recorded, the recording replayed, by processes and sockets."""
    expected = held_at_the_end(film)
    assert expected.hello is not None
    tape = open_tape(film)
    assert tape.messages > 20
    with Replay(tmp_path, str(film), "--speed=1000") as replay:
        assert replay.announced == f"Watchglass replays prod-eu at {replay.url}\n"
        url = replay.url.rstrip("/")
        recorded = f"{tape.header.recorded_at:%Y-%m-%d %H:%M} UTC"
        assert replay.next_line() == (
            f"Recorded {recorded}: {round(tape.length_ms / 1000)} s, {tape.messages} messages.\n"
        )
        assert await anyio.to_thread.run_sync(replay.next_line) == ENDED
        reader = await follow(url, lambda reader: reader.values == expected.values)
        assert reader.hello is not None
        assert reader.hello.epoch != expected.hello.epoch
        assert reader.hello.build.endswith(f" replay of {version(url)['replay']['recordedAt']}")
        page = get(replay.url)
        assert f"<strong>Replay, recorded {recorded}, 1000x</strong>" in page
        assert "prod-eu" in page
        for key in expected.values["pods"]:
            assert f'data-key="{key}"' in page
        assert json.loads(get(f"{url}/api/pods"))["total"] == len(expected.values["pods"])
        for topic in ("cronjobs", "jobs", "events"):
            told = json.loads(get(f"{url}/api/{topic}"))
            assert told["total"] == len(expected.values[topic]), topic
        assert incidents(url) == expected.values["incidents"]
        status = json.loads(get(f"{url}/api/health"))["data"]
        assert status["status"] == expected.values["health"]["current"]["status"]
        assert json.loads(get(f"{url}/api/health/history"))["data"]["points"] == []
        assert get(f"{url}/readyz") == "ok\n"
        assert replay.end(signal.SIGINT) == 0
        assert "Traceback" not in replay.logged
        assert {told["level"] for told in replay.events()} == {"info"}


def served(tape: Path, **options: Any) -> Any:
    options.setdefault("speed", 1.0)
    settings = Settings(heartbeat_seconds=1)
    return serving(create_replay(settings, open_tape(tape), **options))


@pytest.mark.xdist_group("film")
async def test_an_anonymous_film_is_a_film(film: Path, path: Path) -> None:
    """Every kind of message of a real stream, made anonymous and played."""
    anonymiser = Anonymiser(b"k" * 32)
    first, *lines = gzip.decompress(film.read_bytes()).splitlines()
    with path.open("xb", buffering=0) as file:
        writer = Writer(file)
        writer.begin(anonymiser.header(read_header(1, first)))
        for line in lines:
            told = json.loads(line)
            data = anonymiser.message(told["event"], told["data"])
            assert data is not None
            writer.write(told["t"], told["event"], data, anonymiser.id(told.get("id")))
        writer.close()
    named, names = held_at_the_end(film).values, held_at_the_end(path).values
    assert {topic: len(values) for topic, values in names.items()} == {
        topic: len(values) for topic, values in named.items()
    }
    assert open_tape(path).messages == len(lines)
    told_text = gzip.decompress(path.read_bytes()).decode()
    for key, value in named["pods"].items():
        for name in (*key.split("/"), value.get("node"), value.get("uid")):
            assert name is None or f'"{name}"' not in told_text
    with served(path, speed=1000.0) as running:
        await follow(running.url, lambda reader: reader.values == names)
        assert ", names changed</strong>" in get(f"{running.url}/")


async def test_the_outage_shows_its_incidents_again() -> None:
    """The tape of the repository: every incident that was told of, and those of its end."""
    tape = FOLDER / "outage.jsonl.gz"
    expected = held_at_the_end(tape).values
    fold = Fold()
    told: set[str] = set()
    for moment in open_tape(tape).moments():
        fold.take(moment.what)
        told |= fold.values["incidents"].keys()
    assert any(key.startswith("node_lost/") for key in told)
    seen: set[str] = set()

    def all_of_it(reader: Reader) -> bool:
        seen.update(reader.values.get("incidents", {}))
        return reader.values == expected and seen == told

    # What is gathered for 50 ms is of five seconds: no incident is over so soon.
    with served(tape, speed=100.0) as running:
        await follow(running.url, all_of_it)
        assert incidents(running.url) == expected["incidents"]


def test_a_page_says_what_it_is(path: Path) -> None:
    write(path, header(cluster=None), *opening("agent-0"), change(60_000))
    with served(path, speed=0.5) as running:
        page = get(f"{running.url}/")
        assert "<strong>Replay, recorded 2026-11-25 09:14 UTC, 0.5x</strong>" in page
        assert "as of 2026-11-25 09:14:0" in page
        assert 'data-painted="2026-11-25T09:14' not in page, "scripts compare it with the stream"
        assert "<h1" in page
        assert ">a tape</h1>" in page
        assert "<title>Replay: a tape" in page
        assert version(running.url)["replay"] == {
            "recordedAt": "2026-11-25T09:14:00.000Z",
            "speed": 0.5,
            "anonymised": False,
        }
        assert running.rooms.namespaces == ("agents",)


async def test_readers_are_served_by_real_time(path: Path) -> None:
    """They judge a connection by it: a heartbeat that tells of the past is still from now."""
    write(path, header(), *opening("agent-0"), beat(3000, pods=2000))
    with served(path, speed=1000.0) as running:
        async with session() as made, open_stream(made, running.url, {}, None) as connection:
            async for message in connection.messages():
                data = json.loads(message.data)
                if message.event == "heartbeat":
                    break
    assert not data["serverTime"].startswith("2026-11-25T09:1")
    vital = data["sources"]["pods/agents"]
    assert vital["state"] == "live"
    assert vital["ageMs"] >= 2000


async def test_a_loop_begins_anew(path: Path) -> None:
    write(
        path,
        header(),
        *opening("agent-0"),
        change(500, upsert("pods", "agents/agent-1", pod("agent-1"))),
    )
    seen: list[int] = []

    def twice(reader: Reader) -> bool:
        pods = len(reader.values.get("pods", {}))
        if not seen or seen[-1] != pods:
            seen.append(pods)
        return seen[-4:] in ([1, 2, 1, 2], [2, 1, 2, 1])

    with served(path, loop=True) as running:
        await follow(running.url, twice)


def test_a_tape_that_breaks_off_is_replayed_with_a_word(path: Path, tmp_path: Path) -> None:
    """Its end comes when nobody reads any more what the command says: it serves on."""
    last = change(1500, upsert("pods", "agents/agent-1", pod("agent-1")))
    path.write_bytes(text(header(), *opening("agent-0"), last) + b'{"t": 5, "event')
    with Replay(tmp_path, str(path)) as replay:
        replay.hang_up()
        await_truth(
            lambda: json.loads(get(f"{replay.url}api/pods"))["total"] == 2, "the end is reached"
        )
        assert replay.logged.splitlines()[0] == (
            f"watchglass: {path}: it breaks off in the middle of line 9; "
            "what is before that is replayed"
        )
        assert get(f"{replay.url}readyz") == "ok\n"
        assert replay.end() == 0
        assert "Traceback" not in replay.logged


@contextmanager
def signals_kept() -> Iterator[None]:
    """A command that runs inside this process takes its signals; they are given back."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


REFUSED: dict[str, tuple[bytes | None, str]] = {
    "no file": (None, "No such file or directory"),
    "empty": (b"", "line 1: it ends before its first line does"),
    "foreign": (b"PK\x03\x04 and so on\n", "line 1: it is not JSON"),
    "damaged": (
        gzip.compress(text(header(), hello()))[:-8] + bytes(8),
        "line 1: the gzip data is damaged, .*",
    ),
    "later": (
        gzip.compress(text(header(schema="watchglass.tape/9"))),
        "line 1: this is no tape: its schema is 'watchglass.tape/9', not watchglass.tape/1",
    ),
    "a value": (
        text(header(), hello(), change(1, upsert("pods", "a/b", {"name": "b"}))),
        "line 3: pods 'a/b': phase is required; .*",
    ),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED)
def test_a_tape_that_is_none_is_refused_with_its_line(
    path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    if content is not None:
        path.write_bytes(content)
    with signals_kept():
        assert main(["replay", str(path)]) == 2
    assert re.fullmatch(f"watchglass: {re.escape(str(path))}: {why}\n", capsys.readouterr().err)


@pytest.mark.parametrize("speed", ["0", "0.09", "1001", "-1", "nan", "inf", "fast"])
def test_a_speed_is_within_bounds(
    path: Path, capsys: pytest.CaptureFixture[str], speed: str
) -> None:
    assert main(["replay", str(path), f"--speed={speed}"]) == 2
    assert capsys.readouterr().err == (
        f"watchglass: --speed: must be a number from 0.1 to 1000, not '{speed}'\n"
    )


def test_without_a_tape_there_is_nothing_to_replay() -> None:
    result = watchglass("replay", code=2)
    assert result.stderr == "watchglass: the following arguments are required: TAPE\n"
