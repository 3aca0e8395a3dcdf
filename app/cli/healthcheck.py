"""`watchglass healthcheck`: one request, by the standard library, because it runs all the time.

It asks `/livez`, which is 200 as long as the event loop turns; with `--ready` it asks `/readyz`,
which waits for the first lists. A container that is merely waiting for its cluster is healthy.
"""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.cli.addresses import local_root, root_of, shown
from app.cli.answers import sentence_in
from app.cli.entry import WRONG
from app.cli.flags import add_settings, read_settings
from app.cli.terminal import safe
from app.cli.usage import Parser, whole
from app.settings.fields import Listening

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 2
"""Below the three seconds after which the Dockerfile's HEALTHCHECK gives up."""

ANSWER_LIMIT = 4_096


def run(arguments: Sequence[str]) -> int:
    """Ask once: 0 when the answer is 200, else 1; one line says which."""
    parser = Parser("healthcheck", "Ask a running server whether it lives.")
    parser.own.add_argument(
        "--url", metavar="URL", help="Root of the server. Default: the one on this machine."
    )
    parser.own.add_argument(
        "--ready",
        action="store_true",
        help="Ask whether every source has listed or has a state (/readyz), not only whether the "
        "server lives (/livez).",
    )
    parser.own.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=whole(1, 60),
        default=SECONDS,
        help=f"How long to wait for each step of the answer. Default: {SECONDS}.",
    )
    add_settings(parser, Listening, only=("host", "port", "base_path"))
    found = parser.read(arguments)
    root = root_of(found.url) if found.url else local_root(read_settings(found).settings)
    url = f"{root}/{'readyz' if found.ready else 'livez'}"
    try:
        status, text = _ask(url, found.timeout)
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer from {safe(shown(url))}: {safe(_why(error))}")
        return WRONG
    if status != http.client.OK:
        print(f"{safe(shown(url))} answered {status}: {safe(text)}")
        return WRONG
    print(f"ok: {safe(shown(url))}")
    return 0


def _ask(url: str, seconds: int) -> tuple[int, str]:
    """Status of the answer, and what it says: an error's sentence, or its last line."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        body = response.read(ANSWER_LIMIT)
        lines = body.decode(errors="replace").rstrip().split("\n")
        return response.status, sentence_in(body) or lines[-1][:200]
    finally:
        connection.close()


def _why(error: Exception) -> str:
    if isinstance(error, socket.timeout):
        return "too slow"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
