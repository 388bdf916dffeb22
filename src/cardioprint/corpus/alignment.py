"""Candidates compared beat by beat: does the rhythm agree at this shift, and at no other?

Two regular hearts of one rate agree at any shift by a whole number of beats, and equally well at
each. Copies agree far better at the true shift than one beat beside it, however regular the
heart: their beats differ by a fraction of a sample, those of neighbouring beats by its
variability. That contrast needs no threshold on the rhythm itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.corpus.beatprints import EARLY, TICKS, TIME_BITS, Scan, ticks_of
from cardioprint.corpus.votes import Candidates

if TYPE_CHECKING:
    from numpy.typing import NDArray

AROUND = 15.0
"""Seconds on either side of the votes in which beats are compared."""

FEWEST_BEATS = 8
"""Beats of each run in that stretch without which nothing can be told."""

FARTHEST = 6.0
"""Samples; a beat farther from its partner counts as missing."""

CONTRAST = 0.6
"""Mean distance of beats over that one or two beats beside. Noise of 10 dB leaves 0.5 in PPG."""

SHARP = 0.25
"""Samples. Beats that agree so well pass without contrast: a pacemaker's have none."""

BESIDE = (-2, -1, 1, 2)
"""Beats by which the runs are moved against each other for comparison."""

SHIFTS = 3
"""Most shifts kept for one pair of runs and one modality."""

TOGETHER = 20_000
"""Candidates in memory at a time, some 50 beats each."""


def agreeing(found: Scan, c: Candidates) -> Candidates:
    """Return the candidates whose rhythm agrees at their shift alone.

    Args:
        found: The corpus.
        c: Candidates of one modality.

    Returns:
        The best few of every pair of runs, in the order of the runs, best first.
    """
    if len(c) == 0:
        return c
    beats = found.beats(int(c.channel[0]))
    parts, costs = [], []
    for first in range(0, len(c), TOGETHER):
        part = c.at(np.arange(first, min(first + TOGETHER, len(c))))
        # First without looking beside: most candidates are hearts in step for a few beats.
        cost = _costs(beats, part, found.rate, (0,))
        near = np.flatnonzero(cost < CONTRAST * FARTHEST)
        part, cost = part.at(near), cost[near]
        beside = _costs(beats, part, found.rate, BESIDE)
        kept = np.flatnonzero((cost < CONTRAST * beside) | (cost < SHARP))
        parts.append(part.at(kept))
        costs.append(cost[kept])
    c, cost = Candidates.joined(parts), np.concatenate(costs)
    order = np.lexsort((-c.votes, cost, c.b, c.a))
    c = c.at(order)
    new = np.ones(len(c), bool)
    new[1:] = (np.diff(c.a) != 0) | (np.diff(c.b) != 0)
    rank = np.arange(len(c)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    return c.at(np.flatnonzero(rank < SHIFTS))


def _costs(
    beats: NDArray[np.int64], c: Candidates, rate: float, steps: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the mean distance of beats from those of the other run, in samples.

    Args:
        beats: Of all runs.
        c: Candidates.
        rate: Samples in a second.
        steps: Beats by which one run is moved further than the shift; the best of them counts.

    Returns:
        Shape (candidate,); infinite with too few beats.
    """
    edges = [np.searchsorted(beats, run << TIME_BITS) for run in (c.a, c.a + 1, c.b, c.b + 1)]
    low_a, high_a = ticks_of(beats[edges[0]]), ticks_of(beats[edges[1] - 1])
    low_b, high_b = ticks_of(beats[edges[2]]), ticks_of(beats[edges[3] - 1])
    reach, slack = round(AROUND * rate * TICKS), round(FARTHEST * TICKS)
    low = np.maximum(np.maximum(low_a, low_b - c.shift), c.first - reach) - slack
    high = np.minimum(np.minimum(high_a, high_b - c.shift), c.last + reach) + slack

    begin, count = _between(beats, c.a, low, high)
    count_b = _between(beats, c.b, low + c.shift, high + c.shift)[1]
    who = np.repeat(np.arange(len(c)), count)
    before = np.cumsum(count) - count
    mine = beats[begin[who] + np.arange(len(who)) - before[who]]
    wanted = (c.b[who] << TIME_BITS) + (mine & ((1 << TIME_BITS) - 1)) + c.shift[who]
    after = np.clip(np.searchsorted(beats, wanted), 1, len(beats) - 1)
    nearer = beats[after] - wanted > wanted - beats[after - 1]
    nearest = after - nearer

    def cost(step: int) -> NDArray[np.float64]:
        partner = nearest + step
        inside = (partner >= edges[2][who]) & (partner < edges[3][who])
        apart = beats[np.clip(partner, 0, len(beats) - 1)] - wanted
        apart = np.where(inside, apart, 1 << TIME_BITS)
        # The votes' shift is coarse, and a beat beside it unknown: take the median of all.
        order = np.lexsort((apart, who))
        middle = apart[order][np.minimum(before + count // 2, len(apart) - 1)]
        distance = np.minimum(np.abs(apart - middle[who]), FARTHEST * TICKS)
        total = np.bincount(who, distance, len(c))
        # A beat of the other run without a partner is as bad as one of this.
        total += np.maximum(count_b - count, 0) * FARTHEST * TICKS
        return total / np.maximum(np.maximum(count, count_b), 1) / TICKS

    if len(who) == 0:
        return np.full(len(c), np.inf)
    enough = np.minimum(count, count_b) >= FEWEST_BEATS
    return np.where(enough, np.min([cost(step) for step in steps], axis=0), np.inf)


def _between(
    beats: NDArray[np.int64], run: NDArray[np.int64], low: NDArray[np.int64], high: NDArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first beat of each run at or after `low`, and how many lie up to `high`."""
    begin = np.searchsorted(beats, (run << TIME_BITS) + np.maximum(low + EARLY, 0))
    stop = np.searchsorted(beats, (run << TIME_BITS) + np.maximum(high + EARLY, 0))
    return begin, np.maximum(stop - begin, 0)
