"""The kubelet's own HTTP: container logs and exec, as the API server asks for them."""

from __future__ import annotations

import asyncio
import datetime
import json
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from tests.control_plane.kubelet.script import Annotations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.control_plane.kubelet.stand_in import Life, StandIn
    from tests.control_plane.objects import Json

STDIN, STDOUT, STDERR, ERROR, CLOSE = b"\x00", b"\x01", b"\x02", b"\x03", b"\xff"
STAND_IN = web.AppKey["StandIn"]("stand-in")
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
# How often a following reader looks whether the container ended.
LOOK_SECONDS = 0.1


def application(stand_in: StandIn) -> web.Application:
    """The routes."""
    app = web.Application()
    app[STAND_IN] = stand_in
    app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", logs)
    for method in ("GET", "POST"):
        app.router.add_route(method, "/exec/{namespace}/{pod}/{container}", execute)
    return app


def named(request: web.Request) -> tuple[Life, Annotations]:
    """The pod and the container's script."""
    place = request.match_info
    life = request.app[STAND_IN].find(place["namespace"], place["pod"])
    if life is None:
        raise web.HTTPNotFound(text=f"pod {place['pod']!r} does not exist\n")
    return life, Annotations.of(life.pod, place["container"])


# ---- logs


async def logs(request: web.Request) -> web.StreamResponse:
    """The text of the annotation; with `follow`, more until the container ends."""
    life, notes = named(request)
    name = request.match_info["container"]
    query = request.query
    state = container_state(life.pod, name)
    previous = query.get("previous") == "true"
    # In the words of the real kubelet.
    place = f'"{name}" in pod "{request.match_info["pod"]}"'
    if previous:
        text = notes.text("previous-log")
        if text is None:
            word = f"previous terminated container {place} not found"
            raise web.HTTPBadRequest(text=word)
    elif "waiting" in state:
        reason = state["waiting"].get("reason", "")
        raise web.HTTPBadRequest(text=f"container {place} is waiting to start: {reason}")
    else:
        text = notes.text("log")
    if text is None:
        text = f"{request.match_info['pod']} {name} started"
    moment = started_at(state)
    body = "".join(select(text.splitlines(), moment, query)).encode()
    if "limitBytes" in query:
        body = body[: int(query["limitBytes"])]
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    try:
        await response.write(body)
        if query.get("follow") == "true" and not previous:
            await follow(response, life, name, notes, stamped=query.get("timestamps") == "true")
        await response.write_eof()
    except ConnectionResetError:
        # The reader left; there is nobody to tell.
        return response
    return response


def select(lines: list[str], moment: datetime.datetime, query: Mapping[str, str]) -> list[str]:
    """The lines a query asks for; line K counts as written K ms after the container's start."""
    timed = [(moment + datetime.timedelta(milliseconds=k), line) for k, line in enumerate(lines)]
    since = None
    if "sinceTime" in query:
        since = datetime.datetime.fromisoformat(query["sinceTime"])
    elif "sinceSeconds" in query:
        age = datetime.timedelta(seconds=int(query["sinceSeconds"]))
        since = datetime.datetime.now(datetime.UTC) - age
    if since is not None:
        timed = [pair for pair in timed if pair[0] >= since]
    if "tailLines" in query:
        count = int(query["tailLines"])
        timed = timed[-count:] if count else []
    stamped = query.get("timestamps") == "true"
    return [f"{rfc3339(at)} {line}\n" if stamped else f"{line}\n" for at, line in timed]


def rfc3339(moment: datetime.datetime) -> str:
    """With nine decimals, as container runtimes write it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def container_state(pod: Json, name: str) -> Json:
    """The state of a container as last reported; one not reported yet waits."""
    reported = pod["status"]
    for kind in ("containerStatuses", "initContainerStatuses"):
        for found in reported.get(kind) or []:
            if found["name"] == name:
                state: Json = found["state"]
                return state
    return {"waiting": {"reason": "ContainerCreating"}}


def started_at(state: Json) -> datetime.datetime:
    """When the container started; now, if it did not."""
    for kind in ("running", "terminated"):
        if kind in state and state[kind].get("startedAt"):
            return datetime.datetime.fromisoformat(state[kind]["startedAt"])
    return datetime.datetime.now(datetime.UTC)


async def follow(
    response: web.StreamResponse, life: Life, name: str, notes: Annotations, *, stamped: bool
) -> None:
    """Write a line at a time until the container ends or the pod goes."""
    every = notes.number("log-every-ms")
    number = 0
    while not life.over and "running" in container_state(life.pod, name):
        await asyncio.sleep(LOOK_SECONDS if every is None else every / 1000)
        if every is not None:
            number += 1
            line = f"line {number}\n"
            stamp = f"{rfc3339(datetime.datetime.now(datetime.UTC))} " if stamped else ""
            await response.write((stamp + line).encode())


# ---- exec


async def execute(request: web.Request) -> web.StreamResponse:
    """Pretend to run a command, in the v5 or v4 channel protocol."""
    _, notes = named(request)
    refusal = notes.text("exec-refuse")
    if refusal is not None:
        raise web.HTTPInternalServerError(text=refusal)
    query = request.query
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    await socket.prepare(request)
    # Real servers open with empty frames too.
    await socket.send_bytes(STDOUT)
    read = b""
    wanted = notes.text("exec-reads") or ("all" if notes.says("exec-cat", "true") else "0")
    if query.get("input") == "1":
        read = await read_stdin(socket, None if wanted == "all" else int(wanted))
    words = " ".join(query.getall("command", []))
    text = notes.text("exec-stdout")
    out = f"{words}\n".encode() if text is None else text.encode()
    if notes.says("exec-cat", "true"):
        out = read
    err = (notes.text("exec-stderr") or "").encode()
    try:
        if out and query.get("output") == "1":
            await socket.send_bytes(STDOUT + out)
        if err and query.get("error") == "1":
            await socket.send_bytes(STDERR + err)
        await asyncio.sleep((notes.number("exec-run-for-ms") or 0) / 1000)
        outcome = exit_status(notes.number("exec-exit-code") or 0)
        await socket.send_bytes(ERROR + json.dumps(outcome).encode())
    except ConnectionResetError:
        # The caller left before the command ended, as it may.
        return socket
    await socket.close()
    return socket


async def read_stdin(socket: web.WebSocketResponse, wanted: int | None) -> bytes:
    """So many bytes, or (None) all until the caller closes channel 0, which only v5 can."""
    read = b""
    while wanted is None or len(read) < wanted:
        message = await socket.receive()
        if message.type is not WSMsgType.BINARY:
            break
        channel, content = message.data[:1], message.data[1:]
        if channel == CLOSE:
            break
        if channel == STDIN:
            read += content
    return read[:wanted]


def exit_status(code: int) -> Json:
    """The Status object on channel 3."""
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
