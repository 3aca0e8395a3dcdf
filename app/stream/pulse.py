"""Heartbeats: one timer for all readers, each beat encoded once for a view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio

from app.model.wire import format_time
from app.stream.frame import Frame
from app.stream.view import ROOM, Beat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.stream.delivery import Delivery
    from app.stream.hub import Hub
    from app.stream.view import View


class Pulse:
    """Beats for one slot of the readers at a time, so that a round is spread over the interval."""

    def __init__(self, hub: Hub, delivery: Delivery) -> None:
        self._hub = hub
        self._delivery = delivery
        self._slot = 0
        self._dealt = 0

    def next_slot(self) -> int:
        """The slot of the next reader: dealt in turn, so that slots are equally full."""
        self._dealt = (self._dealt + 1) % self._hub.limits.heartbeat_slots
        return self._dealt

    async def run(self) -> None:
        """Beat until cancelled."""
        limits = self._hub.limits
        while True:
            await anyio.sleep(limits.heartbeat_seconds / limits.heartbeat_slots)
            self.beat()
            self._hub.expire()
            self._delivery.sweep()

    def beat(self) -> None:
        """Give a heartbeat to the readers of the next slot."""
        self._slot = (self._slot + 1) % self._hub.limits.heartbeat_slots
        for view in tuple(self._hub.views.values()):
            due = [reader for reader in (*view.live, *view.lagging) if reader.slot == self._slot]
            if due:
                frame = self.frame(view)
                for reader in due:
                    self._delivery.beat(reader, frame)

    def frame(self, view: View) -> Frame:
        """What a reader of `view` may hold against its own state: time, position, sources.

        Made once for all who ask within a tick, those that have just caught up included.
        """
        now = self._hub.clock.monotonic()
        last = view.beat
        if last and last.seq == view.given and now - last.at < self._hub.limits.tick_seconds:
            return last.frame
        fields = {
            "serverTime": format_time(self._hub.clock.now()),
            "seq": view.given,
            "sources": _fitting(self._hub.vitals(view.choice.topics, view.choice.namespaces)),
        }
        frame = Frame("heartbeat", json.dumps(fields, separators=(",", ":")).encode())
        self._hub.statistics.heartbeats += 1
        view.beat = Beat(now, view.given, frame)
        return frame


def _fitting(sources: Mapping[str, object]) -> dict[str, object]:
    """As many of `sources` as fit into one write."""
    room = ROOM
    fitting: dict[str, object] = {}
    for name, told in sources.items():
        room -= len(json.dumps({name: told}))
        if room < 0:
            break
        fitting[name] = told
    return fitting
