"""A slow head that learns from some of the rows and is asked about all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Fitted, Head, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Few(Head):
    """Another head, fitted on rows drawn at random: what would take too long otherwise."""

    head: Head
    """What learns."""
    rows: int
    """Rows that it learns from, at most."""

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  (it is derived)
        """Column of the report."""
        return self.head.name

    def fit(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> Fitted:
        """Return the fitted head: see `Head.fit`."""
        some = np.arange(len(x))
        if len(x) > self.rows:
            some = np.sort(np.random.default_rng(seed).permutation(len(x))[: self.rows])
        return self.head.fit(x[some], y[some], subject[some], kind, seed)
