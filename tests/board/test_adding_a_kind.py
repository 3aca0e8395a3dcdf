"""One projection and one line: nothing else of the house knows the kind."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import anyio

from app.board import WATCHED, Board
from app.clock import SystemClock
from app.cluster.configuration import load
from app.cluster.reflector import Reflector
from app.cluster.transport import HttpTransport
from app.derive.freshness import Freshness
from app.stream import Hub
from tests.board.config_maps import CONFIG_MAPS, LINE, ConfigMapInfo
from tests.cluster.projections.raw import line, metadata, page
from tests.control_plane.api import CONFIGMAPS
from tests.fakes.clock import ManualClock

if TYPE_CHECKING:
    from tests.control_plane.api import Api
    from tests.control_plane.cluster import ControlPlane


def test_a_kind_takes_one_projection_and_one_line() -> None:
    hub = Hub(ManualClock())
    board = Board(hub, (*WATCHED, LINE))
    sink = board.sink("configmaps", "agents")

    raw = {"metadata": metadata("settings"), "data": {"b": "hunter2", "a": "1"}}
    sink.replace({item.key: item.record for item in CONFIG_MAPS.page(page(raw)).items})
    sink.synced()

    shown = board.values("configmaps")
    assert shown.synced
    assert dict(shown.items()) == {
        "agents/settings": ConfigMapInfo(name="settings", keys=("a", "b"))
    }
    for audience in ("detail", "summary"):
        assert "configmaps" in hub.readable(audience)
        assert shown.reads[audience](ConfigMapInfo(name="s", keys=())) == b'{"name":"s","keys":[]}'

    event = CONFIG_MAPS.event(line("DELETED", raw))
    assert event.item is not None
    assert board.records(CONFIG_MAPS).get(event.item.key) == event.item.record
    sink.remove(event.item.key)
    assert len(shown) == 0


async def test_the_line_is_all_it_takes_to_follow_a_real_cluster(
    control_plane: ControlPlane, admin: Api, namespace: str
) -> None:
    clock = SystemClock()
    board = Board(Hub(clock), (LINE,))
    freshness = Freshness(board.sources, clock)
    transport = HttpTransport(load(clock, kubeconfig=control_plane.kubeconfig()), clock)
    (kind,) = board.watched
    reflector = Reflector(
        kind.projection,
        namespace,
        transport,
        board.sink("configmaps", namespace),
        freshness.monitor("configmaps", namespace),
        clock=clock,
        random=Random(1),
    )
    shown = board.values("configmaps")
    key = f"{namespace}/settings"
    with anyio.fail_after(20):
        async with transport, anyio.create_task_group() as tasks:
            tasks.start_soon(reflector.run)
            await shown.until(lambda topic: topic.synced)
            await admin.create(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "settings"},
                    "data": {"model": "small"},
                },
                namespace,
            )
            found = await shown.until(lambda topic: topic.get(key))
            assert found == ConfigMapInfo(name="settings", keys=("model",))
            await admin.delete(CONFIGMAPS, "settings", namespace)
            await shown.until(lambda topic: key not in topic)
            tasks.cancel_scope.cancel()
