"""Gradient-boosted trees: what a linear probe cannot read because it is not linear.

scikit-learn's histogram trees on one thread. How many trees, and how large, is decided on people
that the trees did not see; scikit-learn's own early stopping would hold out rows, and with them
other windows of the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.heads.base import Head, Kind, Scale, checked, inner_folds

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAVES = (4, 15)
"""Leaves of a tree to choose from."""

STAGES = (0, 25, 50, 100, 200)
"""Numbers of trees after which the people held out are asked whether to go on."""

PATIENCE = 20
"""Trees in a row without a gain after which nothing more is tried."""

RATE, SHRINKAGE, FEATURES, BINS = 0.1, 1.0, 0.2, 63
"""Learning rate; L2 on the leaves; share of features that each split looks at; bins of a feature.
A fifth of the features and 63 bins took half the time of all and 255 on the rhythm task, and
lost 0.02 of log loss at most."""

INNER_FOLDS, CHOICE_ROWS = 3, 2500
"""Of the choice; rows are drawn at random."""


@dataclass(frozen=True, kw_only=True)
class TreesFitted:
    """One ensemble a label, or one for classes or numbers.

    Attributes:
        scale: Fills what is missing.
        models: As of scikit-learn; a number stands for a label that never varied.
        kind: What the outputs are.
        flat: Whether a single output loses its axis.
        classes: Number of classes.
        chosen: (leaves, trees) of each.
    """

    scale: Scale
    models: tuple[Any, ...]
    kind: Kind
    flat: bool
    classes: int
    chosen: tuple[tuple[int, int], ...]

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return predictions: see `Fitted.predict`."""
        x = self.scale(x)
        columns = [
            np.full((len(x), 1), model)
            if isinstance(model, float)
            else _outputs(model, x, self.kind, self.classes)
            for model in self.models
        ]
        out = np.concatenate(columns, axis=1)
        return out[:, 0] if self.flat else out


@dataclass(frozen=True, kw_only=True)
class Trees(Head):
    """Gradient boosting over binned features."""

    name: str = "gradient-boosted trees"
    """Column of the report."""
    leaves: tuple[int, ...] = LEAVES
    """Leaves of a tree to choose from."""
    stages: tuple[int, ...] = STAGES
    """Numbers of trees, from 0 to the most."""

    def __post_init__(self) -> None:
        if not self.leaves or min(self.leaves) < 2:
            raise ValueError("a tree has at least two leaves")
        if len(self.stages) < 2 or self.stages[0] != 0 or list(self.stages) != sorted(self.stages):
            raise ValueError("stages ascend from 0")

    def fit(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> TreesFitted:
        """Return the fitted head: see `Head.fit`."""
        from threadpoolctl import threadpool_limits

        x, y, subject = checked(x, y, subject, kind)
        scale = Scale.of(x)
        models, chosen = [], []
        with threadpool_limits(1, user_api="openmp"):
            for column in y.reshape(len(y), -1).T:
                if kind != "number" and len(np.unique(column)) == 1:
                    alone = 1.0 if kind == "classes" else float(column[0])
                    models.append(alone)
                    chosen.append((0, 0))
                    continue
                best = self._choose(x, column, subject, kind, seed)
                model = _model(kind, *best, seed)
                models.append(model.fit(scale(x), column))
                chosen.append(best)
        return TreesFitted(
            scale=scale,
            models=tuple(models),
            kind=kind,
            flat=y.ndim == 1 and kind != "classes",
            classes=int(y.max()) + 1 if kind == "classes" else 1,
            chosen=tuple(chosen),
        )

    def _choose(
        self, x: NDArray, y: NDArray, subject: NDArray, kind: Kind, seed: int
    ) -> tuple[int, int]:
        """Return (leaves, trees) by the loss on people held out."""
        some = np.random.default_rng(seed).permutation(len(x))[:CHOICE_ROWS]
        x, y, subject = x[some], y[some], subject[some]
        parts = []
        for a, b in inner_folds(y, subject, kind, seed, INNER_FOLDS):
            if kind == "number" or len(np.unique(y[a])) > 1:
                scale = Scale.of(x[a])
                parts.append((scale(x[a]), y[a], scale(x[b]), y[b]))
        if not parts:
            return self.leaves[0], self.stages[1]
        found = []
        for leaves in self.leaves:
            curve = _curve(parts, leaves, self.stages, kind, seed)
            trees = int(np.argmin(curve))
            found.append((curve[trees], leaves, trees + 1))
        _, leaves, trees = min(found)
        return leaves, trees


def _curve(
    parts: list[tuple[NDArray, NDArray, NDArray, NDArray]],
    leaves: int,
    stages: tuple[int, ...],
    kind: Kind,
    seed: int,
) -> NDArray[np.float64]:
    """Return the summed loss on people held out after 1, 2, 3 ... trees."""
    models = [_model(kind, leaves, stages[1], seed) for _ in parts]
    out = np.zeros(0)
    for before, after in pairwise(stages):
        gained = np.zeros(after - before)
        for model, (x, y, held, truth) in zip(models, parts, strict=True):
            model.set_params(max_iter=after).fit(x, y)
            steps = model.staged_predict if kind == "number" else model.staged_predict_proba
            for k, guess in enumerate(steps(held)):
                if k >= before:
                    gained[k - before] += _loss(guess, truth, model, kind)
        out = np.concatenate((out, gained))
        if len(out) - 1 - np.argmin(out) >= PATIENCE:
            break
    return out


def _model(kind: Kind, leaves: int, trees: int, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    settings: dict[str, Any] = {
        "max_leaf_nodes": leaves,
        "max_iter": trees,
        "learning_rate": RATE,
        "l2_regularization": SHRINKAGE,
        "max_features": FEATURES,
        "max_bins": BINS,
        "early_stopping": False,
        "warm_start": True,
        "random_state": seed,
    }
    if kind == "number":
        return HistGradientBoostingRegressor(**settings)
    return HistGradientBoostingClassifier(**settings)


def _outputs(model: Any, x: NDArray, kind: Kind, classes: int) -> NDArray[np.float64]:
    """Return predictions, shape (row, output)."""
    if kind == "number":
        return model.predict(x)[:, None]
    found = model.predict_proba(x)
    if kind == "labels":
        return found[:, 1:]
    out = np.zeros((len(x), classes))
    out[:, model.classes_.astype(int)] = found
    return out


def _loss(guess: NDArray, truth: NDArray, model: Any, kind: Kind) -> float:
    if kind == "number":
        return float(np.abs(guess - truth).sum())
    of = np.zeros(len(truth))
    for k, label in enumerate(model.classes_):
        of[truth == label] = guess[truth == label, k]
    return float(-np.log(np.maximum(of, 1e-6)).sum())
