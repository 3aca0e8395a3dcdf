"""Whether a process lives, and what it says over TLS."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable

PATIENCE = 60.0
LOOK_SECONDS = 0.02


def lives(pid: int) -> bool:
    """Whether the process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")


def ignores(pid: int, number: signal.Signals) -> bool:
    """Whether a signal does nothing to a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask, 16) >> (number - 1) & 1)


def await_truth(holds: Callable[[], bool], what: str) -> None:
    """Look until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(LOOK_SECONDS)


def ask(
    port: int,
    authority: str,
    path: str = "/version",
    token: str | None = None,
    *,
    method: str = "GET",
) -> Any:
    """What an API server whose certificate is trusted answers, as JSON."""
    context = ssl.create_default_context(cadata=authority)
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
    try:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        connection.request(method, path, headers=headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
