"""A whole Watchglass in a process of its own: `python -m tests.web.standalone JSON`.

It prints its port once it serves, then at each SIGUSR1 the number of its tasks, and ends with 0
unless a fault of ours ended it.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys

from app.logs import configure_logging
from app.main import create_app
from app.settings import Settings
from app.web.server import listen, serve
from tests.web.house import configuration


def main() -> int:
    """Serve until a signal."""
    told = json.loads(sys.argv[1])
    configure_logging("info", "json")
    application = create_app(Settings(**told["settings"]), configuration(told["server"]))
    made = listen("127.0.0.1", told["port"])
    port: int = made.getsockname()[1]

    def ready() -> None:
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGUSR1, lambda *_: print(len(asyncio.all_tasks(loop)), flush=True))
        print(port, flush=True)

    return 0 if serve(application, made, ready=ready) else 1


if __name__ == "__main__":
    sys.exit(main())
