"""Heads on frozen fingerprints, everything by person: folds, inner choice, imputation, scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SEEDS = (0, 1, 2)
FOLDS, INNER_FOLDS = 5, 4

ALPHAS = tuple(10.0**k for k in np.arange(-1, 5.5, 0.5))
"""Ridge penalties on standardised features, chosen by inner grouped CV."""

STRENGTHS = (0.0003, 0.003, 0.03, 0.3)
"""Inverse penalties (C) of the logistic probe, chosen likewise."""

INNER_ROWS = 2500
"""Rows among which the logistic probe's C is chosen; the fit itself takes all."""


def grouped_folds(
    subject: NDArray, folds: int = FOLDS, seed: int = 0, label: NDArray | None = None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (train, test) positions; no person is on both sides, and all are tested once.

    People are dealt in random order, each to the fold that then balances rows, or, with
    labels, the rows of each label.
    """
    people, person = np.unique(subject, return_inverse=True)
    if len(people) < folds:
        raise ValueError(f"{len(people)} people do not fill {folds} folds")
    kinds = np.zeros(len(person), int)
    if label is not None:
        kinds = np.unique(label, return_inverse=True)[1]
    rows = np.zeros((len(people), kinds.max() + 1))
    np.add.at(rows, (person, kinds), 1)
    rows /= rows.sum(axis=0)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(people))
    # The heaviest first, or the last person dealt may spoil the balance.
    order = order[np.argsort(-rows[order].max(axis=1), kind="stable")]
    load, fold_of = np.zeros((folds, rows.shape[1])), np.zeros(len(people), int)
    for p in order:
        after = ((load + rows[p]) ** 2 - load**2).sum(axis=1)
        fold_of[p] = rng.choice(np.flatnonzero(after <= after.min() + 1e-12))
        load[fold_of[p]] += rows[p]
    for fold in range(folds):
        test = fold_of[person] == fold
        yield np.flatnonzero(~test), np.flatnonzero(test)


def _scaled(train: NDArray, test: NDArray) -> tuple[NDArray, NDArray]:
    """Impute by the training median, scale by the training mean and SD, clip outliers."""
    with np.errstate(all="ignore"):
        middle = np.nan_to_num(np.nanmedian(train, axis=0))
    train, test = (np.where(np.isfinite(x), x, middle).astype(np.float64) for x in (train, test))
    mean, spread = train.mean(axis=0), train.std(axis=0)
    spread = np.where(spread > 1e-9, spread, np.inf)
    return tuple(np.clip((x - mean) / spread, -6, 6) for x in (train, test))  # type: ignore[return-value]


def _ridge_path(x: NDArray, y: NDArray, test: NDArray) -> NDArray:
    """Return predictions for `test` at every alpha, shape (alpha, row)."""
    mean, centre = x.mean(axis=0), y.mean()
    values, vectors = np.linalg.eigh((x - mean).T @ (x - mean))
    projected = vectors.T @ ((x - mean).T @ (y - centre))
    rotated = (test - mean) @ vectors
    shrink = 1 / (np.maximum(values, 0)[:, None] + np.array(ALPHAS))
    return (rotated @ (projected[:, None] * shrink)).T + centre


def ridge(x: NDArray, y: NDArray, subject: NDArray, seed: int = 0) -> NDArray[np.float64]:
    """Return out-of-fold predictions of a ridge probe, alpha by inner grouped CV on the MAE."""
    out = np.full(len(y), np.nan)
    for train, test in grouped_folds(subject, seed=seed):
        error = np.zeros(len(ALPHAS))
        inner = grouped_folds(subject[train], INNER_FOLDS, seed)
        for a, b in inner:
            fit, held = _scaled(x[train][a], x[train][b])
            error += np.abs(_ridge_path(fit, y[train][a], held) - y[train][b]).mean(axis=1)
        fit, held = _scaled(x[train], x[test])
        out[test] = _ridge_path(fit, y[train], held)[int(np.argmin(error))]
    return out


def constant(y: NDArray, subject: NDArray, seed: int = 0) -> NDArray[np.float64]:
    """Return out-of-fold predictions by the mean of the training fold."""
    out = np.full(len(y), np.nan)
    for train, test in grouped_folds(subject, seed=seed):
        out[test] = y[train].mean()
    return out


def logistic(x: NDArray, label: NDArray, subject: NDArray, seed: int = 0) -> NDArray[np.float64]:
    """Return out-of-fold class probabilities of a logistic probe, C by inner grouped CV.

    Args:
        x: Shape (row, feature); NaN is imputed within the training fold.
        label: Class of each row, integers from 0.
        subject: Person of each row.
        seed: Of the folds.

    Returns:
        Shape (row, class).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    classes = np.arange(label.max() + 1)
    rng = np.random.default_rng(seed)

    def fitted(rows: NDArray, held: NDArray, strength: float) -> NDArray:
        a, b = _scaled(x[rows], x[held])
        # Newton steps are quick where there are few classes, L-BFGS where there are many rows.
        solver = "newton-cholesky" if len(classes) == 2 else "lbfgs"
        model = LogisticRegression(C=strength, max_iter=300, tol=1e-3, solver=solver)
        found = np.full((len(held), len(classes)), 1e-6)
        if len(np.unique(label[rows])) < 2:
            return np.full(found.shape, 1 / len(classes))
        model.fit(a, label[rows])
        found[:, model.classes_] = model.predict_proba(b)
        return found / found.sum(axis=1, keepdims=True)

    out = np.full((len(label), len(classes)), np.nan)
    for train, test in grouped_folds(subject, seed=seed, label=label):
        few = np.sort(rng.permutation(train)[:INNER_ROWS])
        loss = np.zeros(len(STRENGTHS))
        for a, b in grouped_folds(subject[few], 3, seed, label[few]):
            for k, strength in enumerate(STRENGTHS):
                guess = fitted(few[a], few[b], strength)
                loss[k] += log_loss(label[few[b]], guess, labels=classes)
        out[test] = fitted(train, test, STRENGTHS[int(np.argmin(loss))])
    return out
