"""Much, large and hostile: what comes from a cluster that means us no good."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import TYPE_CHECKING

from tests.control_plane.api import PODS
from tests.control_plane.objects import container, pod, pod_spec
from tests.control_plane.scripts import script
from tests.spine.house import House
from tests.spine.metrics import metric
from tests.spine.page import shows
from tests.spine.reader import reading

if TYPE_CHECKING:
    from tests.control_plane.api import Api
    from tests.control_plane.fixtures import RestrictedUser
    from tests.control_plane.objects import Json
    from tests.spine.oracle import Truth

PODS_BUSY, UPDATES_EACH = 10, 100
TICK_SECONDS = 0.05

LARGE_BYTES = 900_000
ANNOTATIONS_BYTES = 250_000
"""All annotations of an object together may have 256 KiB."""

HOSTILE = (
    "\x1b[31mred\x1b[0m \u202etxt.exe\u202c \x1b]0;title\x07line\r\nid: forged-1\n\ndata: {}\n\n"
    "\x00null \u2066\u200bzero \ud83d\ude00"
)
HARMLESS = "red txt.exe line id: forged-1 data: {} null zero \U0001f600"
DECEIVING = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


async def test_a_thousand_updates_within_seconds(
    admin: Api, namespace: str, watcher: RestrictedUser, truth: Truth
) -> None:
    """Readers are told of them at most once a tick, each key once, and end with the last."""
    names = [f"busy-{number}" for number in range(PODS_BUSY)]
    notes = script(hands_off=True)
    await admin.create_many([pod(name, annotations=notes) for name in names], namespace)

    async def update(name: str) -> None:
        for count in range(UPDATES_EACH):
            status: Json = {"status": {"phase": "Running", "message": f"update {count}"}}
            await admin.patch(PODS, name, status, namespace, subresource="status")

    async with House(watcher.kubeconfig, namespace) as house, reading(house) as readers:
        await readers.live()
        await readers.converge(truth)
        before = [page.changes for page in readers.pages]
        changed = [page.changed for page in readers.pages]
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(update(name))
        took = time.monotonic() - began
        await readers.converge(truth)
        last = f"update {UPDATES_EACH - 1}"
        for page, events, keys in zip(readers.pages, before, changed, strict=True):
            told = page.changes - events
            assert told <= (time.monotonic() - began) / TICK_SECONDS + 2
            assert PODS_BUSY <= page.changed - keys <= PODS_BUSY * UPDATES_EACH
            held = [page.value("pods", f"{namespace}/{name}")["message"] for name in names]
            assert held == [last] * PODS_BUSY
        overtaken = await metric(house, "watchglass_stream_coalesced_total")
        taken = await metric(house, "watchglass_source_events_total", {"kind": "pods"})
        assert taken >= PODS_BUSY * UPDATES_EACH, "none was lost before it came to us"
        print(
            f"{PODS_BUSY * UPDATES_EACH} updates in {took:.1f} s: {told} events, "
            f"{page.changed - keys} values, {overtaken:.0f} overtaken"
        )


async def test_an_object_of_more_than_a_mebibyte(
    admin: Api, namespace: str, watcher: RestrictedUser, truth: Truth
) -> None:
    """In the list, and on the watch; what a page gets of it is small."""
    notes = {"note": "n" * ANNOTATIONS_BYTES}
    spec = pod_spec(container(env=[{"name": "E", "value": "e" * LARGE_BYTES}]))
    listed = await admin.create(pod("listed", spec, annotations=notes), namespace)
    assert len(json.dumps(listed)) > 1024 * 1024
    async with House(watcher.kubeconfig, namespace) as house, reading(house) as readers:
        await readers.live()
        readers.set_out()
        await admin.create(pod("watched", spec, annotations=notes), namespace)
        for name in ("listed", "watched"):
            await readers.until(shows("pods", f"{namespace}/{name}", reason="Running"))
        await readers.converge(truth)
        for page in readers.pages:
            assert set(map(tuple, page.journeys.values())) == {("live",)}
            assert len(json.dumps(page.value("pods", f"{namespace}/watched"))) < 1_000


async def test_hostile_text_is_harmless_on_the_page(
    admin: Api, namespace: str, watcher: RestrictedUser, truth: Truth
) -> None:
    """Terminal escapes, bidi overrides, line breaks that would forge an event, NUL."""
    await admin.create(pod("one", annotations=script(hands_off=True)), namespace)
    status: Json = {"status": {"phase": "Failed", "reason": HOSTILE, "message": HOSTILE}}
    async with House(watcher.kubeconfig, namespace) as house, reading(house) as readers:
        await readers.live()
        await admin.patch(PODS, "one", status, namespace, subresource="status")
        await admin.create(hostile_event(namespace), namespace)
        key = f"{namespace}/one"
        await readers.until(shows("pods", key, message=HARMLESS, reason=HARMLESS))
        await readers.until(lambda page: len(page.held(["events"])) == 1)
        await readers.converge(truth)
        for page in readers.pages:
            [warning] = (page.value(*address) for address in page.held(["events"]))
            assert (warning["reason"], warning["message"]) == (HARMLESS, HARMLESS)
            shown = json.dumps(list(page.values.values()), ensure_ascii=False)
            assert DECEIVING.search(shown) is None


def hostile_event(namespace: str) -> Json:
    """A warning whose every text was written by somebody else."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "hostile-"},
        "type": "Warning",
        "reason": HOSTILE,
        "message": HOSTILE,
        "involvedObject": {"kind": HOSTILE, "namespace": namespace, "name": HOSTILE},
        "count": 1,
    }
