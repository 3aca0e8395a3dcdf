"""What one event of a watch costs to read: our projection and kubernetes_asyncio's, in turn."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubernetes_asyncio.watch import Watch

from app.cluster.projections.pods import PODS
from benchmarks.figures import median

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OURS_PER_ROUND = 400
THEIRS_PER_ROUND = 40


@dataclass(frozen=True, slots=True)
class Decoding:
    """Microseconds of CPU per event, a value per round; bytes of a line."""

    ours_us: list[float]
    theirs_us: list[float]
    line_bytes: int

    @property
    def times_cheaper(self) -> float | None:
        """The median of each round's ratio."""
        pairs = zip(self.ours_us, self.theirs_us, strict=True)
        return median(theirs / ours for ours, theirs in pairs)


async def compare(lines: Sequence[bytes], rounds: int) -> Decoding:
    """Decodes the same lines both ways, alternating."""
    watch = Watch("V1Pod")
    try:

        def theirs(line: bytes) -> None:
            watch.unmarshal_event(line.decode("utf8"), "V1Pod")

        def ours(line: bytes) -> None:
            PODS.event(line)

        _cost(ours, lines[:50])
        _cost(theirs, lines[:5])
        costs = [
            (_cost(ours, lines), _cost(theirs, lines[:THEIRS_PER_ROUND])) for _ in range(rounds)
        ]
    finally:
        await watch.close()
    return Decoding(
        [ours_us for ours_us, _ in costs],
        [theirs_us for _, theirs_us in costs],
        len(lines[0]),
    )


def _cost(decode: Callable[[bytes], None], lines: Sequence[bytes]) -> float:
    began = time.process_time()
    for line in lines:
        decode(line)
    return (time.process_time() - began) / len(lines) * 1e6
