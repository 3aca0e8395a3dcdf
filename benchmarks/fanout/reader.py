"""The reader's twin in Python, for machines without a C compiler.

It takes the arguments and gives the answers that `reader.c` tells in its head comment; figures made
with it say so, because on this side of the socket it is the bottleneck.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

MARK = b"@@"
DIGITS = 20
PUBLISHERS = 16
SECOND = 1_000_000_000


@dataclass(slots=True)
class Publisher:
    """One keep-alive connection with at most one request on its way."""

    socket: socket.socket
    busy: bool = False
    answer: bytes = b""


@dataclass(slots=True)
class Run:
    """What one command found."""

    started: int = field(default_factory=time.monotonic_ns)
    events: int = 0
    deliveries: int = 0
    current: int = 0
    arrived: int = 0
    bytes: int = 0
    refused: int = 0
    took: Counter[int] = field(default_factory=Counter)


class Readers:
    """All sockets of the reader in one epoll loop."""

    def __init__(self, port: int, subscribe: str, publish: str, count: int, stalled: int) -> None:
        self._port, self._publish = port, publish
        self._poll = select.epoll()
        self._publishers = {made.socket.fileno(): made for made in self._dial_publishers()}
        self._streams: dict[int, socket.socket] = {}
        self._carried: dict[int, bytes] = {}
        self._stalled = [self._subscribe(subscribe, small=True) for _ in range(stalled)]
        for _ in range(count - stalled):
            stream = self._subscribe(subscribe)
            self._streams[stream.fileno()] = stream
            self._watch(stream)
        self._wanted = len(self._streams)
        self.run = Run()

    def _dial(self, *, small: bool = False) -> socket.socket:
        made = socket.socket()
        if small:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.connect(("127.0.0.1", self._port))
        return made

    def _dial_publishers(self) -> list[Publisher]:
        made = [Publisher(self._dial()) for _ in range(PUBLISHERS)]
        for publisher in made:
            self._watch(publisher.socket)
        return made

    def _watch(self, watched: socket.socket) -> None:
        watched.setblocking(False)
        self._poll.register(watched.fileno(), select.EPOLLIN)

    def _subscribe(self, path: str, *, small: bool = False) -> socket.socket:
        stream = self._dial(small=small)
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAccept: text/event-stream"
        stream.sendall(f"{head}\r\n\r\n".encode())
        return stream

    def await_answers(self) -> bool:
        """True once every reader that reads has had the first bytes."""
        deadline = time.monotonic() + 30
        while len(self._carried) < self._wanted and time.monotonic() < deadline:
            self.turn(0.1)
        return len(self._carried) >= self._wanted

    @property
    def open(self) -> int:
        """Readers whose connection still stands."""
        return len(self._streams)

    @property
    def closed(self) -> int:
        """Readers that the server has dropped."""
        return self._wanted - self.open

    def publish(self, stamp: int, payload: int, keys: int) -> bool:
        """Posts one payload; False when every publisher is busy."""
        free = next((each for each in self._publishers.values() if not each.busy), None)
        if free is None:
            return False
        start = f'{{"key":"load/pod-{self.run.events % keys:05d}","mark":"@@{stamp:020d}","pad":"'
        body = start + "x" * (payload - len(start) - 2) + '"}'
        head = (
            f"POST {self._publish} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {payload}\r\n\r\n"
        )
        free.busy, free.answer = True, b""
        self.run.events += 1
        self.run.current, self.run.arrived = stamp, 0
        free.socket.sendall((head + body).encode())
        return True

    def turn(self, seconds: float) -> None:
        """One round of the loop."""
        for fd, _ in self._poll.poll(seconds):
            if fd in self._publishers:
                self._hear_answer(self._publishers[fd])
            elif fd in self._streams:
                self._hear(fd)

    def _hear_answer(self, publisher: Publisher) -> None:
        got = publisher.socket.recv(4096)
        if not got:
            raise SystemExit("the server closed the publisher's connection")
        publisher.answer += got
        if answered(publisher.answer):
            self.run.refused += publisher.answer[9:10] != b"2"
            publisher.busy = False

    def _hear(self, fd: int) -> None:
        got = self._streams[fd].recv(1 << 17)
        if not got:
            self._poll.unregister(fd)
            self._streams.pop(fd).close()
            return
        moment = time.monotonic_ns()
        run = self.run
        run.bytes += len(got)
        text = self._carried.get(fd, b"") + got
        at = text.find(MARK)
        while at >= 0 and at + 2 + DIGITS <= len(text):
            stamp = int(text[at + 2 : at + 2 + DIGITS])
            if stamp >= run.started:
                run.took[(moment - stamp) // 1000] += 1
                run.deliveries += 1
                run.arrived += stamp == run.current
            at = text.find(MARK, at + 2 + DIGITS)
        self._carried[fd] = text[at:] if at >= 0 else text[-1:] if text.endswith(b"@") else b""


def answered(answer: bytes) -> bool:
    """Whether a publisher's answer is whole."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    lowered = head.lower()
    if b"\r\ncontent-length:" in lowered:
        return len(body) >= int(lowered.split(b"\r\ncontent-length:", 1)[1].split(b"\r\n")[0])
    return b"transfer-encoding: chunked" not in lowered or body.endswith(b"0\r\n\r\n")


def closed_loop(readers: Readers, payload: int, keys: int, seconds: float) -> int:
    """Publishes as soon as every reader has the previous event; returns what was expected."""
    run, expected = readers.run, 0
    end = run.started + int(seconds * SECOND)
    while True:
        while not readers.publish(time.monotonic_ns(), payload, keys):
            readers.turn(0.01)
        expected += readers.open
        while run.arrived < readers.open and time.monotonic_ns() - run.current < 10 * SECOND:
            readers.turn(0.01)
        if time.monotonic_ns() >= end or run.arrived < readers.open:
            return expected


def open_loop(
    readers: Readers, payload: int, keys: int, rate: float, seconds: float, drain: float
) -> int:
    """Publishes at a rate whatever the server does; returns what was expected."""
    run, step = readers.run, int(SECOND / rate)
    due, end = run.started, run.started + int(seconds * SECOND)
    given_up = end + int(drain * SECOND)
    while (moment := time.monotonic_ns()) < given_up:
        while due <= moment and due < end and readers.publish(due, payload, keys):
            due += step
        if due >= end and run.deliveries >= run.events * readers.open:
            break
        readers.turn(max(0.0, min(due - time.monotonic_ns(), SECOND // 10) / SECOND))
    return len(range(run.started, end, step)) * readers.open


def main(arguments: list[str]) -> int:
    """The command line of `reader.c`."""
    port, subscribe, publish, count, stalled, payload, keys = arguments
    readers = Readers(int(port), subscribe, publish, int(count), int(stalled))
    if not readers.await_answers():
        print("not every reader was answered", file=sys.stderr)
        return 1
    print("ready", flush=True)
    for line in sys.stdin:
        word, *numbers = line.split()
        run = readers.run = Run()
        rates = [float(each) for each in numbers]
        if word == "closed":
            expected = closed_loop(readers, int(payload), int(keys), *rates)
        elif word == "open":
            expected = open_loop(readers, int(payload), int(keys), *rates)
        else:
            break
        print(
            json.dumps(
                {
                    "events": run.events,
                    "deliveries": run.deliveries,
                    "expected": expected,
                    "seconds": (time.monotonic_ns() - run.started) / SECOND,
                    "bytes": run.bytes,
                    "worst": max(run.took, default=0) * 1000,
                    "closed": readers.closed,
                    "refused": run.refused,
                    "histogram": [[took * 1000, seen] for took, seen in sorted(run.took.items())],
                }
            ),
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
