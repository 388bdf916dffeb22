"""Nearest neighbours: what the geometry of the vectors says without any weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Head, Kind, Scale, checked, inner_folds, matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS = (1, 3, 5, 10, 20, 50, 100)
"""Numbers of neighbours to choose from."""

USUAL = 10
"""Number of neighbours where too few people are there to choose one."""

BLOCK = 1024
"""Rows whose similarities are computed at a time."""

CHOICE_ROWS = 4000
"""Rows, drawn at random, among which the number of neighbours is chosen."""


@dataclass(frozen=True, kw_only=True)
class NeighboursFitted:
    """Vectors that are remembered, and how many of them are asked.

    Attributes:
        scale: Of the features.
        known: Unit vectors, shape (row, feature).
        target: What is known of each, shape (row, output).
        kind: What the outputs are.
        flat: Whether a single output loses its axis.
        count: Neighbours asked for each output.
    """

    scale: Scale
    known: NDArray[np.float32]
    target: NDArray[np.float64]
    kind: Kind
    flat: bool
    count: tuple[int, ...]

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return predictions: see `Fitted.predict`."""
        counts = np.unique(self.count)
        found = _answers(self.known, self.target, _unit(self.scale(x)), counts, self.kind)
        place = np.searchsorted(counts, self.count)
        out = found[place, :, np.arange(len(place))].T
        return out[:, 0] if self.flat else out


@dataclass(frozen=True, kw_only=True)
class Neighbours(Head):
    """k nearest neighbours by the cosine of z-scored features, each with one voice.

    k is chosen by log loss, for each label of its own, or by the mean absolute error. So that no
    probability is 0 or 1, the prevalence has one voice as well.
    """

    name: str = "k nearest neighbours"
    """Column of the report."""
    counts: tuple[int, ...] = NEIGHBOURS
    """Numbers of neighbours to choose from, ascending."""

    def __post_init__(self) -> None:
        if not self.counts or self.counts[0] < 1 or list(self.counts) != sorted(self.counts):
            raise ValueError("counts are at least 1 and ascend")

    def fit(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> NeighboursFitted:
        """Return the fitted head: see `Head.fit`."""
        x, y, subject = checked(x, y, subject, kind)
        target = matrix(y, kind)
        counts = np.array(self.counts)
        loss, tried = np.zeros((len(counts), target.shape[1])), False
        some = np.random.default_rng(seed).permutation(len(x))[:CHOICE_ROWS]
        for a, b in inner_folds(y[some], subject[some], kind, seed):
            a, b = some[a], some[b]
            scale = Scale.of(x[a])
            known, asked = _unit(scale(x[a])), _unit(scale(x[b]))
            found = _answers(known, target[a], asked, counts, kind)
            loss += _loss(found, target[b], kind)
            tried = True
        if kind == "classes":
            loss[:] = loss.sum(axis=1, keepdims=True)
        usual = int(np.argmin(np.abs(counts - USUAL)))
        best = np.argmin(loss, axis=0) if tried else np.full(target.shape[1], usual)
        scale = Scale.of(x)
        return NeighboursFitted(
            scale=scale,
            known=_unit(scale(x)),
            target=target,
            kind=kind,
            flat=y.ndim == 1 and kind != "classes",
            count=tuple(counts[best].tolist()),
        )


def _unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.sqrt(np.einsum("ij,ij->i", x, x))
    return x / np.maximum(length, 1e-6)[:, None]


def _answers(
    known: NDArray, target: NDArray, asked: NDArray, counts: NDArray, kind: Kind
) -> NDArray[np.float64]:
    """Return the mean target of the nearest rows, shape (count, asked row, output)."""
    most = min(int(counts[-1]), len(known))
    counts = np.minimum(counts, most)
    prior = target.mean(axis=0)
    out = np.empty((len(counts), len(asked), target.shape[1]))
    for first in range(0, len(asked), BLOCK):
        near = asked[first : first + BLOCK] @ known.T
        # Equal cosines: the earlier row counts as nearer, whatever the partition does with them.
        among = np.argpartition(-near, most - 1, axis=1)[:, :most]
        among.sort(axis=1)
        order = np.argsort(-np.take_along_axis(near, among, axis=1), axis=1, kind="stable")
        total = np.cumsum(target[np.take_along_axis(among, order, axis=1)], axis=1)
        answer = np.moveaxis(total[:, counts - 1], 1, 0)
        if kind == "number":
            answer = answer / counts[:, None, None]
        else:
            answer = (answer + prior) / (counts[:, None, None] + 1)
        out[:, first : first + BLOCK] = answer
    return out


def _loss(found: NDArray, truth: NDArray, kind: Kind) -> NDArray[np.float64]:
    """Return the summed loss, shape (count, output)."""
    if kind == "number":
        return np.abs(found - truth).sum(axis=1)
    found = np.clip(found, 1e-12, 1 - 1e-12)
    loss = -truth * np.log(found)
    if kind == "labels":
        loss -= (1 - truth) * np.log1p(-found)
    return loss.sum(axis=1)
