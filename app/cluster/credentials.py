"""Who we are towards the API server: headers that stay, and tokens in files."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Protocol

import anyio

from app.errors import Unauthorized

if TYPE_CHECKING:
    from pathlib import Path

    from app.clock import Clock

FILE_AGE_SECONDS = 60.0
"""The kubelet rotates a bound token at 80 % of its life; a minute is early enough."""


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


def bearer(token: str) -> str:
    """The header's value for a token; space around it is left out.

    Raises:
        ValueError: It is empty, or has characters that no header may carry.
    """
    found = token.strip()
    if not found or not all("!" <= character <= "~" for character in found):
        raise ValueError("that is no token")
    return f"Bearer {found}"


def basic(user: str, password: str) -> Fixed:
    """User name and password."""
    return Fixed("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


class TokenFile:
    """A token in a file that somebody else rewrites, such as the kubelet."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._value: str | None = None
        self._read_at = float("-inf")

    async def authorization(self) -> str | None:
        """The token, read again once a minute; the last one while the file has none."""
        if self._clock.monotonic() - self._read_at >= FILE_AGE_SECONDS:
            await self._read()
        if self._value is None:
            raise Unauthorized("There is no token in the token file.", details=str(self._path))
        return self._value

    async def renew(self, rejected: str | None) -> bool:
        """Read the file at once."""
        await self._read()
        return self._value is not None and self._value != rejected

    async def _read(self) -> None:
        try:
            self._value = bearer(await anyio.Path(self._path).read_text())
        except (OSError, ValueError):
            # Missing, or caught while it is written: the next call looks again.
            return
        self._read_at = self._clock.monotonic()
