"""A head on principal axes: they are learnt from the rows that the head learns from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Fitted, Head, Kind, checked

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class PrincipalAxes(Head):
    """Another head on the coordinates of each block of features along its axes of most variance."""

    head: Head
    """What reads the coordinates."""
    blocks: tuple[int, ...]
    """Features of each block, side by side: one a modality."""
    components: int = 20
    """Axes of a block."""

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  (it is derived)
        """Column of the report."""
        return self.head.name

    def fit(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> OnAxes:
        """Return the fitted head: see `Head.fit`."""
        x, y, subject = checked(x, y, subject, kind)
        edges = np.cumsum((0, *self.blocks))
        axes = tuple(_axes(x[:, a:b], self.components) for a, b in pairwise(edges))
        on = _on(axes, x)
        return OnAxes(axes=axes, head=self.head.fit(on, y, subject, kind, seed))


@dataclass(frozen=True, kw_only=True)
class OnAxes:
    """A fitted head and the (centre, axes) of each block."""

    axes: tuple[tuple[NDArray, NDArray], ...]
    head: Fitted

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return predictions: see `Fitted.predict`."""
        return self.head.predict(_on(self.axes, np.asarray(x)))


def _axes(x: NDArray, components: int) -> tuple[NDArray, NDArray]:
    seen = x[np.isfinite(x).all(axis=1)].astype(np.float64)
    if len(seen) < 2:  # nothing to turn
        return np.zeros(x.shape[1]), np.eye(x.shape[1])[:components]
    centre = seen.mean(axis=0)
    scatter = (seen - centre).T @ (seen - centre)
    return centre, np.linalg.eigh(scatter)[1][:, ::-1][:, :components].T


def _on(axes: tuple[tuple[NDArray, NDArray], ...], x: NDArray) -> NDArray[np.float32]:
    parts, first = [], 0
    for centre, turn in axes:
        parts.append((x[:, first : first + len(centre)] - centre) @ turn.T)
        first += len(centre)
    return np.concatenate(parts, axis=1).astype(np.float32)
