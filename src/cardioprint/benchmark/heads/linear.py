"""Linear probes: logistic for labels and classes, ridge for numbers, the penalty chosen inside.

The whole path of penalties is solved from strong to weak, each from where the last one ended, in
coordinates in which the curvature is near 1 in every direction (eigenvectors of the features'
scatter). A few steps then do at each penalty, and the choice can see all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Head, Kind, Scale, checked, inner_folds, matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

PENALTIES = tuple(10.0**k for k in np.arange(4.0, -0.1, -0.5))
"""Of the logistic head, on the squared norm of weights beside the summed loss (1 / C), strongest
first."""

RIDGE_PENALTIES = tuple(10.0**k for k in np.arange(5.0, -1.1, -0.5))
"""Of the ridge head, likewise beside the halved sum of squares."""

CHOICE_ROWS = 4000
"""Rows, drawn at random, among which a penalty is chosen; the fit itself takes all."""

USUAL = 100.0
"""Penalty where too few people are there to choose one."""

PATIENCE = 2
"""Penalties in a row that may be worse than the best before the path ends."""

STEPS, TOLERANCE = 60, 3e-3
"""Most L-BFGS steps at a penalty, and the gradient's largest element at which it ends, as a share
of its size without any weights. Solved to the last digit, probabilities on the rhythm task move
by 0.001 on average at the usual penalty, and the AUROC by less."""

FEWEST = 1e-7
"""Share of the largest eigenvalue below which a direction is rounding error."""


class Rotated:
    """Centred vectors in the eigenvectors of their scatter.

    Attributes:
        mean: Shape (feature,).
        axes: Shape (feature, direction).
        scatter: Sum of squares along each direction, shape (direction,).
        z: The vectors along them, shape (row, direction).
    """

    def __init__(self, x: NDArray[np.float32]):
        self.mean = x.mean(axis=0)
        centred = x - self.mean
        # Of the two products that have the same eigenvalues, take the smaller.
        wide = x.shape[1] > x.shape[0]
        values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
        keep = values > FEWEST * max(values[-1], FEWEST)
        self.scatter = values[keep].astype(np.float64)
        self.axes = vectors[:, keep]
        if wide:
            self.axes = (centred.T @ self.axes) / np.sqrt(values[keep])
        self.z = centred @ self.axes

    def unrotated(
        self, weights: NDArray[np.float64], offset: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return weights and offset for vectors as they were."""
        out = self.axes @ weights
        return out, offset - self.mean @ out


@dataclass(frozen=True, kw_only=True)
class LinearFitted:
    """Weights, and how their output is read.

    Attributes:
        scale: Of the features.
        weights: Shape (feature, output).
        offset: Shape (output,).
        kind: What the outputs are.
        flat: Whether a single output loses its axis.
        penalty: Chosen for each output.
    """

    scale: Scale
    weights: NDArray[np.float64]
    offset: NDArray[np.float64]
    kind: Kind
    flat: bool
    penalty: tuple[float, ...]

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return predictions: see `Fitted.predict`."""
        out = self.scale(x) @ self.weights.astype(np.float32) + self.offset
        if self.kind != "number":
            out = _logistic(out, np.zeros_like(out), self.kind)[1]
        return out[:, 0] if self.flat else out


@dataclass(frozen=True, kw_only=True)
class Linear(Head):
    """Logistic regression for labels and classes, ridge regression for numbers.

    The logistic penalty is chosen by log loss, for each label of its own; that of ridge by the
    mean absolute error.
    """

    name: str = "linear probe"
    """Column of the report."""
    penalties: tuple[float, ...] = PENALTIES
    """Of the logistic head, strongest first."""
    ridge_penalties: tuple[float, ...] = RIDGE_PENALTIES
    """Of the ridge head, strongest first."""

    def __post_init__(self) -> None:
        for path in (self.penalties, self.ridge_penalties):
            if not path or min(path) <= 0 or list(path) != sorted(path, reverse=True):
                raise ValueError("penalties are positive and go from the strongest to the weakest")

    def fit(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> LinearFitted:
        """Return the fitted head: see `Head.fit`."""
        x, y, subject = checked(x, y, subject, kind)
        target = matrix(y, kind)
        penalties = self.ridge_penalties if kind == "number" else self.penalties
        inner = []
        some = np.random.default_rng(seed).permutation(len(x))[:CHOICE_ROWS]
        for a, b in inner_folds(y[some], subject[some], kind, seed):
            a, b = some[a], some[b]
            scale = Scale.of(x[a])
            path = _Path(scale(x[a]), target[a], kind)
            inner.append((path, scale(x[b]), target[b]))
        chosen = _choose(inner, penalties, kind, target.shape[1])
        scale = Scale.of(x)
        path = _Path(scale(x), target, kind)
        weights, offset = np.zeros((x.shape[1], target.shape[1])), np.zeros(target.shape[1])
        for k in range(max(chosen) + 1):
            if kind == "number" and k not in chosen:
                continue
            found = path.step(penalties[k])
            mine = np.array(chosen) == k
            weights[:, mine], offset[mine] = found[0][:, mine], found[1][mine]
        return LinearFitted(
            scale=scale,
            weights=weights,
            offset=offset,
            kind=kind,
            flat=y.ndim == 1 and kind != "classes",
            penalty=tuple(penalties[k] for k in chosen),
        )


def _choose(
    inner: Sequence[tuple[_Path, NDArray, NDArray]],
    penalties: Sequence[float],
    kind: Kind,
    outputs: int,
) -> list[int]:
    """Return the place of the best penalty on the path, for each output."""
    if not inner:
        nearest = int(np.argmin(np.abs(np.log(np.array(penalties) / USUAL))))
        return [nearest] * outputs
    loss: list[NDArray] = []
    for penalty in penalties:
        total = np.zeros(outputs)
        for path, held, truth in inner:
            weights, offset = path.step(penalty)
            total += _loss(held @ weights.astype(np.float32) + offset, truth, kind)
        loss.append(np.full(outputs, total.sum()) if kind == "classes" else total)
        if (len(loss) - 1 - np.argmin(loss, axis=0) >= PATIENCE).all():
            break
    return np.argmin(loss, axis=0).tolist()


class _Path:
    """Solutions for weaker and weaker penalties on the same rows."""

    def __init__(self, x: NDArray[np.float32], target: NDArray[np.float64], kind: Kind):
        self.rotated, self.target = Rotated(x), target
        self.kind: Kind = kind
        self.weights = np.zeros((len(self.rotated.scatter), target.shape[1]))
        share = target.mean(axis=0)
        self.offset = share
        if kind != "number":
            share = np.clip(share, 1e-6, 1 - 1e-6)
            self.offset = np.log(share) - (np.log1p(-share) if kind == "labels" else 0)
            # Curvature of the loss along each output while nothing is known but its prevalence.
            self.curvature = share * (1 - share)
            self.start = np.abs(self.rotated.z.T @ (share - target)).max(initial=1e-12)

    def step(self, penalty: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (weights, offset) for scaled vectors at this penalty."""
        if self.kind == "number":
            pulled = self.rotated.z.T @ (self.target - self.offset)
            self.weights = pulled / (self.rotated.scatter[:, None] + penalty)
        else:
            self._descend(penalty)
        return self.rotated.unrotated(self.weights, self.offset)

    def _descend(self, penalty: float) -> None:
        """Move to the solution for a logistic loss."""
        from scipy.optimize import minimize

        if self.weights.size == 0:  # vectors that never vary: the prevalence is all there is
            return
        z, target = self.rotated.z, self.target.astype(np.float32)
        unit = 1 / np.sqrt(self.rotated.scatter[:, None] * self.curvature + penalty)
        step = 1 / np.sqrt(len(z) * self.curvature)
        shape = self.weights.shape

        def unpacked(flat: NDArray) -> tuple[NDArray, NDArray]:
            both = flat.reshape(shape[0] + 1, shape[1])
            return both[:-1] * unit, both[-1] * step

        def objective(flat: NDArray) -> tuple[float, NDArray]:
            weights, offset = unpacked(flat)
            logit = z @ weights.astype(np.float32) + offset.astype(np.float32)
            loss, share = _logistic(logit, target, self.kind)
            wrong = share - target
            value = float(loss.sum()) + 0.5 * penalty * float((weights**2).sum())
            slope = (z.T @ wrong + penalty * weights) * unit
            return value, np.concatenate((slope, wrong.sum(axis=0)[None] * step)).ravel()

        begin = np.concatenate((self.weights / unit, (self.offset / step)[None]))
        limit = TOLERANCE * self.start * float(unit.min())
        options = {"maxiter": STEPS, "gtol": limit, "ftol": 1e-9, "maxcor": 10}
        found = minimize(objective, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
        self.weights, self.offset = unpacked(found.x)


def _logistic(logit: NDArray, target: NDArray, kind: Kind) -> tuple[NDArray, NDArray]:
    """Return the summed log loss of each output, and the probabilities."""
    if kind == "labels":
        loss = np.logaddexp(0, logit) - target * logit
        return loss.sum(axis=0, dtype=np.float64), 0.5 * (1 + np.tanh(0.5 * logit))
    # Column by column: NumPy is slow at reducing many rows of a few classes.
    top, total = logit[:, 0].copy(), np.zeros(len(logit), logit.dtype)
    for column in logit.T:
        np.maximum(top, column, out=top)
    share = logit - top[:, None]
    loss = -(target * share).sum(axis=0, dtype=np.float64)
    np.exp(share, out=share)
    for column in share.T:
        total += column
    loss += (target.T @ np.log(total)).astype(np.float64)
    share /= total[:, None]
    return loss, share


def _loss(output: NDArray, target: NDArray, kind: Kind) -> NDArray[np.float64]:
    """Return the summed loss of each output: absolute error, or log loss."""
    if kind == "number":
        return np.abs(output - target).sum(axis=0, dtype=np.float64)
    return _logistic(output, target, kind)[0]
