"""Where a server is: the local one by its settings, another one by its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.cli.usage import Usage

if TYPE_CHECKING:
    from app.settings import Settings

STREAM_PATH = "/api/stream"


def local_root(settings: Settings) -> str:
    """The URL of the server on this machine, without a slash at its end.

    Raises:
        Usage: It has taken a free port, so only its own output says which.
    """
    if settings.port == 0:
        raise Usage("port 0 is any free port: name the server by its URL")
    return root(settings.host, settings.port, settings.base_path)


def root(host: str, port: int, base_path: str) -> str:
    """The URL of a server that listens there."""
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    return f"http://{f'[{name}]' if ':' in name else name}:{port}{base_path}"


def root_of(url: str) -> str:
    """The root in a URL that somebody typed; the stream's own URL is understood too.

    Raises:
        Usage: It is none, or has parts that a root cannot have.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Usage(f"{url!r} is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Usage(f"{url!r} is no URL such as http://127.0.0.1:8420/")
    if parts.query or parts.fragment:
        raise Usage(f"{shown(url)!r} has a query or fragment; flags choose what the stream carries")
    path = parts.path.rstrip("/").removesuffix(STREAM_PATH)
    return f"{parts.scheme}://{parts.netloc}{path}"


def shown(url: str) -> str:
    """A URL for a message: without the password that may stand in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
