"""`watchglass demo`: a simulated cluster in a process of its own, and the ordinary server with it.

The server is the one of `watchglass serve`, pointed at the cluster through a kubeconfig; it does
not know that the cluster is simulated.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.cli.entry import WRONG
from app.cli.flags import add_settings, read_settings
from app.cli.serve import leave_on_signals, serve_settings
from app.cli.usage import Parser, Usage, whole
from app.clock import SystemClock
from app.demo.options import (
    DEFAULT_SCENARIO,
    MOST_PODS,
    NAMESPACE,
    SCENARIOS,
    Options,
    OptionsError,
)
from app.logs import configure_logging, logger
from app.settings.fields import ClusterAccess, Listening

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.settings import Settings

CRONJOB = "auth-check"
"""One that every scenario has."""
MOST_SEED = 1_000_000_000

NOTES = (
    "kubectl works against the simulated cluster, with the kubeconfig that is printed; its context "
    "viewer has the rights of deploy/rbac-view.yaml, with which the pages are served. Everything "
    "listens on loopback and ends with Ctrl-C."
)


def run(arguments: Sequence[str]) -> int:
    """Serve a simulated cluster until a signal: 0, or 1 when something of ours ended it.

    Raises:
        Usage: The command line or the settings are not right.
        ConfigurationError: There is no address to listen on, or no file to write to.
    """
    parser = Parser("demo", "Serve the pages of a simulated cluster.", notes=NOTES)
    _add_options(parser)
    add_settings(parser, Listening, ClusterAccess, only=("host", "port", "no_key", "cluster_name"))
    found = parser.read(arguments)
    settings = read_settings(found).settings
    return _serve(_options(found, settings), settings, found.kubeconfig_out)


def _serve(options: Options, settings: Settings, kubeconfig: Path | None) -> int:
    leave_on_signals()
    # Here and not above: --help and mistakes need none of it.
    from app.demo.api.roles import VIEWER
    from app.demo.kubeconfig import document, written
    from app.demo.process import Simulator, StartFailed
    from app.web.server import listen

    configure_logging(settings.log_level, settings.log_format)
    with ExitStack() as stack:
        made = stack.enter_context(listen(settings.host, settings.port))
        simulator = stack.enter_context(Simulator(options, SystemClock()))
        if kubeconfig is None:
            folder = stack.enter_context(TemporaryDirectory(prefix="watchglass-demo-"))
            kubeconfig = Path(folder, "kubeconfig")
        content = document(
            simulator.papers,
            simulator.server,
            cluster=options.cluster_name,
            namespace=NAMESPACE,
            admin=simulator.admin,
        )
        stack.enter_context(written(kubeconfig, content))
        logger(__name__).info("simulator_starting", scenario=options.scenario, pods=options.pods)
        # What serves the cluster is loaded while that is made.
        import_module("app.main")
        try:
            simulator.wait_ready()
        except StartFailed as failure:
            print(f"watchglass: {failure}", file=sys.stderr)
            return WRONG
        chosen = {
            "kubeconfig": kubeconfig,
            "context": VIEWER,
            "namespaces": (),
            "all_namespaces": False,
            "cluster_name": options.cluster_name,
        }
        return serve_settings(
            settings.model_copy(update=chosen), made=made, more=_hints(kubeconfig)
        )


def _add_options(parser: Parser) -> None:
    what = parser.add_argument_group("the cluster")
    what.add_argument(
        "--scenario",
        metavar="NAME",
        default=DEFAULT_SCENARIO,
        help=f"What happens in it: {', '.join(SCENARIOS)}. Default: {DEFAULT_SCENARIO}.",
    )
    what.add_argument(
        "--pods",
        metavar="NUMBER",
        type=whole(1, MOST_PODS),
        help="How many pods the scenario large keeps. Default: 500.",
    )
    what.add_argument(
        "--speed",
        metavar="NUMBER",
        type=_number,
        default=1.0,
        help="Divides every delay of the script; timestamps and the schedules of CronJobs stay "
        "wall time. Default: 1.",
    )
    what.add_argument(
        "--seed",
        metavar="NUMBER",
        type=whole(0, MOST_SEED),
        default=1,
        help="Same seed, same film. Default: 1.",
    )
    what.add_argument(
        "--kubeconfig-out",
        metavar="FILE",
        type=lambda text: Path(text).expanduser(),
        help="Where to write the kubeconfig; a file that no demo has made is left alone. Default: "
        "a folder of its own below the one for temporary files, removed at the end.",
    )


def _options(found: argparse.Namespace, settings: Settings) -> Options:
    try:
        options = Options(found.scenario, found.pods, found.speed, found.seed)
        name = settings.cluster_name
        return options if name is None else replace(options, cluster_name=name)
    except OptionsError as mistake:
        raise Usage(str(mistake)) from mistake


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text[:80]!r}") from None


def _hints(kubeconfig: Path) -> tuple[str, ...]:
    """What to try, ready to be copied."""
    kubectl = f"kubectl --kubeconfig {shlex.quote(str(kubeconfig))}"
    return (
        "The cluster is simulated, and kubectl works against it:",
        f"    {kubectl} get pods --watch",
        f"    {kubectl} create job by-hand --from=cronjob/{CRONJOB}",
        f"    {kubectl} logs --follow job/by-hand",
        "Ctrl-C ends both.",
    )
