"""A command that prints a credential (client.authentication.k8s.io), run in time and once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import structlog
from kubernetes_asyncio.config.config_exception import ConfigException
from kubernetes_asyncio.config.exec_provider import ExecProvider

from app.cluster.credentials import bearer
from app.errors import ConfigurationError, Unauthorized

if TYPE_CHECKING:
    from kubernetes_asyncio.config.kube_config import ConfigNode

    from app.clock import Clock

logger = structlog.get_logger("watchglass.credentials")

RENEW_BEFORE_SECONDS = 300.0
"""Before the end of a token, but not before four fifths of its life have passed."""

PLUGIN_SECONDS = 15.0
"""For one run."""

PAUSE_SECONDS = 10.0
"""After a run that failed; who asks meanwhile gets the last token, or the same error."""

OUTPUT_BYTES = 2**20
"""A command that prints more than this is no credential plugin."""

KILLED_SECONDS = 1.0
"""For a process that was killed to be gone."""


class ExecPlugin:
    """Gives the token that the command prints.

    One run at a time, however many wait for it; renewed 5 minutes before its end and once after a
    refusal. Who asks meanwhile gets the last token, and everybody does when a run fails, as long
    as it lasts. Tokens only: a plugin that gives a client certificate instead is an error that
    says so.
    """

    def __init__(
        self,
        node: ConfigNode,
        clock: Clock,
        *,
        folder: Path | None = None,
        seconds: float = PLUGIN_SECONDS,
    ) -> None:
        try:
            self._provider = ExecProvider(node)
        except ConfigException as error:
            raise ConfigurationError(
                "The kubeconfig's exec plugin needs a command and an apiVersion."
            ) from error
        if node.safe_get("interactiveMode") == "Always":
            raise ConfigurationError(
                "The kubeconfig's exec plugin asks a person at a terminal, which nobody is here."
            )
        command, *arguments = self._provider.args
        if folder is not None and os.sep in command:
            # As client-go: relative to the kubeconfig, not to where we were started.
            command = str(folder / command)
        self._command = [command, *map(str, arguments)]
        self._clock = clock
        self._seconds = seconds
        self._lock = anyio.Lock()
        self._value: str | None = None
        self._expires: datetime | None = None
        self._renew_at: float = float("-inf")
        self._failed: Unauthorized | None = None
        self._failed_at = float("-inf")

    @property
    def name(self) -> str:
        """The command, without its folder."""
        return Path(self._command[0]).name

    async def authorization(self) -> str | None:
        """The token, from a new run when it is due."""
        if self._due() and (self._value is None or not self._lock.statistics().locked):
            async with self._lock:
                if self._due():
                    await self._renew()
        if self._value is None:
            raise self._failed or Unauthorized(f"The credential plugin {self.name!r} gave nothing.")
        return self._value

    async def renew(self, rejected: str | None) -> bool:
        """Run it once more, unless somebody else just did."""
        async with self._lock:
            if self._value == rejected and not self._pausing():
                await self._renew()
        return self._value is not None and self._value != rejected

    def _due(self) -> bool:
        if self._expires is not None and self._clock.now() >= self._expires:
            self._value = None
        wanted = self._value is None or self._clock.monotonic() >= self._renew_at
        return wanted and not self._pausing()

    def _pausing(self) -> bool:
        return self._clock.monotonic() - self._failed_at < PAUSE_SECONDS

    async def _renew(self) -> None:
        try:
            status = await self._run()
            value = bearer(str(status.get("token") or ""))
            expires = _time(status.get("expirationTimestamp"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why = "took too long" if isinstance(error, TimeoutError) else str(error)
            self._failed = Unauthorized(
                f"The credential plugin {self.name!r} failed.", details=why[:500]
            )
            self._failed_at = self._clock.monotonic()
            logger.warning("plugin_failed", plugin=self.name, why=why[:500])
            return
        self._value, self._expires, self._failed = value, expires, None
        life = float("inf")
        if expires is not None:
            life = (expires - self._clock.now()).total_seconds()
        # A token of a few minutes is not fetched anew for every request.
        self._renew_at = self._clock.monotonic() + max(life - RENEW_BEFORE_SECONDS, life * 0.8)

    async def _run(self) -> dict[str, Any]:
        """Run the command; raises what `_renew` names."""
        version = self._provider.api_version
        spec = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
        transport, run = await asyncio.get_running_loop().subprocess_exec(
            _Run,
            *self._command,
            env=self._provider.env | {"KUBERNETES_EXEC_INFO": json.dumps(spec)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            with anyio.fail_after(self._seconds):
                await run.over.wait()
            out, err = bytes(run.printed[1]), bytes(run.printed[2])
            if max(len(out), len(err)) > OUTPUT_BYTES:
                raise ValueError("it prints too much")
        except BaseException:
            # The whole group: what a shell script started would go on without it.
            with suppress(ProcessLookupError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            with anyio.move_on_after(KILLED_SECONDS, shield=True):
                await run.gone.wait()
            raise
        finally:
            transport.close()
        if (code := transport.get_returncode()) != 0:
            raise ValueError(f"exit code {code}: {err.decode(errors='replace')}")
        answer = json.loads(out)
        if answer["apiVersion"] != version:
            raise ValueError(f"it speaks {answer['apiVersion']}, not {version}")
        status: dict[str, Any] = answer["status"]
        if not status.get("token") and status.get("clientCertificateData"):
            raise ValueError("it gives a client certificate, which is not supported")
        return status


class _Run(asyncio.SubprocessProtocol):
    """What a process prints, up to a bound.

    Not `asyncio.subprocess.Process`, whose `wait` ends only when nobody holds the pipes any more: a
    plugin may leave a daemon behind that does.
    """

    def __init__(self) -> None:
        self.printed = {1: bytearray(), 2: bytearray()}
        self.gone = asyncio.Event()
        """The process has ended."""
        self.over = asyncio.Event()
        """It has ended and both pipes are closed, or it has printed too much."""
        self._open = 3

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep it."""
        printed = self.printed[fd]
        printed += data[: OUTPUT_BYTES + 1 - len(printed)]
        if len(printed) > OUTPUT_BYTES:
            self.over.set()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Nothing more comes from this one."""
        self._less()

    def process_exited(self) -> None:
        """It has ended, though what it printed may still come."""
        self.gone.set()
        self._less()

    def _less(self) -> None:
        self._open -= 1
        if not self._open:
            self.over.set()


def _time(text: str | None) -> datetime | None:
    """A timestamp of Kubernetes; one without a zone is taken as UTC."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
