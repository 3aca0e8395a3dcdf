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


async def told(admin: Client, namespace: str, kind: str) -> set[tuple[str, str, str, str]]:
    """Type, reason, message and sender of the events about a kind; generated names cut."""
    found = await admin.list(EVENTS, namespace, fieldSelector=f"involvedObject.kind={kind}")
    return {
        (
            event["type"],
            event["reason"],
            re.sub(f"-{SUFFIX}$", "-SUFFIX", event["message"]),
            event["source"]["component"],
        )
        for event in found["items"]
    }


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
