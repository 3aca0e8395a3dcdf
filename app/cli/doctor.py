"""`watchglass doctor`: what works, what does not, and what would mend it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.cli.addresses import root_of, shown
from app.cli.entry import WRONG
from app.cli.flags import add_settings, read_settings
from app.cli.report import Report
from app.cli.terminal import notice, safe
from app.cli.usage import Parser, Usage, whole
from app.clock import SystemClock
from app.errors import ConfigurationError
from app.logs import configure_logging
from app.settings.fields import ClusterAccess, Watching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.settings import Settings

WATCH_SECONDS = 35
"""Longer than the 30 s after which several load balancers end an answer."""

WATCH_LONGEST_SECONDS = 50
"""The check of a stream, with what comes before and after, takes at most a minute."""

NOTES = "Exit code 0: all is well. 1: something is wrong. 2: the command line or settings are."


def run(arguments: Sequence[str]) -> int:
    """Run the checks, a line each."""
    parser = Parser(
        "doctor",
        "Check which cluster is meant, whether it answers, and whether we may list and watch what "
        "the pages show; with --url also whether the stream arrives there as it should.",
        notes=NOTES,
    )
    parser.own.add_argument(
        "--url",
        metavar="URL",
        help="Root of a running server, as readers reach it: check that its stream is neither "
        "buffered nor cut on the way.",
    )
    parser.own.add_argument(
        "--stream-only",
        action="store_true",
        help="Check the stream at --url and nothing of the cluster.",
    )
    parser.own.add_argument(
        "--seconds",
        metavar="NUMBER",
        type=whole(1, WATCH_LONGEST_SECONDS),
        default=WATCH_SECONDS,
        help=f"How long to watch the stream, at most {WATCH_LONGEST_SECONDS}. Default: "
        f"{WATCH_SECONDS}, because several load balancers cut after 30.",
    )
    add_settings(
        parser,
        ClusterAccess,
        Watching,
        only=("kubeconfig", "context", "namespaces", "all_namespaces", "connect_seconds"),
    )
    found = parser.read(arguments)
    if found.stream_only and not found.url:
        raise Usage("--stream-only needs --url")
    root = root_of(found.url) if found.url else None
    report = Report()
    if not found.stream_only:
        _cluster(read_settings(found).settings, report)
    if root is not None:
        _stream(root, found.seconds, report)
    return 0 if report.end() else WRONG


def _cluster(settings: Settings, report: Report) -> None:
    # Here and not above: --help and mistakes need none of it.
    from app.board import WATCHED
    from app.cli.cluster_checks import check_cluster
    from app.main import configuration_of, namespaces_of

    # What libraries and credential plugins warn of is in the report, in a sentence.
    configure_logging("error")
    clock = SystemClock()
    try:
        configuration = configuration_of(settings, clock)
    except ConfigurationError as error:
        report.bad("configuration", str(error))
        return
    namespaces = namespaces_of(settings, configuration)
    report.good(
        "configuration",
        f"{configuration.origin}, context {configuration.context}, "
        f"server {shown(configuration.server)}, "
        + ("all namespaces" if namespaces is None else f"namespaces {', '.join(namespaces)}"),
    )
    resources = [kind.projection.resource for kind in WATCHED]
    asyncio.run(
        check_cluster(configuration, namespaces, resources, report, clock, settings.connect_seconds)
    )


def _stream(root: str, seconds: int, report: Report) -> None:
    from app.cli.stream_check import check_stream

    notice(f"watching the stream at {safe(shown(root))}/ for {seconds} s")
    finding = asyncio.run(check_stream(root, seconds))
    (report.good if finding.good else report.bad)("stream", finding.sentence)
