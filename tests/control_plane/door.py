"""Blocking HTTP for start, faults and grants; tests that await use `api.Api`."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.control_plane.objects import Json

SECONDS = 10.0


class DoorFailure(Exception):
    """An answer that is not 2xx: `code` and the body's `text`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"HTTP {code}: {text[:500]}")
        self.code = code
        self.text = text


class Door:
    """JSON to one server; a new connection per call, so restarts are no matter."""

    def __init__(self, url: str, ca: Path | None, token: str | None) -> None:
        self._url = url
        context = None if ca is None else ssl.create_default_context(cafile=str(ca))
        # No proxy, whatever the environment says: everything is on loopback.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Send and read one JSON object. Raises DoorFailure, OSError or HTTPException."""
        found: Json = json.loads(self._send(method, path, body))
        return found

    def exists(self, path: str) -> bool:
        """Whether GET finds it. Raises DoorFailure for anything but 200 and 404."""
        try:
            self._send("GET", path, None)
        except DoorFailure as failure:
            if failure.code == http.client.NOT_FOUND:
                return False
            raise
        return True

    def answers(self, path: str) -> bool:
        """Whether GET gives 2xx; a server that is not there or not well gives False."""
        try:
            self._send("GET", path, None)
        except (DoorFailure, OSError, http.client.HTTPException):
            return False
        return True

    def _send(self, method: str, path: str, body: Json | None) -> bytes:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._url + path, data=content, headers=self._headers, method=method
        )
        try:
            with self._opener.open(request, timeout=SECONDS) as response:
                read: bytes = response.read()
                return read
        except urllib.error.HTTPError as error:
            with error:
                raise DoorFailure(error.code, error.read().decode(errors="replace")) from error
