from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app import __version__
from app.errors import AccessDenied, Unreachable
from tests.fakes.clock import ManualClock
from tests.stream.wire import FakeWriter
from tests.web.house import EPOCH, fill, house
from tests.web.probe import OURS, ask
from tests.web.reader import problem_of

if TYPE_CHECKING:
    from app.web.front import Application


async def ready(application: Application) -> tuple[int, list[str]]:
    told = await ask(application, "/readyz?verbose")
    assert (await ask(application, "/readyz")).status == told.status
    return told.status, told.body.decode().splitlines()


async def test_alive() -> None:
    told = await ask(house(), "/livez")
    assert (told.status, told.body) == (200, b"ok\n")


async def test_ready_when_every_source_has_listed_or_has_a_state() -> None:
    clock = ManualClock()
    application = house(clock=clock)
    monitors = application.rooms.freshness.monitors
    assert set(monitors) == {f"{kind}/agents" for kind in ("pods", "cronjobs", "jobs", "events")}
    clock.advance(3)
    assert await ready(application) == (
        503,
        [
            "[-]cronjobs/agents connecting 3s",
            "[-]events/agents connecting 3s",
            "[-]jobs/agents connecting 3s",
            "[-]pods/agents connecting 3s",
            "starting",
        ],
    )
    told = problem_of(await ask(application, "/readyz"))
    assert (told["reason"], told["error"]) == ("starting", "Not ready: starting.")

    monitors["pods/agents"].proved("list", 3)
    denied = {"verb": "list", "group": "batch", "resource": "jobs", "namespace": "agents"}
    monitors["jobs/agents"].failed(AccessDenied("Not allowed.", **denied))
    monitors["cronjobs/agents"].failed(Unreachable("No connection."))
    assert (await ready(application))[0] == 503

    monitors["events/agents"].proved("list", 0)
    assert await ready(application) == (
        200,
        [
            "[+]cronjobs/agents late 3s",
            "[+]events/agents live 0s",
            "[+]jobs/agents forbidden 3s",
            "[+]pods/agents live 0s",
            "ok",
        ],
    )


async def test_an_api_server_that_is_down_makes_nobody_unready() -> None:
    clock = ManualClock()
    application = house(clock=clock)
    for monitor in application.rooms.freshness.monitors.values():
        monitor.failed(Unreachable("No connection."))
    assert (await ready(application))[0] == 200
    clock.advance(3_600)
    status, lines = await ready(application)
    assert status == 200
    assert lines[0] == "[+]cronjobs/agents stale 3600s"


async def test_not_ready_from_the_drain_on() -> None:
    application = house()
    fill(application)
    assert (await ready(application))[0] == 200
    await application.rooms.hub.drain()
    status, lines = await ready(application)
    assert (status, lines[-1]) == (503, "draining")
    assert problem_of(await ask(application, "/readyz"))["reason"] == "draining"
    # Whoever watches whether we live must not kill us while we say goodbye.
    assert (await ask(application, "/livez")).status == 200


async def test_the_version() -> None:
    told = (await ask(house(cluster_name="night shift"), "/version")).json()
    assert told["success"] is True
    python = told["data"].pop("python")
    assert re.fullmatch(r"3\.\d+\.\d+.*", python)
    assert told["data"] == {
        "name": "watchglass",
        "version": __version__,
        "stream": "watchglass.stream/1",
        "epoch": EPOCH,
        "cluster": "night shift",
    }


async def test_the_version_may_be_kept_and_asked_about() -> None:
    application = house()
    told = await ask(application, "/version")
    assert told.header("cache-control") == "private, no-cache"
    known = [OURS, ("if-none-match", str(told.header("etag")))]
    assert (await ask(application, "/version", headers=known)).status == 304


async def samples(application: Application) -> dict[str, float]:
    told = await ask(application, "/metrics")
    assert told.status == 200
    assert str(told.header("content-type")).startswith("text/plain; version=0.0.4")
    lines = told.body.decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


async def test_metrics_of_sources() -> None:
    clock = ManualClock()
    application = house(clock=clock)
    fill(application)
    clock.advance(12)
    for reflector in application.rooms.reflectors:
        reflector.relists["gone"] = 2
        reflector.statistics.lists = 3
        reflector.statistics.watches = 4
        reflector.statistics.events = 5
        reflector.statistics.bytes = 6
        reflector.statistics.reconnects = 7
        reflector.statistics.backoff_seconds = 8.5
        reflector.statistics.objects = 9
    found = await samples(application)
    of_pods = 'kind="pods",namespace="agents"'
    for name, value in {
        f"watchglass_source_age_seconds{{{of_pods}}}": 12,
        f'watchglass_source_state{{{of_pods},state="live"}}': 1,
        f'watchglass_source_lists_total{{cause="gone",{of_pods}}}': 2,
        f"watchglass_source_watches_total{{{of_pods}}}": 4,
        f"watchglass_source_events_total{{{of_pods}}}": 5,
        f"watchglass_source_bytes_total{{{of_pods}}}": 6,
        f"watchglass_source_reconnects_total{{{of_pods}}}": 7,
        f"watchglass_source_backoff_seconds_total{{{of_pods}}}": 8.5,
        f"watchglass_source_objects{{{of_pods}}}": 9,
        f'watchglass_build_info{{version="{__version__}"}}': 1,
    }.items():
        key = name if name in found else _reordered(name, found)
        assert found[key] == value, name
    assert sum(name.startswith("watchglass_source_age_seconds") for name in found) == 4


def _reordered(name: str, found: dict[str, float]) -> str:
    """The sample with these labels in another order."""

    def taken_apart(sample: str) -> tuple[str, frozenset[str]]:
        head, _, labels = sample.partition("{")
        return head, frozenset(labels.removesuffix("}").split(","))

    return next(known for known in found if taken_apart(known) == taken_apart(name))


async def test_metrics_of_the_stream() -> None:
    application = house()
    fill(application)
    told = application.rooms.hub.statistics
    writers = [FakeWriter(closed=RuntimeError), FakeWriter("websocket", closed=RuntimeError)]
    for writer in writers:
        application.rooms.hub.attach(
            topics=["pods"], namespaces=None, audience="detail", writer=writer
        )
    told.lagging, told.coalesced, told.lags, told.stalled = 3, 4, 5, 6
    found = await samples(application)
    assert found['watchglass_stream_readers{transport="sse"}'] == 1
    assert found['watchglass_stream_readers{transport="websocket"}'] == 1
    assert found["watchglass_stream_lagging"] == 3
    assert found['watchglass_stream_attached_total{reason="fresh"}'] == 2
    sent = sum(len(payload) for writer in writers for payload in writer.pipe)
    assert found["watchglass_stream_bytes_total"] == sent > 0
    assert found["watchglass_stream_frames_total"] == 4
    # The snapshot was encoded once for both.
    assert found["watchglass_stream_encodes_total"] == 1
    assert found["watchglass_stream_changes_total"] == application.rooms.hub.seq
    assert found["watchglass_stream_coalesced_total"] == 4
    assert found["watchglass_stream_lags_total"] == 5
    assert found["watchglass_stream_stalled_total"] == 6


async def test_two_applications_count_apart() -> None:
    one, other = house(), house()
    one.rooms.hub.statistics.coalesced = 1
    assert (await samples(one))["watchglass_stream_coalesced_total"] == 1
    assert (await samples(other))["watchglass_stream_coalesced_total"] == 0
