"""Chance without state: a number depends on seed, person, record, name and place, on nothing else.

Philox4x32-10 (Salmon, Moraes, Dror & Shaw, SC 2011) turns a counter into random bits. Person
1,234 of seed 7 is the same person in any batch, in any order, on NumPy and on a GPU, and no
label can shift anybody's stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, tau
from zlib import crc32

from cardioprint.simulate.backend import Array, Backend

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
LOW = 0xFFFFFFFF
"""Constants of Philox4x32 and the mask of 32 bits; words are kept in int64."""


def philox(counter: tuple[Array, Array, Array, Array], key: tuple[int, int]) -> tuple[Array, ...]:
    """Return four words of 32 random bits a counter, as int64.

    Args:
        counter: Four int64 arrays of values below 2**32 that broadcast together.
        key: Two numbers below 2**32.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            ((second >> 32) & LOW) ^ c1 ^ k0,
            second & LOW,
            ((first >> 32) & LOW) ^ c3 ^ k1,
            first & LOW,
        )
        k0, k1 = (k0 + WEYL[0]) & LOW, (k1 + WEYL[1]) & LOW
    return c0, c1, c2, c3


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Standard draws for some people.

    Attributes:
        backend: Where the numbers go.
        seed: Of everything.
        people: int64, shape (person,): who they are, 0 to 2**32 - 1.
        record: Which of a person's records; 0 is for what the person keeps for life.
    """

    backend: Backend
    seed: int
    people: Array
    record: int = 0

    def uniform(self, name: str, *shape: int) -> Array:
        """Return numbers in (0, 1), shape (person, *shape).

        Args:
            name: Of the quantity; two names never share numbers.
            shape: Of each person's draws. More of them begin with the same ones.
        """
        words = self._words(name, prod(shape))
        scaled = self.backend.to_float(words >> 8) * 2.0**-24 + 2.0**-25
        return scaled.reshape((-1, *shape))

    def normal(self, name: str, *shape: int) -> Array:
        """Return standard normal numbers (Box & Muller 1958), shape (person, *shape)."""
        xp, count = self.backend.xp, prod(shape)
        u = self.uniform(name, 2 * -(-count // 2))
        radius, angle = xp.sqrt(-2 * xp.log(u[:, 0::2])), tau * u[:, 1::2]
        both = xp.stack((radius * xp.cos(angle), radius * xp.sin(angle)), axis=2)
        return both.reshape(len(u), -1)[:, :count].reshape((-1, *shape))

    def _words(self, name: str, count: int) -> Array:
        b, blocks = self.backend, -(-count // 4)
        index = b.arange(blocks)[None, :] + b.integers(self.people)[:, None] * 0
        words = philox(
            (
                index,
                b.integers(crc32(name.encode())),
                b.integers(self.people)[:, None],
                b.integers(self.record),
            ),
            (self.seed & LOW, (self.seed >> 32) & LOW),
        )
        return b.xp.stack(words, axis=2).reshape(len(index), -1)[:, :count]
