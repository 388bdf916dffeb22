"""Intervals by bootstrap over people, and the measures that are not plain means.

Windows of one person resemble each other, so people are what is resampled (Efron & Tibshirani
1993, section 8 on clusters). All estimates over the same people share their resamples: the
difference of two replicates is a paired replicate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 1000
"""Resamples of people; 95 % limits then rest on 25 replicates a side."""

CLAIM_RESAMPLES = 5000
"""Where a gap is claimed or not: with 1,000 the smallest p is 0.002, which Holm's correction over
sixty gaps turns into 0.12 whatever was found."""

SEED = 20_26
"""Of the resampling."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its 95 % percentile interval over people.

    Attributes:
        value: On all rows.
        low: 2.5th percentile of the replicates.
        high: 97.5th percentile.
        rows: Rows (windows) used.
        people: People they come from.
        replicates: One a resample; compare only with those of the same people.
    """

    value: float
    low: float
    high: float
    rows: int
    people: int
    replicates: NDArray[np.float64]


def resampled_people(
    subject: NDArray, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each row's person as a number, and how often each resample drew each person.

    Returns:
        (person, shape (row,); counts, shape (resample, person)).
    """
    people, person = np.unique(subject, return_inverse=True)
    return person, _drawn(len(people), resamples, seed)


@lru_cache(maxsize=4)  # 60 MB for the largest table; every encoder and measure asks for the same
def _drawn(people: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """Return how often each resample drew each person; read-only."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(people, np.full(people, 1 / people), size=resamples)
    counts = counts.astype(np.float64)
    counts.flags.writeable = False
    return counts


def _estimate(value: float, replicates: NDArray, rows: int, people: int) -> Estimate:
    # A resample may lack a class: that replicate has no value.
    low, high = np.nanpercentile(replicates, [2.5, 97.5]) if rows else (np.nan, np.nan)
    return Estimate(
        value=float(value),
        low=float(low),
        high=float(high),
        rows=rows,
        people=people,
        replicates=replicates,
    )


def mean(values: NDArray, subject: NDArray, resamples: int = RESAMPLES) -> Estimate:
    """Return the mean over rows, resampling people.

    Args:
        values: Shape (row,); NaN rows are left out.
        subject: Person of each row.
        resamples: Resamples of people.
    """
    values = np.asarray(values, np.float64)
    person, counts = resampled_people(subject, resamples)
    seen = np.isfinite(values)
    sums = np.bincount(person, np.where(seen, values, 0), counts.shape[1])
    number = np.bincount(person, seen, counts.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        replicates = (counts @ sums) / (counts @ number)
        value = sums.sum() / number.sum()
    return _estimate(value, replicates, int(seen.sum()), int((number > 0).sum()))


def quantile(values: NDArray, subject: NDArray, q: float, resamples: int = RESAMPLES) -> Estimate:
    """Return a quantile over rows, resampling people; NaN rows are left out."""
    values = np.asarray(values, np.float64)
    seen = np.isfinite(values)
    order = np.argsort(values[seen])
    ordered, whose = values[seen][order], np.asarray(subject)[seen][order]

    def statistic(weight: NDArray) -> float:
        total = np.cumsum(weight)
        return float(ordered[min(np.searchsorted(total, q * total[-1]), len(ordered) - 1)])

    return weighted(statistic, whose, resamples)


def weighted(
    statistic: Callable[[NDArray], float], subject: NDArray, resamples: int = RESAMPLES
) -> Estimate:
    """Return any statistic of row weights, resampling people.

    Args:
        statistic: Takes one weight a row and returns a number, NaN where it has none.
        subject: Person of each row.
        resamples: Resamples of people.
    """
    person, counts = resampled_people(subject, resamples)
    replicates = np.array([statistic(c[person]) for c in counts])
    return _estimate(statistic(np.ones(len(person))), replicates, len(person), counts.shape[1])


def auroc(score: NDArray, truth: NDArray) -> Callable[[NDArray], float]:
    """Return the area under the ROC curve as a function of row weights; ties count half."""
    level, rank = np.unique(score, return_inverse=True)
    truth = np.asarray(truth, bool)
    n, rank_positive, rank_negative = len(level), rank[truth], rank[~truth]

    def statistic(weight: NDArray) -> float:
        positive = np.bincount(rank_positive, weight[truth], n)
        negative = np.bincount(rank_negative, weight[~truth], n)
        total = positive.sum() * negative.sum()
        below = np.cumsum(negative) - 0.5 * negative
        return float(positive @ below / total) if total > 0 else float("nan")

    return statistic


def equal_error(genuine: NDArray, score: NDArray) -> Callable[[NDArray], float]:
    """Return the equal error rate of "same person" decisions as a function of row weights."""
    order = np.argsort(-score, kind="stable")
    same = np.asarray(genuine, bool)[order]

    def statistic(weight: NDArray) -> float:
        w = weight[order]
        accepted, wrong = np.cumsum(w * same), np.cumsum(w * ~same)
        if accepted[-1] == 0 or wrong[-1] == 0:
            return float("nan")
        miss, false = 1 - accepted / accepted[-1], wrong / wrong[-1]
        at = int(np.argmin(np.abs(miss - false)))
        return float((miss[at] + false[at]) / 2)

    return statistic


def difference(a: Estimate, b: Estimate) -> tuple[float, float, float]:
    """Return a - b with its paired 95 % interval.

    Raises:
        ValueError: The two were not measured on the same people.
    """
    if a.people != b.people or a.replicates.shape != b.replicates.shape:
        raise ValueError("estimates over different people cannot be paired")
    low, high = np.nanpercentile(a.replicates - b.replicates, [2.5, 97.5])
    return a.value - b.value, float(low), float(high)
