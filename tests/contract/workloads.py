"""Line 15's words: what the tests of controllers wait for and look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.control_plane.api import EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.client import Client
    from tests.control_plane.api import Resource
    from tests.control_plane.objects import Json
    from tests.control_plane.scripts import Predicate

# What generated names end in: no vowels, nothing that looks like something else.
ALPHABET = "[bcdfghjklmnpqrstvwxz2456789]"
SUFFIX = f"{ALPHABET}{{5}}"


def settled(replicas: int) -> Predicate:
    """A Deployment whose last change is done: what `kubectl rollout status` waits for."""

    def holds(found: Json | None) -> bool:
        if found is None:
            return False
        status = found["status"]
        counts = [
            status.get(f"{word}eplicas", 0) for word in ("r", "updatedR", "readyR", "availableR")
        ]
        done = [c for c in status.get("conditions", []) if c["reason"] == "NewReplicaSetAvailable"]
        seen = status.get("observedGeneration") == found["metadata"]["generation"]
        gone = status.get("terminatingReplicas", 0) == 0
        return seen and gone and bool(done) and set(counts) == {replicas}

    return holds


Told = tuple[str, str, str, str]


async def told(admin: Client, namespace: str, kind: str, count: int) -> set[Told]:
    """Type, reason, message and sender of the events about a kind; generated names cut.

    Events come after what they tell of, so wait until there are `count` different ones.
    """
    query = {"fieldSelector": f"involvedObject.kind={kind}"}
    found: set[Told] = set()
    async with admin.watching(EVENTS, namespace, **query) as watch:
        while len(found) < count:
            found.add(reading((await watch.event())["object"]))
    page = await admin.list(EVENTS, namespace, **query)
    return found | {reading(event) for event in page["items"]}


def reading(event: Json) -> Told:
    """What an event says."""
    message = re.sub(f"-{SUFFIX}$", "-SUFFIX", event["message"])
    return event["type"], event["reason"], message, event["source"]["component"]


async def passes(
    admin: Client, resource: Resource, since: Json, predicate: Callable[[Json], bool]
) -> Json:
    """What an object was when this first held of it, however soon it was something else again.

    `since` is the object before; nothing that came after it is missed.
    """
    meta = since["metadata"]
    query = {
        "fieldSelector": f"metadata.name={meta['name']}",
        "resourceVersion": meta["resourceVersion"],
    }
    async with admin.watching(resource, meta["namespace"], **query) as watch:
        *_, event = await watch.until(lambda event: predicate(event["object"]))
    found: Json = event["object"]
    return found


def restarted(found: Json | None) -> bool:
    """A pod whose first container was started again."""
    reported = (found or {"status": {}})["status"].get("containerStatuses")
    return bool(reported) and reported[0]["restartCount"] >= 1
