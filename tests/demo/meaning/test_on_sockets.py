"""The same over real sockets: processes, TLS, HTTP, and the clock of this machine."""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from app.clock import SystemClock
from app.cluster.configuration import load
from app.demo.api.roles import VIEWER
from app.demo.kubeconfig import document, written
from app.demo.options import NAMESPACE, Options
from app.demo.process import Simulator
from app.main import create_app
from app.settings import Settings
from tests.cli.commands import PATIENCE, Demo
from tests.demo.process.living import await_truth
from tests.web.served import serving

if TYPE_CHECKING:
    from pathlib import Path

MISSED = "cronjob_missed/agents/token-check"
Views = list[dict[str, dict[str, Any]]]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def incidents(root: str, *states: str) -> dict[str, dict[str, Any]]:
    wanted = "".join(f"&state={state}" for state in states)
    page = get(f"{root}/api/incidents?pageSize=100{wanted}")
    return {one["key"]: one for one in page["data"]}


def looked_at(root: str, views: Views) -> bool:
    """Look once, and say whether some node that was lost is back."""
    view = incidents(root, "active")
    if not views or views[-1] != view:
        views.append(view)
    return any(key.startswith("node_lost/") for key in incidents(root, "resolved"))


def nodes(view: dict[str, dict[str, Any]]) -> list[str]:
    return [key for key in view if key.startswith("node_lost/")]


def test_an_outage_of_a_running_demo(tmp_path: Path) -> None:
    """A round takes 15 s; who was too slow to see a node lost sees the next."""
    delays = {"WATCHGLASS_ON_DELAY_SECONDS": "1", "WATCHGLASS_OFF_DELAY_SECONDS": "1"}
    with Demo(tmp_path, "--scenario=outage", "--speed=20", "--no-key", variables=delays) as demo:
        root, views = demo.url.rstrip("/"), Views()
        seen = partial(looked_at, root, views)
        await_truth(
            lambda: seen() and any(map(nodes, views)), "a node is lost and found while we look"
        )
        over = incidents(root, "resolved")
        health = get(f"{root}/api/health")["data"]
    # As soon as both have been told of, consequences are under their node.
    whole = [view for view in views if nodes(view) and len(view) > 1]
    assert whole
    for view in whole:
        heads = [key for key, one in view.items() if one.get("causedBy") not in view]
        assert all(key.startswith(("node_lost/", "source_forbidden/")) for key in heads)
    [lost] = [one for key, one in over.items() if key == nodes(over)[0]]
    assert (lost["state"], lost["severity"]) == ("resolved", "critical")
    assert datetime.fromisoformat(lost["since"]) < datetime.fromisoformat(lost["lastChange"])
    assert any(one.get("causedBy") == lost["key"] for one in over.values())
    assert health["status"] in {"healthy", "degraded", "unhealthy"}
    assert len(health["pods"]) >= 41


class Shifted(SystemClock):
    """This machine's clock as somebody else's shows it."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.mark.slow
def test_a_run_that_is_missed(tmp_path: Path) -> None:
    """The film begins 7 s before a slot, so that nobody has to wait for the next full minute."""
    clock, file = Shifted(), tmp_path / "kubeconfig"
    start = datetime(2026, 11, 23, 13, 3, 53, tzinfo=UTC)
    with Simulator(Options("late-cron", start=start, speed=20), SystemClock()) as simulator:
        simulator.wait_ready()
        content = document(
            simulator.papers, simulator.server, cluster="prod-eu", namespace=NAMESPACE
        )
        with written(file, content):
            clock.by = _ahead(simulator)
            configuration = load(clock, kubeconfig=file, context=VIEWER)
            settings = Settings(namespaces=(NAMESPACE,), on_delay_seconds=1, off_delay_seconds=1)
            application = create_app(settings, configuration, clock=clock)
            with serving(application) as served:
                await_truth(lambda: MISSED in incidents(served.url, "active"), "a run is missed")
                missed = incidents(served.url, "active")[MISSED]
                health = get(f"{served.url}/api/health")["data"]
                of = f"{served.url}/api/cronjobs/agents"
                check = get(f"{of}/token-check")["data"]
                digest = get(f"{of}/mail-digest")["data"]
    assert (missed["title"], missed["severity"]) == ("token-check missed its run", "critical")
    # 10 s of its deadline after a slot and 5 s for the news; a slow machine missed a slot or two.
    since = datetime.fromisoformat(missed["since"])
    assert timedelta(seconds=14) <= since - since.replace(second=0, microsecond=0)
    told = "No Job was made for the run of 2026-11-23 13:0"
    assert check["state"] == "missed"
    assert missed["message"].startswith(told)
    assert check["stateMessage"].startswith(told)
    assert digest["state"] in {"on_time", "late", "missed"}
    assert health["status"] == "unhealthy"


def _ahead(simulator: Simulator) -> timedelta:
    """How far the simulated cluster's clock is ahead of this machine's."""
    before = time.time()
    url = f"{simulator.server}/version"
    context = ssl.create_default_context(cadata=simulator.papers.certificate.authority)
    with urllib.request.urlopen(url, timeout=PATIENCE, context=context) as answer:
        said = parsedate_to_datetime(answer.headers["Date"])
    return said - datetime.fromtimestamp(before, UTC)
