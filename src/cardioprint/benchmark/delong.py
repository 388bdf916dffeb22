"""DeLong's covariance of areas under ROC curves: a cross-check on the bootstrap.

For one row a person as DeLong, DeLong & Clarke-Pearson (1988), by midranks (Sun & Xu 2014); for
several windows of a person as Obuchowski (1997), who sums the structural components of a cluster
before their squares are taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Areas:
    """Areas under several ROC curves over the same rows.

    Attributes:
        value: Shape (score,).
        covariance: Shape (score, score).
    """

    value: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def interval(self, k: int = 0) -> tuple[float, float]:
        """Return the 95 % interval of an area, within 0 and 1."""
        half = Z95 * math.sqrt(max(self.covariance[k, k], 0))
        return max(float(self.value[k]) - half, 0.0), min(float(self.value[k]) + half, 1.0)

    def difference(self, a: int = 0, b: int = 1) -> tuple[float, float, float, float]:
        """Return area a - area b, its 95 % interval and its two-sided p."""
        c = self.covariance
        spread = math.sqrt(max(c[a, a] + c[b, b] - 2 * c[a, b], 0))
        gap = float(self.value[a] - self.value[b])
        if spread == 0:  # the same ranks, or both perfect
            return gap, gap, gap, 1.0 if gap == 0 else 0.0
        p = math.erfc(abs(gap) / spread / math.sqrt(2))
        return gap, gap - Z95 * spread, gap + Z95 * spread, p


def delong(scores: NDArray, truth: NDArray, subject: NDArray | None = None) -> Areas:
    """Return areas under ROC curves with their covariance.

    Args:
        scores: Shape (row,) or (score, row).
        truth: True for positive rows.
        subject: Person of each row, whose rows are not independent; None: every row its own.

    Raises:
        RecordError: Fewer than two people have positive rows, or negative ones.
    """
    scores = np.atleast_2d(np.asarray(scores, np.float64))
    truth = np.asarray(truth, bool)
    subject = np.arange(len(truth)) if subject is None else np.asarray(subject)
    people, person = np.unique(subject, return_inverse=True)
    i10, i01 = len(np.unique(person[truth])), len(np.unique(person[~truth]))
    if i10 < 2 or i01 < 2:
        raise RecordError(
            f"{i10} people have positive rows and {i01} have negative ones",
            source="DeLong",
            field="truth",
            fix="an area's variance needs at least two of each",
        )
    m, n, i = int(truth.sum()), int((~truth).sum()), len(people)
    v10 = np.zeros((len(scores), i))
    v01 = np.zeros((len(scores), i))
    value = np.zeros(len(scores))
    for k, score in enumerate(scores):
        among = midranks(score)
        positive = (among[truth] - midranks(score[truth])) / n
        negative = 1 - (among[~truth] - midranks(score[~truth])) / m
        value[k] = positive.mean()
        v10[k] = np.bincount(person[truth], positive - value[k], i)
        v01[k] = np.bincount(person[~truth], negative - value[k], i)
    s10 = v10 @ v10.T * (i10 / ((i10 - 1) * m))
    s01 = v01 @ v01.T * (i01 / ((i01 - 1) * n))
    s11 = v10 @ v01.T * (i / (i - 1))
    return Areas(value=value, covariance=s10 / m + s01 / n + (s11 + s11.T) / (m * n))


def midranks(values: NDArray) -> NDArray[np.float64]:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[place]
