"""Logs: one pipeline for our own lines and those of libraries, to standard error.

Law: no header, body, token, prompt or output is ever written. Four bars stand before the writer.
Fields with such names are masked whatever they hold; values that are not plain are replaced by the
name of their type; texts lose what looks like a credential, and control characters; and libraries
log warnings only, because their debug lines carry headers and bodies.

An event is a constant name (`source_forbidden`), everything that varies is a field. The request a
line belongs to is taken from `REQUEST_ID`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, Sequence, Set
from contextvars import ContextVar
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, TextIO
from uuid import UUID

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the HTTP request being served; set by the web room, in every line while it is set."""

OURS = ("app", "watchglass")
"""The first words of our loggers' names; all others are of libraries."""

MASK = "***"
LONGEST = 4000  # characters of one text; a line is for reading

PRIVATE = frozenset(
    "authorization cookie cookies token tokens header headers body prompt prompts output outputs "
    "password passphrase secret secrets credential credentials bearer jwt apikey privatekey".split()
)
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
MEASURE = re.compile(r"_(bytes|count|ms|seconds)$|(Bytes|Count|Ms|Seconds)$")

CREDENTIALS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"(?P<kept>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*-----|\Z)",
        r"(?P<kept>\b((proxy-)?authorization|(set-)?cookie)\b['\"]?\s*[:=])[^\r\n]*",
        r"(?P<kept>\b(bearer|basic)\s+)[\w.~+/=-]{6,}",
        r"(?P<kept>\bey)J[\w-]{5,}\.[\w-]{5,}\.[\w-]*",
        r"(?P<kept>\b(sk-|gh[pousr]_))[\w-]{8,}",
        r"(?P<kept>\b[\w-]*(token|secret|password|api_?key|ticket)['\"]?\s*[=:]\s*)[^&\s,;}]+",
    )
)
# C0 and C1 controls and the bidirectional overrides: a text from elsewhere must neither move a
# terminal's cursor nor look like a line of its own. Only tracebacks have lines.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FIRST = ("timestamp", "level", "event", "logger")  # where an eye looks for them
LINES = frozenset({"exception", "stack"})


def logger(name: str) -> BoundLogger:
    """The logger of a module, which passes its own `__name__`."""
    bound: BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def configure_logging(
    level: str = "info", form: str = "auto", *, stream: TextIO | None = None
) -> None:
    """Send every log line of the process through the one pipeline; can be called again.

    `level` is the least severity of our own lines: debug, info, warning or error. `form` is
    `pretty`, `json`, or `auto`: pretty when `stream` (standard error if not given) is a terminal.
    """
    target = sys.stderr if stream is None else stream
    pretty = form == "pretty" or (form == "auto" and target.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: tuple[Processor, ...] = (
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if pretty else "iso", utc=not pretty),
        _with_request,
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler(target)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                masked,
                _renderer(pretty, colours=pretty and target.isatty()),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [old for old in root.handlers if not isinstance(old, _Handler)] + [handler]
    root.setLevel(max(threshold, logging.WARNING))
    for name in OURS:
        logging.getLogger(name).setLevel(threshold)
    # What it warns of when it reads a kubeconfig we say ourselves, in a sentence.
    logging.getLogger("kubernetes_asyncio").setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "aiohttp"):
        library = logging.getLogger(name)
        library.handlers = []
        library.propagate = True
        library.setLevel(logging.NOTSET)


def masked(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The event with nothing in it that may not be written, what every line has first."""
    ordered = [*(key for key in FIRST if key in event), *(key for key in event if key not in FIRST)]
    return {key: _value(key, event[key]) for key in ordered}


def scrubbed(text: str) -> str:
    """`text` without what looks like a credential, without controls, cut at `LONGEST`."""
    for pattern in CREDENTIALS:
        text = pattern.sub(r"\g<kept>" + MASK, text)
    text = CONTROLS.sub(lambda found: f"\\x{ord(found.group()):02x}", text)
    return text if len(text) <= LONGEST else text[:LONGEST] + " ... (cut)"


def is_private(name: str) -> bool:
    """Whether a field of this name is masked: one of its words says what it holds."""
    words = [word.lower() for word in WORDS.findall(name)]
    pairs = {first + second for first, second in pairwise(words)}
    return not PRIVATE.isdisjoint({*words, *pairs})


def _value(name: str, value: object) -> object:
    number = isinstance(value, int | float)
    if is_private(name) and value is not None and not (number and MEASURE.search(name)):
        return MASK
    plain = _plain(value)
    if isinstance(plain, str) and name not in LINES:
        return plain.replace("\n", "\\n")
    return plain


def _plain(value: object, depth: int = 4) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return scrubbed(value)
        case BaseException():
            return scrubbed(f"{type(value).__name__}: {value}")
        case date() | UUID() | PurePath():
            return scrubbed(str(value))
        case IPv4Address() | IPv6Address() | IPv4Network() | IPv6Network():
            return str(value)
        case Mapping() if depth:
            return {
                str(key): MASK if is_private(str(key)) else _plain(item, depth - 1)
                for key, item in value.items()
            }
        case bytes() | bytearray() | memoryview():
            return f"<{len(value)} bytes>"
        case Sequence() | Set() if depth:
            return [_plain(item, depth - 1) for item in value]
        case _:
            return f"<{type(value).__name__}>"


def _with_request(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if (request := REQUEST_ID.get()) is not None:
        event["request_id"] = request
    return event


def _renderer(pretty: bool, *, colours: bool) -> Processor:
    if pretty:
        return structlog.dev.ConsoleRenderer(
            colors=colours, exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that configuring again replaces it and leaves other handlers alone."""
