"""interim"""

from __future__ import annotations

import json
import sys

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from app.clock import SystemClock
from app.model import PodHealth
from app.model.wire import encode
from app.stream import Hub, Limits, SteppedWriter


def pod(text):
    posted = json.loads(text)
    namespace, name = posted["key"].split("/")
    return posted["key"], PodHealth(
        name=name,
        phase="Running",
        ready_containers=1,
        total_containers=1,
        restart_count=0,
        namespace=namespace,
        message=posted["mark"] + posted["pad"][:150],
    )


async def main():
    hub = Hub(SystemClock(), limits=Limits(tick_seconds=0) if "--eager" in sys.argv else None)
    topic = hub.topic("pods", reads={"detail": encode}, namespace_of=lambda k: k.split("/")[0])
    topic.mark_synced()

    async def stream(scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/event-stream")],
            }
        )
        sub = hub.attach(
            topics=["pods"],
            namespaces=None,
            audience="detail",
            writer=SteppedWriter(send),
            cursor=None,
        )
        while (await receive())["type"] != "http.disconnect":
            pass
        sub.detach()

    async def published(request):
        topic.upsert(*pod(await request.body()))
        return Response(status_code=204)

    class Stream:
        async def __call__(self, scope, receive, send):
            await stream(scope, receive, send)

    app = Starlette(
        routes=[Route("/api/stream", Stream()), Route("/publish", published, methods=["POST"])]
    )
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
        backlog=4096,
        timeout_graceful_shutdown=1,
    )
    async with anyio.create_task_group() as tg:
        tg.start_soon(hub.run)
        await uvicorn.Server(config).serve()
        tg.cancel_scope.cancel()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
