"""Doctor's look at a stream: what may be done to it on the way is seen and named."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import anyio
import pytest

from app.cli.sse import Message
from app.cli.stream_check import Patience, Timing, check_stream
from tests.cli.commands import watchglass
from tests.cli.proxies import Proxy, Treatment
from tests.cli.scripted_stream import ScriptedStream, event, hello, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.cli.commands import Serving

OURS = (200, {"data": {"name": "watchglass"}, "success": True})


@pytest.mark.parametrize(
    ("treatment", "seconds", "patience", "sentence"),
    [
        ("pass", 3, Patience(), "neither buffered nor cut: "),
        ("hold", 3, Patience(tolerance=2), "other answers come, the stream says nothing within 2 "),
        ("hold after hello", 9, Patience(tolerance=2), "no heartbeat within 3 s: something on the"),
        ("clump", 4, Patience(held=1.5), "events came in clumps, some "),
        ("cut", 9, Patience(), "the stream was cut"),
        ("reset", 9, Patience(), "the stream was cut (the connection broke) after "),
    ],
)
async def test_what_a_proxy_does_to_a_stream_is_named(
    local: Serving, treatment: Treatment, seconds: float, patience: Patience, sentence: str
) -> None:
    async with Proxy(local.port, treatment).running() as proxy:
        found = await check_stream(f"{proxy.url}/glass", seconds, patience)
    assert found.sentence.startswith(sentence)
    assert found.good is (treatment == "pass")


async def test_a_command_through_a_buffer_fails_and_without_it_is_well(local: Serving) -> None:
    """Each in a process of its own, at the same time; one sentence, and the exit code."""
    outputs: dict[str, str] = {}

    async def doctor(treatment: Treatment, code: int) -> None:
        async with Proxy(local.port, treatment).running() as proxy:
            flags = ["--stream-only", "--url", f"{proxy.url}/glass/", "--seconds", "2"]
            result = await anyio.to_thread.run_sync(lambda: watchglass("doctor", *flags, code=code))
            assert result.stderr == f"watching the stream at {proxy.url}/glass/ for 2 s\n"
            outputs[treatment] = result.stdout

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(doctor, "pass", 0)
        tasks.start_soon(doctor, "hold", 1)
    good, end = outputs["pass"].splitlines()
    assert good.startswith("ok    stream         neither buffered nor cut: ")
    assert end == "all is well"
    bad, end = outputs["hold"].splitlines()
    assert bad == (
        "FAIL  stream         other answers come, the stream says nothing within 5 s: something on "
        "the way holds the stream back (response buffering must be off)"
    )
    assert end == "1 of 1 checks failed"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ([OURS, [hello(), event("goodbye", reason="limit", retryMs=1)]], "the server ended the "),
        ([OURS, [hello(), event("heartbeat", beat=9)]], "events were lost on the way"),
        ([OURS, (403, {"error": "Sign in."})], "{url}/ answered 403: Sign in."),
        ([OURS, (200, "<html>")], "{url}/ answered 200: it is text/html, not text/event-stream"),
        ([OURS, [event("hi")]], "{url}/ is no Watchglass: it does not begin with hello"),
        ([OURS, [hello()]], "the stream was cut after "),
        ([(200, {"data": {"name": "other"}})], "{url}/ is another program"),
        ([(200, "<html>hello</html>")], "{url}/ is no Watchglass: "),
        ([(200, {"name": "other"})], "{url}/ is no Watchglass: "),
        ([(302, "elsewhere")], "{url}/ answered 302: it redirects to https://login.example/"),
        ([b"SSH-2.0-OpenSSH\r\n"], "{url}/ no HTTP"),
    ],
)
async def test_a_server_that_is_not_what_it_should_be_is_one_sentence(
    script: Iterable[object], sentence: str
) -> None:
    async with ScriptedStream(list(script)).running() as stream:
        found = await check_stream(stream.url, 5)
        assert not found.good
        assert found.sentence.startswith(sentence.replace("{url}", stream.url))


async def test_nobody_there_is_one_sentence_without_a_password() -> None:
    found = await check_stream("http://user:passw0rd@127.0.0.1:1", 5)
    assert (found.good, found.sentence) == (False, "http://127.0.0.1:1/ connection refused")


async def test_no_answer_at_all_is_one_sentence() -> None:
    async with ScriptedStream([[ScriptedStream.SILENCE]]).running() as stream:
        found = await check_stream(stream.url, 5, Patience(answer=0.2))
    assert found.sentence == f"{stream.url}/ does not answer within 0 s"


async def test_the_check_ends_in_time_although_no_heartbeat_is_due() -> None:
    script = [OURS, [hello(beat_ms=60_000), snapshot(seq=1), ScriptedStream.SILENCE]]
    async with ScriptedStream(script).running() as stream:
        with anyio.fail_after(20):
            found = await check_stream(stream.url, 50, Patience(whole=1, tolerance=0.5))
    assert (found.good, found.sentence) == (True, "not cut in 1 s; no heartbeat was due by then")


def beat(made: str, name: str = "heartbeat") -> Message:
    return Message(name, json.dumps({"serverTime": f"2026-01-01T00:00:{made}Z", "seq": 1}))


def test_delays_are_compared_with_each_other_whatever_the_clocks_say() -> None:
    timing = Timing()
    skew = datetime.fromisoformat("2026-01-01T00:00:00Z").timestamp() - 777.0
    timing.note(beat("00.000", "hello"), 0.5 + skew)
    timing.note(Message("snapshot", "{}"), 99.0 + skew)
    timing.note(beat("10.000"), 10.6 + skew)
    timing.note(beat("20.000"), 24.5 + skew)
    assert timing.heartbeats == 2
    assert timing.held == pytest.approx(4.0)


def test_nothing_seen_is_nothing_held() -> None:
    assert Timing().held == 0.0
