"""How far a fingerprint lies from those of the training people.

A Mahalanobis distance for a shrunk covariance: a few principal axes keep their own variance, all
other directions share one (Tipping & Bishop 1999, probabilistic principal components). What the
training people hardly vary in counts most, and the axes take some kB instead of a full matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

AXES = 16
"""Directions that keep a variance of their own."""

FLOOR = 1e-3
"""Least variance of any direction, as a share of the mean: below it lies rounding."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Distances from some people, about 1 among them.

    Attributes:
        scale: Of the features; z-scores are not cut off here.
        axes: Shape (feature, axis).
        excess: What an axis' own variance changes, at most 0, shape (axis,).
        evenly: What every direction counts.
    """

    scale: Scale
    axes: NDArray[np.float32]
    excess: NDArray[np.float32]
    evenly: float

    @classmethod
    def of(cls, x: NDArray[np.floating], scale: Scale | None = None) -> Likeness:
        """Return the distances from these rows.

        Args:
            x: Vectors, shape (row, feature).
            scale: Of the features; default: of these rows.
        """
        scale = scale or Scale.of(x)
        z = _wide(scale, x)
        features = z.shape[1]
        values, vectors = np.linalg.eigh(z.T @ z / len(z))
        values, vectors = values[::-1], vectors[:, ::-1]
        rank = min(AXES, features - 1, max(len(z) - 1, 1))
        least = FLOOR * max(float(values.mean()), 1e-12)
        rest = max(float(values[rank:].mean()), least)
        own = np.maximum(values[:rank], rest)
        return cls(
            scale=scale,
            axes=vectors[:, :rank].astype(np.float32),
            excess=((1 / own - 1 / rest) / features).astype(np.float32),
            evenly=1 / (rest * features),
        )

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the distance of each row."""
        z = _wide(self.scale, x)
        squared = (z**2).sum(axis=1) * self.evenly + (z @ self.axes) ** 2 @ self.excess
        return np.sqrt(np.maximum(squared, 0))


def _wide(scale: Scale, x: NDArray[np.floating]) -> NDArray[np.float64]:
    x = np.where(np.isfinite(x), x, scale.middle)
    return (np.asarray(x, np.float64) - scale.mean) / scale.spread


def person_quantile(
    values: NDArray[np.floating], person: NDArray, q: float, *, upper: bool = True
) -> float:
    """Return a quantile over rows in which every person counts the same.

    It is that of the people seen and of one more, of whom nothing is known: with n people the
    level is moved outwards to q (n + 1) / n (Vovk 2005 on conformal prediction, by person).

    Args:
        values: Shape (row,).
        person: Of each row.
        q: Share of people, 0 to 1.
        upper: Whether the unknown one might lie above; else below.
    """
    values = np.asarray(values, np.float64)
    _, whose, count = np.unique(person, return_inverse=True, return_counts=True)
    n = len(count)
    share = q if upper else 1 - q
    share = min(share * (n + 1) / n, 1.0)
    order = np.argsort(values if upper else -values, kind="stable")
    total = np.cumsum((1 / count / n)[whose][order])
    at = min(int(np.searchsorted(total, share - 1e-9)), len(values) - 1)
    return float(values[order][at])
