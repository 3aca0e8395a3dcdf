"""Pages from elsewhere, another port of the same machine included, get nothing."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from app.clock import SystemClock
from tests.web.house import fill, house
from tests.web.served import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

PAGE = b"<!doctype html><title>Elsewhere</title><p>Somebody else's page, with no policy at all."
ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: text/html\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
)


@asynccontextmanager
async def elsewhere() -> AsyncIterator[str]:
    """The URL of a page on another port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER % (len(PAGE), PAGE))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


TRY_EVERYTHING = """
async (ours) => {
  const found = {};
  const events = ['open', 'message', 'hello', 'error', 'close'];
  const first = (target) => new Promise((resolve) => {
    for (const name of events) target.addEventListener(name, () => resolve(name));
  });
  const socket = new WebSocket(ours.replace('http', 'ws') + '/api/ws');
  found.socket = await first(socket);
  socket.close();
  for (const credentials of [false, true]) {
    const source = new EventSource(ours + '/api/stream', { withCredentials: credentials });
    found[`source ${credentials}`] = await first(source);
    source.close();
  }
  for (const path of ['/api/stream?maxEvents=3', '/api/pods', '/', '/static/page.js']) {
    found[path] = await fetch(ours + path).then((answer) => answer.status, (error) => error.name);
    found[`${path} mute`] = await fetch(ours + path, { mode: 'no-cors' })
      .then((answer) => answer.text(), (error) => error.name);
  }
  const script = document.createElement('script');
  script.type = 'module';
  script.src = ours + '/static/page.js';
  found.script = await new Promise((resolve) => {
    script.onload = () => resolve('load');
    script.onerror = () => resolve('error');
    document.body.append(script);
  });
  const frame = document.createElement('iframe');
  frame.src = ours + '/';
  await new Promise((resolve) => { frame.onload = resolve; document.body.append(frame); });
  try {
    found.frame = frame.contentDocument?.title ?? 'closed to us';
  } catch (error) { found.frame = error.name; }
  return found;
}
"""


async def test_another_port_can_neither_open_a_socket_nor_read_the_stream(visit: Visit) -> None:
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
        served.call(lambda: fill(served.application))
        async with elsewhere() as other:
            await visit.page.goto(other)
            found: dict[str, Any] = await visit.page.evaluate(TRY_EVERYTHING, served.url)
        statistics = served.rooms.hub.statistics
        assert statistics.readers["websocket"] == 0
    assert found.pop("socket") == "error"
    assert found.pop("frame") in ("closed to us", "SecurityError")
    assert found.pop("script") == "error"
    for tried, told in found.items():
        assert told in ("error", "TypeError"), tried
    framed = [frame.url for frame in visit.page.frames[1:]]
    assert framed == ["chrome-error://chromewebdata/"], "it is shown in no frame"


async def test_our_own_page_can(visit: Visit) -> None:
    """The same from the page itself: so what is above fails for the reason that it names."""
    with serving(house(clock=SystemClock(), heartbeat_seconds=1)) as served:
        served.call(lambda: fill(served.application))
        await visit.page.goto(f"{served.url}/")
        opened = await visit.page.evaluate(
            """(ours) => new Promise((resolve) => {
              const socket = new WebSocket(ours.replace('http', 'ws') + '/api/ws');
              socket.onmessage = ({ data }) => resolve(JSON.parse(data).event);
              socket.onerror = () => resolve('error');
            })""",
            served.url,
        )
        assert opened == "hello"
