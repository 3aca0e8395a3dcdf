"""What `/metrics` says, over HTTP as Prometheus reads it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.spine.oracle import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.spine.reader import Served


LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 60.0


async def metric(served: Served, name: str, labels: Mapping[str, str] | None = None) -> float:
    """The sum of the samples of that name which have at least these labels."""
    wanted = (labels or {}).items()
    async with aiohttp.ClientSession() as session, session.get(f"{served.url}/metrics") as answer:
        assert answer.status == 200
        families = text_string_to_metric_families(await answer.text())
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and wanted <= sample.labels.items()
        )


async def relisted(served: Served, cause: str, kinds: Collection[str]) -> None:
    """Wait until each of these kinds, and no other, was listed once for this cause."""
    name = "watchglass_source_lists_total"
    found: dict[str, float] = {}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while found != {kind: kind in kinds for kind in KINDS}:
                await asyncio.sleep(LOOK_SECONDS if found else 0)
                for kind in KINDS:
                    found[kind] = await metric(served, name, {"kind": kind, "cause": cause})
    except TimeoutError:
        raise AssertionError(f"lists because of {cause}: {found}") from None
