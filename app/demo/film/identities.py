"""Identifiers of what the cluster makes: by chance, and yet the same in every play of the film."""

from __future__ import annotations

from random import Random, SystemRandom
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from app.demo.film.film import Film

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' own: no vowels and nothing that looks like one, so that no name is a word."""


class Identities:
    """From one source of chance; without one, from the machine's."""

    def __init__(self, chance: Random | None = None) -> None:
        self._chance = chance or SystemRandom()

    def uid(self) -> str:
        """A version 4 UUID."""
        return _uid(self._chance)

    def suffix(self, length: int) -> str:
        """The random end of a generated name."""
        return _suffix(self._chance, length)


class FilmIdentities:
    """By who makes something and when, so that one more name changes nobody else's."""

    def __init__(self, film: Film) -> None:
        self._film = film

    def uid(self) -> str:
        """A version 4 UUID."""
        return _uid(self._film.here())

    def suffix(self, length: int) -> str:
        """The random end of a generated name."""
        return _suffix(self._film.here(), length)


def _uid(chance: Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _suffix(chance: Random, length: int) -> str:
    return "".join(chance.choices(ALPHABET, k=length))
