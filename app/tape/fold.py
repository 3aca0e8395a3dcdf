"""What a part of a tape comes to, without the way there."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from app.model import Source
from app.tape.moments import Beat, Changes, Whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model import Wire
    from app.tape.moments import What


class Fold:
    """The values after everything that was taken."""

    def __init__(self) -> None:
        self.values: defaultdict[str, dict[str, Wire]] = defaultdict(dict)
        self.synced: set[str] = set()
        self.beat = Beat({})

    @property
    def sources(self) -> dict[str, Source]:
        """Those among the values."""
        return sources_in(self.values["sources"])

    def take(self, what: What) -> None:
        """One more moment."""
        match what:
            case Whole(topic, synced, values):
                if synced:
                    self.synced.add(topic)
                    self.values[topic].clear()
                self.values[topic].update(values)
            case Changes(changes):
                for change in changes:
                    if change.value is None:
                        self.values[change.topic].pop(change.key, None)
                    else:
                        self.values[change.topic][change.key] = change.value
            case Beat():
                self.beat = what


def sources_in(values: Mapping[str, Wire]) -> dict[str, Source]:
    """Values of the topic `sources`, which the checker lets be nothing else."""
    return {key: value for key, value in values.items() if isinstance(value, Source)}
