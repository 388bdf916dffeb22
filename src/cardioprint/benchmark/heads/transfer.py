"""A head that learnt from one set of vectors, applied unchanged to another of other people.

What a fingerprint promises across modalities: heart rate or age learnt from ECG fingerprints is
read from PPG fingerprints, with the scale, the weights and the offset of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Head, Kind, checked, outer_folds
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Transferred:
    """What became of a transfer.

    Attributes:
        prediction: Of every target row, as `Fitted.predict` gives it.
        fits: Heads that were fitted: 1 where no person is in both sets, else one a fold.
        shared: People in both sets; none of them was predicted by a head that had seen them.
    """

    prediction: NDArray[np.float64]
    fits: int
    shared: int


def transfer(
    head: Head,
    x_from: NDArray[np.floating],
    y_from: NDArray,
    subject_from: NDArray,
    x_to: NDArray[np.floating],
    y_to: NDArray,
    subject_to: NDArray,
    kind: Kind,
    seed: int = 0,
) -> Transferred:
    """Return predictions of the target's rows by heads fitted on the source's rows.

    No person is learnt from and predicted by the same head: where the sets share people, folds
    are dealt over all people of both, and each target row is predicted by the head whose
    source rows come from the other folds. Ids have to mean the same in both sets; two people of
    the same id are kept apart like one.

    Args:
        head: Which one.
        x_from: Vectors to learn from, shape (row, feature).
        y_from: Their labels, as for `Head.fit`.
        subject_from: Their people.
        x_to: Vectors to predict, as many features.
        y_to: Their labels, of the same shape but for rows. They balance the folds and are not
            learnt from.
        subject_to: Their people.
        kind: What the labels are.
        seed: Of the folds and of the head.

    Raises:
        RecordError: The arrays do not fit, or shared people do not fill the folds.
    """
    x_from, y_from, subject_from = checked(x_from, y_from, subject_from, kind)
    x_to, y_to, subject_to = checked(x_to, y_to, subject_to, kind)
    if x_from.shape[1] != x_to.shape[1] or y_from.shape[1:] != y_to.shape[1:]:
        raise RecordError(
            f"{x_from.shape[1]} features and labels {y_from.shape[1:]} do not transfer to "
            f"{x_to.shape[1]} features and labels {y_to.shape[1:]}",
            source="transfer",
            fix="use vectors of one model, and the same labels",
        )
    n = len(y_from)
    both = np.concatenate((y_from, y_to))
    shared = len(np.intersect1d(subject_from, subject_to))
    parts = [(np.arange(n), np.arange(len(y_to)))]
    if shared:
        people = np.concatenate((subject_from, subject_to))
        folds = outer_folds(both, people, kind, seed)
        parts = [(train[train < n], test[test >= n] - n) for train, test in folds]
    out = np.full(y_to.shape, np.nan)
    if kind == "classes":
        out = np.zeros((len(y_to), int(both.max()) + 1))
    for learn, ask in parts:
        if len(learn) == 0:
            raise RecordError(
                "a fold has no source rows to learn from",
                source="transfer",
                field="subject_from",
                fix="transfer needs source rows of more people",
            )
        fitted = head.fit(x_from[learn], y_from[learn], subject_from[learn], kind, seed)
        found = fitted.predict(x_to[ask])
        if kind == "classes":  # it may not have seen the last ones
            out[ask, : found.shape[1]] = found
        else:
            out[ask] = found
    return Transferred(prediction=out, fits=len(parts), shared=shared)
