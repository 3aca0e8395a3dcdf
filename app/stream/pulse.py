"""Heartbeats: one timer for all readers, each beat encoded once for a view."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio

from app.model.wire import format_time
from app.stream.frame import Frame

if TYPE_CHECKING:
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
            due = [reader for reader in view.live if reader.slot == self._slot]
            late = [reader for reader in view.lagging if reader.slot == self._slot]
            if not due and not late:
                continue
            frame = self.frame(view)
            self._hub.statistics.heartbeats += 1
            for reader in (*due, *late):
                self._delivery.beat(reader, frame)

    def frame(self, view: View) -> Frame:
        """What a reader of `view` may hold against its own state: time, position, sources."""
        fields = {
            "serverTime": format_time(self._hub.clock.now()),
            "seq": view.given,
            "sources": dict(self._hub.vitals(view.choice.topics, view.choice.namespaces)),
        }
        return Frame("heartbeat", json.dumps(fields, separators=(",", ":")).encode())
