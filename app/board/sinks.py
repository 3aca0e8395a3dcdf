"""The five verbs of a reflector, each for the keys of one namespace or of all."""

from __future__ import annotations

from collections import defaultdict
from heapq import nlargest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from app.stream import Hub, Topic

NEWEST = 500
"""Records that are kept of each namespace where a kind keeps the newest only."""


class Sink:
    """Writes records to a topic; `settled` is called when the first list is complete."""

    def __init__(
        self, topic: Topic[object], namespace: str | None, settled: Callable[[], None]
    ) -> None:
        self._topic = topic
        self._settled = settled
        self._prefix = "" if namespace is None else f"{namespace}/"

    def replace(self, records: Mapping[str, object]) -> None:
        """Make the collection equal to `records`, in one batch."""
        self._topic.replace(records, within=lambda key: key.startswith(self._prefix))

    def upsert(self, key: str, record: object) -> None:
        """Keep the record."""
        self._topic.upsert(key, record)

    def remove(self, key: str) -> None:
        """Forget the record."""
        self._topic.remove(key)

    def bookmark(self) -> None:
        """Nothing changed; that this is so is for the source's freshness, not for values."""

    def synced(self) -> None:
        """The first list is complete."""
        self._settled()


class NewestSink(Sink):
    """Keeps the newest records of each namespace; older ones are as if never written."""

    def __init__(
        self,
        topic: Topic[object],
        namespace: str | None,
        settled: Callable[[], None],
        *,
        hub: Hub,
        newest: Callable[[object], datetime],
    ) -> None:
        super().__init__(topic, namespace, settled)
        self._hub = hub
        self._newest = newest
        self._kept: defaultdict[str | None, dict[str, datetime]] = defaultdict(dict)

    def replace(self, records: Mapping[str, object]) -> None:
        """Make the collection equal to the newest of `records`, in one batch."""
        found: defaultdict[str | None, dict[str, datetime]] = defaultdict(dict)
        for key, record in records.items():
            found[namespace_of(key)][key] = self._newest(record)
        self._kept.clear()
        for namespace, ages in found.items():
            self._kept[namespace] = dict(nlargest(NEWEST, ages.items(), key=lambda one: one[1]))
        super().replace({key: records[key] for ages in self._kept.values() for key in ages})

    def upsert(self, key: str, record: object) -> None:
        """Keep the record, and let go of the oldest one when there are too many."""
        ages, age = self._kept[namespace_of(key)], self._newest(record)
        with self._hub.batch():
            if len(ages) >= NEWEST and key not in ages:
                oldest = min(ages, key=ages.__getitem__)
                if age < ages[oldest]:
                    return
                self.remove(oldest)
            ages[key] = age
            super().upsert(key, record)

    def remove(self, key: str) -> None:
        """Forget the record."""
        self._kept[namespace_of(key)].pop(key, None)
        super().remove(key)


def namespace_of(key: str) -> str | None:
    """The namespace in the key of a namespaced object."""
    return key.partition("/")[0]
