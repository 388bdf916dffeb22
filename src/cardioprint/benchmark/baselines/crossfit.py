"""Out-of-fold predictions of a learner: everything about a test person stays unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import probes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.baselines.base import Learner, Signals


def out_of_fold(
    learner: Learner,
    signals: Signals,
    target: NDArray[np.floating],
    subject: NDArray,
    *,
    seed: int = 0,
    label: NDArray | None = None,
) -> NDArray[np.float64]:
    """Return predictions for every window by a learner fitted on the other folds' people.

    Args:
        learner: Fitted anew for each of `probes.FOLDS` folds.
        signals: All windows.
        target: Shape (window, output).
        subject: Person of each window.
        seed: Of the folds.
        label: What the folds balance, as in `probes.grouped_folds`; None: windows alone.

    Returns:
        Shape (window, output).
    """
    target = np.asarray(target, np.float64).reshape(len(signals), -1)
    out = np.full(target.shape, np.nan)
    for train, test in probes.grouped_folds(subject, seed=seed, label=label):
        fitted = learner.fit(signals[train], target[train], subject[train])
        out[test] = fitted.predict(signals[test])
    return out
