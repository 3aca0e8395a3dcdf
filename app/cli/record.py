"""`watchglass record`: the stream into a file, for as long as somebody wants."""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import IO, TYPE_CHECKING, Any

import anyio

from app.cli.addresses import local_root, root_of
from app.cli.connection import Refused, Unavailable, fetch, session
from app.cli.entry import WRONG
from app.cli.flags import add_settings, read_settings
from app.cli.following import HELLO_SECONDS, End, Following
from app.cli.lasting import lasting, span
from app.cli.pace import Pace
from app.cli.reader import Reader
from app.cli.terminal import notice, safe, write_line
from app.cli.usage import Parser, Usage
from app.clock import SystemClock
from app.settings.fields import Listening
from app.tape import SCHEMA, Anonymiser, Header, TapeError, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.cli.reader import Change, Hello
    from app.cli.sse import Message
    from app.clock import Clock

FLUSH_SECONDS = 1.0
"""How much of a recording is lost, at most, when the recorder is killed."""

EVENTS = frozenset({"hello", "snapshot", "change", "heartbeat", "goodbye"})
"""Those that a tape has lines for."""

REASONS = frozenset({"drain", "limit"})
"""Goodbyes that a recorder outlives."""

LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

KEY_BYTES = 32

NOTES = (
    "Everything is recorded that the server tells of, with the times at which it came. What was "
    "recorded can be replayed even if the recorder is killed. Ctrl-C ends it."
)


def run(arguments: Sequence[str]) -> int:
    """Record until Ctrl-C or the end of the time: 0, or 1 when something ended it before.

    Raises:
        Usage: The command line or the settings are not right, or the file exists.
    """
    parser = Parser("record", "Record the stream to a file.", notes=NOTES)
    parser.own.add_argument(
        "--out",
        metavar="FILE",
        type=lambda text: Path(text).expanduser(),
        required=True,
        help="Where to write the tape, such as tape.jsonl.gz.",
    )
    parser.own.add_argument(
        "--force", action="store_true", help="Write over a file that exists already."
    )
    parser.own.add_argument(
        "--url", metavar="URL", help="Root of the server. Default: the one on this machine."
    )
    parser.own.add_argument(
        "--for",
        dest="span",
        metavar="TIME",
        type=span,
        help="How long to record, such as 90s, 10m or 1.5h. Default: until Ctrl-C.",
    )
    parser.own.add_argument(
        "--anonymise",
        action="store_true",
        help="Replace the names of clusters, namespaces, nodes and objects by others, and leave "
        "out free text.",
    )
    add_settings(parser, Listening, only=("host", "port", "base_path"))
    found = parser.read(arguments)
    root = root_of(found.url) if found.url else local_root(read_settings(found).settings)
    if found.out.exists() and not found.force:
        raise Usage(f"there is a file {found.out} already; --force writes over it")
    recorder = Recorder(
        found.out,
        SystemClock(),
        force=found.force,
        anonymiser=Anonymiser(secrets.token_bytes(KEY_BYTES)) if found.anonymise else None,
    )
    return asyncio.run(record(recorder, root, found.span))


async def record(recorder: Recorder, root: str, span: float | None) -> int:
    """Let the recorder take the stream of `root`, `span` seconds of it if that is given."""
    # What nohup has switched off stays off.
    numbers = [n for n in LEAVING if signal.getsignal(n) is not signal.SIG_IGN]
    code = 0
    with anyio.open_signal_receiver(*numbers) as signals:
        async with anyio.create_task_group() as tasks:

            async def until_told() -> None:
                async for _ in signals:
                    tasks.cancel_scope.cancel()

            async def until_enough() -> None:
                await recorder.keep_up(span)
                tasks.cancel_scope.cancel()

            tasks.start_soon(until_told)
            tasks.start_soon(until_enough)
            recorder.cluster = await _cluster(root)
            following = Following(root, {}, Reader(), Pace(SystemRandom()), recorder)
            code = await following.follow()
            tasks.cancel_scope.cancel()
        recorder.finish()
    if recorder.failure is not None:
        notice(f"watchglass: {safe(str(recorder.path))}: {safe(recorder.failure)}")
    if recorder.header is not None:
        write_line(safe(recorder.summary))
    return code if recorder.failure is None else WRONG


async def _cluster(root: str) -> str | None:
    """What the server's pages call its cluster, if it says that."""
    told: Any = None
    with suppress(Refused, Unavailable, ValueError, TimeoutError):
        with anyio.fail_after(HELLO_SECONDS):
            async with session() as made:
                told = json.loads(await fetch(made, f"{root}/version"))
    match told:
        case {"data": {"cluster": str(name)}}:
            return name
    return None


class Recorder:
    """Takes the messages of the stream, and writes them to a file that it makes with the first.

    Args:
        path: The file.
        clock: Time.
        force: Whether to write over a file that exists.
        anonymiser: Makes what is written anonymous.
    """

    def __init__(
        self, path: Path, clock: Clock, *, force: bool = False, anonymiser: Anonymiser | None = None
    ) -> None:
        self.path = path
        self.cluster: str | None = None
        """What the server's pages call it."""
        self.header: Header | None = None
        """Once there is a file."""
        self.failure: str | None = None
        """Why no more is written."""
        self._clock = clock
        self._mode = "wb" if force else "xb"
        self._anonymiser = anonymiser
        self._begun = anyio.Event()
        self._started = 0.0
        self._file: IO[bytes] | None = None
        self._writer: Writer | None = None
        self._cut_off = False
        self._gaps = 0

    def take(self, message: Message, changes: Sequence[Change], hello: Hello) -> None:
        """Write one message."""
        if message.event not in EVENTS:
            return
        with self._told():
            data = json.loads(message.data)
            if self._writer is None:
                self._writer = self._open(data, hello)
            self._write(self._writer, message.event, data, message.id)

    def lose(self, reason: str) -> None:
        """Write that for a time nothing was heard."""
        self._gaps += 1
        with self._told():
            if self._writer is not None:
                told = {"reason": reason if reason in REASONS else "lost"}
                self._writer.write(self._now_ms, "gap", told)

    async def keep_up(self, span: float | None) -> None:
        """Let what was written reach the file; returns when `span` seconds were recorded."""
        await self._begun.wait()
        with anyio.move_on_after(span):
            while True:
                await anyio.sleep(FLUSH_SECONDS)
                with suppress(End), self._told():
                    if self._writer is not None:
                        self._writer.flush()
                if self.failure is not None:
                    return

    def finish(self) -> None:
        """Write the end, unless the file ends where it would not take more."""
        with suppress(End), self._told():
            if self._writer is not None and not self._cut_off:
                self._writer.close()
        with suppress(End), self._told():
            if self._file is not None:
                self._file.close()

    @property
    def summary(self) -> str:
        """What was recorded."""
        header, writer = self.header, self._writer
        assert header is not None and writer is not None  # noqa: S101 - when it is asked for
        of = f" of {header.cluster}" if header.cluster else ""
        gaps = {0: "", 1: ", 1 gap"}.get(self._gaps, f", {self._gaps} gaps")
        return (
            f"Recorded {lasting(self._now_ms / 1000)}{of}: {writer.messages:,} messages{gaps}, "
            f"{writer.size / 1000:,.1f} kB in {self.path}"
        )

    def _open(self, data: Any, hello: Hello) -> Writer:
        self._started = self._clock.monotonic()
        header = Header(
            schema_=SCHEMA,
            recorded_at=self._clock.now(),
            build=hello.build,
            cluster=self.cluster,
            topics=tuple(map(str, data["topics"])),
            anonymised=False,
        )
        if self._anonymiser is not None:
            header = self._anonymiser.header(header)
        self._file = self.path.open(self._mode, buffering=0)
        writer = Writer(self._file)
        writer.begin(header)
        self.header = header
        self._begun.set()
        return writer

    def _write(self, writer: Writer, event: str, data: Any, id: str | None) -> None:
        if self._anonymiser is not None:
            data, id = self._anonymiser.message(event, data), self._anonymiser.id(id)
        if data is not None:
            writer.write(self._now_ms, event, data, id)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turns what goes wrong with the file into one sentence, and the end."""
        try:
            yield
        except OSError as error:
            self._cut_off = True
            self.failure = self.failure or error.strerror or str(error)
        except TapeError as error:
            self.failure = self.failure or str(error)
        except (KeyError, TypeError, AttributeError):
            self.failure = self.failure or "the server tells what no tape has lines for"
        else:
            return
        self._begun.set()
        raise End(WRONG)

    @property
    def _now_ms(self) -> int:
        return round((self._clock.monotonic() - self._started) * 1000)
