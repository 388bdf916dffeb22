"""Which kind of step comes when, and which positions of the run's order it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = ("same", "both", "short", "other")
"""Names of the kinds of steps: see `batches.BatchConfig`."""

FIRST_KNOWN = 4096
"""Steps planned at once to begin with; a longer run's plan is doubled as it goes."""


class Schedule:
    """The plan of a run, known for any step without going through those before.

    A step uses `size` positions of the order, but a "same" step shows `each` windows of every
    person and needs only size / each of them: `each` such steps share `size` positions, so that
    all positions are used, once, and a batch stays within a block of the order.

    Args:
        shares: Share of steps of each of `KINDS`; they sum to 1.
        size: Positions in a block of the order.
        each: Rows of each person in a "same" step; divides `size`.
        seed: Chooses the plan.
    """

    def __init__(
        self, shares: tuple[float, float, float, float], *, size: int, each: int, seed: int
    ):
        self._edges = np.cumsum(shares)[:-1]
        self.size, self.each, self.seed = size, each, seed
        self._kind, self._first = self._plan(FIRST_KNOWN)

    def __call__(self, step: int) -> tuple[str, NDArray[np.int64]]:
        """Return the kind of a step and the positions that it uses."""
        while step >= len(self._kind):
            self._kind, self._first = self._plan(2 * len(self._kind))
        kind = KINDS[self._kind[step]]
        count = self.size // self.each if kind == "same" else self.size
        return kind, self._first[step] + np.arange(count)

    def _plan(self, steps: int) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
        """Return the kinds of the first steps, and the first position of each."""
        # A longer sequence of the same generator begins with the shorter one.
        chance = np.random.default_rng((self.seed, 0, 1)).random(steps)
        kind = np.searchsorted(self._edges, chance, side="right").astype(np.int8)
        same = kind == KINDS.index("same")
        same_before = np.cumsum(same) - same
        opens = ~same | (same_before % self.each == 0)  # begins a block of its own
        block = np.cumsum(opens) - 1
        shared = block[same & opens]
        block[same] = shared[same_before[same] // self.each]
        part = np.where(same, same_before % self.each, 0)
        return kind, block * self.size + part * (self.size // self.each)
