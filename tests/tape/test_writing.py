"""What was written can be read, whatever stops the writing."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.model import decode
from app.tape import Header, TapeError, Writer, open_tape
from app.tape.forms import LINE_LIMIT
from tests.tape.made import header, hello, opening

ROOT = Path(__file__).parents[2]


def head(**fields: Any) -> Header:
    return decode(Header, json.dumps(header(**fields)).encode())


def write(writer: Writer, *lines: dict[str, Any]) -> None:
    for line in lines:
        writer.write(line["t"], line["event"], line["data"], line.get("id"))


def test_a_tape_is_one_gzip_file_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "tape"
    with path.open("xb", buffering=0) as file:
        writer = Writer(file)
        writer.begin(head())
        write(writer, *opening("agent-0"))
        writer.close()
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert lines == [header(), *opening("agent-0")]
    assert (writer.messages, writer.size) == (6, path.stat().st_size)
    assert open_tape(path).note is None


def test_what_was_flushed_is_there(tmp_path: Path) -> None:
    path = tmp_path / "tape"
    with path.open("xb", buffering=0) as file:
        writer = Writer(file)
        writer.begin(head())
        for number, line in enumerate(opening("agent-0"), 1):
            write(writer, line)
            writer.flush()
            tape = open_tape(path)
            assert tape.messages == number
            assert tape.note == f"it breaks off after line {number + 1}"
        before = writer.size
        writer.flush()
        assert writer.size == before, "nothing was written since"


class Reluctant:
    """Takes a few bytes at a time, until there is no more room."""

    def __init__(self, room: int) -> None:
        self.taken = b""
        self._room = room

    def write(self, data: memoryview, /) -> int:
        if len(self.taken) >= self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.taken += data[:7]
        return min(7, len(data))


def test_a_file_may_take_a_part_at_a_time() -> None:
    file = Reluctant(10**6)
    writer = Writer(file)
    writer.begin(head())
    write(writer, hello())
    writer.close()
    assert len(gzip.decompress(file.taken).splitlines()) == 2
    assert writer.size == len(file.taken)


def test_a_full_disk_is_an_error_of_the_system() -> None:
    writer = Writer(Reluctant(30))
    writer.begin(head())
    write(writer, hello())
    with pytest.raises(OSError, match="No space left"):
        writer.flush()


def test_a_message_that_is_too_long_is_refused() -> None:
    writer = Writer(io.BytesIO())
    writer.begin(head())
    with pytest.raises(TapeError, match=r"^line 2: a message is longer than 1 MiB$"):
        writer.write(0, "change", {"text": "ä" * (LINE_LIMIT // 2)})


def test_any_text_of_json_is_written(tmp_path: Path) -> None:
    texts = ["Grüße", "\ud800", "\u2028", "\n", "\0", "\U0001f600"]
    file = io.BytesIO()
    writer = Writer(file)
    writer.begin(head())
    writer.write(0, "gap", texts, "abcdefghij-1")
    writer.close()
    _, line = gzip.decompress(file.getvalue()).split(b"\n")[:2]
    assert json.loads(line) == {"t": 0, "event": "gap", "id": "abcdefghij-1", "data": texts}


ENDLESS = """
import sys
from tests.tape.made import opening, pod, change, upsert
from tests.tape.test_writing import head, write
from app.tape import Writer
writer = Writer(open(sys.argv[1], "xb", buffering=0))
writer.begin(head())
write(writer, *opening())
for number in range(10**9):
    name = f"agent-{number}"
    write(writer, change(number + 2, upsert("pods", f"agents/{name}", pod(name))))
    if number % 10 == 0:
        writer.flush()
    if number == 2000:
        print("enough", flush=True)
"""


def test_a_writer_that_is_killed_leaves_a_tape(tmp_path: Path) -> None:
    path = tmp_path / "tape"
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"enough\n"
        process.send_signal(signal.SIGKILL)
    tape = open_tape(path)
    assert tape.note is not None
    assert tape.messages > 2000
    assert [moment.line for moment in tape.moments()] == list(range(2, tape.messages + 2))
