"""Credential plugins: real commands that do what plugins do, well and badly."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import uvloop
from kubernetes_asyncio.config.kube_config import ConfigNode

from app.cluster.plugins import (
    OUTPUT_BYTES,
    PAUSE_SECONDS,
    RENEW_BEFORE_SECONDS,
    ExecPlugin,
)
from app.errors import Unauthorized
from tests.cluster.waiting import appears, gone
from tests.fakes.clock import START, ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VERSION = "client.authentication.k8s.io/v1"

# Each run leaves a letter in `runs`, so that a test can count them.
PREAMBLE = """#!/bin/sh
here=$(dirname "$0")
printf x >> "$here/runs"
"""


class Script:
    """A command in a folder of its own, and how often it was run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "plugin"
        self._runs = folder / "runs"

    def says(self, text: str) -> None:
        """From now on it prints this."""
        (self.path.parent / "answer").write_text(text)
        self.does('cat "$here/answer"')

    def does(self, body: str) -> None:
        """From now on it runs this."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(PREAMBLE + body + "\n")
        fresh.chmod(0o755)
        # A file that is being run cannot be written to, but it can be replaced.
        fresh.replace(self.path)

    def gives(
        self, token: str, seconds: float | None = None, clock: ManualClock | None = None
    ) -> None:
        """From now on it gives this token, for so long."""
        status: dict[str, Any] = {"token": token}
        if seconds is not None:
            ends = (clock or ManualClock()).now() + timedelta(seconds=seconds)
            status["expirationTimestamp"] = ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.says(credential(status))

    @property
    def runs(self) -> int:
        return len(self._runs.read_text()) if self._runs.exists() else 0


def credential(status: Any, version: str = VERSION) -> str:
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})


def node(command: str | Path, **more: Any) -> ConfigNode:
    return ConfigNode("exec", {"command": str(command), "apiVersion": VERSION} | more)


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def plugin(script: Script, clock: ManualClock) -> ExecPlugin:
    return ExecPlugin(node(script.path), clock)


async def failure(plugin: ExecPlugin) -> str:
    """What is told of a plugin that gives nothing; the operator reads the details."""
    with pytest.raises(Unauthorized) as caught:
        await plugin.authorization()
    assert str(caught.value) == f"The credential plugin {plugin.name!r} failed."
    assert caught.value.details is not None
    return caught.value.details


async def test_it_gives_the_token_and_is_run_once(plugin: ExecPlugin, script: Script) -> None:
    script.gives("one")
    assert await plugin.authorization() == "Bearer one"
    assert await plugin.authorization() == "Bearer one"
    assert script.runs == 1


async def test_many_who_ask_at_once_wait_for_one_run(plugin: ExecPlugin, script: Script) -> None:
    (script.path.parent / "answer").write_text(credential({"token": "one"}))
    script.does('sleep 0.3; cat "$here/answer"')
    found = await asyncio.gather(*(plugin.authorization() for _ in range(50)))
    assert set(found) == {"Bearer one"}
    assert script.runs == 1


async def test_many_who_were_refused_at_once_wait_for_one_run(
    plugin: ExecPlugin, script: Script
) -> None:
    script.gives("one")
    refused = await plugin.authorization()
    script.gives("two")
    assert all(await asyncio.gather(*(plugin.renew(refused) for _ in range(20))))
    assert await plugin.authorization() == "Bearer two"
    assert script.runs == 2


async def test_a_refusal_of_the_only_token_there_is_is_final(
    plugin: ExecPlugin, script: Script
) -> None:
    script.gives("one")
    refused = await plugin.authorization()
    assert not await plugin.renew(refused)
    assert script.runs == 2


async def test_it_is_renewed_before_its_end(
    plugin: ExecPlugin, script: Script, clock: ManualClock
) -> None:
    script.gives("one", 3600)
    assert await plugin.authorization() == "Bearer one"
    script.gives("two", 7200)
    clock.advance(3600 - RENEW_BEFORE_SECONDS - 1)
    assert await plugin.authorization() == "Bearer one"
    clock.advance(1)
    assert await plugin.authorization() == "Bearer two"


async def test_a_token_of_a_few_minutes_is_not_fetched_for_every_request(
    plugin: ExecPlugin, script: Script, clock: ManualClock
) -> None:
    script.gives("one", 100)
    await plugin.authorization()
    clock.advance(79)
    await plugin.authorization()
    assert script.runs == 1
    clock.advance(1)
    await plugin.authorization()
    assert script.runs == 2


async def test_whoever_comes_while_a_good_token_is_renewed_gets_it(
    plugin: ExecPlugin, script: Script, clock: ManualClock
) -> None:
    script.gives("one", 3600)
    await plugin.authorization()
    clock.advance(3600 - RENEW_BEFORE_SECONDS)
    (script.path.parent / "answer").write_text(credential({"token": "two"}))
    script.does(
        'touch "$here/started"; while [ ! -e "$here/go" ]; do sleep 0.05; done; cat "$here/answer"'
    )
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(plugin.authorization)
            await appears(script.path.parent / "started")
            assert await plugin.authorization() == "Bearer one"
            (script.path.parent / "go").touch()
    assert await plugin.authorization() == "Bearer two"
    assert script.runs == 2


async def test_a_failed_renewal_leaves_the_token_as_long_as_it_lasts(
    plugin: ExecPlugin, script: Script, clock: ManualClock
) -> None:
    script.gives("one", 3600)
    await plugin.authorization()
    script.does("echo 'please sign in' >&2; exit 1")
    clock.advance(3600 - RENEW_BEFORE_SECONDS)
    assert await plugin.authorization() == "Bearer one"
    assert script.runs == 2
    assert await plugin.authorization() == "Bearer one"
    assert script.runs == 2, "no more than one failing run in ten seconds"
    clock.advance(PAUSE_SECONDS)
    assert await plugin.authorization() == "Bearer one"
    assert script.runs == 3
    clock.advance(RENEW_BEFORE_SECONDS)
    assert "please sign in" in await failure(plugin)
    assert not await plugin.renew(None)


async def test_a_failure_is_not_tried_by_everybody(
    plugin: ExecPlugin, script: Script, clock: ManualClock
) -> None:
    script.does("exit 3")
    for _ in range(5):
        assert await failure(plugin) == "exit code 3: "
    assert not await plugin.renew(None)
    assert script.runs == 1
    script.gives("one")
    clock.advance(PAUSE_SECONDS)
    assert await plugin.authorization() == "Bearer one"


async def test_a_token_that_has_ended_is_never_used(
    plugin: ExecPlugin, script: Script, clock: ManualClock
) -> None:
    script.gives("one", 600)
    await plugin.authorization()
    script.does("exit 1")
    clock.advance(600)
    await failure(plugin)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Expecting value"),
        ("<html>sign in</html>", "Expecting value"),
        ("[]", "list indices"),
        ("null", "not subscriptable"),
        ("{}", "apiVersion"),
        (credential({"token": "t"}, "client.authentication.k8s.io/v1alpha1"), "v1alpha1, not"),
        (json.dumps({"apiVersion": VERSION}), "status"),
        (credential(None), "no attribute"),
        (credential({}), "no token"),
        (credential({"token": ""}), "no token"),
        (credential({"token": "a b"}), "no token"),
        (credential({"token": "t", "expirationTimestamp": "soon"}), "soon"),
        (credential({"token": "t", "expirationTimestamp": 7}), "must be str"),
        (credential({"clientCertificateData": "PEM", "clientKeyData": "PEM"}), "not supported"),
        ("[" * 100_000, "recursion"),
    ],
    ids=[
        *("nothing", "html", "list", "null", "empty", "version", "no status", "status null"),
        *("no token", "empty token", "broken token", "end", "end number", "certificate", "deep"),
    ],
)
async def test_what_is_no_credential_is_said(
    plugin: ExecPlugin, script: Script, text: str, expected: str
) -> None:
    script.says(text)
    assert expected in await failure(plugin)


async def test_a_time_without_a_zone_is_utc(
    plugin: ExecPlugin, script: Script, clock: ManualClock
) -> None:
    ends = (START + timedelta(seconds=600)).replace(tzinfo=None).isoformat()
    script.says(credential({"token": "one", "expirationTimestamp": ends}))
    assert await plugin.authorization() == "Bearer one"
    script.does("exit 1")
    clock.advance(599)
    assert await plugin.authorization() == "Bearer one"
    clock.advance(1)
    await failure(plugin)


async def test_a_command_that_is_not_there(script: Script, clock: ManualClock) -> None:
    assert "No such file" in await failure(ExecPlugin(node(script.path), clock))


async def test_it_is_asked_as_client_go_asks(script: Script, clock: ManualClock) -> None:
    script.does(
        '[ "$1" = get-token ] && [ "$TENANT" = t ] || exit 1\n'
        'printf %s "$KUBERNETES_EXEC_INFO" > "$here/asked"; cat "$here/answer"'
    )
    (script.path.parent / "answer").write_text(credential({"token": "one"}))
    asking = node(script.path, args=["get-token"], env=[{"name": "TENANT", "value": "t"}])
    assert await ExecPlugin(asking, clock).authorization() == "Bearer one"
    assert json.loads((script.path.parent / "asked").read_text()) == {
        "apiVersion": VERSION,
        "kind": "ExecCredential",
        "spec": {"interactive": False},
    }


async def test_nobody_answers_its_questions(plugin: ExecPlugin, script: Script) -> None:
    script.does("read -r answer && exit 7; exit 8")
    assert "exit code 8" in await failure(plugin)


async def test_a_relative_command_is_one_beside_the_kubeconfig(
    script: Script, clock: ManualClock, tmp_path: Path
) -> None:
    script.gives("one")
    beside = ExecPlugin(node("./plugin"), clock, folder=tmp_path)
    assert await beside.authorization() == "Bearer one"
    assert beside.name == "plugin"


async def test_a_bare_name_is_looked_for_on_the_path(
    script: Script, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.gives("one")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    named = ExecPlugin(node("plugin"), clock, folder=tmp_path / "elsewhere")
    assert await named.authorization() == "Bearer one"


def on_asyncio(work: Callable[[], Any]) -> None:
    asyncio.run(work())


def on_uvloop(work: Callable[[], Any]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())


@pytest.mark.parametrize("loop", [on_asyncio, on_uvloop])
class TestBounds:
    """Nothing that a plugin does holds us up or stays behind; on both event loops."""

    def test_a_token(self, loop: Any, script: Script, clock: ManualClock) -> None:
        async def work() -> None:
            script.gives("one")
            assert await ExecPlugin(node(script.path), clock).authorization() == "Bearer one"

        loop(work)

    def test_one_that_hangs_is_given_up(
        self, loop: Any, script: Script, clock: ManualClock
    ) -> None:
        async def work() -> None:
            script.does("exec sleep 1000")
            plugin = ExecPlugin(node(script.path), clock, seconds=0.2)
            with anyio.fail_after(20):
                assert await failure(plugin) == "took too long"

        loop(work)

    def test_whoever_stops_waiting_ends_the_run_and_its_children(
        self, loop: Any, script: Script, clock: ManualClock
    ) -> None:
        async def work() -> None:
            script.does('sleep 1000 & echo $! > "$here/pid"; mv "$here/pid" "$here/child"; wait')
            plugin = ExecPlugin(node(script.path), clock)
            with anyio.fail_after(20):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(plugin.authorization)
                    await appears(script.path.parent / "child")
                    tasks.cancel_scope.cancel()
                await gone(int((script.path.parent / "child").read_text()))
                script.gives("one")
                assert await plugin.authorization() == "Bearer one"

        loop(work)

    def test_one_that_leaves_a_daemon_behind_does_not_hold_us(
        self, loop: Any, script: Script, clock: ManualClock
    ) -> None:
        """It has the pipe, and it is in no group that we could end."""
        daemon = (
            "import os, time\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    open('pid', 'w').write(str(os.getpid()))\n"
            "    os.rename('pid', 'daemon')\n"
            "    time.sleep(30)\n"
        )

        async def work() -> None:
            (script.path.parent / "daemon.py").write_text(daemon)
            script.does(f'cd "$here" && exec {sys.executable} daemon.py')
            plugin = ExecPlugin(node(script.path), clock, seconds=3)
            with anyio.fail_after(20):
                assert await failure(plugin) == "took too long"

        try:
            loop(work)
        finally:
            os.kill(int((script.path.parent / "daemon").read_text()), signal.SIGKILL)

    @pytest.mark.parametrize("stream", ["1", "2"])
    def test_one_that_prints_for_ever_is_ended(
        self, loop: Any, script: Script, clock: ManualClock, stream: str
    ) -> None:
        async def work() -> None:
            script.does(f'echo $$ > "$here/child"; while :; do echo y; done >&{stream}')
            plugin = ExecPlugin(node(script.path), clock)
            with anyio.fail_after(20):
                assert await failure(plugin) == "it prints too much"
                await gone(int((script.path.parent / "child").read_text()))

        loop(work)

    def test_as_much_as_is_allowed_is_read(
        self, loop: Any, script: Script, clock: ManualClock
    ) -> None:
        async def work() -> None:
            text = credential({"token": "one"})
            script.says(text + " " * (OUTPUT_BYTES - len(text)))
            assert await ExecPlugin(node(script.path), clock).authorization() == "Bearer one"

        loop(work)
