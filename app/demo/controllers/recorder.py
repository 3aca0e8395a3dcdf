"""Events, as controllers and kubelets write them: equal ones are counted, not repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.demo.api.kinds import EVENTS, Json
from app.demo.api.statuses import Refused
from app.demo.controllers.reading import key_of, micro_stamp, moment_of, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from app.demo.api.client import Client
    from app.demo.controllers.informer import Informer
    from app.demo.film.film import Film

KEPT_SECONDS = 3_600
"""The API server forgets an Event so long after it was last written."""
SWEEP_SECONDS = 60.0
FEW = 256
"""With no more Events than this no recorder is tidied up."""

NORMAL, WARNING = "Normal", "Warning"


@dataclass(slots=True)
class _Written:
    name: str
    count: int
    at: datetime


class Recorder:
    """Writes the Events of one component; `host` is the node where it runs."""

    def __init__(
        self, film: Film, client: Client, component: str, host: str = "", *, modern: bool = False
    ) -> None:
        """`modern` writes events.k8s.io's form, as the scheduler does."""
        self._film = film
        self._client = client
        self._component = component
        self._host = host
        self._modern = modern
        self._written: dict[tuple[str, ...], _Written] = {}
        self._last: dict[str, int] = {}
        self._most = FEW

    def normal(self, about: Json, reason: str, message: str, part: str = "") -> None:
        """Something that is as it should be; `part` is the field of the object that it is about."""
        self._record(about, NORMAL, reason, message, part)

    def warning(self, about: Json, reason: str, message: str, part: str = "") -> None:
        """Something that somebody may have to look at."""
        self._record(about, WARNING, reason, message, part)

    def _record(self, about: Json, word: str, reason: str, message: str, part: str) -> None:
        now = self._film.now()
        if (self._film.start - now).total_seconds() >= KEPT_SECONDS:
            return  # in the past that the film begins with; forgotten by then
        key = (about["metadata"]["uid"], word, reason, message, part)
        known = self._written.get(key)
        if known is not None and (now - known.at).total_seconds() < KEPT_SECONDS:
            known.count += 1
            known.at = now
            if self._count_on(about, known):
                return
        try:
            name = self._create(about, word, reason, message, part)
        except Refused:
            return  # a namespace that is about to go takes none; Events may be lost
        self._written[key] = _Written(name, 1, now)
        if len(self._written) > self._most:
            self._tidy(now)

    def _tidy(self, now: datetime) -> None:
        """Forget what is forgotten, often enough to hold no more than twice what is not."""
        old = now - timedelta(seconds=KEPT_SECONDS)
        self._written = {key: one for key, one in self._written.items() if one.at > old}
        self._most = max(FEW, 2 * len(self._written))
        present = round(now.timestamp() * 1_000_000) * 1_000
        self._last = {uid: last for uid, last in self._last.items() if last >= present}

    def _count_on(self, about: Json, known: _Written) -> bool:
        """Write the count; False when somebody deleted the Event meanwhile."""
        if self._modern:
            change: Json = {
                "series": {"count": known.count, "lastObservedTime": micro_stamp(known.at)}
            }
        else:
            change = {"count": known.count, "lastTimestamp": stamp(known.at)}
        try:
            self._client.patch(EVENTS, _place(about), known.name, change)
        except Refused:
            return False
        return True

    def _create(self, about: Json, word: str, reason: str, message: str, part: str) -> str:
        now = self._film.now()
        metadata = about["metadata"]
        # The moment in nanoseconds makes the name one of its own.
        uid = metadata["uid"]
        microseconds = round(now.timestamp() * 1_000_000)
        nanoseconds = max(microseconds * 1_000, self._last.get(uid, 0) + 1)
        self._last[uid] = nanoseconds
        name = f"{metadata['name']}.{nanoseconds:x}"
        involved = {
            "kind": about["kind"],
            "namespace": metadata.get("namespace"),
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": metadata.get("resourceVersion"),
            "fieldPath": part,
        }
        event: Json = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": _place(about)},
            "involvedObject": {key: value for key, value in involved.items() if value},
            "reason": reason,
            "message": message,
            "type": word,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }
        if self._modern:
            event |= {
                "action": "Binding" if word == NORMAL else "Scheduling",
                "eventTime": micro_stamp(now),
                "firstTimestamp": None,
                "lastTimestamp": None,
                "source": {},
            }
        else:
            source = {"component": self._component} | ({"host": self._host} if self._host else {})
            event |= {
                "count": 1,
                "eventTime": None,
                "firstTimestamp": stamp(now),
                "lastTimestamp": stamp(now),
                "source": source,
            }
        self._client.create(EVENTS, event)
        return name


def _place(about: Json) -> str:
    """Events about what has no namespace are in `default`."""
    return str(about["metadata"].get("namespace") or "default")


class EventKeeper:
    """Forgets Events as the API server does, which keeps them for an hour."""

    def __init__(self, film: Film, client: Client, informer: Informer) -> None:
        self._client = client
        self._informer = informer
        self._film = film
        film.every(SWEEP_SECONDS, "events", self._sweep)

    def _sweep(self) -> None:
        old = self._film.now() - timedelta(seconds=KEPT_SECONDS)
        for event in self._informer.all(EVENTS):
            if _last_seen(event) < old:
                namespace, name = key_of(event)
                self._client.delete(EVENTS, namespace, name)


def _last_seen(event: Json) -> datetime:
    series = event.get("series") or {}
    made = event["metadata"]["creationTimestamp"]
    said = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    # Somebody may tell today of what has been long ago.
    return max(moment_of(made), moment_of(said or made))
