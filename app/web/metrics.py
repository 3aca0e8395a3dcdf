"""The rooms' plain numbers as Prometheus metrics, read when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from app import __version__
from app.model import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric

    from app.web.rooms import Rooms

SOURCE = ("kind", "namespace")


class StreamCollector(Collector):
    """Readers of the stream, and what was sent to them."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def collect(self) -> Iterator[Metric]:
        """One sample for each number."""
        told = self._rooms.hub.statistics
        readers = GaugeMetricFamily(
            "watchglass_stream_readers", "Open streams.", labels=["transport"]
        )
        for transport, count in told.readers.items():
            readers.add_metric([transport], count)
        yield readers
        yield GaugeMetricFamily(
            "watchglass_stream_lagging", "Readers that have not taken everything.", told.lagging
        )
        attached = CounterMetricFamily(
            "watchglass_stream_attached", "Readers that came, by what they got.", labels=["reason"]
        )
        for reason, count in told.attach_reasons.items():
            attached.add_metric([reason], count)
        yield attached
        counters = (
            ("bytes", "Bytes given to readers.", told.bytes_written),
            ("frames", "Events given to readers.", told.frames_written),
            ("encodes", "Events encoded; readers share them.", told.encodes),
            ("changes", "Changes of values.", told.changes),
            ("coalesced", "Changes overtaken before they were sent.", told.coalesced),
            ("lags", "Times a reader fell behind.", told.lags),
            ("stalled", "Readers dropped because they took nothing.", told.stalled),
        )
        for name, help_text, value in counters:
            yield CounterMetricFamily(f"watchglass_stream_{name}", help_text, value)


class SourceCollector(Collector):
    """Each watched collection: how fresh, how large, how often asked for."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def collect(self) -> Iterable[Metric]:
        """One sample for each source and number."""
        age = GaugeMetricFamily(
            "watchglass_source_age_seconds", "Since the last proof.", labels=SOURCE
        )
        state = GaugeMetricFamily(
            "watchglass_source_state", "1 for the present state.", labels=(*SOURCE, "state")
        )
        for monitor in self._rooms.freshness.monitors.values():
            labels = [monitor.kind, monitor.namespace]
            age.add_metric(labels, monitor.age_seconds)
            state.add_metric([*labels, monitor.state], 1)
        relists = CounterMetricFamily(
            "watchglass_source_lists", "Full lists by cause.", labels=(*SOURCE, "cause")
        )
        objects = GaugeMetricFamily("watchglass_source_objects", "Objects held.", labels=SOURCE)
        counters = {
            name: CounterMetricFamily(f"watchglass_source_{name}", help_text, labels=SOURCE)
            for name, help_text in (
                ("watches", "Watches opened."),
                ("events", "Watch events taken."),
                ("bytes", "Bytes read."),
                ("reconnects", "Attempts that failed."),
                ("backoff_seconds", "Time spent waiting after failures."),
            )
        }
        for reflector in self._rooms.reflectors:
            labels = [reflector.kind, reflector.namespace or EVERYWHERE]
            for cause, count in reflector.relists.items():
                relists.add_metric([*labels, cause], count)
            objects.add_metric(labels, reflector.statistics.objects)
            for name, family in counters.items():
                family.add_metric(labels, getattr(reflector.statistics, name))
        build = InfoMetricFamily("watchglass_build", "What is running.", {"version": __version__})
        return (age, state, relists, objects, *counters.values(), build)


def make_registry(rooms: Rooms) -> CollectorRegistry:
    """A registry of its own, so that two applications in one process do not meet."""
    registry = CollectorRegistry()
    registry.register(StreamCollector(rooms))
    registry.register(SourceCollector(rooms))
    return registry
