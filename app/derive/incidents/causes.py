"""Who explains whom: causes claim tokens, findings name those that would explain them.

A token is a word for one thing that can be lost or broken (`node eu-3`, `source pods/agents`).
Neither side knows the other, so a later kind of cause is a row that claims, and a rule that names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.derive.incidents.finding import Finding

Consequence = tuple[str, str]
"""A finding: the key of its incident, and its voice there."""


class Causes:
    """What is claimed at present, and what waits under each token."""

    def __init__(self) -> None:
        self._claims: dict[str, dict[str, int]] = {}
        self._under: dict[str, dict[Consequence, None]] = {}

    def claim(self, finding: Finding) -> tuple[str, ...]:
        """A finding explains what is under its tokens from now on; gives those that are new.

        Every pod of a lost node claims the node: only the first one makes a difference.
        """
        new = []
        for token in finding.claims:
            claimants = self._claims.setdefault(token, {})
            if finding.key not in claimants:
                new.append(token)
            claimants[finding.key] = claimants.get(finding.key, 0) + 1
        return tuple(new)

    def release(self, finding: Finding) -> tuple[str, ...]:
        """A finding explains nothing any more; gives the tokens that its incident let go of."""
        gone = []
        for token in finding.claims:
            claimants = self._claims[token]
            claimants[finding.key] -= 1
            if not claimants[finding.key]:
                gone.append(token)
                del claimants[finding.key]
            if not claimants:
                del self._claims[token]
        return tuple(gone)

    def enter(self, voice: str, finding: Finding) -> None:
        """A finding is there to be explained."""
        for token in finding.under:
            self._under.setdefault(token, {})[finding.key, voice] = None

    def leave(self, voice: str, finding: Finding) -> None:
        """A finding needs no explanation any more."""
        for token in finding.under:
            waiting = self._under[token]
            del waiting[finding.key, voice]
            if not waiting:
                del self._under[token]

    def cause(self, finding: Finding) -> str | None:
        """The key of the incident that explains a finding, the furthest one first."""
        for token in finding.under:
            for key in self._claims.get(token, ()):
                if key != finding.key:
                    return key
        return None

    def consequences(self, tokens: tuple[str, ...]) -> dict[Consequence, None]:
        """The findings that wait under the tokens: a copy, made without a call for each."""
        found: dict[Consequence, None] = {}
        for token in tokens:
            found.update(self._under.get(token, {}))
        return found

    def __len__(self) -> int:
        return len(self._claims) + len(self._under)
