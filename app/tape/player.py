"""Play a tape: what was told at a time is put on the board when that time has come.

Law: what is on the board is what was on the recorded one at that time of the tape, and nothing of a
later time.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel

from app.model import Source
from app.tape.fold import Fold, sources_in
from app.tape.moments import Beat, Changes, Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.model import Wire
    from app.stream import Hub, Topic
    from app.tape.moments import Change, What
    from app.tape.ports import Retelling
    from app.tape.reading import Tape
    from app.tape.tape_time import TapeTime

SHORTEST_ROUND = 1.0
"""Seconds between two beginnings of a tape that is played again and again."""


class Player:
    """Puts a tape on the board.

    Args:
        tape: The tape.
        time: Shows when on it we are.
        hub: Batches what belongs together.
        topics: The topics by name; values of other ones are not played.
        sources: Takes what the tape tells of the sources.
        loop: Whether to begin anew at the end.
        ended: Called at the end of a tape that is played once.
    """

    def __init__(
        self,
        tape: Tape,
        time: TapeTime,
        *,
        hub: Hub,
        topics: Mapping[str, Topic[Wire]],
        sources: Retelling,
        loop: bool = False,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._tape = tape
        self._time = time
        self._hub = hub
        self._topics = topics
        self._sources = sources
        self._loop = loop
        self._ended = ended

    async def run(self) -> None:
        """Play to the end, or until cancelled.

        Raises:
            TapeError: The file is another one than it was when it was opened.
            OSError: It cannot be read any more.
        """
        await self._play(again=False)
        while self._loop:
            earliest = anyio.current_time() + SHORTEST_ROUND
            await self._play(again=True)
            await anyio.sleep(max(0.0, earliest - anyio.current_time()))
        self._time.end()
        self._ended()

    async def _play(self, *, again: bool) -> None:
        """One round.

        Another one than the first begins with all that its opening comes to, at once: what was on
        the board at the end of the tape never stands beside what came before.
        """
        opening, fold = self._tape.opening if again else 0, Fold()
        if not opening:
            self._time.start(0.0)
            if again:
                self._begin_with(fold)
        # A line is at most what our server writes at once: read and checked in a few milliseconds.
        with closing(self._tape.moments()) as moments:
            for moment in moments:
                at = moment.at_ms / 1000
                if moment.line > opening:
                    await anyio.sleep(self._time.wait_for(at))
                    self._put(moment.what)
                    continue
                fold.take(moment.what)
                # The end of the last round stands until then; an opening may be long.
                await anyio.lowlevel.checkpoint()
                if moment.line == opening:
                    self._time.start(at)
                    self._begin_with(fold)

    def _begin_with(self, fold: Fold) -> None:
        with self._hub.batch():
            self._sources.replace(fold.sources)
            for name, topic in self._topics.items():
                topic.replace(fold.values[name])
                if name in fold.synced:
                    topic.mark_synced()
        self._put(fold.beat)

    def _put(self, what: What) -> None:
        with self._hub.batch():
            match what:
                case Whole("sources", synced, values):
                    if synced:
                        self._sources.replace(sources_in(values))
                    for key, source in sources_in(values).items():
                        self._sources.tell(key, source)
                case Whole(name, synced, values) if name in self._topics:
                    topic = self._topics[name]
                    if synced:
                        topic.replace(values)
                        topic.mark_synced()
                    for key, value in values.items():
                        topic.upsert(key, value)
                case Changes(changes):
                    for change in changes:
                        self._change(change)
                case Beat(vitals):
                    for key, vital in vitals.items():
                        self._sources.beat(key, vital.state, vital.age_ms / 1000)

    def _change(self, change: Change) -> None:
        if change.topic == "sources":
            told = change.value
            self._sources.tell(change.key, told if isinstance(told, Source) else None)
        elif (topic := self._topics.get(change.topic)) is not None:
            if change.value is None:
                topic.remove(change.key)
            else:
                topic.upsert(change.key, change.value)
