"""Watchglass itself: the application, its server and its stream as `watchglass serve` runs them.

In front of them stands the door by which the benchmark's publisher reaches the watch of pods; it is
the same as the other contenders'. A change then takes the whole way through reflector, board, hub.
"""

from __future__ import annotations

import argparse

from app.cluster.configuration import ClusterConfiguration, Tls
from app.cluster.credentials import Fixed
from app.logs import configure_logging
from app.main import create_app
from app.settings import Settings
from app.web.server import listen
from benchmarks.doors import fronted
from benchmarks.fanout.servers.feed import NAMESPACE, Feed
from benchmarks.fanout.servers.serving import publisher

NOWHERE = ClusterConfiguration(
    origin="the benchmark",
    server="http://127.0.0.1:9",
    context="benchmark",
    namespace=NAMESPACE,
    tls=Tls(),
    credential=Fixed(None),
)
"""Never asked: the application is given a transport."""


def main() -> None:
    """`PORT [--tick-ms N]`: serves until TERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--tick-ms", type=int, default=Settings().tick_ms)
    chosen = parser.parse_args()
    configure_logging("warning")
    feed = Feed()
    application = create_app(Settings(tick_ms=chosen.tick_ms), NOWHERE, transport=feed)
    server = fronted(application, "/publish", publisher(feed.publish))
    server.run(sockets=[listen("127.0.0.1", chosen.port)])


if __name__ == "__main__":
    main()
