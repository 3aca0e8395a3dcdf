"""A controller's queue: keys to look at, each once, at the earliest time that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from app.demo.api.statuses import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.demo.controllers.reading import Key
    from app.demo.film.film import Cue, Film

logger = structlog.get_logger("watchglass.demo.controllers")

REACTION_SECONDS = 0.003
"""From a change to what a controller does about it: so short that who acts and looks, sees it."""
PAST_IS_SLOWER = 300
"""Nobody looks at how the past came to be: there, changes are gathered for a second."""
RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 60.0


class Work:
    """Wakes `sync` with a key, in a cue whose subject is the controller and the key."""

    def __init__(
        self,
        film: Film,
        name: str,
        sync: Callable[[Key], None],
        reaction: float = REACTION_SECONDS,
    ) -> None:
        self._film = film
        self._name = name
        self._sync = sync
        self._reaction = reaction
        self._cues: dict[Key, Cue] = {}
        self._failures: dict[Key, int] = {}
        self._broken: set[Key] = set()
        self._hangs = False
        self._held: dict[Key, None] = {}

    def hang(self) -> None:
        """Look at nothing until `go_on`, as a controller that is stuck."""
        self._hangs = True

    def go_on(self) -> None:
        """Look at once at all that should have been looked at meanwhile."""
        self._hangs = False
        held, self._held = self._held, {}
        for key in held:
            self.add(key)

    def add(self, key: Key, seconds: float | None = None) -> None:
        """Look at `key` after a scripted delay; sooner, when it is to be looked at sooner."""
        if seconds is None:
            seconds = self._reaction * (1 if self._film.begun else PAST_IS_SLOWER)
        self.add_at(key, self._film.after(seconds))

    def add_at(self, key: Key, moment: datetime) -> None:
        """Look at `key` at a wall time, or sooner."""
        waiting = self._cues.get(key)
        if waiting is not None:
            if waiting.due <= moment:
                return
            waiting.cancel()
        subject = self._subject(key)
        self._cues[key] = self._film.on(moment, subject, lambda: self._play(key))

    def _subject(self, key: Key) -> str:
        return f"{self._name} {'/'.join(part for part in key if part)}"

    def _play(self, key: Key) -> None:
        del self._cues[key]
        if self._hangs:
            self._held[key] = None
            return
        try:
            self._sync(key)
        except Refused as refusal:
            # Somebody from outside was faster, or a switch is set: again, ever more slowly.
            logger.info("sync_refused", subject=self._subject(key), code=refusal.code)
            self._try_again(key)
        except Exception:
            # A key that is not understood is not forgotten; its trace is told once.
            self._film.failed += 1
            if key not in self._broken:
                self._broken.add(key)
                logger.exception("sync_failed", subject=self._subject(key))
            self._try_again(key)
        else:
            self._failures.pop(key, None)
            self._broken.discard(key)

    def _try_again(self, key: Key) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        delay = RETRY_SECONDS * 2.0 ** min(failures - 1, 12)
        self.add(key, min(delay, LONGEST_RETRY_SECONDS))
