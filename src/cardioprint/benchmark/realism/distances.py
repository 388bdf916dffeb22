"""How far two sets of numbers are apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = np.linspace(0.005, 0.995, 100)
"""Quantiles that are compared."""

FEWEST = 20
"""Values on each side that a comparison needs."""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """A comparison of one quantity.

    Attributes:
        real: 5th, 50th and 95th percentile.
        other: Likewise, of what is compared with it.
        ks: Largest difference of the two distribution functions (Kolmogorov-Smirnov): 0 to 1.
        moved: Wasserstein distance over the SD of the real values: by how many SDs they would
            have to be moved on average.
        counts: Values on either side.
    """

    real: tuple[float, float, float]
    other: tuple[float, float, float]
    ks: float
    moved: float
    counts: tuple[int, int]


def kolmogorov_smirnov(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the largest difference of two empirical distribution functions."""
    a, b = np.sort(a), np.sort(b)
    both = np.concatenate((a, b))
    f = np.searchsorted(a, both, side="right") / len(a)
    g = np.searchsorted(b, both, side="right") / len(b)
    return float(np.abs(f - g).max())


def wasserstein(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the mean difference of two sets of quantiles: the work of moving one to the other."""
    return float(np.abs(np.quantile(a, LEVELS) - np.quantile(b, LEVELS)).mean())


def apart(real: NDArray[np.floating], other: NDArray[np.floating]) -> Apart | None:
    """Compare two sets of numbers, NaN left out; None where one has too few."""
    real, other = real[np.isfinite(real)], other[np.isfinite(other)]
    if min(len(real), len(other)) < FEWEST:
        return None
    spread = float(real.std())

    def three(x: NDArray) -> tuple[float, float, float]:
        low, middle, high = np.percentile(x, (5, 50, 95))
        return float(low), float(middle), float(high)

    return Apart(
        real=three(real),
        other=three(other),
        ks=kolmogorov_smirnov(real, other),
        moved=wasserstein(real, other) / spread if spread > 0 else float("nan"),
        counts=(len(real), len(other)),
    )
