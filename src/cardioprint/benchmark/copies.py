"""The same seconds under two names: windows of different people that are too alike.

Two people never have the same ten seconds. Where two windows agree sample by sample after the
best shift, one person has two ids, and may be learnt from and tested on at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 2048
"""Rows compared at a time."""

CANDIDATES = 100
"""Most similar pairs that are looked at closely, of each of two quick comparisons."""

LARGEST_SHIFT = 0.5
"""Share of a window by which a copy may be shifted."""

TOP = 10
"""Pairs that are reported."""

REPEATED: dict[str, frozenset[str]] = {
    "ppg_bp": frozenset({"23_3", "24_1"}),
    "five_class": frozenset({"CinC2020/21 Georgia:E07510"}),
}
"""Table -> records that are left out since another name holds the same samples, bit for bit.

PPG-BP 23_3 is 24_1, and 23 is a woman of 25, 24 one of 46: nobody can tell whose it is, so both go,
and the two keep their other segments. Georgia's E07510 is E07509, and all that is said of the two
agrees (a man of 71, one finding): one is kept.
"""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two rows of different people.

    Attributes:
        a: First row.
        b: Second row.
        r: Correlation, of either sign, at the best shift.
        shift: Samples by which b's content comes later than a's.
    """

    a: int
    b: int
    r: float
    shift: int = 0


def most_alike(
    x: NDArray[np.floating], subject: NDArray, top: int = TOP, fold: NDArray | None = None
) -> list[Pair]:
    """Return the most correlated pairs of rows of different people, the highest first.

    Args:
        x: Vectors or windows, shape (row, feature); NaN counts as the row's mean.
        subject: Person of each row.
        top: Pairs returned, at most.
        fold: Fold of each row: only pairs across folds are looked at; default: all.
    """
    x = _unit(x)
    who = np.unique(subject, return_inverse=True)[1]
    apart = np.zeros(len(x), int) - 1 if fold is None else np.asarray(fold)
    best_r, best_a, best_b = np.zeros(0), np.zeros(0, int), np.zeros(0, int)
    for i in range(0, len(x), BLOCK):
        for j in range(i, len(x), BLOCK):
            r = np.abs(x[i : i + BLOCK] @ x[j : j + BLOCK].T)
            hidden = who[i : i + BLOCK, None] == who[None, j : j + BLOCK]
            if fold is not None:
                hidden |= apart[i : i + BLOCK, None] == apart[None, j : j + BLOCK]
            r[hidden] = -1
            if i == j:
                r[np.tril_indices(len(r), 0, r.shape[1])] = -1
            # Only what beats the worst pair kept so far is sorted.
            limit = best_r[-1] if len(best_r) == top else -0.5
            above = np.flatnonzero(r > limit)
            if len(above) > top:
                above = above[np.argpartition(-r.flat[above], top - 1)[:top]]
            a, b = np.unravel_index(above, r.shape)
            best_r = np.concatenate((best_r, r.flat[above]))
            best_a, best_b = np.concatenate((best_a, a + i)), np.concatenate((best_b, b + j))
            order = np.lexsort((best_b, best_a, -best_r))[:top]
            best_r, best_a, best_b = best_r[order], best_a[order], best_b[order]
    return [
        Pair(a=int(a), b=int(b), r=float(r)) for a, b, r in zip(best_a, best_b, best_r, strict=True)
    ]


def copies(
    windows: NDArray[np.floating], subject: NDArray, top: int = TOP, fold: NDArray | None = None
) -> list[Pair]:
    """Return the windows of different people that agree best after the best shift.

    All pairs are compared twice, sample by sample as they stand and by the heights of their
    spectra, which a shift hardly changes; the most similar of each are then slid along each
    other by up to `LARGEST_SHIFT`. Copies that begin at the same moment are always found, shifted
    ones where not thousands of other pairs have nearly the same spectrum, as regular pulses do:
    `corpus.duplicates` looks for those beat by beat.

    Args:
        windows: One modality, shape (window, time); NaN counts as the window's mean.
        subject: Person of each.
        top: Pairs returned, at most.
        fold: As for `most_alike`.
    """
    windows = _unit(windows)
    spectra = np.abs(np.fft.rfft(windows, axis=1)).astype(np.float32)
    some = [(p.a, p.b) for p in most_alike(windows, subject, CANDIDATES, fold)]
    some += [(p.a, p.b) for p in most_alike(np.sqrt(spectra), subject, CANDIDATES, fold)]
    found = []
    for a, b in dict.fromkeys(some):
        r, shift = _slid(windows[a], windows[b])
        found.append(Pair(a=a, b=b, r=r, shift=shift))
    return sorted(found, key=lambda p: (-p.r, p.a, p.b))[:top]


def _slid(a: NDArray, b: NDArray) -> tuple[float, int]:
    """Return the highest correlation over shifts, each over what then overlaps, and its shift."""
    n = len(a)
    most = int(LARGEST_SHIFT * n)
    shifts = np.arange(-most, most + 1)
    size = 2 * n
    product = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)[shifts]

    def inside(x: NDArray, first: NDArray, stop: NDArray) -> NDArray:
        running = np.concatenate(([0.0], np.cumsum(x, dtype=np.float64)))
        return running[stop] - running[first]

    count = n - np.abs(shifts)
    a_first, b_first = np.maximum(-shifts, 0), np.maximum(shifts, 0)
    sum_a, sum_b = inside(a, a_first, a_first + count), inside(b, b_first, b_first + count)
    power_a = inside(a**2, a_first, a_first + count) - sum_a**2 / count
    power_b = inside(b**2, b_first, b_first + count) - sum_b**2 / count
    scale = np.sqrt(np.maximum(power_a * power_b, 1e-12))
    r = np.abs(product - sum_a * sum_b / count) / scale
    # A stretch that is nearly flat correlates with anything.
    r[(power_a < 0.1 * count / n) | (power_b < 0.1 * count / n)] = 0
    best = int(np.argmax(r))
    return float(min(r[best], 1.0)), int(shifts[best])


def _unit(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return rows of mean 0 and length 1; rows without variation are 0."""
    x = np.asarray(x, np.float32)
    seen = np.isfinite(x)
    count = np.maximum(seen.sum(axis=1, keepdims=True), 1)
    x = np.where(seen, x, 0)
    x = np.where(seen, x - x.sum(axis=1, keepdims=True) / count, 0)
    length = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return np.where(length > 1e-6, x / np.maximum(length, 1e-12), 0).astype(np.float32)
