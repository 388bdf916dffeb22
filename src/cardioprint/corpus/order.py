"""The order in which a training run meets its windows: computed where it is asked for.

The sample at position p of the run is a function of (seed, p) alone, found without shuffling
anything in memory: a keyed permutation is evaluated for just the positions that a step needs. A
run may therefore stop anywhere and go on with another number of processes, and a corpus of a
billion windows costs as little as a small one.

    epoch       a stretch of positions as long as the corpus
    database    has a quota of each epoch: its size ** temperature, as a share of all
    pass        once through all windows of a database, in a new order each time
    block       consecutive positions that one database fills, evenly from all of its windows
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ROUNDS = 6
"""Rounds of the permutation; four make it indistinguishable from a random one to any test that
looks at few places (Luby & Rackoff 1988)."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """The samples of a run in the order in which they are used.

    A database of n windows gets n ** temperature / (the sum of that over databases) of every
    epoch, rounded to whole blocks so that the mean over epochs is exact. Where that is more than
    n, it is passed through again; where it is less, every epoch takes other windows of it.
    Within an epoch no window of a database comes more than once more often than another.

    A block takes one window of each of as many equal parts of the database's windows as it has
    positions. Where windows are numbered person by person, a batch therefore shows as many
    people as it can.
    """

    counts: tuple[int, ...]
    """Windows of each database, numbered one database after the other; 0 is allowed. Whoever
    wants some windows more often than others numbers them several times."""
    seed: int = 0
    """Orders of different seeds have nothing in common."""
    temperature: float = 1.0
    """1: databases in proportion to their size; 0: all alike."""
    block: int = 1
    """Positions that one database fills: 1 mixes databases in every batch; the size of a batch
    makes each batch one database's, so that contrast cannot tell people by their hospital."""
    sizes: tuple[int, ...] = ()
    """Sizes of the databases as far as their quotas go; default: `counts`."""

    def __post_init__(self) -> None:
        if not self.counts or min(self.counts) < 0 or sum(self.counts) == 0:
            raise ValueError(f"need databases with windows, not {self.counts}")
        if self.sizes and [n > 0 for n in self.sizes] != [n > 0 for n in self.counts]:
            raise ValueError(f"sizes {self.sizes} are not those of counts {self.counts}")
        if self.block < 1 or not 0 <= self.temperature <= 1:
            raise ValueError("need block >= 1 and 0 <= temperature <= 1")

    @cached_property
    def blocks(self) -> int:
        """Blocks in an epoch."""
        return max(1, sum(self.counts) // self.block)

    @property
    def length(self) -> int:
        """Positions in an epoch."""
        return self.blocks * self.block

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Share of each database in the long run."""
        n = np.array(self.sizes or self.counts, np.float64)
        weight = np.where(n > 0, n**self.temperature, 0.0)
        return weight / weight.sum()

    def quotas(self, epoch: int) -> NDArray[np.int64]:
        """Return how many positions of an epoch each database fills."""
        return np.diff(_edges(self, epoch)) * self.block

    def at(self, positions: ArrayLike) -> NDArray[np.int64]:
        """Return the numbers of the windows at these positions of the run.

        Args:
            positions: Any number of them, 0 or more: samples consumed before.

        Returns:
            Of the same shape, 0 to sum(counts) - 1.
        """
        where = np.asarray(positions, np.int64)
        epoch, inside = np.divmod(where, self.length)
        out = np.empty_like(where)
        for number in np.unique(epoch).tolist():
            mine = epoch == number
            out[mine] = self._in_epoch(number, inside[mine])
        return out

    def _in_epoch(self, epoch: int, inside: NDArray[np.int64]) -> NDArray[np.int64]:
        block, offset = np.divmod(inside, self.block)
        edges = _edges(self, epoch)
        key = np.uint64(_key(self.seed, epoch))
        different, which = np.unique(block, return_inverse=True)
        place = permuted(different, np.int64(self.blocks), key)[which]
        if self.block > 1:  # parts of the database and rows of the batch are not to go together
            offset = permuted(offset, np.int64(self.block), _mix(key ^ place.astype(np.uint64)))
        database = np.searchsorted(edges, place, side="right") - 1
        ordinal = (place - edges[database]) * self.block + offset
        counts = np.array(self.counts, np.int64)
        first = np.cumsum(counts) - counts
        size = counts[database]
        turn, at = np.divmod(ordinal, size)
        keys = _mix(_mix(key + database.astype(np.uint64)) + turn.astype(np.uint64))
        return first[database] + _spread(at, size, self.block, keys)


def rank_slice(size: int, rank: int, ranks: int) -> slice:
    """Return which rows of a global batch are a rank's: all of them, once, over the ranks."""
    if not 0 <= rank < ranks:
        raise ValueError(f"rank {rank} of {ranks} ranks")
    return slice(rank * size // ranks, (rank + 1) * size // ranks)


def permuted(
    index: NDArray[np.int64],
    size: NDArray[np.int64] | np.int64,
    key: NDArray[np.uint64] | np.uint64,
) -> NDArray[np.int64]:
    """Return where a keyed permutation of range(size) puts each index.

    A Feistel network over a rectangle that is barely larger than `size`, walked until the
    result lies inside (Black & Rogaway 2002, "Ciphers with arbitrary finite domains").

    Args:
        index: Values from 0 to size - 1.
        size: One for all, or one each.
        key: Chooses the permutation; one for all, or one each; well mixed.
    """
    size = np.broadcast_to(np.asarray(size), index.shape)
    key = np.broadcast_to(np.asarray(key, np.uint64), index.shape)
    height = np.maximum(np.ceil(np.sqrt(size.astype(np.float64))), 1).astype(np.uint64)
    width = (size.astype(np.uint64) + height - 1) // height
    out = np.array(index, np.uint64)
    outside = np.arange(out.size)
    flat = out.reshape(-1)
    shape = [a.reshape(-1) for a in (height, width, key, size.astype(np.uint64))]
    while len(outside):
        h, w, k, n = (a[outside] for a in shape)
        left, right = np.divmod(flat[outside], w)
        for turn in range(ROUNDS):
            once = k + np.uint64(turn)
            if turn % 2 == 0:
                left = (left + _mix(once ^ (right << np.uint64(8))) % h) % h
            else:
                right = (right + _mix(once ^ (left << np.uint64(8))) % w) % w
        flat[outside] = left * w + right
        outside = outside[flat[outside] >= n]
    return out.astype(np.int64)


def _spread(
    at: NDArray[np.int64], size: NDArray[np.int64], parts: int, key: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Return a permutation in which any `parts` neighbours come from different equal parts.

    Args:
        at: Places, 0 to size - 1.
        size: Of what is permuted, one each.
        parts: Equal parts, to a window; the larger ones are a window longer.
        key: Chooses the permutation, one each.
    """
    least = size // parts
    row, part = np.divmod(at, parts)
    # The windows left over are the last ones of the larger parts.
    left = at - least * parts
    larger = np.maximum(size - least * parts, 1)
    part = np.where(left >= 0, -(-(left + 1) * parts // larger) - 1, part)
    row = np.where(left >= 0, least, row)
    first = part * size // parts
    length = (part + 1) * size // parts - first
    slot = first + permuted(row, length, _mix(key + part.astype(np.uint64)))
    return (slot + (key % size.astype(np.uint64)).astype(np.int64)) % size


@lru_cache(maxsize=8)
def _edges(order: Order, epoch: int) -> NDArray[np.int64]:
    """Return the running number of blocks before each database, and of all."""
    # Systematic rounding: one offset for all databases keeps the sum, and a random one keeps
    # every database's mean over epochs.
    offset = (_key(order.seed, epoch, 1) >> 11) / 2**53
    wanted = np.round(np.cumsum(order.shares) * order.blocks, 6)
    wanted[-1] = order.blocks
    edges = np.concatenate(([0], np.floor(wanted + offset).astype(np.int64)))
    # A database without windows gets nothing, also where it is the last.
    return np.minimum(edges, order.blocks)


def _key(*numbers: int) -> int:
    """Return 64 bits that depend on all numbers and their order."""
    key = np.zeros(1, np.uint64)
    for number in numbers:
        key = _mix(key + np.uint64(number % 2**64))
    return int(key[0])


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well-mixed bits (SplitMix64: Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
