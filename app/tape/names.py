"""Other names of the same shape: for each key a one-to-one mapping that moves every word."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import shake_256
from uuid import UUID

ROUNDS = 4
"""Of a Feistel network: what makes a permutation that looks like chance from both ends."""
REMEMBERED = 65_536
"""Words that are not computed again."""

_WORD = re.compile(r"[^\W_]+")

_LOWER, _UPPER, _DIGIT = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"


class Names:
    """Replaces the words of a name: letters by letters, digits by digits, one for one.

    Words and not names are mapped, so that what begins alike still does: a Deployment, its pods and
    their owner. Two names never become one. What parts words (`-`, `.`, `/`) stays.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._other = lru_cache(REMEMBERED)(self._make)

    def other(self, name: str) -> str:
        """The name that stands for `name`; the same one every time."""
        return _WORD.sub(lambda match: self._other(match[0]), name)

    def uid(self, uid: str) -> str:
        """The uid that stands for `uid`: nobody reads them, so that they are made in one go."""
        return str(UUID(bytes=shake_256(self._key + b"uid/" + uid.encode()).digest(16), version=4))

    def _make(self, word: str) -> str:
        alphabets = [_alphabet(character) for character in word]
        size, number = 1, 0
        for character, alphabet in zip(word, alphabets, strict=True):
            place = alphabet.find(character)
            # What is neither letter nor digit of ASCII has no place, and takes one of a letter.
            number = number * len(alphabet) + (ord(character) % 26 if place < 0 else place)
            size *= len(alphabet)
        shape = "".join(alphabet[0] for alphabet in alphabets)
        number = self._moved(number, size, shape)
        letters = []
        for alphabet in reversed(alphabets):
            number, digit = divmod(number, len(alphabet))
            letters.append(alphabet[digit])
        return "".join(reversed(letters))

    def _moved(self, number: int, size: int, shape: str) -> int:
        """A step of a secret length along a secret order of all words of this shape.

        Every step along an order is one-to-one, and one that is no whole round moves every word.
        """
        step = 1 + self._chance(f"{shape}/step", 16 + size.bit_length() // 8) % (size - 1)
        place = (self._walk(number, size, shape, range(ROUNDS)) + step) % size
        return self._walk(place, size, shape, range(ROUNDS - 1, -1, -1))

    def _walk(self, number: int, size: int, shape: str, rounds: range) -> int:
        """A permutation of the numbers below `size`, or its inverse when `rounds` go down.

        A Feistel network over an even number of bits, walked until it gives a number of ours.
        """
        half = max(1, ((size - 1).bit_length() + 1) // 2)
        while True:
            number = self._network(number, half, shape, rounds)
            if number < size:
                return number

    def _network(self, number: int, half: int, shape: str, rounds: range) -> int:
        mask = (1 << half) - 1
        left, right = number >> half, number & mask
        for round in rounds:
            if rounds.step > 0:
                left, right = right, left ^ self._chance(f"{shape}/{round}/{right}", half) & mask
            else:
                left, right = right ^ self._chance(f"{shape}/{round}/{left}", half) & mask, left
        return left << half | right

    def _chance(self, of: str, bits: int) -> int:
        digest = shake_256(self._key + of.encode()).digest(bits // 8 + 1)
        return int.from_bytes(digest, "big")


def _alphabet(character: str) -> str:
    if character in _DIGIT:
        return _DIGIT
    return _UPPER if character in _UPPER else _LOWER
