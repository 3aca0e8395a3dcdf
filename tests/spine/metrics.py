"""What `/metrics` says, over HTTP as Prometheus reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.spine.reader import Served


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
