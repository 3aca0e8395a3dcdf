"""Who we are towards the API server, kept fresh."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import anyio
from kubernetes_asyncio.config.config_exception import ConfigException
from kubernetes_asyncio.config.exec_provider import ExecProvider

from app.errors import ConfigurationError, Unauthorized

if TYPE_CHECKING:
    from pathlib import Path

    from kubernetes_asyncio.config.kube_config import ConfigNode

    from app.clock import Clock

FILE_AGE_SECONDS = 60.0
"""The kubelet rotates a bound token at 80 % of its life; a minute is early enough."""

RENEW_BEFORE_SECONDS = 300.0
PLUGIN_SECONDS = 15.0


class Credential(Protocol):
    """Gives the Authorization header, and renews it."""

    async def authorization(self) -> str | None:
        """The header's value at this moment, None for none.

        Raises:
            Unauthorized: There should be one and there is none.
        """
        ...

    async def renew(self, rejected: str | None) -> bool:
        """The API server refused the value `rejected`: get another. True when there is one."""
        ...


class Fixed:
    """A header that never changes: a token in the kubeconfig, a password, or none."""

    def __init__(self, value: str | None) -> None:
        self._value = value

    async def authorization(self) -> str | None:
        """The value."""
        return self._value

    async def renew(self, rejected: str | None) -> bool:
        """There is no other."""
        return False


def basic(user: str, password: str) -> Fixed:
    """User name and password."""
    return Fixed("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


class TokenFile:
    """A token in a file that somebody else rewrites, such as the kubelet."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._token = ""
        self._read_at = float("-inf")

    async def authorization(self) -> str | None:
        """The token, read again once a minute; the last one while the file is empty."""
        if self._clock.monotonic() - self._read_at >= FILE_AGE_SECONDS:
            await self._read()
        if not self._token:
            raise Unauthorized(f"There is no token in {self._path}.")
        return f"Bearer {self._token}"

    async def renew(self, rejected: str | None) -> bool:
        """Read the file at once."""
        await self._read()
        return bool(self._token) and f"Bearer {self._token}" != rejected

    async def _read(self) -> None:
        try:
            found = (await anyio.Path(self._path).read_text()).strip()
        except (OSError, UnicodeDecodeError):
            found = ""
        if found:
            self._token = found
            self._read_at = self._clock.monotonic()


class ExecPlugin:
    """A command that prints a credential (client.authentication.k8s.io).

    One run at a time, however many wait for it; renewed 5 minutes before its end and once after a
    refusal. When it fails, the last token is used as long as it lasts.
    """

    def __init__(self, node: ConfigNode, clock: Clock, *, seconds: float = PLUGIN_SECONDS) -> None:
        try:
            self._provider = ExecProvider(node)
        except ConfigException as error:
            raise ConfigurationError(f"The kubeconfig's exec plugin: {error}") from error
        self._clock = clock
        self._seconds = seconds
        self._lock = anyio.Lock()
        self._token: str | None = None
        self._expires: datetime | None = None

    @property
    def name(self) -> str:
        """The command."""
        return self._provider.args[0]

    async def authorization(self) -> str | None:
        """The token, renewed in time."""
        if self._left() < RENEW_BEFORE_SECONDS:
            async with self._lock:
                if self._left() < RENEW_BEFORE_SECONDS:
                    await self._run()
        return f"Bearer {self._token}"

    async def renew(self, rejected: str | None) -> bool:
        """Run it once more, unless somebody else just did."""
        async with self._lock:
            if f"Bearer {self._token}" == rejected:
                self._token = None
                await self._run()
        return f"Bearer {self._token}" != rejected

    def _left(self) -> float:
        """Seconds that the token still lasts."""
        if self._token is None:
            return float("-inf")
        if self._expires is None:
            return float("inf")
        return (self._expires - self._clock.now()).total_seconds()

    async def _run(self) -> None:
        try:
            status = await self._ask()
            token = str(status.get("token") or "")
            expires = status.get("expirationTimestamp")
            if not token:
                raise ValueError("it gave no token")
            self._expires = datetime.fromisoformat(expires) if expires else None
            self._token = token
        except (OSError, ValueError, KeyError, TypeError, TimeoutError) as error:
            if self._left() > 0:
                return
            why = "took too long" if isinstance(error, TimeoutError) else str(error)
            raise Unauthorized(
                f"The credential plugin {self.name!r} failed.", details=why
            ) from error

    async def _ask(self) -> dict[str, str | None]:
        """Run the command; raises what `_run` names."""
        version = self._provider.api_version
        spec = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
        process = await asyncio.create_subprocess_exec(
            *self._provider.args,
            env=self._provider.env | {"KUBERNETES_EXEC_INFO": json.dumps(spec)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            with anyio.fail_after(self._seconds):
                out, err = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                with anyio.CancelScope(shield=True):
                    await process.wait()
        if process.returncode != 0:
            raise ValueError(f"exit code {process.returncode}: {err.decode(errors='replace')}")
        answer = json.loads(out)
        if answer["apiVersion"] != version:
            raise ValueError(f"it speaks {answer['apiVersion']}, not {version}")
        status: dict[str, str | None] = answer["status"]
        return status
