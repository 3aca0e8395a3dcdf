"""The writers against sends that the test holds; against real servers: test_stepping.py."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from app.stream import Frame, SteppedWriter, TaskWriter, WebSocketWriter, WriterClosed

if TYPE_CHECKING:
    from collections.abc import Awaitable, MutableMapping

GONE = [ConnectionResetError, BrokenPipeError, OSError, RuntimeError]


class Wire:
    """A server's `send`: waits while it is shut, and only then takes a message."""

    def __init__(self) -> None:
        self.messages: list[MutableMapping[str, Any]] = []
        self.fault: type[Exception] | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.aborted = False
        self.held = 0

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        self.messages.append(message)

    def abort(self) -> None:
        self.aborted = True


ONE, TWO = Frame("one", b"{}"), Frame("two", b"{}")
SIZE = len(ONE.sse)

END = {"type": "http.response.body", "body": b"", "more_body": False}


class TestTaskWriter:
    async def test_it_never_writes_without_waiting(self) -> None:
        wire = Wire()
        writer = TaskWriter(wire.send)
        assert (writer.dialect, writer.stepped) == ("sse", False)
        assert writer.try_write(ONE) == 0
        assert wire.messages == []

    async def test_it_writes_as_soon_as_the_server_is_ready(self) -> None:
        wire = Wire()
        wire.open.clear()
        writer = TaskWriter(wire.send)
        writing = asyncio.ensure_future(writer.write(ONE))
        await asyncio.sleep(0)
        assert (wire.messages, writer.progress()) == ([], 0)
        wire.open.set()
        with anyio.fail_after(10):
            assert await writing == SIZE
        assert (wire.messages, writer.progress()) == ([ONE.body], SIZE)

    async def test_a_write_that_is_cancelled_wrote_nothing(self) -> None:
        wire = Wire()
        wire.open.clear()
        writer = TaskWriter(wire.send)
        with anyio.move_on_after(0):
            await writer.write(ONE)
        wire.open.set()
        await writer.write(TWO)
        assert (wire.messages, writer.progress()) == ([TWO.body], SIZE)

    async def test_closing_ends_the_response(self) -> None:
        wire = Wire()
        await TaskWriter(wire.send).close("drain")
        assert wire.messages == [END]

    @pytest.mark.parametrize("fault", GONE)
    async def test_a_reader_that_is_gone_is_told_of_in_one_way(
        self, fault: type[Exception]
    ) -> None:
        wire = Wire()
        wire.fault = fault
        writer = TaskWriter(wire.send)
        with pytest.raises(WriterClosed):
            await writer.write(ONE)
        with pytest.raises(WriterClosed):
            await writer.close("drain")
        assert writer.progress() == 0

    async def test_a_fault_of_ours_is_not_hidden(self) -> None:
        wire = Wire()
        wire.fault = KeyError
        with pytest.raises(KeyError):
            await TaskWriter(wire.send).write(ONE)

    async def test_aborting_drops_the_connection_where_that_is_possible(self) -> None:
        wire = Wire()
        TaskWriter(wire.send).abort()
        assert not wire.aborted
        TaskWriter(wire.send, abort=wire.abort).abort()
        assert wire.aborted

    async def test_progress_is_what_has_left_the_server(self) -> None:
        wire = Wire()
        writer = TaskWriter(wire.send, backlog=lambda: wire.held)
        await writer.write(ONE)
        wire.held = SIZE
        assert writer.progress() == 0
        wire.held = 10
        assert writer.progress() == SIZE - 10


class TestSteppedWriter:
    async def test_it_writes_at_once_what_the_server_takes_at_once(self) -> None:
        wire = Wire()
        writer = SteppedWriter(wire.send)
        assert (writer.dialect, writer.stepped) == ("sse", True)
        assert writer.try_write(ONE) == SIZE
        assert wire.messages == [ONE.body]

    async def test_progress_does_not_fall_behind_what_was_written_without_waiting(self) -> None:
        wire = Wire()
        writer = SteppedWriter(wire.send, backlog=lambda: wire.held)
        writer.try_write(ONE)
        wire.held = SIZE
        before = writer.progress()
        wire.held = SIZE - 1
        assert writer.progress() == before + 1

    async def test_a_send_that_would_wait_has_written_nothing_and_is_closed(self) -> None:
        wire = Wire()
        writer = SteppedWriter(wire.send, backlog=lambda: wire.held)
        wire.open.clear()
        assert writer.try_write(ONE) == 0
        assert not wire.open._waiters
        wire.open.set()
        await asyncio.sleep(0)
        assert (wire.messages, writer.progress()) == ([], 0)
        assert writer.try_write(TWO) == SIZE
        assert wire.messages == [TWO.body]

    async def test_it_can_wait_too(self) -> None:
        wire = Wire()
        writer = SteppedWriter(wire.send, abort=wire.abort)
        await writer.write(ONE)
        await writer.close("limit")
        writer.abort()
        assert wire.messages == [ONE.body, END]
        assert wire.aborted

    @pytest.mark.parametrize("fault", GONE)
    async def test_a_reader_that_is_gone_is_told_of_in_one_way(
        self, fault: type[Exception]
    ) -> None:
        wire = Wire()
        wire.fault = fault
        with pytest.raises(WriterClosed):
            SteppedWriter(wire.send).try_write(ONE)

    @pytest.mark.parametrize("fault", GONE)
    def test_a_send_may_find_the_reader_gone_when_called(self, fault: type[Exception]) -> None:
        def send(_: MutableMapping[str, Any]) -> Awaitable[None]:
            raise fault

        with pytest.raises(WriterClosed):
            SteppedWriter(send).try_write(ONE)


class TestWebSocketWriter:
    async def test_it_sends_text_messages(self) -> None:
        wire = Wire()
        writer = WebSocketWriter(wire.send, abort=wire.abort, backlog=lambda: wire.held)
        assert (writer.dialect, writer.stepped) == ("websocket", False)
        assert writer.try_write(ONE) == 0
        frame = Frame("heartbeat", '{"é":1}'.encode())
        assert await writer.write(frame) == len(frame.websocket)
        assert wire.messages == [frame.text]
        assert writer.progress() == len(frame.websocket)

    @pytest.mark.parametrize(
        ("reason", "code"),
        [
            ("drain", 1001),
            ("auth_expired", 4401),
            ("revoked", 4403),
            ("limit", 1013),
            ("enough", 1000),
        ],
    )
    async def test_each_goodbye_has_its_close_code(self, reason: str, code: int) -> None:
        wire = Wire()
        await WebSocketWriter(wire.send).close(reason)
        assert wire.messages == [{"type": "websocket.close", "code": code, "reason": reason}]

    @pytest.mark.parametrize("fault", GONE)
    async def test_a_reader_that_is_gone_is_told_of_in_one_way(
        self, fault: type[Exception]
    ) -> None:
        wire = Wire()
        wire.fault = fault
        writer = WebSocketWriter(wire.send)
        with pytest.raises(WriterClosed):
            await writer.write(ONE)
        with pytest.raises(WriterClosed):
            await writer.close("drain")
