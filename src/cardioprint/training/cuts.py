"""Where the two windows of every row of a batch are cut, for all rows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.training.places import Places, span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.training.batches import BatchConfig

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

STAYING = 0.7
"""Share of second windows that come from the run of the first if it has room for two; the
others come from anywhere in the person's windows."""

STEADY = 0.01
"""Seconds (SD) by which the lag of two windows from one monitor differs."""


@dataclass(frozen=True, kw_only=True)
class Cuts:
    """Where the windows of a batch are read.

    Attributes:
        starts: Shape (2, batch): first sample of the ECG, for each view.
        shifts: Shape (2, batch): by how many samples later the PPG is read.
        speed: Shape (batch,): how fast time runs.
        subject: Shape (batch,).
    """

    starts: Ints
    shifts: Ints
    speed: Floats
    subject: Ints


def choose(
    places: Places, rng: np.random.Generator, anchors: Ints, kind: str, config: BatchConfig
) -> Cuts:
    """Choose both windows of every row.

    Args:
        places: The usable part of the corpus.
        rng: Source of chance.
        anchors: A window for each row; for each person in a "same" step.
        kind: Kind of the step: see `BatchConfig`.
        config: What a batch is made of.
    """
    c = config
    if kind == "same":
        anchors = _companions(places, rng, anchors, c.windows_each).ravel()
    rows = len(anchors)
    late = _late(rng, rows, kind, c)
    chance = rng.random((7, rows))
    run = places.run_of(anchors)
    if kind == "same":
        fastest = places.fastest(run).reshape(-1, c.windows_each).min(axis=1)
        pace = _speed(c.stretch, chance[0, :: c.windows_each], fastest).repeat(c.windows_each)
        middle = _middle(places, anchors, chance[1])
        start, shift, _ = _cut(places, anchors, pace, late[0], middle, *places.bounds(run))
        starts, shifts = np.stack([start, start]), np.stack([shift, shift])
    else:
        pace, starts, shifts = _two(places, anchors, run, c.stretch, late, chance)
    subject = places.cache.subject[anchors].astype(np.int64)
    return Cuts(starts=starts, shifts=shifts, speed=pace, subject=subject)


def _late(rng: np.random.Generator, rows: int, kind: str, c: BatchConfig) -> Floats:
    """Return by how many seconds the PPG comes later than usual, shape (2, rows)."""
    if kind != "both":
        return rng.uniform(-c.jitter, c.jitter, (2, rows))
    # Both windows come from one monitor.
    return rng.uniform(*c.device_lag, (1, rows)) + rng.normal(0, STEADY, (2, rows))


def _companions(places: Places, rng: np.random.Generator, anchors: Ints, each: int) -> Ints:
    """Return `each` windows of every anchor's person, the anchor first, shape (person, each).

    They are spread over the person's windows, and all different where there are as many.
    """
    first, count, place = places.owned(anchors)
    edges = np.arange(each + 1) * count[:, None] // each
    step = edges[:, :-1] + (rng.random((len(anchors), each)) * np.diff(edges)).astype(np.int64)
    step[:, 0] = 0
    return places.window(first[:, None] + ((place - first)[:, None] + step) % count[:, None])


def _speed(stretch: float, chance: Floats, fastest: Floats) -> Floats:
    """Return how fast time runs, evenly on a logarithmic scale as far as there is room."""
    high = np.minimum(stretch, np.log(fastest))
    return np.exp(-stretch + chance * (high + stretch))


def _two(
    places: Places, anchors: Ints, run: Ints, stretch: float, late: Floats, chance: Floats
) -> tuple[Floats, Ints, Ints]:
    """Choose a second window of the person and where both begin.

    The two overlap only where the person has no other window and the run is too short for two.

    Returns:
        (speed, starts, shifts).
    """
    pace = _speed(stretch, chance[0], places.fastest(run))
    first, count, place = places.owned(anchors)
    length = places.windows_in(run)
    low, high = places.bounds(run)
    # The person's windows outside this run: all but a block of neighbours.
    before = place - first - (anchors - low // places.n)
    others = count - length
    drawn = (chance[1] * np.maximum(others, 1)).astype(np.int64)
    other = places.window(first + np.where(drawn >= before, drawn + length, drawn) % count)
    at_home = (chance[2] < STAYING) | (chance[3] * count < length)
    room = places.fastest(run, times=2)
    stay = (at_home | (others == 0)) & (room >= np.where(others == 0, np.exp(-stretch), pace))
    leave = ~stay & (others > 0)
    second_run = np.where(leave, places.run_of(other), run)
    pace = np.minimum(pace, np.where(stay, room, places.fastest(second_run)))
    # First windows leave room for the second beside them, rather where there is more of it.
    need = span(pace, places.n) + places.reach(run)
    middle = _middle(places, anchors, chance[4])
    begin = np.clip(middle - need // 2, low, np.maximum(high - need, low))
    ahead, behind = high - need - (begin + need), begin - need - low
    after = chance[5] * (np.maximum(ahead, 0) + np.maximum(behind, 0)) < np.maximum(ahead, 0)
    after = np.where((ahead < 0) & (behind < 0), ahead >= behind, after)
    lowest = np.where(stay & ~after, low + need, low)
    highest = np.where(stay & after, high - need, high)
    start, shift, (begun, ended) = _cut(places, anchors, pace, late[0], middle, lowest, highest)
    # Second windows: beside the first; about another window; or as far away as it goes.
    left, right = places.bounds(second_run)
    left = np.where(stay & after, ended, left)
    right = np.where(stay & ~after, begun, right)
    free = np.maximum(right - left - need, 0)
    apart = np.where(begun - low > high - ended, left, left + free)
    wish = np.where(stay, left + (chance[6] * (free + 1)).astype(np.int64), apart)
    inside = np.clip((wish + need // 2) // places.n, low // places.n, high // places.n - 1)
    second = np.where(leave, other, inside)
    middle = np.where(leave, _middle(places, other, chance[6]), wish + need // 2)
    start2, shift2, _ = _cut(places, second, pace, late[1], middle, left, right)
    return pace, np.stack([start, start2]), np.stack([shift, shift2])


def _middle(places: Places, windows: Ints, chance: Floats) -> Ints:
    """Return a sample anywhere in windows."""
    return windows * places.n + (chance * places.n).astype(np.int64)


def _cut(
    places: Places,
    windows: Ints,
    pace: Floats,
    late: Floats,
    middle: Ints,
    low: Ints,
    high: Ints,
) -> tuple[Ints, Ints, tuple[Ints, Ints]]:
    """Return where windows begin, how the PPG is moved, and what both signals cover.

    Args:
        places: The usable part of the corpus.
        windows: Whose lag counts.
        pace: How fast time runs.
        late: Seconds by which the PPG is to come later than usual; dropped without room.
        middle: Sample that is to be in the middle, if there is room.
        low: First sample that may be read.
        high: Sample after the last.
    """
    length, aligned = span(pace, places.n), places.shift(windows, pace)
    # PPG index = ECG index + shift; a larger delay means reading further on.
    shift = places.shift(windows, pace, late)
    shift = np.where(length + np.abs(shift) <= high - low, shift, aligned)
    need = length + np.abs(shift)
    begin = np.clip(middle - need // 2, low, high - need)
    return begin + np.maximum(0, -shift), shift, (begin, begin + need)
