"""Who takes part, how each is started, and where it is subscribed to and published at."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.fanout import nchan, programs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Contender:
    """One server: `command(port, work)` starts it, `missing()` says why it cannot run here."""

    name: str
    title: str
    command: Callable[[int, Path], list[str]]
    missing: Callable[[], str | None]
    subscribe: str = "/stream"
    publish: str = "/publish"


def _module(name: str, *arguments: str) -> Callable[[int, Path], list[str]]:
    def command(port: int, work: Path) -> list[str]:
        module = f"benchmarks.fanout.servers.{name}"
        return [sys.executable, "-m", module, str(port), *arguments]

    return command


def _limit(port: int, work: Path) -> list[str]:
    program = programs.compiled("limit", work.parent)
    if program is None:
        raise FileNotFoundError("no C compiler")
    return [str(program), str(port)]


def _needs(module: str) -> Callable[[], str | None]:
    return lambda: None if importlib.util.find_spec(module) else f"{module} is not installed"


def _needs_compiler() -> str | None:
    return None if shutil.which("cc") else "no C compiler (cc) is installed"


def _needs_nchan() -> str | None:
    if nchan.module() is None:
        return "nginx with nchan is not installed (Debian: libnginx-mod-nchan)"
    return None


OURS = Contender(
    "ours",
    "Watchglass as shipped",
    _module("watchglass"),
    _needs("uvloop"),
    subscribe="/api/stream?topics=pods",
)
EAGER = Contender(
    "eager",
    "Watchglass, gathering for 1 ms",
    _module("watchglass", "--tick-ms", "1"),
    _needs("uvloop"),
    subscribe="/api/stream?topics=pods",
)
SSE_STARLETTE = Contender(
    "sse-starlette",
    "sse-starlette, queue and dict events",
    _module("sse_starlette_queue"),
    _needs("sse_starlette"),
)
STREAMING = Contender(
    "streaming",
    "Starlette StreamingResponse, queue",
    _module("streaming_queue"),
    _needs("starlette"),
)
NCHAN = Contender("nchan", "nchan (nginx, C)", nchan.command, _needs_nchan)
RAW = Contender(
    "raw", "limit: asyncio transport.write (uvloop)", _module("raw_asyncio"), _needs("uvloop")
)
LIMIT = Contender("limit", "limit: C epoll send()", _limit, _needs_compiler)

ALL = (OURS, EAGER, SSE_STARLETTE, STREAMING, NCHAN, RAW, LIMIT)
