"""Folds by person, and what a fold predicts without looking at any vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FOLDS, INNER_FOLDS = 5, 4


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


def constant(y: NDArray, subject: NDArray, seed: int = 0) -> NDArray[np.float64]:
    """Return out-of-fold predictions by the mean of the training fold."""
    out = np.full(len(y), np.nan)
    for train, test in grouped_folds(subject, seed=seed):
        out[test] = y[train].mean()
    return out
