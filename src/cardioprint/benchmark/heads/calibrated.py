"""Heads whose probabilities are mended by what was observed in people they had not seen.

Platt (1999) draws a line through the log odds; isotonic regression (Zadrozny & Elkan 2002) any
curve that does not fall. Either is learnt from inner folds of the training people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cardioprint.benchmark import probes
from cardioprint.benchmark.calibration import fit_logistic, log_odds
from cardioprint.benchmark.heads.base import Fitted, Head, Kind, checked, fit_folds, matrix
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Method = Literal["platt", "isotonic"]


@dataclass(frozen=True, kw_only=True)
class Calibrated(Head):
    """A head whose probabilities are mended by what inner folds say of them.

    Classes are mended one against the others and brought back to a sum of 1.
    """

    head: Head
    """What is mended."""
    method: Method = "platt"
    """A line through the log odds, or any curve that does not fall."""

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  (it is derived)
        """Column of the report."""
        return f"{self.head.name}, {self.method}"

    def fit(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> CalibratedFitted:
        """Return the fitted head: see `Head.fit`.

        Raises:
            RecordError: y holds numbers, or too few people are there for inner folds.
        """
        x, y, subject = checked(x, y, subject, kind)
        people = len(np.unique(subject))
        if kind == "number" or people < probes.FOLDS:
            raise RecordError(
                f"{kind} of {people} people",
                source="calibration",
                field="y",
                fix=f"calibrate labels or classes of at least {probes.FOLDS} people",
            )
        inner = fit_folds(self.head, x, y, subject, kind, seed).predict(x)
        inner = inner.reshape(len(y), -1)
        target = matrix(y, kind)
        maps = tuple(_map(p, t, self.method) for p, t in zip(inner.T, target.T, strict=True))
        return CalibratedFitted(
            head=self.head.fit(x, y, subject, kind, seed), maps=maps, sums=kind == "classes"
        )


@dataclass(frozen=True, kw_only=True)
class Map:
    """From a probability to the one that was observed, by straight lines between points.

    Attributes:
        at: Log odds, ascending.
        value: Mended log odds there; beyond the ends they continue along `slope`.
        slope: Of the ends.
    """

    at: NDArray[np.float64]
    value: NDArray[np.float64]
    slope: float

    def __call__(self, score: NDArray) -> NDArray[np.float64]:
        """Return mended probabilities."""
        logit = log_odds(score)
        inside = np.clip(logit, self.at[0], self.at[-1])
        out = np.interp(inside, self.at, self.value) + self.slope * (logit - inside)
        return 0.5 * (1 + np.tanh(0.5 * out))


@dataclass(frozen=True, kw_only=True)
class CalibratedFitted:
    """A fitted head and the maps of its outputs."""

    head: Fitted
    maps: tuple[Map, ...]
    sums: bool

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return mended probabilities: see `Fitted.predict`."""
        found = self.head.predict(x)
        columns = found.reshape(len(found), -1).T
        out = np.stack([m(c) for m, c in zip(self.maps, columns, strict=True)], axis=1)
        if self.sums:
            out /= out.sum(axis=1, keepdims=True)
        return out.reshape(found.shape)


def _map(score: NDArray, truth: NDArray, method: Method) -> Map:
    logit = log_odds(score)
    positive = truth.sum()
    if positive in (0, len(truth)) or np.ptp(logit) == 0:
        return Map(at=np.zeros(1), value=np.zeros(1), slope=1.0)  # nothing to learn: as it was
    if method == "platt":
        # Platt's targets, a little inside 0 and 1, keep the slope finite.
        target = np.where(
            truth > 0, (positive + 1) / (positive + 2), 1 / (len(truth) - positive + 2)
        )
        design = np.stack((np.ones_like(logit), logit), axis=1)
        a, b = fit_logistic(design, target, np.ones(len(truth)))
        if not np.isfinite(b) or b <= 0:  # a head that knows nothing must not be turned round
            share = float(log_odds(np.array([positive / len(truth)]))[0])
            return Map(at=np.zeros(1), value=np.full(1, share), slope=0.0)
        return Map(at=np.zeros(1), value=np.full(1, a), slope=float(b))
    from scipy.optimize import isotonic_regression

    order = np.argsort(logit, kind="stable")
    at, first, count = np.unique(logit[order], return_index=True, return_counts=True)
    mean = np.add.reduceat(truth[order], first) / count
    fitted = isotonic_regression(mean, weights=count).x
    # As if each end had seen one row more of either kind: no probability becomes 0 or 1.
    fitted = np.clip(fitted, 1 / (len(truth) + 2), 1 - 1 / (len(truth) + 2))
    return Map(at=at, value=log_odds(fitted), slope=0.0)
