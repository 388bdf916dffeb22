"""Whether what is given a probability of 30 % happens in 30 %: curves, errors, slope.

Predictions are judged out of fold. What mends them is learnt inside the training folds: see
`heads.calibrated`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.measures import RowMean, Statistic, estimate, summary
from cardioprint.benchmark.statistics import RESAMPLES, Estimate
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 10
"""Bins of equal numbers of rows (adaptive: Nguyen & O'Connor 2015); bins of equal width would be
empty where prevalence is low."""

EDGE = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """One point of a reliability curve.

    Attributes:
        predicted: Mean probability.
        observed: Share that was positive, with its interval over people.
    """

    predicted: float
    observed: Estimate


def reliability(
    score: NDArray, truth: NDArray, subject: NDArray, bins: int = BINS, resamples: int = RESAMPLES
) -> tuple[Bin, ...]:
    """Return the reliability curve in bins of equal numbers of rows, the least likely first.

    Equal probabilities stay in one bin, so that there may be fewer bins than asked for.

    Args:
        score: Probabilities, shape (row,).
        truth: 0 or 1.
        subject: Person of each row.
        bins: Most bins.
        resamples: Resamples of people.
    """
    score, truth = _probabilities(score, truth)
    place = _bins(score, bins)
    out = []
    for k in range(place.max() + 1):
        mine = place == k
        observed = estimate(RowMean(np.where(mine, truth, np.nan)), subject, resamples)
        observed = summary(
            observed.value,
            observed.replicates,
            int(mine.sum()),
            len(np.unique(np.asarray(subject)[mine])),
        )
        out.append(Bin(predicted=float(score[mine].mean()), observed=observed))
    return tuple(out)


def expected_error(score: NDArray, truth: NDArray, bins: int = BINS) -> Statistic:
    """Return the expected calibration error (Naeini 2015) as a function of row weights.

    The mean distance of predicted from observed over bins of equal numbers of rows. It is above
    0 for perfect probabilities too, and the more so the fewer rows: see `error_by_chance`.
    """
    score, truth = _probabilities(score, truth)
    place = _bins(score, bins)
    n = int(place.max()) + 1

    def statistic(weight: NDArray) -> float:
        gap = np.bincount(place, weight * (score - truth), n)
        return float(np.abs(gap).sum() / weight.sum()) if weight.sum() > 0 else float("nan")

    return statistic


def error_by_chance(score: NDArray, bins: int = BINS, draws: int = 200, seed: int = 0) -> float:
    """Return the mean expected calibration error if the probabilities were perfect.

    Rows are drawn independently; several windows of a person raise the figure further.
    """
    score, _ = _probabilities(score, np.zeros(len(score)))
    rng, ones = np.random.default_rng(seed), np.ones(len(score))
    drawn = rng.random((draws, len(score))) < score
    return float(np.mean([expected_error(score, truth, bins)(ones) for truth in drawn]))


def slope(score: NDArray, truth: NDArray) -> Statistic:
    """Return the calibration slope (Cox 1958): below 1, predictions are too extreme."""
    return _recalibration(score, truth, 1)


def intercept(score: NDArray, truth: NDArray) -> Statistic:
    """Return calibration in the large: log odds that predictions are too low, slope held at 1."""
    return _recalibration(score, truth, 0)


def _recalibration(score: NDArray, truth: NDArray, which: int) -> Statistic:
    score, truth = _probabilities(score, truth)
    logit = log_odds(score)

    def statistic(weight: NDArray) -> float:
        positive = float(weight @ truth)
        if positive <= 0 or positive >= weight.sum():
            return float("nan")
        if which == 0:
            return float(fit_logistic(np.ones((len(logit), 1)), truth, weight, offset=logit)[0])
        if np.ptp(logit) == 0:
            return float("nan")
        design = np.stack((np.ones_like(logit), logit), axis=1)
        return float(fit_logistic(design, truth, weight)[1])

    return statistic


def fit_logistic(
    design: NDArray, truth: NDArray, weight: NDArray, offset: NDArray | float = 0.0
) -> NDArray[np.float64]:
    """Return the weights of a small logistic regression by Newton's method."""
    used = weight > 0
    design, truth, weight = design[used], truth[used], weight[used]
    offset = offset[used] if isinstance(offset, np.ndarray) else offset
    found = np.zeros(design.shape[1])
    for _ in range(50):
        share = 0.5 * (1 + np.tanh(0.5 * (design @ found + offset)))
        bend = (design * (weight * share * (1 - share))[:, None]).T @ design
        pull = design.T @ (weight * (truth - share))
        step = np.linalg.solve(bend + 1e-9 * np.eye(len(found)), pull)
        found = found + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-8:
            break
    # Classes that do not overlap have no finite slope.
    return np.where(np.abs(found) < 100, found, np.nan)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How a head's probabilities of one label are calibrated.

    Attributes:
        curve: See `reliability`.
        error: See `expected_error`.
        by_chance: What perfect probabilities would have.
        slope: 1 is right.
        intercept: 0 is right.
    """

    curve: tuple[Bin, ...]
    error: Estimate
    by_chance: float
    slope: Estimate
    intercept: Estimate


def calibration(
    score: NDArray, truth: NDArray, subject: NDArray, bins: int = BINS, resamples: int = RESAMPLES
) -> Calibration:
    """Return everything about the calibration of one label: see `Calibration`."""
    return Calibration(
        curve=reliability(score, truth, subject, bins, resamples),
        error=estimate(expected_error(score, truth, bins), subject, resamples),
        by_chance=error_by_chance(score, bins),
        slope=estimate(slope(score, truth), subject, resamples),
        intercept=estimate(intercept(score, truth), subject, resamples),
    )


def _bins(score: NDArray, bins: int) -> NDArray[np.int64]:
    """Return the bin of each row, numbered from 0 without gaps."""
    edges = np.unique(np.quantile(score, np.arange(1, bins) / bins))
    return np.unique(np.searchsorted(edges, score, side="left"), return_inverse=True)[1]


def log_odds(score: NDArray) -> NDArray[np.float64]:
    """Return log odds of probabilities, kept `EDGE` away from 0 and 1."""
    inside = np.clip(np.asarray(score, np.float64), EDGE, 1 - EDGE)
    return np.log(inside) - np.log1p(-inside)


def _probabilities(score: NDArray, truth: NDArray) -> tuple[NDArray, NDArray]:
    score, truth = np.asarray(score, np.float64), np.asarray(truth, np.float64)
    if score.shape != truth.shape or score.ndim != 1 or len(score) == 0:
        raise RecordError(
            f"probabilities {score.shape} and truth {truth.shape} must be rows of one label",
            source="calibration",
            fix="take one label, or one class against the others",
        )
    if not (np.isfinite(score).all() and score.min() >= 0 and score.max() <= 1):
        raise RecordError(
            "probabilities must lie between 0 and 1",
            source="calibration",
            field="score",
            fix="give a head's probabilities, not its scores",
        )
    return score, truth
