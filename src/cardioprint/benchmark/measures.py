"""Measures of predictions as functions of row weights, so that people can be resampled.

    estimate(macro(auroc)(prediction, truth), subject) -> value and interval

A measure takes predictions and truth and gives a statistic; a statistic takes one weight a row
and gives a number, NaN where it has none. Weights of 0, 1, 2 ... are a resample of people.
Measures that are sums over rows or pairs of rows know a quicker way to all resamples at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

from cardioprint.benchmark import probes, statistics
from cardioprint.benchmark.statistics import RESAMPLES, Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

Statistic = Callable[["NDArray"], float]
Measure = Callable[["NDArray", "NDArray"], Statistic]
Folds = Sequence[tuple["NDArray[np.int64]", "NDArray[np.int64]"]]

MOST_PEOPLE = 500
"""People up to whom pairs of people are tabulated; beyond, one resample after the other is
quicker."""


@runtime_checkable
class Resampled(Protocol):
    """A statistic that knows all resamples at once."""

    def replicates(self, person: NDArray[np.int64], counts: NDArray) -> NDArray[np.float64]:
        """Return its value in each resample.

        Args:
            person: Number of each row's person.
            counts: How often each resample drew each person, shape (resample, person).
        """
        ...


def replicates(
    statistic: Statistic, person: NDArray[np.int64], counts: NDArray
) -> NDArray[np.float64]:
    """Return a statistic's value in each resample of people: see `Resampled`."""
    if isinstance(statistic, Resampled):
        return statistic.replicates(person, counts)
    return np.array([statistic(c[person]) for c in counts])


def estimate(statistic: Statistic, subject: NDArray, resamples: int = RESAMPLES) -> Estimate:
    """Return a statistic with its interval, as `statistics.weighted` and often quicker.

    Args:
        statistic: Of row weights.
        subject: Person of each row.
        resamples: Resamples of people.
    """
    person, counts = statistics.resampled_people(subject, resamples)
    found = replicates(statistic, person, counts)
    return summary(statistic(np.ones(len(person))), found, len(person), counts.shape[1])


def summary(value: float, found: NDArray[np.float64], rows: int, people: int) -> Estimate:
    """Return an estimate from its value and replicates; NaN limits where no replicate has one."""
    seen = found[np.isfinite(found)]
    low, high = np.percentile(seen, [2.5, 97.5]) if len(seen) else (np.nan, np.nan)
    return Estimate(
        value=float(value),
        low=float(low),
        high=float(high),
        rows=rows,
        people=people,
        replicates=found,
    )


def absent(people: int = 0, resamples: int = RESAMPLES) -> Estimate:
    """Return the estimate of what cannot be measured."""
    return summary(float("nan"), np.full(resamples, np.nan), 0, people)


class RowMean:
    """The mean of a number over rows; NaN rows are left out."""

    def __init__(self, values: NDArray):
        values = np.asarray(values, np.float64)
        self.seen = np.isfinite(values)
        self.values = np.where(self.seen, values, 0.0)

    def __call__(self, weight: NDArray) -> float:
        """Return the weighted mean."""
        total = float(weight @ self.seen)
        return float(weight @ self.values) / total if total > 0 else float("nan")

    def replicates(self, person: NDArray[np.int64], counts: NDArray) -> NDArray[np.float64]:
        """Return the mean of each resample."""
        people = counts.shape[1]
        top = counts @ np.bincount(person, self.values, people)
        total = counts @ np.bincount(person, self.seen, people)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, top / total, np.nan)


class Auroc:
    """The area under the ROC curve; ties count half."""

    def __init__(self, score: NDArray, truth: NDArray):
        self.score, self.truth = np.asarray(score), np.asarray(truth, bool)
        self.of_weights = statistics.auroc(self.score, self.truth)

    def __call__(self, weight: NDArray) -> float:
        """Return the weighted area."""
        return self.of_weights(weight)

    def replicates(self, person: NDArray[np.int64], counts: NDArray) -> NDArray[np.float64]:
        """Return the area of each resample: a sum over pairs of people, tabulated once."""
        people = counts.shape[1]
        if people > MOST_PEOPLE:
            return np.array([self(c[person]) for c in counts])
        positive, whose = self.score[self.truth], person[self.truth]
        negative, other = self.score[~self.truth], person[~self.truth]
        order = np.lexsort((negative, other))
        bounds = np.searchsorted(other[order], np.arange(people + 1))
        below = np.zeros((people, people))
        for q in np.flatnonzero(np.diff(bounds)):
            mine = negative[order[bounds[q] : bounds[q + 1]]]
            left = np.searchsorted(mine, positive, "left")
            both = left + np.searchsorted(mine, positive, "right")
            below[:, q] = np.bincount(whose, both, people)
        top = 0.5 * np.einsum("rp,rp->r", counts @ below, counts)
        pairs = (counts @ np.bincount(whose, minlength=people)) * (
            counts @ np.bincount(other, minlength=people)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(pairs > 0, top / pairs, np.nan)


class Average:
    """The mean of several statistics of the same rows: over classes, or over seeds of a probe."""

    def __init__(self, parts: Sequence[Statistic]):
        self.parts = tuple(parts)

    def __call__(self, weight: NDArray) -> float:
        """Return the mean of those that have a value."""
        found = np.array([part(weight) for part in self.parts])
        return float(found[np.isfinite(found)].mean()) if np.isfinite(found).any() else np.nan

    def replicates(self, person: NDArray[np.int64], counts: NDArray) -> NDArray[np.float64]:
        """Return the mean of each resample."""
        found = np.array([replicates(part, person, counts) for part in self.parts])
        seen = np.isfinite(found)
        total = np.where(seen, found, 0).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(seen.any(axis=0), total / seen.sum(axis=0), np.nan)


def auroc(score: NDArray, truth: NDArray) -> Statistic:
    """Return the area under the ROC curve."""
    return Auroc(score, truth)


def brier(score: NDArray, truth: NDArray) -> Statistic:
    """Return the mean squared error of probabilities (Brier 1950); lower is better."""
    return RowMean((np.asarray(score, np.float64) - np.asarray(truth)) ** 2)


def absolute_error(guess: NDArray, truth: NDArray) -> Statistic:
    """Return the mean absolute error; lower is better."""
    return RowMean(np.abs(np.asarray(guess, np.float64) - np.asarray(truth)))


def prevalence(score: NDArray, truth: NDArray) -> Statistic:
    """Return the share of positive rows: what AUPRC is without any skill."""
    return RowMean(np.asarray(truth, np.float64))


def r_squared(guess: NDArray, truth: NDArray) -> Statistic:
    """Return the share of variance explained, below 0 where the mean would do better."""
    guess, truth = np.asarray(guess, np.float64), np.asarray(truth, np.float64)

    def statistic(weight: NDArray) -> float:
        total = weight.sum()
        if total <= 0:
            return float("nan")
        around = weight @ (truth - weight @ truth / total) ** 2
        return float(1 - weight @ (guess - truth) ** 2 / around) if around > 0 else float("nan")

    return statistic


def auprc(score: NDArray, truth: NDArray) -> Statistic:
    """Return the average precision: precision summed over steps of recall, not interpolated."""
    passed, last, positive = _descending(score, truth)

    def statistic(weight: NDArray) -> float:
        w = weight[passed]
        hits, accepted = np.cumsum(w * positive)[last], np.cumsum(w)[last]
        if hits[-1] <= 0:
            return float("nan")
        precision = hits / np.maximum(accepted, 1e-300)
        return float(np.diff(hits, prepend=0) @ precision / hits[-1])

    return statistic


def sensitivity_at(specificity: float = 0.9) -> Measure:
    """Return a measure: the highest sensitivity of a threshold that is at least so specific.

    The threshold is chosen on the rows that are judged, in each resample anew, as a point on the
    ROC curve is. `decided` chooses it on other people.
    """

    def measure(score: NDArray, truth: NDArray) -> Statistic:
        passed, last, positive = _descending(score, truth)

        def statistic(weight: NDArray) -> float:
            w = weight[passed]
            hits, wrong = np.cumsum(w * positive)[last], np.cumsum(w * ~positive)[last]
            if hits[-1] <= 0 or wrong[-1] <= 0:
                return float("nan")
            allowed = wrong <= (1 - specificity) * wrong[-1] + 1e-9 * wrong[-1]
            return float(hits[allowed].max() / hits[-1]) if allowed.any() else 0.0

        return statistic

    return measure


def _descending(score: NDArray, truth: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Return rows by falling score, the last of each run of ties, and which are positive."""
    score, truth = np.asarray(score), np.asarray(truth, bool)
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    return order, last, truth[order]


def macro(measure: Measure) -> Measure:
    """Return the measure averaged over columns of predictions and of 0/1 truth.

    Truth may also be class numbers, shape (row,), beside predictions of shape (row, class).
    """

    def averaged(score: NDArray, truth: NDArray) -> Statistic:
        score, truth = np.asarray(score), np.asarray(truth)
        if score.ndim == 1:
            return measure(score, truth)
        if truth.ndim == 1:
            truth = truth[:, None] == np.arange(score.shape[1])
        return Average([measure(s, t) for s, t in zip(score.T, truth.T, strict=True)])

    return averaged


def decisions(
    score: NDArray,
    truth: NDArray,
    folds: Folds,
    specificity: float = 0.9,
) -> NDArray[np.bool_]:
    """Return yes or no for each row, at a threshold that its person had no part in.

    Args:
        score: Shape (row,), out-of-fold.
        truth: Shape (row,), 0 or 1.
        folds: Rows that a threshold is chosen on, and rows that it then judges.
        specificity: Aimed at; the one that is reached may miss it.
    """
    score, truth = np.asarray(score, np.float64), np.asarray(truth, bool)
    positive = np.zeros(len(score), bool)
    for train, test in folds:
        negative = score[train][~truth[train]]
        limit = np.quantile(negative, specificity) if len(negative) else np.inf
        positive[test] = score[test] > limit
    return positive


def decided(
    subject: NDArray,
    about: Literal["sensitivity", "specificity"],
    specificity: float = 0.9,
    seed: int = 0,
) -> Measure:
    """Return a measure: what a threshold that was set on other people gets right.

    Args:
        subject: Person of each row.
        about: Sensitivity is the share right of the positive rows, specificity of the others.
        specificity: Aimed at.
        seed: Of the folds in which thresholds are set.
    """

    @cache
    def folds() -> Folds:
        return tuple(probes.grouped_folds(np.asarray(subject), seed=seed))

    def measure(score: NDArray, truth: NDArray) -> Statistic:
        truth = np.asarray(truth, bool)
        right = decisions(score, truth, folds(), specificity) == truth
        return RowMean(np.where(truth == (about == "sensitivity"), right, np.nan))

    return measure
